import { afterEach, describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { Estate } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const services = ['entra', 'pats', 'connection-data', 'vault'] as const

const passing: Readonly<Record<string, FaultRule['effect']>> = {
  'fails with 500': { kind: 'status', status: 500 },
  'fails with 502 and a page': { kind: 'status', status: 502, body: '<html>Bad gateway</html>' },
  'is throttled for two seconds': { kind: 'throttle-429', retryAfter: 2 },
  'is throttled without a word on when to return': 'throttle-429',
  'answers and asks to wait before the next request': { kind: 'retry-after-200', seconds: 4 },
  'hangs up': 'drop',
  'hangs up in the middle of the answer': 'truncated',
}

describe.each(services)('%s', (service) => {
  test.each(Object.entries(passing))('that %s once is waited for, and nobody notices', async (_, effect) => {
    estate = await Estate.open()
    await estate.run('apply')
    estate.emulator.travel(21 * day)
    const faults = [0, 2, 4].map((skip) => estate.emulator.fault({ service, skip, effect }))
    const report = await estate.run('apply --json')
    expect(faults[0]?.fired()).toBe(1)
    expect(report).toMatchObject({ code: 0, json: { summary: { failed: 0 } } })
    for (const fault of faults) fault.cancel()
    await estate.converge()
    expect(await estate.hands('package-feed')).toBe(true)
    expect(estate.cutOff(2 * day)).toEqual([])
  })

  test('that is down for the whole run is named, and what works goes on working', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    estate.emulator.travel(21 * day)
    const mark = estate.emulator.requests().length
    const fault = estate.emulator.fault({
      service,
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'status', status: 503 },
    })
    const report = await estate.run('apply --json')
    expect(report.code).toBe(1)
    expect(report.json.results).toMatchObject([{ token: 'package-feed', status: 'failed' }])
    const { code, remedy } = report.json.results[0].error
    expect(code).toMatch(/^(?:sign-in-unavailable|service-unavailable|store-unreachable)$/)
    expect(remedy).toMatch(/Try again|try again/)
    expect(estate.mutations(mark)).toEqual([])
    fault.cancel()
    await estate.converge()
    expect(await estate.hands('package-feed')).toBe(true)
  })
})

describe('a service that asks to wait', () => {
  test('is obeyed before the next request, also after an answer that succeeded', async () => {
    estate = await Estate.open()
    const fault = estate.emulator.fault({
      service: 'pats',
      method: 'GET',
      effect: { kind: 'retry-after-200', seconds: 30 },
    })
    expect((await estate.run('apply')).code).toBe(0)
    expect(fault.fired()).toBe(1)
    const [first, second] = estate.emulator.requests().filter(({ service }) => service === 'pats')
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(30_000)
    expect(estate.emulator.pats()).toHaveLength(1)
  })

  test('for longer than anybody would wait is a failure that names the rate, and no hanging', async () => {
    estate = await Estate.open()
    estate.emulator.fault({ service: 'pats', times: 9, effect: { kind: 'throttle-429', retryAfter: 3_600 } })
    const report = await estate.run('apply --json')
    expect(report).toMatchObject({ code: 1, json: { results: [{ error: { code: 'throttled' } }] } })
    const requests = estate.emulator.requests().filter(({ service }) => service === 'pats')
    expect(requests).toHaveLength(1)
  })

  test('of everybody, all the time, slows twenty tokens down and fails none', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `feed-${index}`)
    estate = await Estate.open({
      tokens: `tokens:\n${names.map((name) => `  - name: ${name}\n    scopes:\n      - vso.code\n`).join('')}`,
    })
    estate.emulator.set({ throttleAfter: 15 })
    const report = await estate.run('apply --json')
    expect(report).toMatchObject({ code: 0, json: { summary: { done: 20, failed: 0 } } })
    expect(estate.active()).toHaveLength(20)
    const refused = estate.emulator.requests().filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
  })
})

describe('an answer that only looks like one', () => {
  test.each([
    ['html-203', 'not-signed-in'],
    ['redirect-302', 'not-signed-in'],
    ['unauthorized-json', 'not-signed-in'],
    ['unauthorized-empty', 'not-signed-in'],
    ['conditional-access', 'conditional-access'],
    ['wrong-content-type', 'not-signed-in'],
  ] as const)('%s to a list is %s, and nothing is minted', async (effect, code) => {
    estate = await Estate.open()
    estate.emulator.fault({ service: 'pats', times: Number.POSITIVE_INFINITY, effect })
    expect(await estate.run('apply --json')).toMatchObject({
      code: code === 'not-signed-in' ? 4 : 1,
      json: { results: [{ status: 'failed', error: { code } }] },
    })
    expect(estate.mutations()).toEqual([])
  })

  test.each(['html-203', 'redirect-302', 'wrong-content-type', 'unauthorized-json'] as const)(
    '%s to a mint makes no second PAT that nobody holds',
    async (effect) => {
      estate = await Estate.open()
      const fault = estate.emulator.fault({ service: 'pats', method: 'POST', effect })
      await estate.run('apply')
      expect(fault.fired()).toBe(1)
      await estate.converge()
      expect(await estate.hands('package-feed')).toBe(true)
    },
  )

  test('a page of the list that comes twice makes nothing appear twice', async () => {
    const pat = { owner: 'ci-bot@contoso.example', organization: 'contoso', scope: 'vso.code', validTo: '+90d' }
    const pats = Array.from({ length: 150 }, (_, index) => ({ ...pat, displayName: `PAT ${index}` }))
    estate = await Estate.open({ fixture: { pats } })
    const fault = estate.emulator.fault({ service: 'pats', effect: 'duplicate-page' })
    const list = await estate.run('list --json')
    expect(fault.fired()).toBe(1)
    expect(list.json.pats).toHaveLength(150)
  })
})

test('one refused sign-in is one line, with how many tokens it keeps from being looked at', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `token-${index}`)
  const entries = names.map((name) => `  - name: ${name}\n    scopes:\n      - vso.code\n`)
  estate = await Estate.open({ tokens: `tokens:\n${entries.join('')}` })
  const environment = { USER_PASSWORD: `wrong ${crypto.randomUUID()}` }
  const { code, json, stderr } = await estate.run('apply --json', { environment })
  expect(code).toBe(4)
  expect(json.results.map(({ token }: any) => token)).toEqual(names)
  expect(stderr.match(/AADSTS50126/g)).toHaveLength(1)
  expect(stderr).toMatch(/^error token-0, token-1, token-2, token-3, token-4 and 7 more: signing in account ci-bot: /m)
  const { stdout } = await estate.run('apply', { environment })
  expect(stdout.match(/AADSTS50126/g)).toHaveLength(1)
  expect(stdout).toContain('token-4 and 7 more')
})
