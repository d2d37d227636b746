import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Caller, call, DAY, UPN } from './caller.ts'

const START = Date.UTC(2026, 5, 1)
const NOBODYS = '4ab5764f-4193-4f1d-b995-64144880b7d7'

let caller: Caller
let bearer: string
beforeEach(async () => {
  caller = await call({ startAt: START })
  bearer = await caller.signIn()
})
afterEach(() => caller.stop())

const isoIn = (days: number) => new Date(caller.emulator.now() + days * DAY).toISOString()
const remove = (authorizationId: string) =>
  caller.pats(bearer, 'DELETE', { query: `&authorizationId=${authorizationId}` })
const put = (body: unknown) => caller.pats(bearer, 'PUT', { body })
async function mint(more: Record<string, unknown> = {}) {
  return (await caller.mint(bearer, more)).json.patToken
}

describe('each switch turns an answer', () => {
  test.each([200, 400, 403] as const)('statusOfPatTokenError %i', async (statusOfPatTokenError) => {
    caller.emulator.set({ statusOfPatTokenError })
    const heard = await caller.mint(bearer, { scope: 'vso.nothing' })
    expect([heard.status, heard.json.patTokenError]).toEqual([statusOfPatTokenError, 'invalidScope'])
  })

  test.each([200, 204] as const)('deleteStatus %i', async (deleteStatus) => {
    caller.emulator.set({ deleteStatus })
    const heard = await remove((await mint()).authorizationId)
    expect([heard.status, heard.text]).toEqual([deleteStatus, ''])
  })

  test('deleteUnknown', async () => {
    const { authorizationId } = await mint()
    await remove(authorizationId)
    for (const id of [authorizationId, NOBODYS]) {
      const heard = await remove(id)
      expect([heard.status, heard.json.typeKey]).toEqual([404, 'SessionTokenNotFoundException'])
    }
    caller.emulator.set({ deleteUnknown: 204 })
    for (const id of [authorizationId, NOBODYS]) expect((await remove(id)).status).toBe(204)
  })

  test.each(['tokenNotFound', 'authorizationNotFound'] as const)('getUnknown %s', async (getUnknown) => {
    caller.emulator.set({ getUnknown })
    const heard = await caller.pats(bearer, 'GET', { query: `&authorizationId=${NOBODYS}` })
    expect([heard.status, heard.json.patTokenError]).toEqual([200, getUnknown])
  })

  test('defaultDisplayFilter and defaultTop', async () => {
    for (let index = 0; index < 4; index += 1) await mint()
    await remove((await mint()).authorizationId)
    caller.emulator.set({ defaultTop: 3 })
    const first = await caller.pats(bearer, 'GET')
    expect(first.json.patTokens).toHaveLength(3)
    expect(first.json.continuationToken).not.toBe('')
    caller.emulator.set({ defaultDisplayFilter: 'all', defaultTop: 100 })
    expect((await caller.pats(bearer, 'GET')).json.patTokens).toHaveLength(5)
  })

  test('topAbove100', async () => {
    for (let index = 0; index < 101; index += 1) {
      caller.emulator.createPat(UPN, {
        displayName: `PAT ${index}`,
        scope: 'vso.code',
        organization: 'contoso',
        validTo: START + DAY,
      })
    }
    const page = await caller.pats(bearer, 'GET', { query: '&$top=500' })
    expect(page.json.patTokens).toHaveLength(100)
    caller.emulator.set({ topAbove100: 'error' })
    expect((await caller.pats(bearer, 'GET', { query: '&$top=101' })).status).toBe(400)
    expect((await caller.pats(bearer, 'GET', { query: '&$top=100' })).status).toBe(200)
  })

  test('validToOmitted', async () => {
    const patToken = await mint({ validTo: undefined })
    expect(Date.parse(patToken.validTo) - caller.emulator.now()).toBeGreaterThan(29.9 * DAY)
    caller.emulator.set({ validToOmitted: 'invalidValidTo' })
    expect((await caller.mint(bearer, { validTo: undefined })).json.patTokenError).toBe('invalidValidTo')
  })

  test('validToTooLong', async () => {
    expect((await caller.mint(bearer, { validTo: isoIn(400) })).json.patTokenError).toBe('invalidValidTo')
    expect((await caller.mint(bearer, { validTo: isoIn(365) })).json.patTokenError).toBe('none')
    caller.emulator.set({ validToTooLong: 'clamp' })
    const { validTo } = await mint({ validTo: isoIn(400) })
    expect(validTo.slice(0, 10)).toBe('2027-06-01')
  })

  test('lifespan', async () => {
    const { authorizationId } = await mint()
    caller.emulator.set({ policies: { maxLifespanDays: 7 }, lifespan: 'error' })
    expect((await caller.mint(bearer, { validTo: isoIn(8) })).json.patTokenError).toBe('patLifespanPolicyViolation')
    expect((await put({ authorizationId, validTo: isoIn(20) })).json.patTokenError).toBe('patLifespanPolicyViolation')
    expect((await caller.mint(bearer, { validTo: isoIn(6) })).json.patTokenError).toBe('none')
  })

  test('extendExpired', async () => {
    const { authorizationId, token } = await mint()
    caller.emulator.travel(11 * DAY)
    bearer = await caller.signIn()
    const body = { authorizationId, validTo: isoIn(10) }
    expect((await put(body)).json.patTokenError).toBe('expiredPatCannotBeExtended')
    expect((await caller.connectionData(token)).status).toBe(401)
    caller.emulator.set({ extendExpired: 'extends' })
    expect((await put(body)).json.patTokenError).toBe('none')
    expect((await caller.connectionData(token)).status).toBe(200)
  })

  test('a revoked PAT is never extended', async () => {
    const { authorizationId } = await mint()
    await remove(authorizationId)
    caller.emulator.set({ extendExpired: 'extends' })
    expect((await put({ authorizationId, validTo: isoIn(20) })).json).toMatchObject({
      patToken: null,
      patTokenError: 'invalidToken',
    })
  })

  test('maxDisplayNameLength and duplicateDisplayNames', async () => {
    caller.emulator.set({ maxDisplayNameLength: 5 })
    expect((await caller.mint(bearer, { displayName: 'longer' })).json.patTokenError).toBe('invalidDisplayName')
    await mint({ displayName: 'short' })
    expect((await caller.mint(bearer, { displayName: 'short' })).json.patTokenError).toBe('none')
    caller.emulator.set({ duplicateDisplayNames: 'invalidDisplayName' })
    const mintShort = async () => (await caller.mint(bearer, { displayName: 'short' })).json.patTokenError
    expect(await mintShort()).toBe('invalidDisplayName')
    for (const { authorizationId } of caller.emulator.pats()) await remove(authorizationId)
    expect(await mintShort()).toBe('none')
  })

  test('duplicateDisplayNames leaves the names of others alone', async () => {
    await caller.stop()
    const colleague = 'ann@contoso.example'
    const fixture = {
      users: [
        { upn: UPN, tenant: 'contoso.example' },
        { upn: colleague, tenant: 'contoso.example' },
      ],
    }
    caller = await call({ startAt: START, fixture })
    bearer = await caller.signIn()
    caller.emulator.set({ duplicateDisplayNames: 'invalidDisplayName' })
    const pat = { displayName: 'Feed', scope: 'vso.code', organization: 'contoso', validTo: START + DAY }
    caller.emulator.createPat(colleague, pat)
    expect((await caller.mint(bearer)).json.patTokenError).toBe('none')
  })

  test('requireBothPatScopes', async () => {
    const scopes = async (...names: string[]) =>
      caller.signIn({ scope: names.map((name) => `499b84ac-1321-427f-aa17-267ca6975798/${name}`).join(' ') })
    const reader = await scopes('vso.pats')
    const writer = await scopes('vso.pats_manage')
    caller.emulator.set({ requireBothPatScopes: false })
    expect((await caller.pats(reader, 'GET')).status).toBe(200)
    expect((await caller.mint(reader)).status).toBe(401)
    expect((await caller.mint(writer)).status).toBe(200)
  })

  test('tokenFormat', async () => {
    caller.emulator.set({ tokenFormat: 'old' })
    const { token } = await mint()
    expect(token).toMatch(/^[a-z2-7]{52}$/)
    expect((await caller.connectionData(token)).status).toBe(200)
  })

  test('scopeOrder', async () => {
    const scope = 'vso.work vso.Code vso.build'
    expect((await mint({ scope })).scope).toBe(scope)
    caller.emulator.set({ scopeOrder: 'sorted' })
    expect((await mint({ scope })).scope).toBe('vso.Code vso.build vso.work')
    caller.emulator.set({ scopeOrder: 'lowercase' })
    expect((await mint({ scope })).scope).toBe('vso.work vso.code vso.build')
  })

  test('putChangesValue', async () => {
    const { authorizationId, token } = await mint()
    caller.emulator.set({ putChangesValue: 'returned' })
    const second = (await put({ authorizationId, validTo: isoIn(20) })).json.patToken.token
    expect(second).toHaveLength(84)
    expect((await caller.connectionData(token)).status).toBe(203)
    expect((await caller.connectionData(second)).status).toBe(200)
    caller.emulator.set({ putChangesValue: 'silently' })
    expect((await put({ authorizationId, validTo: isoIn(21) })).json.patToken.token).toBeNull()
    expect((await caller.connectionData(second)).status).toBe(203)
    expect(caller.emulator.secrets()).toEqual(expect.arrayContaining([token, second, caller.emulator.pats()[0]?.value]))
  })

  test('unknownOrganization', async () => {
    caller.emulator.set({ unknownOrganization: 'sign-in' })
    const heard = await caller.say(`${caller.emulator.endpoints.vssps}/nowhere/_apis/tokens/pats`, { bearer })
    expect(heard.status).toBe(302)
  })

  test('throttleAfter blocks above the limit, and lets go as the window moves', async () => {
    caller.emulator.set({ throttleAfter: 2 })
    for (const status of [200, 200, 429, 429]) expect((await caller.pats(bearer, 'GET')).status).toBe(status)
    const blocked = await caller.pats(bearer, 'GET')
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(blocked.json.message).toContain('TF400733')
    caller.emulator.travel(Number(blocked.headers.get('retry-after')) * 1000)
    expect((await caller.pats(bearer, 'GET')).status).toBe(200)
  })
})

describe('late visibility', () => {
  test('createList: a new PAT is in the list only later', async () => {
    caller.emulator.set({ visibilityDelaySeconds: { createList: 30 } })
    await mint()
    expect((await caller.pats(bearer, 'GET')).json.patTokens).toHaveLength(0)
    caller.emulator.travel(30_000)
    expect((await caller.pats(bearer, 'GET')).json.patTokens).toHaveLength(1)
  })

  test('revokeList: a revoked PAT goes on being listed as active', async () => {
    caller.emulator.set({ visibilityDelaySeconds: { revokeList: 30 } })
    const { authorizationId, token } = await mint()
    await remove(authorizationId)
    expect((await caller.pats(bearer, 'GET')).json.patTokens).toHaveLength(1)
    expect((await caller.connectionData(token)).status).toBe(203)
    caller.emulator.travel(30_000)
    expect((await caller.pats(bearer, 'GET')).json.patTokens).toHaveLength(0)
  })

  test('useNew: a new PAT works only later', async () => {
    caller.emulator.set({ visibilityDelaySeconds: { useNew: 30 } })
    const { token } = await mint()
    expect((await caller.connectionData(token)).status).toBe(203)
    caller.emulator.travel(30_000)
    expect((await caller.connectionData(token)).status).toBe(200)
  })

  test('useRevoked: a revoked PAT goes on working', async () => {
    caller.emulator.set({ visibilityDelaySeconds: { useRevoked: 3600 } })
    const { authorizationId, token } = await mint()
    caller.emulator.revokeOutside(authorizationId, 'administrator')
    expect(caller.emulator.pats()[0]).toMatchObject({ state: 'revoked', revokedBy: 'administrator' })
    expect((await caller.connectionData(token)).status).toBe(200)
    caller.emulator.travel(3_600_000)
    expect((await caller.connectionData(token)).status).toBe(203)
  })
})

describe('clocks', () => {
  const date = async (url: string) => Date.parse((await caller.say(url)).headers.get('date') ?? '')

  test('the Date header follows a journey, and each host its own skew', async () => {
    const { entra, vssps, vaults } = caller.emulator.endpoints
    caller.emulator.travel(100 * DAY)
    caller.emulator.set({ perHostClockSkewSeconds: { azureDevOps: 600, vault: -600 } })
    const now = caller.emulator.now()
    expect(Math.abs((await date(entra)) - now)).toBeLessThan(5000)
    expect(Math.abs((await date(vssps)) - now - 600_000)).toBeLessThan(5000)
    expect(Math.abs((await date(vaults['contoso']!)) - now + 600_000)).toBeLessThan(5000)
  })

  test('a skewed host judges by its own clock', async () => {
    const { token, validTo } = await mint()
    caller.emulator.set({ perHostClockSkewSeconds: { azureDevOps: 10 * 86_400 + 60 } })
    expect((await caller.connectionData(token)).json.typeKey).toBe('AccessCheckException')
    expect(Date.parse(validTo)).toBeGreaterThan(caller.emulator.now())
  })

  test('the clock can be set back', () => {
    caller.emulator.travel(-DAY)
    expect(caller.emulator.now()).toBeLessThan(START)
  })
})

test('a switch that does not exist, or has not that value, is refused and nothing changes', () => {
  const before = caller.emulator.switches()
  expect(() => caller.emulator.set({ lifespan: 'shrink' } as never)).toThrow('lifespan')
  expect(() => caller.emulator.set({ weather: 'fine' } as never)).toThrow('weather')
  expect(caller.emulator.switches()).toEqual(before)
})
