import { createPublicKey, verify } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  AZURE_CLI,
  AZURE_DEVOPS,
  type Caller,
  call,
  DAY,
  type Heard,
  OWN_CLIENT,
  TENANT,
  UPN,
  VAULT,
  VAULT_CLIENT,
} from './caller.ts'

let caller: Caller
beforeAll(async () => {
  caller = await call({
    fixture: {
      tenants: [{ id: TENANT, domains: ['contoso.example'] }, { id: '22222222-2222-3333-4444-555555555555' }],
      users: [
        { upn: UPN, tenant: TENANT },
        { upn: 'other@contoso.example', tenant: TENANT },
      ],
      clients: [
        { id: OWN_CLIENT, tenant: TENANT },
        { id: VAULT_CLIENT, tenant: TENANT, confidential: true },
        { id: 'c11e0000-0000-4000-8000-000000000003', tenant: TENANT, confidential: true, secretExpired: true },
        { id: 'c11e0000-0000-4000-8000-000000000004', tenant: TENANT, consent: false },
        { id: 'c11e0000-0000-4000-8000-000000000005', tenant: TENANT, azureDevOps: [] },
        { id: 'c11e0000-0000-4000-8000-000000000006', tenant: TENANT, allowPublicFlows: false },
      ],
    },
  })
})
afterAll(() => caller.stop())
beforeEach(() => {
  caller.emulator.changeUser(UPN, {
    enabled: true,
    mfa: 'none',
    locked: false,
    passwordExpired: false,
    conditionalAccess: 'pass',
  })
})

function expectRefusal(heard: Heard, code: number, error: string, status = 400) {
  expect(heard.json).toMatchObject({ error, error_codes: [code] })
  expect(heard.status).toBe(status)
  expect(heard.json.error_description).toMatch(
    new RegExp(`^AADSTS${code}: .+Trace ID: .+Correlation ID: .+Timestamp: `),
  )
  expect(heard.json.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/)
  expect(heard.json.error_uri).toContain(`code=${code}`)
  expect(heard.json.trace_id).toBeTypeOf('string')
  expect(heard.json.correlation_id).toBeTypeOf('string')
}

describe('a sign-in with a password', () => {
  test('gives an opaque access token and, as asked, a refresh token, an id token and client_info', async () => {
    const form = caller.passwordForm({
      scope: `${AZURE_DEVOPS}/.default openid profile offline_access`,
      client_info: '1',
    })
    const { status, json } = await caller.token(form)
    expect(status).toBe(200)
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 })
    expect(json.scope.split(' ')).toEqual(
      expect.arrayContaining([`${AZURE_DEVOPS}/vso.pats`, `${AZURE_DEVOPS}/vso.pats_manage`]),
    )
    expect(json.access_token.split('.')).toHaveLength(1)
    expect(json.refresh_token).toBeTypeOf('string')
    expect(JSON.parse(Buffer.from(json.client_info, 'base64url').toString()).utid).toBe(TENANT)
    const claims = JSON.parse(Buffer.from(json.id_token.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ aud: OWN_CLIENT, tid: TENANT, preferred_username: UPN, ver: '2.0' })
    expect(caller.emulator.secrets()).toEqual(
      expect.arrayContaining([json.access_token, json.refresh_token, json.id_token, caller.emulator.password(UPN)]),
    )
  })

  test('without openid and offline_access gives the access token alone', async () => {
    const { json } = await caller.token(caller.passwordForm({ scope: `${AZURE_DEVOPS}/.default` }))
    expect(Object.keys(json).sort()).toEqual(['access_token', 'expires_in', 'ext_expires_in', 'scope', 'token_type'])
  })

  test('a resource may be written with a slash at its end, as older clients do', async () => {
    const heard = await caller.token(caller.passwordForm({ scope: `${VAULT}//.default` }))
    expect(heard.status).toBe(200)
  })

  test('a client of Microsoft gets user_impersonation', async () => {
    const { json } = await caller.token(caller.passwordForm({ client_id: AZURE_CLI }))
    expect(json.scope).toContain(`${AZURE_DEVOPS}/user_impersonation`)
  })

  test('the id token is signed by a key of the published set', async () => {
    const { json } = await caller.token(caller.passwordForm({ scope: `${AZURE_DEVOPS}/.default openid` }))
    const base = `${caller.emulator.endpoints.entra}/${TENANT}`
    const discovery = await caller.say(`${base}/v2.0/.well-known/openid-configuration`)
    expect(discovery.json.issuer).toBe(`${base}/v2.0`)
    const keys = await caller.say(discovery.json.jwks_uri)
    const [header, body, signature] = json.id_token.split('.')
    const key = createPublicKey({ key: keys.json.keys[0], format: 'jwk' })
    const isGood = verify('RSA-SHA256', Buffer.from(`${header}.${body}`), key, Buffer.from(signature, 'base64url'))
    expect(isGood).toBe(true)
  })

  test('the tenant may be named by domain or be left to the user name', async () => {
    expect((await caller.token(caller.passwordForm(), 'contoso.example')).status).toBe(200)
    expect((await caller.token(caller.passwordForm(), 'organizations')).status).toBe(200)
  })

  const clientOf = (digit: number) => ({ client_id: `c11e0000-0000-4000-8000-00000000000${digit}` })
  test.each<[string, Record<string, string>, number, string, number?, string?]>([
    ['a wrong password', { password: 'guess' }, 50126, 'invalid_grant'],
    ['an unknown user', { username: 'nobody@contoso.example', password: 'x' }, 50034, 'invalid_grant'],
    ['a user of another tenant', {}, 50034, 'invalid_grant', 400, '22222222-2222-3333-4444-555555555555'],
    ['an unknown client', clientOf(9), 700016, 'unauthorized_client'],
    ['a client of another tenant', {}, 700016, 'unauthorized_client', 400, '22222222-2222-3333-4444-555555555555'],
    ['a client without consent', clientOf(4), 65001, 'invalid_grant'],
    ['a client without the permission', clientOf(5), 650057, 'invalid_resource'],
    ['a public flow that is switched off', clientOf(6), 7000218, 'invalid_client', 401],
    ['a public client with a secret', { client_secret: 'x' }, 700025, 'invalid_client', 401],
    ['a confidential client without its secret', clientOf(2), 7000218, 'invalid_client', 401],
    [
      'a confidential client with a wrong secret',
      { ...clientOf(2), client_secret: 'x' },
      7000215,
      'invalid_client',
      401,
    ],
    ['an unknown tenant', {}, 90002, 'invalid_request', 400, 'nowhere.example'],
    ['the common authority', {}, 9001023, 'invalid_request', 400, 'common'],
    ['an unknown resource', { scope: 'https://example.org/.default' }, 500011, 'invalid_resource'],
    ['two resources', { scope: `${AZURE_DEVOPS}/.default ${VAULT}/.default` }, 28000, 'invalid_request'],
    ['.default and more', { scope: `${AZURE_DEVOPS}/.default ${AZURE_DEVOPS}/vso.pats` }, 70011, 'invalid_scope'],
    ['a resource without a permission', { scope: `${AZURE_DEVOPS}/` }, 70011, 'invalid_scope'],
    ['a permission nobody consented to', { scope: `${AZURE_DEVOPS}/vso.code` }, 65001, 'invalid_grant'],
    ['a missing scope', { scope: '' }, 900144, 'invalid_request'],
    ['a missing password', { password: '' }, 900144, 'invalid_request'],
    ['an unknown grant', { grant_type: 'saml' }, 70003, 'unsupported_grant_type'],
  ])('with %s is refused', async (name, change, code, error, status, authority) => {
    // The first client belongs to the first tenant, so another tenant's user needs a client that all tenants know.
    const more = name === 'a user of another tenant' ? { client_id: AZURE_CLI } : {}
    const form = { ...caller.passwordForm(), ...more, ...change }
    expectRefusal(await caller.token(form, authority), code, error, status)
  })

  test.each([
    ['disabled', { enabled: false }, 50057, undefined],
    ['locked', { locked: true }, 50053, undefined],
    ['of an expired password', { passwordExpired: true }, 50055, 'user_password_expired'],
    ['who needs a second factor', { mfa: 'required' }, 50076, 'basic_action'],
    ['who must enrol a second factor', { mfa: 'enrol' }, 50079, 'basic_action'],
    ['whom Conditional Access blocks', { conditionalAccess: 'block' }, 53003, 'message_only'],
  ] as const)('of a user %s is refused', async (_, state, code, suberror) => {
    caller.emulator.changeUser(UPN, state)
    const heard = await caller.token(caller.passwordForm())
    expectRefusal(heard, code, 'invalid_grant')
    expect(heard.json.suberror).toBe(suberror)
  })

  test('a second factor may be named interaction_required', async () => {
    caller.emulator.changeUser(UPN, { mfa: 'required' })
    caller.emulator.set({ mfaError: 'interaction_required' })
    const heard = await caller.token(caller.passwordForm())
    expectRefusal(heard, 50076, 'interaction_required')
    expect(JSON.parse(heard.json.claims)).toHaveProperty('access_token')
    caller.emulator.set({ mfaError: 'invalid_grant' })
  })

  test('a right password in between starts the count of wrong ones anew', async () => {
    const right = caller.passwordForm()
    for (let round = 0; round < 2; round += 1) {
      for (let attempt = 0; attempt < 9; attempt += 1) await caller.token({ ...right, password: 'guess' })
      expect((await caller.token(right)).status).toBe(200)
    }
  })

  test('a new password is not expired', async () => {
    caller.emulator.changeUser(UPN, { passwordExpired: true })
    caller.emulator.changeUser(UPN, { password: `new ${Math.random()}` })
    expect((await caller.token(caller.passwordForm())).status).toBe(200)
  })

  test('ten wrong passwords lock the account for a minute, even for the right one', async () => {
    const right = caller.passwordForm()
    const wrong = { ...right, password: 'guess' }
    for (let attempt = 0; attempt < 10; attempt += 1) expectRefusal(await caller.token(wrong), 50126, 'invalid_grant')
    expectRefusal(await caller.token(right), 50053, 'invalid_grant')
    caller.emulator.travel(61_000)
    expect((await caller.token(right)).status).toBe(200)
  })
})

describe('a refresh token', () => {
  const redeem = (token: string, more: Record<string, string> = {}) =>
    caller.token({ client_id: OWN_CLIENT, grant_type: 'refresh_token', refresh_token: token, ...more })
  const fresh = async () => (await caller.token(caller.passwordForm())).json.refresh_token as string

  test('gives a new one, stays valid itself and opens other resources', async () => {
    const first = await fresh()
    const { json } = await redeem(first, { scope: `${VAULT}/.default` })
    expect(json.scope).toContain(VAULT)
    expect(json.refresh_token).not.toBe(first)
    expect((await redeem(first)).status).toBe(200)
    expect((await redeem(json.refresh_token)).status).toBe(200)
  })

  test('lives 90 days from its own issue', async () => {
    const first = await fresh()
    caller.emulator.travel(89 * DAY)
    const { json } = await redeem(first)
    caller.emulator.travel(2 * DAY)
    expectRefusal(await redeem(first), 700082, 'invalid_grant')
    expect((await redeem(json.refresh_token)).status).toBe(200)
  })

  test('dies by a new password', async () => {
    const first = await fresh()
    caller.emulator.changeUser(UPN, { password: `new ${Math.random()}` })
    expectRefusal(await redeem(first), 50173, 'invalid_grant')
    expect((await redeem(await fresh())).status).toBe(200)
  })

  test('is refused to another client, and when it is none', async () => {
    expectRefusal(await redeem(await fresh(), { client_id: AZURE_CLI }), 70000, 'invalid_grant')
    expectRefusal(await redeem('nonsense'), 70000, 'invalid_grant')
  })

  test('is refused at the authority of another tenant', async () => {
    const { json } = await caller.token(caller.passwordForm({ client_id: AZURE_CLI }))
    const form = { client_id: AZURE_CLI, grant_type: 'refresh_token', refresh_token: json.refresh_token }
    expectRefusal(await caller.token(form, '22222222-2222-3333-4444-555555555555'), 70000, 'invalid_grant')
    expect((await caller.token(form, 'organizations')).status).toBe(200)
  })

  test('does not get around a second factor or a disabled account', async () => {
    const first = await fresh()
    caller.emulator.changeUser(UPN, { mfa: 'required' })
    expectRefusal(await redeem(first), 50076, 'invalid_grant')
    caller.emulator.changeUser(UPN, { enabled: false })
    expectRefusal(await redeem(first), 50057, 'invalid_grant')
  })
})

describe('client credentials', () => {
  const ask = (more: Record<string, string> = {}, authority = TENANT) =>
    caller.token(
      {
        client_id: VAULT_CLIENT,
        client_secret: caller.emulator.clientSecret(VAULT_CLIENT),
        grant_type: 'client_credentials',
        scope: `${VAULT}/.default`,
        ...more,
      },
      authority,
    )

  test('give an access token and nothing else', async () => {
    const { status, json } = await ask()
    expect(status).toBe(200)
    expect(Object.keys(json).sort()).toEqual(['access_token', 'expires_in', 'ext_expires_in', 'token_type'])
  })

  test.each<[string, Record<string, string>, number, string, number?, string?]>([
    ['a wrong secret', { client_secret: 'x' }, 7000215, 'invalid_client', 401],
    ['a public client', { client_id: OWN_CLIENT, client_secret: '' }, 700025, 'invalid_client', 401],
    ['a scope other than .default', { scope: `${VAULT}/user_impersonation` }, 1002012, 'invalid_scope'],
    ['no tenant', {}, 50059, 'invalid_request', 400, 'common'],
  ])('with %s are refused', async (_, change, code, error, status, authority) => {
    expectRefusal(await ask(change, authority), code, error, status)
  })

  test('with an expired secret are refused', async () => {
    const client_id = 'c11e0000-0000-4000-8000-000000000003'
    const heard = await ask({ client_id, client_secret: caller.emulator.clientSecret(client_id) })
    expectRefusal(heard, 7000222, 'invalid_client', 401)
  })
})

describe('discovery', () => {
  test('of an unknown tenant is refused', async () => {
    const heard = await caller.say(
      `${caller.emulator.endpoints.entra}/nowhere.example/v2.0/.well-known/openid-configuration`,
    )
    expectRefusal(heard, 90002, 'invalid_tenant')
  })

  test('names this host as the only one of its kind', async () => {
    const heard = await caller.say(`${caller.emulator.endpoints.entra}/common/discovery/instance?api-version=1.1`)
    expect(heard.json.metadata).toHaveLength(1)
    expect(heard.json.metadata[0].aliases).toEqual([new URL(caller.emulator.endpoints.entra).host])
  })
})
