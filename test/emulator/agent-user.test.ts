import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { generate } from 'selfsigned'
import { X509Certificate } from 'node:crypto'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { ScriptedBrowser } from '../support/scripted-browser.ts'
import { AZURE_DEVOPS, type Caller, call, OWN_CLIENT, TENANT, UPN, VAULT } from './caller.ts'
import { confidentialClient } from './msal.ts'

const BLUEPRINT = 'c11e0000-0000-4000-8000-00000000b000'
const OTHER_BLUEPRINT = 'c11e0000-0000-4000-8000-00000000b001'
const AGENT = 'c11e0000-0000-4000-8000-00000000a000'
const OTHER_AGENT = 'c11e0000-0000-4000-8000-00000000a001'
const AGENT_USER = 'agent@contoso.example'
const AGENT_USER_ID = '0b7e0000-0000-4000-8000-00000000a000'
const MACHINE = 'c11e0000-0000-4000-8000-00000000e000'
const MACHINE_ID = '0b7e0000-0000-4000-8000-00000000e000'
const EXCHANGE = 'api://AzureADTokenExchange/.default'
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

let caller: Caller
let emulator: Emulator
let certificate: { privateKey: string; thumbprintSha256: string; pem: string }

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'blueprint' }], { keyType: 'rsa', keySize: 2048 })
  const thumbprintSha256 = new X509Certificate(made.cert).fingerprint256.replaceAll(':', '')
  certificate = { privateKey: made.private, thumbprintSha256, pem: made.cert }
  caller = await call({
    fixture: {
      tenants: [{ id: TENANT, domains: ['contoso.example'] }],
      users: [
        { upn: UPN, tenant: TENANT },
        { upn: AGENT_USER, tenant: TENANT, agent: AGENT, objectId: AGENT_USER_ID },
      ],
      clients: [
        { id: OWN_CLIENT, tenant: TENANT },
        {
          id: BLUEPRINT,
          tenant: TENANT,
          confidential: true,
          certificates: [made.cert],
          federatedCredentials: [
            { issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`, subject: MACHINE_ID },
            {
              issuer: 'https://token.actions.githubusercontent.com',
              subject: 'repo:contoso/tokens:ref:refs/heads/main',
            },
          ],
        },
        { id: OTHER_BLUEPRINT, tenant: TENANT, confidential: true },
        { id: AGENT, tenant: TENANT, blueprint: BLUEPRINT, name: 'Token agent' },
        { id: OTHER_AGENT, tenant: TENANT, blueprint: BLUEPRINT },
      ],
      managedIdentities: [{ tenant: TENANT, clientId: MACHINE, objectId: MACHINE_ID }],
      organizations: [{ name: 'contoso', tenant: TENANT, members: [UPN, AGENT_USER] }],
    },
  })
  emulator = caller.emulator
})
afterAll(() => caller.stop())
beforeEach(() => {
  emulator.changeUser(AGENT_USER, { enabled: true, conditionalAccess: 'pass', mfa: 'none' })
})

type Credential = Parameters<typeof confidentialClient>[1]

/** A certificate is registered in the fixture, so the three kinds of credential need no further preparation. */
const credentials: readonly (readonly [string, () => Promise<Credential>])[] = [
  ['its secret', async () => ({ clientSecret: emulator.clientSecret(BLUEPRINT) })],
  [
    'a certificate',
    async () => ({
      clientCertificate: { thumbprintSha256: certificate.thumbprintSha256, privateKey: certificate.privateKey },
    }),
  ],
  ['the token of a managed identity', async () => ({ clientAssertion: await machineToken() })],
  ['the token of a job of GitHub Actions', async () => ({ clientAssertion: await gitHubToken() })],
]

async function machineToken(): Promise<string> {
  const { AZURE_POD_IDENTITY_AUTHORITY_HOST: host } = emulator.managedIdentityVariables('imds')
  const url = `${host}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api://AzureADTokenExchange`
  return (await caller.say(url, { headers: { metadata: 'true' } })).json.access_token
}

async function gitHubToken(
  subject = 'repo:contoso/tokens:ref:refs/heads/main',
  audience = 'api://AzureADTokenExchange',
) {
  const job = emulator.gitHubJob({ subject })
  const url = `${job['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience=${encodeURIComponent(audience)}`
  return (await caller.say(url, { bearer: job['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '' })).json.value as string
}

async function firstLeg(credential: Credential, agent = AGENT): Promise<string> {
  const blueprint = confidentialClient(emulator, { clientId: BLUEPRINT, ...credential })
  const result = await blueprint.acquireTokenByClientCredential({ scopes: [EXCHANGE], fmiPath: agent })
  return result?.accessToken ?? ''
}

describe.each(credentials)('MSAL signs the user of an agent in, the blueprint with %s', (_, credential) => {
  test.each([
    ['name', { username: AGENT_USER }],
    ['id', { userObjectId: AGENT_USER_ID }],
  ])('and the user by %s; the token opens the PAT API', async (__, user) => {
    const assertion = await firstLeg(await credential())
    const agent = confidentialClient(emulator, { clientId: AGENT, clientAssertion: async () => assertion })
    const own = await agent.acquireTokenByClientCredential({ scopes: [EXCHANGE] })
    const scopes = [`${AZURE_DEVOPS}/.default`]
    const result = await agent.acquireTokenByUserFederatedIdentityCredential({
      scopes,
      assertion: own?.accessToken ?? '',
      ...user,
    })
    expect(result?.account?.username).toBe(AGENT_USER)
    expect((await caller.pats(result?.accessToken ?? '', 'GET')).status).toBe(200)
    const again = await agent.acquireTokenSilent({ account: result!.account!, scopes, forceRefresh: true })
    expect((await caller.pats(again.accessToken, 'GET')).status).toBe(200)
    expect(emulator.secrets()).toEqual(expect.arrayContaining([assertion, own?.accessToken, result?.accessToken]))
  })
})

const assertionForm = (client: string, assertion: string) => ({
  client_id: client,
  client_assertion_type: JWT_BEARER,
  client_assertion: assertion,
})
const codeOf = async (form: Record<string, string>): Promise<unknown> =>
  (await caller.token(form)).json.error_codes?.[0]

async function legs() {
  const t1 = await firstLeg({ clientSecret: emulator.clientSecret(BLUEPRINT) })
  const second = await caller.token({
    ...assertionForm(AGENT, t1),
    grant_type: 'client_credentials',
    scope: EXCHANGE,
  })
  const t2 = second.json.access_token as string
  const third = {
    ...assertionForm(AGENT, t1),
    grant_type: 'user_fic',
    scope: `${AZURE_DEVOPS}/.default`,
    user_federated_identity_credential: t2,
    username: AGENT_USER,
  }
  return { t1, t2, third }
}

describe('the first leg is refused', () => {
  const form = (more: Record<string, string> = {}) => ({
    client_id: BLUEPRINT,
    client_secret: emulator.clientSecret(BLUEPRINT),
    grant_type: 'client_credentials',
    scope: EXCHANGE,
    fmi_path: AGENT,
    ...more,
  })

  test.each<[string, Record<string, string>, number]>([
    ['for an unknown agent', { fmi_path: 'c11e0000-0000-4000-8000-00000000a099' }, 700016],
    ['for an application that is no agent of the blueprint', { fmi_path: OWN_CLIENT }, 500131],
    ['for another resource', { scope: `${VAULT}/.default` }, 1002012],
    ['with a wrong secret', { client_secret: 'x' }, 7000215],
  ])('%s', async (_, change, code) => {
    expect(await codeOf(form(change))).toBe(code)
  })

  test('for an agent of another blueprint', async () => {
    const change = { client_id: OTHER_BLUEPRINT, client_secret: emulator.clientSecret(OTHER_BLUEPRINT) }
    expect(await codeOf(form(change))).toBe(500131)
  })

  test('when the blueprint wants a resource for itself', async () => {
    const { fmi_path: _, ...plain } = form({ scope: `${VAULT}/.default` })
    expect(await codeOf(plain)).toBe(82001)
  })

  test.each<[string, () => Promise<string>, number]>([
    ['issuer', async () => emulator.serviceAccountToken({ issuer: 'https://else.example', subject: 'x' }), 700211],
    ['subject', async () => gitHubToken('repo:contoso/tokens:ref:refs/heads/other'), 700213],
    ['audience', async () => gitHubToken(undefined, 'https://github.com/contoso'), 700212],
    ['form', async () => 'no token', 50027],
    ['signature', async () => `${(await gitHubToken()).slice(0, -8)}AAAAAAAA`, 50013],
  ])('with an assertion of a wrong %s', async (_, assertion, code) => {
    const { client_secret: __, ...rest } = form()
    expect(await codeOf({ ...rest, ...assertionForm(BLUEPRINT, await assertion()) })).toBe(code)
  })

  test('with an assertion that has run out', async () => {
    const assertion = await gitHubToken()
    emulator.travel(600_000 + 1000)
    const { client_secret: _, ...rest } = form()
    expect(await codeOf({ ...rest, ...assertionForm(BLUEPRINT, assertion) })).toBe(700024)
    emulator.travel(-601_000)
  })

  test('with an assertion whose type is not told', async () => {
    const { client_secret: _, ...rest } = form()
    expect(await codeOf({ ...rest, client_assertion: await gitHubToken() })).toBe(900144)
  })

  test('with a certificate that is not registered', async () => {
    const made = await generate([{ name: 'commonName', value: 'stranger' }], { keyType: 'rsa', keySize: 2048 })
    const thumbprintSha256 = new X509Certificate(made.cert).fingerprint256.replaceAll(':', '')
    await expect(firstLeg({ clientCertificate: { thumbprintSha256, privateKey: made.private } })).rejects.toMatchObject(
      { errorMessage: expect.stringContaining('AADSTS700027') },
    )
    await expect(
      firstLeg({ clientCertificate: { thumbprintSha256: certificate.thumbprintSha256, privateKey: made.private } }),
    ).rejects.toMatchObject({ errorMessage: expect.stringContaining('AADSTS700027') })
  })
})

describe('the second leg is refused', () => {
  const form = (assertion: string, client = AGENT) => ({
    ...assertionForm(client, assertion),
    grant_type: 'client_credentials',
    scope: EXCHANGE,
  })

  test('with the word for another agent', async () => {
    expect(await codeOf(form(await firstLeg({ clientSecret: emulator.clientSecret(BLUEPRINT) }, OTHER_AGENT)))).toBe(
      7002137,
    )
  })

  test('with the word of a machine, which is for the blueprint', async () => {
    expect(await codeOf(form(await machineToken()))).toBe(7002137)
  })

  test('with a token for another audience', async () => {
    expect(await codeOf(form(await gitHubToken(undefined, 'https://github.com/contoso')))).toBe(700212)
  })

  test('with a secret, which an agent does not have', async () => {
    const { client_assertion: _, client_assertion_type: __, ...rest } = form('')
    expect(await codeOf({ ...rest, client_secret: 'x' })).toBe(7000215)
    expect(await codeOf(rest)).toBe(7000218)
    expect(() => emulator.clientSecret(AGENT)).toThrow(AGENT)
  })
})

describe('the third leg is refused', () => {
  test.each<[string, Record<string, string>, number]>([
    ['for a user who is no agent', { username: UPN }, 700213],
    ['for an unknown user', { username: 'nobody@contoso.example' }, 50034],
    ['for a name in the place of the id', { username: '', user_id: AGENT_USER }, 50000],
    ['for an unknown id', { username: '', user_id: '0b7e0000-0000-4000-8000-000000000099' }, 50034],
    ['for nobody', { username: '' }, 900144],
    ['for a name and an id', { user_id: AGENT_USER_ID }, 9002313],
    ['without the credential', { user_federated_identity_credential: '' }, 900144],
    ['with nonsense as credential', { user_federated_identity_credential: 'nonsense' }, 50027],
    ['with a permission nobody consented to', { scope: `${AZURE_DEVOPS}/vso.code` }, 65001],
  ])('%s', async (_, change, code) => {
    const { third } = await legs()
    expect(await codeOf({ ...third, ...change })).toBe(code)
  })

  test('with the token of the first leg as credential', async () => {
    const { t1, third } = await legs()
    expect(await codeOf({ ...third, user_federated_identity_credential: t1 })).toBe(700213)
  })

  test('with the token of the second leg as assertion', async () => {
    const { t2, third } = await legs()
    expect(await codeOf({ ...third, client_assertion: t2 })).toBe(7002137)
  })

  test('by the agent of somebody else', async () => {
    const t1 = await firstLeg({ clientSecret: emulator.clientSecret(BLUEPRINT) }, OTHER_AGENT)
    const t2 = await caller.token({
      ...assertionForm(OTHER_AGENT, t1),
      grant_type: 'client_credentials',
      scope: EXCHANGE,
    })
    const { third } = await legs()
    const form = {
      ...third,
      ...assertionForm(OTHER_AGENT, t1),
      user_federated_identity_credential: t2.json.access_token as string,
    }
    expect(await codeOf(form)).toBe(700213)
  })

  test('by an application that is no agent', async () => {
    const { third } = await legs()
    expect(await codeOf({ ...third, ...assertionForm(BLUEPRINT, await gitHubToken()) })).toBe(70003)
  })

  test.each([
    ['a disabled account', { enabled: false }, 50057],
    ['Conditional Access', { conditionalAccess: 'block' }, 53003],
    ['a second factor, which nobody can give', { mfa: 'required' }, 50076],
  ] as const)('by %s', async (_, state, code) => {
    emulator.changeUser(AGENT_USER, state)
    expect(await codeOf((await legs()).third)).toBe(code)
  })

  test('when consent is missing', async () => {
    emulator.changeClient(AGENT, { consent: false })
    expect(await codeOf((await legs()).third)).toBe(65001)
    emulator.changeClient(AGENT, { consent: true })
  })
})

test('nobody signs in to the account of an agent with a password, nor to an agent with a browser', async () => {
  const form = caller.passwordForm({ username: AGENT_USER })
  expect(await codeOf(form)).toBe(50056)
  const browser = new ScriptedBrowser(emulator)
  const query = new URLSearchParams({
    client_id: AGENT,
    response_type: 'code',
    redirect_uri: 'http://localhost',
    scope: `${AZURE_DEVOPS}/.default`,
    response_mode: 'form_post',
  })
  const url = `${emulator.endpoints.entra}/${TENANT}/oauth2/v2.0/authorize?${query.toString()}`
  expect((await caller.say(url)).text).toContain('AADSTS82014')
  await browser.close()
})

test('an agent speaks for itself at a resource, but the PAT API wants a user', async () => {
  const t1 = await firstLeg({ clientSecret: emulator.clientSecret(BLUEPRINT) })
  const form = { ...assertionForm(AGENT, t1), grant_type: 'client_credentials', scope: `${AZURE_DEVOPS}/.default` }
  const { json } = await caller.token(form)
  expect(json.access_token).toBeTypeOf('string')
  expect((await caller.pats(json.access_token, 'GET')).status).not.toBe(200)
})
