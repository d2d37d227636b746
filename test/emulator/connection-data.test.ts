import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AZURE_DEVOPS, type Caller, call, DAY, TENANT, UPN, VAULT_CLIENT } from './caller.ts'

const ORGANIZATION = '0a6a0000-0000-4000-8000-000000000001'
const START = Date.UTC(2026, 5, 1)

let caller: Caller
beforeEach(async () => {
  caller = await call({ startAt: START })
})
afterEach(() => caller.stop())

const make = (more: Record<string, unknown> = {}) =>
  caller.emulator.createPat(UPN, {
    displayName: 'Feed',
    scope: 'vso.packaging',
    organization: 'contoso',
    validTo: START + 10 * DAY,
    ...more,
  })
const url = (path: string) => `${caller.emulator.endpoints.azureDevOps}/contoso${path}`
const suppress = { 'X-TFS-FedAuthRedirect': 'Suppress' }

describe('lists that every organization has', () => {
  const lists = [
    ['/_apis/git/repositories', 'vso.code_write', 'vso.work'],
    ['/_apis/packaging/feeds', 'vso.packaging', 'vso.code'],
    ['/_apis/wit/artifactlinktypes', 'vso.work_full', 'vso.packaging_write'],
  ] as const
  test.each(lists)('%s is for who has %s, and not for who has %s', async (path, scope, other) => {
    const read = async (pat: string, query = '?api-version=7.1') =>
      caller.say(url(`${path}${query}`), { headers: { authorization: `Basic ${btoa(`:${pat}`)}`, ...suppress } })
    const heard = await read(make({ scope }).value)
    expect([heard.status, heard.json.count]).toEqual([200, heard.json.value.length])
    expect((await read(make({ scope: other }).value)).status).toBe(401)
    expect((await read(make({ scope }).value, '?api-version=0.9')).status).toBe(400)
  })
})

describe('connectionData', () => {
  test('says who a PAT belongs to, whatever its scope', async () => {
    const { json, status } = await caller.connectionData(make().value)
    expect(status).toBe(200)
    expect(json.instanceId).toBe(ORGANIZATION)
    expect(json.deploymentId).toBeTypeOf('string')
    expect(json.authenticatedUser).toEqual(json.authorizedUser)
    expect(json.authenticatedUser).toMatchObject({
      id: '1de00000-0000-6000-a000-000000000001',
      descriptor: `Microsoft.IdentityModel.Claims.ClaimsIdentity;${TENANT}\\${UPN}`,
      subjectDescriptor: expect.stringMatching(/^aad\./),
      providerDisplayName: 'CI bot',
      properties: { Account: { $value: UPN } },
    })
  })

  test('takes an access token as bearer or as password', async () => {
    const bearer = await caller.signIn()
    expect((await caller.say(url('/_apis/connectionData'), { bearer })).status).toBe(200)
    expect((await caller.connectionData(bearer)).status).toBe(200)
  })

  test('takes any user name, but wants the colon', async () => {
    const { value } = make()
    const basic = async (text: string) =>
      (await caller.say(url('/_apis/connectionData'), { headers: { authorization: `Basic ${btoa(text)}` } })).status
    expect(await basic(`anybody:${value}`)).toBe(200)
    expect(await basic(value)).toBe(203)
  })

  test('an expired PAT is told so in JSON', async () => {
    const heard = await caller.connectionData(make({ validTo: START - 1000, validFrom: START - DAY }).value)
    expect([heard.status, heard.json.typeKey]).toEqual([401, 'AccessCheckException'])
    expect(heard.json.message).toBe('Access Denied: The Personal Access Token used has expired.')
    expect(decodeURIComponent(heard.headers.get('x-tfs-serviceerror') ?? '')).toBe(heard.json.message)
  })

  test.each(['scanner', 'administrator', 'owner'] as const)(
    'one revoked by the %s gets the sign-in page',
    async (by) => {
      const pat = make()
      caller.emulator.revokeOutside(pat.authorizationId, by)
      const page = await caller.connectionData(pat.value)
      expect([page.status, page.headers.get('content-type')]).toEqual([203, 'text/html; charset=utf-8'])
      const refused = await caller.say(url('/_apis/connectionData'), { pat: pat.value, headers: suppress })
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toMatch(/Bearer.+Basic.+TFS-Federated/)
    },
  )

  test('a second revocation changes nothing', () => {
    const pat = make()
    caller.emulator.revokeOutside(pat.authorizationId, 'scanner')
    const [before] = caller.emulator.pats()
    caller.emulator.travel(DAY)
    caller.emulator.revokeOutside(pat.authorizationId, 'administrator')
    expect(caller.emulator.pats()).toEqual([before])
    expect(before?.revokedBy).toBe('scanner')
    expect(() => caller.emulator.revokeOutside(ORGANIZATION, 'owner')).toThrow(ORGANIZATION)
  })

  test('an unknown PAT looks the same as a revoked one', async () => {
    expect((await caller.connectionData('nonsense')).status).toBe(203)
  })

  test('a PAT works only where it was made for', async () => {
    const other = await call({
      startAt: START,
      fixture: {
        tenants: [{ id: TENANT }],
        users: [{ upn: UPN, tenant: TENANT }],
        organizations: [
          { name: 'contoso', tenant: TENANT, members: [UPN] },
          { name: 'fabrikam', tenant: TENANT, members: [UPN] },
        ],
        pats: [
          { owner: UPN, organization: 'contoso', displayName: 'Local', scope: 'vso.code', validTo: '+3d' },
          {
            owner: UPN,
            organization: 'contoso',
            displayName: 'Global',
            scope: 'vso.code',
            validTo: '+3d',
            allOrgs: true,
          },
        ],
      },
    })
    const [local, global] = other.emulator.pats()
    const fabrikam = `${other.emulator.endpoints.azureDevOps}/fabrikam/_apis/connectionData`
    expect((await other.say(fabrikam, { pat: local!.value })).status).toBe(203)
    expect((await other.say(fabrikam, { pat: global!.value })).status).toBe(200)
    other.emulator.set({ policies: { disablePatCreation: 'all' } })
    expect((await other.say(fabrikam, { pat: global!.value })).status).toBe(401)
    expect((await other.connectionData(local!.value)).status).toBe(200)
    await other.stop()
  })

  test('the PAT of a disabled owner is refused', async () => {
    const { value } = make()
    caller.emulator.changeUser(UPN, { enabled: false })
    const heard = await caller.connectionData(value)
    expect([heard.status, heard.json.message]).toEqual([401, expect.stringContaining('TF400813')])
  })

  test('by conditional access, 403 VS403463', async () => {
    const { value } = make()
    caller.emulator.set({ policies: { conditionalAccess: 'block' } })
    const heard = await caller.connectionData(value)
    expect([heard.status, heard.json.message]).toEqual([403, expect.stringContaining('VS403463')])
  })

  test('may answer as nobody where it would refuse', async () => {
    caller.emulator.set({ anonymousConnectionData: true })
    const { status, json } = await caller.connectionData('nonsense')
    expect([status, json.authenticatedUser.id]).toEqual([200, 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'])
    expect((await caller.connectionData(make().value)).json.authenticatedUser.properties.Account.$value).toBe(UPN)
  })

  test('does not know an application that is no member', async () => {
    const client_secret = caller.emulator.clientSecret(VAULT_CLIENT)
    const scope = `${AZURE_DEVOPS}/.default`
    const form = { client_id: VAULT_CLIENT, client_secret, grant_type: 'client_credentials', scope }
    const bearer = (await caller.token(form)).json.access_token
    expect((await caller.say(url('/_apis/connectionData'), { bearer })).status).toBe(401)
  })

  test('is a preview', async () => {
    const { value } = make()
    const version = async (text: string) =>
      (await caller.say(url(`/_apis/connectionData?api-version=${text}`), { pat: value })).status
    expect([await version('7.1-preview.1'), await version('5.0-preview'), await version('7.1')]).toEqual([
      200, 200, 400,
    ])
  })
})

describe('the organization itself', () => {
  test.each(['', '/_apis/connectiondata'])('HEAD %s tells the tenant', async (path) => {
    const heard = await caller.say(url(path), { method: 'HEAD', headers: suppress })
    expect(heard.headers.get('www-authenticate')).toContain(
      `authorization_uri=${caller.emulator.endpoints.entra}/${TENANT}`,
    )
    expect(heard.headers.get('x-vss-resourcetenant')).toBe(TENANT)
    expect(heard.headers.get('x-vss-authorizationendpoint')).toBe(`${caller.emulator.endpoints.vssps}/contoso`)
  })

  const challengeOf = async (method: string) => {
    const heard = await caller.say(url(''), { method })
    return [heard.headers.get('www-authenticate') ?? '', heard.headers.get('x-vss-resourcetenant')] as const
  }

  test.each(['HEAD', 'GET'])('%s tells it in quotes, or in a header of its own alone', async (method) => {
    caller.emulator.set({ authorizationUri: 'quoted' })
    expect((await challengeOf(method))[0]).toContain(
      `Bearer authorization_uri="${caller.emulator.endpoints.entra}/${TENANT}"`,
    )
    caller.emulator.set({ authorizationUri: 'absent' })
    const [challenge, tenant] = await challengeOf(method)
    expect(challenge).not.toContain('Bearer')
    expect(tenant).toBe(TENANT)
    caller.emulator.set({ authorizationUri: 'plain' })
  })

  test('a forged answer names another host', async () => {
    caller.emulator.set({ authorizationHost: 'https://attacker.example' })
    expect((await challengeOf('HEAD'))[0]).toContain(`authorization_uri=https://attacker.example/${TENANT}`)
    caller.emulator.set({ authorizationHost: null })
    expect(() => caller.emulator.set({ authorizationHost: 'no address' })).toThrow('authorizationHost')
  })

  test('one of personal accounts belongs to no tenant', async () => {
    const fixture = { organizations: [{ name: 'personal', tenant: TENANT, backedBy: 'personal-accounts' as const }] }
    const other = await call({ fixture })
    const { headers } = await other.say(`${other.emulator.endpoints.azureDevOps}/personal`, { method: 'HEAD' })
    expect(headers.get('www-authenticate')).not.toContain('Bearer')
    expect(headers.get('x-vss-resourcetenant')).toBe('00000000-0000-0000-0000-000000000000')
    await other.stop()
  })

  test('one that does not exist is 404', async () => {
    const heard = await caller.say(`${caller.emulator.endpoints.azureDevOps}/nowhere`, { method: 'HEAD' })
    expect(heard.status).toBe(404)
  })
})

describe('projects', () => {
  test.each([
    ['vso.project', 200],
    ['vso.project_write', 200],
    ['vso.profile', 200],
    ['app_token', 200],
    ['vso.code vso.build', 401],
  ])('for a PAT with %s are answered %i', async (scope, status) => {
    const heard = await caller.say(url('/_apis/projects?$top=1&api-version=7.1'), { pat: make({ scope }).value })
    expect(heard.status).toBe(status)
    if (status === 200)
      expect(heard.json).toMatchObject({ count: 1, value: [{ name: 'Fabrikam', state: 'wellFormed' }] })
  })

  test.each([
    ['7.1', 200],
    ['7.2-preview.4', 200],
    ['7.2', 400],
    ['7.3-preview', 400],
  ])('at api-version %s are answered %i', async (version, status) => {
    const pat = make({ scope: 'vso.project' }).value
    expect((await caller.say(url(`/_apis/projects?api-version=${version}`), { pat })).status).toBe(status)
  })

  test('the status of a missing scope can be 403', async () => {
    caller.emulator.set({ missingScopeStatus: 403 })
    expect((await caller.say(url('/_apis/projects'), { pat: make().value })).status).toBe(403)
  })
})
