import { expect, test } from 'vitest'
import { devicePolls } from '../../../src/adapters/entra/device-polls.ts'
import type { MsalNetwork } from '../../../src/adapters/http/msal-network.ts'
import { PatrolError } from '../../../src/core/errors.ts'

/** A network that gives these answers in turn. */
function answering(...bodies: readonly object[]): MsalNetwork {
  const left = [...bodies]
  const give = async () => {
    const body = left.shift()
    if (body === undefined) throw new Error('nothing more is answered')
    return { status: 'error' in body ? 400 : 200, headers: {}, body: body as never }
  }
  return { takeTrouble: () => ({}), sendGetRequestAsync: give, sendPostRequestAsync: give }
}

test('the wait of a device code takes place outside of MSAL, as long as the service says', async () => {
  const waits: number[] = []
  const pending = { error: 'authorization_pending' }
  const polls = devicePolls(
    answering({ device_code: 'x', interval: 7 }, pending, { error: 'slow_down', claims: 'c' }, pending, {
      access_token: 'y',
    }),
    async (seconds) => void waits.push(seconds),
  )
  const ask = async () => (await polls.sendPostRequestAsync<unknown>('https://x')).body
  expect(await ask()).toEqual({ device_code: 'x', interval: 0 })
  expect(waits).toEqual([])
  expect(await ask()).toEqual(pending)
  expect(await ask()).toEqual({ error: 'authorization_pending', claims: 'c' })
  expect(await ask()).toEqual(pending)
  expect(await ask()).toEqual({ access_token: 'y' })
  expect(waits).toEqual([7, 12, 12])
})

test('a refusal is passed on at once, and so is the end of the wait', async () => {
  const refused = devicePolls(answering({ error: 'expired_token' }), () => Promise.reject(new Error('no wait')))
  expect((await refused.sendPostRequestAsync<unknown>('https://x')).body).toEqual({ error: 'expired_token' })
  const ended = devicePolls(answering({ error: 'authorization_pending' }), () => Promise.reject(new Error('ended')))
  await expect(ended.sendPostRequestAsync('https://x')).rejects.toThrow('ended')
})

const lost = new PatrolError('service-unavailable', 'the connection broke')

/** A network that gives these answers in turn, or fails with them. */
function failing(...outcomes: readonly (PatrolError | { readonly status: number; readonly body: object })[]) {
  const left = [...outcomes]
  const give = async () => {
    const outcome = left.shift()
    if (outcome === undefined || outcome instanceof PatrolError) throw outcome ?? new Error('nothing more is answered')
    return { headers: {}, ...outcome, body: outcome.body as never }
  }
  const network: MsalNetwork = { takeTrouble: () => ({}), sendGetRequestAsync: give, sendPostRequestAsync: give }
  const waits: number[] = []
  const polls = devicePolls(network, async (seconds) => void waits.push(seconds))
  return { waits, ask: async () => (await polls.sendPostRequestAsync<unknown>('https://x')).body }
}

const code = { status: 200, body: { device_code: 'x', interval: 5 } }

test('polls that get lost end no sign-in: the person goes on, and the next one comes later', async () => {
  const overloaded = { status: 503, body: { error: 'temporarily_unavailable' } }
  const limited = { status: 429, body: { error: 'too_many_requests' } }
  const { ask, waits } = failing(code, lost, overloaded, limited, { status: 200, body: { access_token: 'y' } })
  await ask()
  for (let poll = 0; poll < 3; poll++) expect(await ask()).toMatchObject({ error: 'authorization_pending' })
  expect(await ask()).toEqual({ access_token: 'y' })
  expect(waits).toEqual([10, 15, 20])
})

test('the sixth that is lost in a row is told, and so is a code that could not even be had', async () => {
  const { ask } = failing(code, ...Array.from({ length: 6 }, () => lost))
  await ask()
  for (let poll = 0; poll < 5; poll++) expect(await ask()).toMatchObject({ error: 'authorization_pending' })
  await expect(ask()).rejects.toBe(lost)
  await expect(failing(lost).ask()).rejects.toBe(lost)
})
