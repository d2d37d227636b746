import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import {
  AZURE_CLI,
  AZURE_DEVOPS,
  type Caller,
  call,
  DAY,
  OWN_CLIENT,
  TENANT,
  UPN,
  VAULT,
  VAULT_CLIENT,
} from './caller.ts'

const ORGANIZATION = '0a6a0000-0000-4000-8000-000000000001'
const OTHER_ORGANIZATION = '0a6a0000-0000-4000-8000-000000000002'
const COLLEAGUE = 'ann@contoso.example'
const START = Date.UTC(2026, 5, 1)

const fixture: Fixture = {
  tenants: [
    { id: TENANT, domains: ['contoso.example'] },
    { id: '22222222-2222-3333-4444-555555555555', domains: ['fabrikam.example'] },
  ],
  users: [
    { upn: UPN, tenant: TENANT },
    { upn: COLLEAGUE, tenant: TENANT },
    { upn: 'bob@fabrikam.example', tenant: 'fabrikam.example' },
    { upn: 'guest@contoso.example', tenant: TENANT },
  ],
  clients: [
    { id: OWN_CLIENT, tenant: TENANT },
    { id: VAULT_CLIENT, tenant: TENANT, confidential: true },
    {
      id: 'c11e0000-0000-4000-8000-000000000007',
      tenant: TENANT,
      azureDevOps: ['vso.pats', 'vso.pats_manage', 'vso.tokens'],
    },
  ],
  organizations: [
    { name: 'contoso', id: ORGANIZATION, tenant: TENANT, members: [UPN, COLLEAGUE, 'bob@fabrikam.example'] },
    { name: 'fabrikam', id: OTHER_ORGANIZATION, tenant: TENANT, members: [UPN] },
  ],
}

let caller: Caller
let bearer: string
beforeEach(async () => {
  caller = await call({ fixture, startAt: START })
  bearer = await caller.signIn()
})
afterEach(() => caller.stop())

const isoIn = (days: number) => new Date(caller.emulator.now() + days * DAY).toISOString()
const list = (query = '') => caller.pats(bearer, 'GET', { query })
const daysLeft = (validTo: string) => (Date.parse(validTo) - caller.emulator.now()) / DAY

describe('the life of a PAT', () => {
  test('create shows the value once; get, list and update do not', async () => {
    const { status, json } = await caller.mint(bearer)
    expect(status).toBe(200)
    expect(json.patTokenError).toBe('none')
    expect(json.patToken).toMatchObject({ displayName: 'Feed', scope: 'vso.packaging', targetAccounts: [ORGANIZATION] })
    expect(json.patToken.token).toHaveLength(84)
    const { authorizationId } = json.patToken
    const got = await list(`&authorizationId=${authorizationId}`)
    expect(got.json.patToken).toMatchObject({ authorizationId, token: null })
    const updated = await caller.pats(bearer, 'PUT', { body: { authorizationId, displayName: 'Feed 2' } })
    expect(updated.json.patToken).toMatchObject({ displayName: 'Feed 2', scope: 'vso.packaging', token: null })
    const listed = await list()
    expect(listed.json).toEqual({ continuationToken: '', patTokens: [updated.json.patToken] })
  })

  test('update extends the same value and leaves validFrom', async () => {
    const { patToken } = (await caller.mint(bearer)).json
    caller.emulator.travel(5 * DAY)
    bearer = await caller.signIn()
    const { json } = await caller.pats(bearer, 'PUT', {
      body: { authorizationId: patToken.authorizationId, validTo: isoIn(30) },
    })
    expect(json.patToken.validFrom).toBe(patToken.validFrom)
    expect(daysLeft(json.patToken.validTo)).toBeCloseTo(30, 3)
    expect((await caller.connectionData(patToken.token)).status).toBe(200)
  })

  test('an update can make a PAT global, and no longer global', async () => {
    const { authorizationId } = (await caller.mint(bearer)).json.patToken
    const global = await caller.pats(bearer, 'PUT', { body: { authorizationId, allOrgs: true } })
    expect(global.json.patToken.targetAccounts).toBeNull()
    const local = await caller.pats(bearer, 'PUT', { body: { authorizationId, allOrgs: false } })
    expect(local.json.patToken.targetAccounts).toEqual([ORGANIZATION])
  })

  test('delete revokes, and the value is dead at once', async () => {
    const { authorizationId, token } = (await caller.mint(bearer)).json.patToken
    const revoked = await caller.pats(bearer, 'DELETE', { query: `&authorizationId=${authorizationId}` })
    expect([revoked.status, revoked.text]).toEqual([204, ''])
    expect((await caller.connectionData(token)).status).toBe(203)
    expect((await list('&displayFilterOption=active')).json.patTokens).toHaveLength(0)
    expect((await list('&displayFilterOption=revoked')).json.patTokens).toHaveLength(1)
    expect(caller.emulator.pats()[0]).toMatchObject({ state: 'revoked', revokedBy: 'owner' })
  })

  test('PATs of others are unknown', async () => {
    const other = caller.emulator.createPat(COLLEAGUE, {
      displayName: 'Hers',
      scope: 'vso.code',
      organization: 'contoso',
      validTo: START + 10 * DAY,
    })
    const query = `&authorizationId=${other.authorizationId}`
    expect((await list('&displayFilterOption=all')).json.patTokens).toHaveLength(0)
    expect((await list(query)).json).toEqual({ patToken: null, patTokenError: 'tokenNotFound' })
    expect((await caller.pats(bearer, 'DELETE', { query })).json.typeKey).toBe('SessionTokenNotFoundException')
    expect(caller.emulator.pats()[0]?.state).toBe('active')
  })

  test('a global PAT shows in every organization, another one only in its own', async () => {
    await caller.mint(bearer, { displayName: 'Global', allOrgs: true })
    await caller.mint(bearer, { displayName: 'Local' })
    const names = async (organization: string) => {
      const url = `${caller.emulator.endpoints.vssps}/${organization}/_apis/tokens/pats?api-version=7.1-preview.1`
      const { json } = await caller.say(url, { bearer })
      return json.patTokens.map(({ displayName }: { displayName: string }) => displayName).toSorted()
    }
    expect(await names('contoso')).toEqual(['Global', 'Local'])
    expect(await names('fabrikam')).toEqual(['Global'])
  })

  test('the path does not mind case', async () => {
    const url = `${caller.emulator.endpoints.vssps}/Contoso/_apis/Tokens/Pats?api-version=6.1-preview`
    expect((await caller.say(url, { bearer })).status).toBe(200)
  })
})

describe('the list', () => {
  beforeEach(async () => {
    for (let index = 0; index < 7; index += 1) {
      await caller.mint(bearer, { displayName: `PAT ${6 - index}` })
      caller.emulator.travel(60_000)
    }
  })

  async function walk(query: string): Promise<string[]> {
    const names: string[] = []
    let continuationToken = ''
    do {
      const { json } = await list(`${query}&continuationToken=${encodeURIComponent(continuationToken)}`)
      names.push(...json.patTokens.map(({ displayName }: { displayName: string }) => displayName))
      continuationToken = json.continuationToken
    } while (continuationToken !== '')
    return names
  }

  test('comes in pages that neither overlap nor leave a gap', async () => {
    const sorted = [0, 1, 2, 3, 4, 5, 6].map((index) => `PAT ${index}`)
    expect(await walk('&sortByOption=displayName&isSortAscending=true&$top=2')).toEqual(sorted)
    expect(await walk('&sortByOption=displayName&isSortAscending=false&$top=3')).toEqual(sorted.toReversed())
    expect(await walk('&sortByOption=displayDate&isSortAscending=true&$top=7')).toEqual(sorted.toReversed())
    expect(await walk('&$top=4')).toEqual(sorted)
  })

  test('goes on past an entry that was revoked between two pages', async () => {
    const first = await list('&$top=3')
    const { authorizationId } = first.json.patTokens[2]
    await caller.pats(bearer, 'DELETE', { query: `&authorizationId=${authorizationId}` })
    const second = await list(`&$top=10&continuationToken=${first.json.continuationToken}`)
    expect(second.json.patTokens).toHaveLength(4)
  })

  test.each([
    ['another filter', '&displayFilterOption=all'],
    ['another order', '&sortByOption=displayName'],
    ['another direction', '&isSortAscending=true'],
  ])('refuses a continuation token with %s', async (_, change) => {
    const { json } = await list('&$top=2')
    const heard = await list(`&$top=2&continuationToken=${json.continuationToken}${change}`)
    expect(heard.status).toBe(400)
    expect(heard.json.typeKey).toBe('VssPropertyValidationException')
  })

  test.each([
    ['$top=0'],
    ['$top=-1'],
    ['$top=many'],
    ['displayFilterOption=alive'],
    ['sortByOption=owner'],
    ['continuationToken=xyz'],
  ])('refuses %s', async (query) => {
    expect((await list(`&${query}`)).status).toBe(400)
  })

  test('filters by state', async () => {
    const [first, second] = caller.emulator.pats()
    caller.emulator.revokeOutside(first!.authorizationId, 'scanner')
    caller.emulator.createPat(UPN, {
      displayName: 'Old',
      scope: 'vso.code',
      organization: 'contoso',
      validTo: START - DAY,
      validFrom: START - 5 * DAY,
    })
    const count = async (filter: string) => (await list(`&displayFilterOption=${filter}`)).json.patTokens.length
    expect([await count('active'), await count('revoked'), await count('expired'), await count('all')]).toEqual([
      6, 1, 1, 8,
    ])
    expect(second?.state).toBe('active')
  })
})

describe('a request that is not right', () => {
  test.each<[string, string, unknown, string]>([
    ['no display name', 'POST', { displayName: undefined }, 'displayNameRequired'],
    ['a blank display name', 'POST', { displayName: '  ' }, 'displayNameRequired'],
    ['a display name too long', 'POST', { displayName: 'x'.repeat(257) }, 'invalidDisplayName'],
    ['no scope', 'POST', { scope: undefined }, 'invalidScope'],
    ['an unknown scope', 'POST', { scope: 'vso.nothing' }, 'invalidScope'],
    ['a scope of Entra alone', 'POST', { scope: 'vso.pats' }, 'invalidScope'],
    ['an end in the past', 'POST', { validTo: '2026-05-31T00:00:00Z' }, 'invalidValidTo'],
    ['an end that is no instant', 'POST', { validTo: 'soon' }, 'invalidValidTo'],
    ['an end more than a year ahead', 'POST', { validTo: '2027-06-02T00:00:00Z' }, 'invalidValidTo'],
  ])('%s is answered 200 with the error and no PAT', async (_, __, change, error) => {
    const heard = await caller.mint(bearer, change as Record<string, unknown>)
    expect(heard.status).toBe(200)
    expect(heard.json).toEqual({ patToken: null, patTokenError: error })
    expect(caller.emulator.pats()).toHaveLength(0)
  })

  test('7.2 adds a message', async () => {
    const heard = await caller.pats(bearer, 'POST', { version: '7.2-preview.1', body: {} })
    expect(heard.json).toMatchObject({ patTokenError: 'displayNameRequired', patTokenErrorMessage: expect.any(String) })
  })

  test.each<[string, unknown, string]>([
    ['a field of the wrong type', { displayName: 5 }, 'JsonReaderException'],
    ['an unknown field', { displayname: 'x' }, 'VssPropertyValidationException'],
    ['an authorizationId at creation', { authorizationId: ORGANIZATION }, 'VssPropertyValidationException'],
    ['an array', [], 'ArgumentNullException'],
  ])('%s is answered 400', async (_, body, typeKey) => {
    const heard = await caller.pats(bearer, 'POST', { body })
    expect(heard.status).toBe(400)
    expect(heard.json).toMatchObject({ typeKey, message: expect.any(String), errorCode: 0, eventId: 3000 })
  })

  test('what is no JSON, or does not say that it is, is refused', async () => {
    const url = `${caller.emulator.endpoints.vssps}/contoso/_apis/tokens/pats?api-version=7.1-preview.1`
    const broken = await caller.say(url, {
      method: 'POST',
      bearer,
      body: '{',
      headers: { 'content-type': 'application/json' },
    })
    expect([broken.status, broken.json.typeKey]).toEqual([400, 'JsonReaderException'])
    const unlabelled = await caller.say(url, {
      method: 'POST',
      bearer,
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    })
    expect(unlabelled.status).toBe(415)
  })

  test.each([
    ['7.1', 400, 'VssInvalidPreviewVersionException'],
    ['7.2', 400, 'VssInvalidPreviewVersionException'],
    ['9.0-preview', 400, 'VssVersionOutOfRangeException'],
    ['5.1-preview', 400, 'VssVersionOutOfRangeException'],
    ['7.1-preview.2', 400, 'VssInvalidApiResourceVersionException'],
    ['latest', 400, 'VssInvalidApiResourceVersionException'],
    ['7.1-preview', 200, undefined],
    ['6.1-preview.1', 200, undefined],
  ])('api-version %s is answered %i', async (version, status, typeKey) => {
    const heard = await caller.pats(bearer, 'GET', { version })
    expect([heard.status, heard.json.typeKey]).toEqual([status, typeKey])
  })

  test('the version may stand in Accept, and must stand somewhere', async () => {
    const url = `${caller.emulator.endpoints.vssps}/contoso/_apis/tokens/pats`
    const accept = 'application/json;api-version=7.1-preview.1'
    expect((await caller.say(url, { bearer, headers: { accept } })).status).toBe(200)
    expect((await caller.say(url, { bearer })).json.typeKey).toBe('VssVersionNotSpecifiedException')
  })
})

describe('who may call', () => {
  const url = () => `${caller.emulator.endpoints.vssps}/contoso/_apis/tokens/pats?api-version=7.1-preview.1`
  const suppress = { 'X-TFS-FedAuthRedirect': 'Suppress' }

  async function bearerOf(kind: string): Promise<string | undefined> {
    if (kind === 'none') return undefined
    if (kind === 'unknown') return 'nonsense'
    if (kind === 'vault') return caller.signIn({ scope: `${VAULT}/.default` })
    const client_secret = caller.emulator.clientSecret(VAULT_CLIENT)
    const scope = `${AZURE_DEVOPS}/.default`
    const form = { client_id: VAULT_CLIENT, client_secret, grant_type: 'client_credentials', scope }
    return (await caller.token(form)).json.access_token
  }

  test.each([
    ['none', 302],
    ['unknown', 203],
    ['vault', 203],
    ['application', 302],
  ])('a call with the token %s gets a page with %i, and 401 when pages are suppressed', async (kind, status) => {
    const token = await bearerOf(kind)
    const said = token === undefined ? {} : { bearer: token }
    const page = await caller.say(url(), said)
    expect(page.status).toBe(status)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.text).toContain('<html>')
    const refused = await caller.say(url(), { ...said, headers: suppress })
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain(
      `Bearer authorization_uri=${caller.emulator.endpoints.entra}/${TENANT}`,
    )
  })

  test('a followed redirect ends in a page under 200', async () => {
    const redirect = await caller.say(url())
    const page = await caller.say(redirect.headers.get('location') ?? '')
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  })

  test('an expired token gets a page on GET and POST, JSON on PUT and DELETE', async () => {
    caller.emulator.travel(3_600_000)
    expect((await caller.pats(bearer, 'GET')).status).toBe(203)
    expect((await caller.mint(bearer)).status).toBe(203)
    for (const method of ['PUT', 'DELETE']) {
      const heard = await caller.pats(bearer, method)
      expect([heard.status, heard.json.typeKey]).toEqual([401, 'UnauthorizedRequestException'])
    }
  })

  test('a PAT cannot call', async () => {
    const { token } = (await caller.mint(bearer, { scope: 'app_token' })).json.patToken
    const heard = await caller.say(url(), { pat: token })
    expect([heard.status, heard.json.typeKey]).toEqual([401, 'InvalidAccessException'])
  })

  test.each([
    [`${AZURE_DEVOPS}/vso.pats`, 401],
    [`${AZURE_DEVOPS}/vso.pats_manage`, 401],
    [`${AZURE_DEVOPS}/vso.tokens`, 401],
    [`${AZURE_DEVOPS}/vso.pats ${AZURE_DEVOPS}/vso.pats_manage`, 200],
  ])('a token with %s is answered %i', async (scope, status) => {
    const token = await caller.signIn({ client_id: 'c11e0000-0000-4000-8000-000000000007', scope })
    expect((await caller.pats(token, 'GET')).status).toBe(status)
  })

  test('a client of Microsoft may, with user_impersonation', async () => {
    const token = await caller.signIn({ client_id: AZURE_CLI })
    expect((await caller.mint(token)).json.patTokenError).toBe('none')
  })

  test('a user from outside the organization, or disabled, is not authorized', async () => {
    const guest = await caller.signIn({
      username: 'guest@contoso.example',
      password: caller.emulator.password('guest@contoso.example'),
    })
    const heard = await caller.pats(guest, 'GET')
    expect([heard.status, heard.json.message]).toEqual([401, expect.stringContaining('TF400813')])
    caller.emulator.changeUser(UPN, { enabled: false })
    expect((await caller.pats(bearer, 'GET')).status).toBe(401)
  })

  test('a token of another tenant is not authorized, member or not', async () => {
    const username = 'bob@fabrikam.example'
    const form = caller.passwordForm({ username, client_id: AZURE_CLI })
    const { json } = await caller.token(form, 'fabrikam.example')
    expect((await caller.pats(json.access_token, 'GET')).status).toBe(401)
  })

  test('an organization that does not exist is a page with 404', async () => {
    const heard = await caller.say(url().replace('/contoso/', '/nowhere/'), { bearer })
    expect([heard.status, heard.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
  })

  test('conditional access of the organization is 403 VS403463', async () => {
    caller.emulator.set({ policies: { conditionalAccess: 'block' } })
    const heard = await caller.pats(bearer, 'GET')
    expect([heard.status, heard.json.message]).toEqual([403, expect.stringContaining('VS403463')])
  })
})

describe('policies', () => {
  test('a maximum lifespan shortens a new PAT from now and an update from its creation, silently', async () => {
    caller.emulator.set({ policies: { maxLifespanDays: 7 } })
    const { patToken, patTokenError } = (await caller.mint(bearer, { validTo: isoIn(30) })).json
    expect(patTokenError).toBe('none')
    expect(daysLeft(patToken.validTo)).toBeCloseTo(7, 3)
    caller.emulator.travel(3 * DAY)
    bearer = await caller.signIn()
    const body = { authorizationId: patToken.authorizationId, validTo: isoIn(30) }
    const { json } = await caller.pats(bearer, 'PUT', { body })
    expect(json.patTokenError).toBe('none')
    expect(daysLeft(json.patToken.validTo)).toBeCloseTo(4, 3)
  })

  test('a PAT older than the maximum cannot be updated', async () => {
    const { authorizationId } = (await caller.mint(bearer)).json.patToken
    caller.emulator.travel(8 * DAY)
    bearer = await caller.signIn()
    caller.emulator.set({ policies: { maxLifespanDays: 7 } })
    const { json } = await caller.pats(bearer, 'PUT', { body: { authorizationId, validTo: isoIn(10) } })
    expect(json.patTokenError).toBe('patLifespanPolicyViolation')
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
    ['restrictGlobal', { restrictGlobal: true }, { allOrgs: true }, 'globalPatPolicyViolation'],
    ['restrictFullScope', { restrictFullScope: true }, { scope: 'app_token' }, 'fullScopePatPolicyViolation'],
    ['disablePatCreation', { disablePatCreation: 'all' }, {}, 'disablePatCreationPolicyViolation'],
    [
      'packaging-only',
      { disablePatCreation: 'packaging-only' },
      { scope: 'vso.code vso.packaging' },
      'disablePatCreationPolicyViolation',
    ],
    ['an unreadable tenant policy', { unreadable: 'tenant' }, {}, 'failedToReadTenantPolicy'],
    ['an unreadable organization policy', { unreadable: 'organization' }, {}, 'failedToReadOrgPolicy'],
  ])('%s', async (_, policies, change, error) => {
    expect((await caller.mint(bearer, change)).json.patTokenError).toBe('none')
    caller.emulator.set({ policies })
    expect((await caller.mint(bearer, change)).json.patTokenError).toBe(error)
  })

  test('packaging-only lets packaging through, and existing PATs can be extended', async () => {
    const { authorizationId } = (await caller.mint(bearer, { scope: 'vso.code' })).json.patToken
    caller.emulator.set({ policies: { disablePatCreation: 'packaging-only' } })
    expect((await caller.mint(bearer, { scope: 'vso.packaging_write' })).json.patTokenError).toBe('none')
    const { json } = await caller.pats(bearer, 'PUT', { body: { authorizationId, validTo: isoIn(20) } })
    expect(json.patTokenError).toBe('none')
  })

  test('allow lists exempt', async () => {
    await caller.stop()
    const policies = {
      maxLifespanDays: 7,
      maxLifespanAllow: [UPN],
      restrictGlobal: true,
      restrictGlobalAllow: [UPN],
      restrictFullScope: true,
      restrictFullScopeAllow: [UPN],
    }
    caller = await call({
      startAt: START,
      fixture: {
        ...fixture,
        tenants: [
          { id: TENANT, domains: ['contoso.example'], policies },
          { id: '22222222-2222-3333-4444-555555555555', domains: ['fabrikam.example'] },
        ],
        organizations: [
          {
            name: 'contoso',
            tenant: TENANT,
            members: [UPN, COLLEAGUE],
            policies: { disablePatCreation: 'all', disablePatCreationAllow: [UPN] },
          },
        ],
      },
    })
    const asked = { scope: 'app_token', allOrgs: true, validTo: isoIn(30) }
    const { json } = await caller.mint(await caller.signIn(), asked)
    expect(json.patTokenError).toBe('none')
    expect(daysLeft(json.patToken.validTo)).toBeCloseTo(30, 3)
    const colleague = await caller.signIn({ username: COLLEAGUE })
    expect((await caller.mint(colleague, asked)).json.patTokenError).toBe('disablePatCreationPolicyViolation')
  })

  test('global PATs end on 1 December 2026: no new ones, and the old ones stop working', async () => {
    const { token } = (await caller.mint(bearer, { allOrgs: true, validTo: '2027-01-01T00:00:00Z' })).json.patToken
    caller.emulator.travel(Date.UTC(2026, 10, 30, 23, 59) - caller.emulator.now())
    expect((await caller.connectionData(token)).status).toBe(200)
    caller.emulator.travel(120_000)
    expect((await caller.connectionData(token)).status).toBe(203)
    bearer = await caller.signIn()
    expect((await caller.mint(bearer, { allOrgs: true })).json.patTokenError).toBe('globalPATCreationBlocked')
  })
})
