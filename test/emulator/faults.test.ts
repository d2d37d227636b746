import { readFileSync } from 'node:fs'
import { Agent, fetch } from 'undici'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { type Caller, call } from './caller.ts'

let caller: Caller
let bearer: string
beforeEach(async () => {
  caller = await call()
  bearer = await caller.signIn()
})
afterEach(() => caller.stop())

const strike = (effect: FaultRule['effect'], more: Partial<FaultRule> = {}) =>
  caller.emulator.fault({ service: 'pats', method: 'POST', effect, ...more })
const statuses = () =>
  caller.emulator
    .requests()
    .filter(({ service }) => service === 'pats')
    .map(({ status }) => status)

describe('an answer that does not come', () => {
  test('a lost answer leaves a live PAT that a list shows', async () => {
    strike('answer-lost')
    await expect(caller.mint(bearer)).rejects.toThrow()
    expect(statuses()).toEqual(['dropped'])
    const { json } = await caller.pats(bearer, 'GET')
    expect(json.patTokens).toHaveLength(1)
    expect(caller.emulator.pats()[0]?.state).toBe('active')
  })

  test('a dropped request leaves nothing', async () => {
    strike('drop')
    await expect(caller.mint(bearer)).rejects.toThrow()
    expect(caller.emulator.pats()).toHaveLength(0)
    expect((await caller.mint(bearer)).status).toBe(200)
    expect(statuses()).toEqual(['dropped', 200])
  })

  test('a truncated answer took effect, and cannot be read', async () => {
    strike('truncated')
    await expect(caller.mint(bearer)).rejects.toThrow()
    expect(caller.emulator.pats()).toHaveLength(1)
  })

  test('a truncated answer without a body cannot be read either', async () => {
    const { authorizationId } = (await caller.mint(bearer)).json.patToken
    caller.emulator.set({ deleteStatus: 200 })
    strike('truncated', { method: 'DELETE' })
    const query = `&authorizationId=${authorizationId}`
    await expect(caller.pats(bearer, 'DELETE', { query })).rejects.toThrow()
    expect(caller.emulator.pats()[0]?.state).toBe('revoked')
  })
})

describe('another answer than the service would give', () => {
  test.each<[string, FaultRule['effect'], number, string, string]>([
    ['html-203', 'html-203', 203, 'text/html', 'Sign In'],
    ['redirect-302', 'redirect-302', 302, 'text/html', 'Object moved'],
    ['unauthorized-json', 'unauthorized-json', 401, 'application/json', 'TF400813'],
    ['conditional-access', 'conditional-access', 403, 'application/json', 'VS403463'],
    ['throttle-429', 'throttle-429', 429, 'application/json', 'TF400733'],
    ['status', { kind: 'status', status: 503, body: 'busy' }, 503, 'text/plain', 'busy'],
  ])('%s takes no effect', async (_, effect, status, type, text) => {
    strike(effect)
    const heard = await caller.mint(bearer)
    expect(heard.status).toBe(status)
    expect(heard.headers.get('content-type')).toContain(type)
    expect(heard.text).toContain(text)
    expect(caller.emulator.pats()).toHaveLength(0)
  })

  test('unauthorized-empty has neither body nor challenge', async () => {
    strike('unauthorized-empty')
    const heard = await caller.mint(bearer)
    expect([heard.status, heard.text, heard.headers.get('www-authenticate')]).toEqual([401, '', null])
  })

  test('a status may come after the effect, with headers of its own', async () => {
    strike({ kind: 'status', status: 500, after: true, headers: { 'X-Extra': '1' } })
    const heard = await caller.mint(bearer)
    expect([heard.status, heard.headers.get('x-extra')]).toEqual([500, '1'])
    expect(caller.emulator.pats()).toHaveLength(1)
  })

  test('throttle-429 may say when to come back', async () => {
    strike({ kind: 'throttle-429', retryAfter: 7 })
    const heard = await caller.mint(bearer)
    expect(heard.headers.get('retry-after')).toBe('7')
    expect(heard.headers.get('x-ratelimit-remaining')).toBe('0')
    strike('throttle-429')
    expect((await caller.mint(bearer)).headers.get('retry-after')).toBeNull()
  })

  test('retry-after-200 succeeds and asks to slow down', async () => {
    strike({ kind: 'retry-after-200', seconds: 2 })
    const heard = await caller.mint(bearer)
    expect(heard.json.patTokenError).toBe('none')
    expect(heard.headers.get('retry-after')).toBe('2')
    expect(heard.headers.get('x-ratelimit-delay')).not.toBeNull()
  })

  test('pat-token-error rides on 200 or on what the rule says, before or after the effect', async () => {
    strike({ kind: 'pat-token-error', value: 'failedToIssueAccessToken' })
    const before = await caller.mint(bearer)
    expect([before.status, before.json]).toEqual([200, { patToken: null, patTokenError: 'failedToIssueAccessToken' }])
    expect(caller.emulator.pats()).toHaveLength(0)
    strike({ kind: 'pat-token-error', value: 'accessDenied', status: 403, after: true })
    expect((await caller.mint(bearer)).status).toBe(403)
    expect(caller.emulator.pats()).toHaveLength(1)
  })

  test('wrong-content-type carries the right body under the wrong name', async () => {
    strike('wrong-content-type')
    const heard = await caller.mint(bearer)
    expect(heard.headers.get('content-type')).toContain('text/html')
    expect(JSON.parse(heard.text).patTokenError).toBe('none')
  })

  test('aadsts answers any code', async () => {
    caller.emulator.fault({ service: 'entra', effect: { kind: 'aadsts', code: 50196, error: 'invalid_grant' } })
    const heard = await caller.token(caller.passwordForm())
    expect([heard.status, heard.json.error_codes]).toEqual([400, [50196]])
    expect((await caller.token(caller.passwordForm())).status).toBe(200)
  })

  test('each service is throttled in its own form', async () => {
    caller.emulator.fault({ service: 'entra', effect: { kind: 'throttle-429', retryAfter: 1 } })
    expect((await caller.token(caller.passwordForm())).json.error_codes).toEqual([90055])
    caller.emulator.fault({ service: 'vault', effect: { kind: 'throttle-429', retryAfter: 1 } })
    const heard = await caller.vault(bearer, 'GET', '/secrets')
    expect([heard.status, heard.json.error.code, heard.headers.get('retry-after')]).toEqual([429, 'Throttled', '1'])
  })
})

describe('time', () => {
  test('a held request is answered after its time', async () => {
    const fault = strike({ kind: 'hold', ms: 30 })
    const answer = caller.mint(bearer)
    await fault.whenFired()
    expect(statuses()).toEqual(['pending'])
    expect(caller.emulator.pats()).toHaveLength(0)
    expect((await answer).status).toBe(200)
  })

  test('a blocked request takes effect only when released', async () => {
    const fault = strike('block')
    const answer = caller.mint(bearer)
    await fault.whenFired()
    expect((await caller.pats(bearer, 'GET')).json.patTokens).toHaveLength(0)
    caller.emulator.travel(60_000)
    const now = caller.emulator.now()
    fault.release()
    const { json } = await answer
    expect(Date.parse(json.patToken.validFrom)).toBeGreaterThanOrEqual(now - 4)
  })

  test('a blocked request takes effect late although its client has given up', async () => {
    const fault = strike('block')
    const agent = new Agent({ connect: { ca: readFileSync(caller.emulator.caFile, 'utf8') } })
    const url = `${caller.emulator.endpoints.vssps}/contoso/_apis/tokens/pats?api-version=7.1-preview.1`
    const validTo = new Date(caller.emulator.now() + 86_400_000).toISOString()
    const answer = fetch(url, {
      dispatcher: agent,
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ displayName: 'Late', scope: 'vso.code', validTo, allOrgs: false }),
    })
    const gaveUp = expect(answer).rejects.toThrow()
    await fault.whenFired()
    await agent.destroy()
    await gaveUp
    await expect.poll(statuses).toEqual(['dropped'])
    expect(caller.emulator.pats()).toHaveLength(0)
    fault.release()
    await expect.poll(() => caller.emulator.pats().length).toBe(1)
    expect(statuses()).toEqual(['dropped'])
  })

  test('block-after takes effect at once and answers later', async () => {
    const fault = strike('block-after')
    const answer = caller.mint(bearer)
    await expect.poll(() => caller.emulator.pats().length).toBe(1)
    expect(statuses()).toEqual(['pending'])
    fault.release()
    expect((await answer).json.patToken.token).toBe(caller.emulator.pats()[0]?.value)
  })

  test('a stop lets go of what waits', async () => {
    const other = await call()
    const fault = other.emulator.fault({ service: 'entra', effect: 'block' })
    const answer = expect(other.token(other.passwordForm())).rejects.toThrow()
    await fault.whenFired()
    await other.stop()
    await answer
  })
})

describe('which requests are hit', () => {
  const mintStatus = async () => (await caller.mint(bearer)).status

  test('skip lets some pass, times says how many are hit', async () => {
    const fault = strike({ kind: 'status', status: 503 }, { skip: 1, times: 2 })
    expect([await mintStatus(), await mintStatus(), await mintStatus(), await mintStatus()]).toEqual([
      200, 503, 503, 200,
    ])
    expect(fault.fired()).toBe(2)
  })

  test('an endless rule ends when it is cancelled', async () => {
    const fault = strike({ kind: 'status', status: 503 }, { times: Number.POSITIVE_INFINITY })
    expect([await mintStatus(), await mintStatus()]).toEqual([503, 503])
    fault.cancel()
    expect(await mintStatus()).toBe(200)
  })

  test('method, service and a part of the path narrow a rule', async () => {
    caller.emulator.fault({ service: 'pats', pathIncludes: 'AUTHORIZATIONID=', effect: 'unauthorized-empty' })
    caller.emulator.fault({ service: 'connection-data', effect: 'unauthorized-empty' })
    const { token, authorizationId } = (await caller.mint(bearer)).json.patToken
    expect((await caller.pats(bearer, 'GET')).status).toBe(200)
    expect((await caller.pats(bearer, 'GET', { query: `&authorizationId=${authorizationId}` })).status).toBe(401)
    expect((await caller.connectionData(token)).status).toBe(401)
    expect((await caller.connectionData(token)).status).toBe(200)
  })

  test('of two rules the older strikes first', async () => {
    strike({ kind: 'status', status: 501 })
    strike({ kind: 'status', status: 502 })
    expect([await mintStatus(), await mintStatus(), await mintStatus()]).toEqual([501, 502, 200])
  })

  test('a rule that cannot be is refused', () => {
    expect(() => strike('explode' as never)).toThrow()
    expect(() => strike({ kind: 'hold' } as never)).toThrow()
    expect(() => strike('drop', { times: 0 })).toThrow()
    expect(() => strike('drop', { service: 'weather' as never })).toThrow()
  })
})

describe('a page that comes twice', () => {
  test('in the list of PATs', async () => {
    for (let index = 0; index < 5; index += 1) await caller.mint(bearer, { displayName: `PAT ${index}` })
    strike('duplicate-page', { method: 'GET', skip: 1 })
    const pages: string[][] = []
    let continuationToken = ''
    do {
      const query = `&$top=2&sortByOption=displayName&isSortAscending=true&continuationToken=${continuationToken}`
      const { json } = await caller.pats(bearer, 'GET', { query })
      pages.push(json.patTokens.map(({ displayName }: { displayName: string }) => displayName))
      continuationToken = json.continuationToken
    } while (continuationToken !== '')
    expect(pages).toEqual([['PAT 0', 'PAT 1'], ['PAT 2', 'PAT 3'], ['PAT 2', 'PAT 3'], ['PAT 4']])
  })

  test.each(['true', 'false'])('also the first and only one, ascending %s', async (ascending) => {
    await caller.mint(bearer)
    strike('duplicate-page', { method: 'GET' })
    const query = `&isSortAscending=${ascending}`
    const first = await caller.pats(bearer, 'GET', { query })
    const again = await caller.pats(bearer, 'GET', {
      query: `${query}&continuationToken=${first.json.continuationToken}`,
    })
    expect(again.json).toEqual({ ...first.json, continuationToken: '' })
  })

  test('in the list of secrets', async () => {
    const token = await caller.vaultToken()
    for (const name of ['a', 'b']) await caller.vault(token, 'PUT', `/secrets/${name}`, { body: { value: 'x' } })
    caller.emulator.fault({ service: 'vault', method: 'GET', effect: 'duplicate-page' })
    const first = await caller.vault(token, 'GET', '/secrets')
    const second = await caller.say(first.json.nextLink, { bearer: token })
    expect(second.json).toEqual({ value: first.json.value, nextLink: null })
  })
})

test('a vault write whose answer is lost is a version all the same', async () => {
  const token = await caller.vaultToken()
  caller.emulator.fault({ service: 'vault', method: 'PUT', effect: 'answer-lost' })
  await expect(caller.vault(token, 'PUT', '/secrets/feed', { body: { value: 'one' } })).rejects.toThrow()
  expect((await caller.vault(token, 'GET', '/secrets/feed')).json.value).toBe('one')
})
