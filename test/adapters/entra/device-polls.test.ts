import { expect, test } from 'vitest'
import { devicePolls } from '../../../src/adapters/entra/device-polls.ts'
import type { MsalNetwork } from '../../../src/adapters/http/msal-network.ts'

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
