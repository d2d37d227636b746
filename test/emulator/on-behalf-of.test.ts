import { createSign, X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { ScriptedBrowser } from '../support/scripted-browser.ts'
import { AZURE_DEVOPS, type Caller, call, OWN_CLIENT, TENANT, UPN, VAULT } from './caller.ts'
import { confidentialClient, publicClient } from './msal.ts'

const BROKER = 'c11e0000-0000-4000-8000-00000000d000'
const OTHER = 'c11e0000-0000-4000-8000-00000000d001'

let caller: Caller
let emulator: Emulator
let browser: ScriptedBrowser
let privateKey: string
let certificate: string

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'broker' }], { keyType: 'rsa', keySize: 2048 })
  privateKey = made.private
  certificate = made.cert
  caller = await call({
    fixture: {
      tenants: [{ id: TENANT, domains: ['contoso.example'] }],
      users: [{ upn: UPN, tenant: TENANT }],
      clients: [
        { id: OWN_CLIENT, tenant: TENANT },
        { id: BROKER, tenant: TENANT, confidential: true, exposes: ['access_as_user'], certificates: [certificate] },
        { id: OTHER, tenant: TENANT, confidential: true, exposes: ['access_as_user'] },
      ],
      organizations: [{ name: 'contoso', tenant: TENANT, members: [UPN] }],
    },
  })
  emulator = caller.emulator
  browser = new ScriptedBrowser(emulator)
})
afterAll(async () => {
  await browser.close()
  await caller.stop()
})
beforeEach(() => emulator.changeUser(UPN, { mfa: 'none', enabled: true, conditionalAccess: 'pass' }))

/** A person's token for the broker. */
async function tokenFor(audience = BROKER): Promise<string> {
  const result = await publicClient(emulator).acquireTokenInteractive({
    scopes: [`api://${audience}/access_as_user`],
    openBrowser: async (url) => void (await browser.signIn(url, { upn: UPN })),
  })
  return result.accessToken
}

const broker = (auth: Parameters<typeof confidentialClient>[1]) =>
  confidentialClient(emulator, { clientId: BROKER, ...auth })
const scopes = [`${AZURE_DEVOPS}/.default`]

describe('MSAL acts on behalf of a person', () => {
  test('with a secret, and the token opens the PAT API', async () => {
    emulator.changeUser(UPN, { mfa: 'required' })
    const application = broker({ clientSecret: emulator.clientSecret(BROKER) })
    const result = await application.acquireTokenOnBehalfOf({ oboAssertion: await tokenFor(), scopes })
    expect(result?.account?.username).toBe(UPN)
    expect((await caller.pats(result?.accessToken ?? '', 'GET')).status).toBe(200)
  })

  test.each(['thumbprintSha256', 'thumbprint'] as const)('with a certificate by its %s', async (kind) => {
    const { fingerprint, fingerprint256 } = new X509Certificate(certificate)
    const hex = (kind === 'thumbprint' ? fingerprint : fingerprint256).replaceAll(':', '')
    const application = broker({ clientCertificate: { [kind]: hex, privateKey } })
    const result = await application.acquireTokenOnBehalfOf({ oboAssertion: await tokenFor(), scopes })
    expect((await caller.pats(result?.accessToken ?? '', 'GET')).status).toBe(200)
  })

  test('and is told the claims when a second factor is missing', async () => {
    const oboAssertion = await tokenFor()
    emulator.changeUser(UPN, { mfa: 'required' })
    const application = broker({ clientSecret: emulator.clientSecret(BROKER) })
    await expect(application.acquireTokenOnBehalfOf({ oboAssertion, scopes })).rejects.toMatchObject({
      errorMessage: expect.stringContaining('AADSTS50076'),
      claims: expect.stringContaining('capolids'),
    })
  })
})

describe('is refused', () => {
  const form = (assertion: string, more: Record<string, string> = {}) => ({
    client_id: BROKER,
    client_secret: emulator.clientSecret(BROKER),
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    requested_token_use: 'on_behalf_of',
    assertion,
    scope: `${AZURE_DEVOPS}/.default`,
    ...more,
  })
  const codeOf = async (sent: Record<string, string>) => (await caller.token(sent)).json.error_codes?.[0]

  test.each<[string, Record<string, string>, number]>([
    ['a wrong secret', { client_secret: 'x' }, 7000215],
    ['no use of the token', { requested_token_use: '' }, 900144],
    ['another use of the token', { requested_token_use: 'else' }, 9002313],
    ['nonsense as assertion', { assertion: 'nonsense' }, 50013],
    ['a permission nobody consented to', { scope: `${AZURE_DEVOPS}/vso.code` }, 65001],
    ['no scope', { scope: '' }, 900144],
  ])('%s', async (_, change, code) => {
    expect(await codeOf(form(await tokenFor(), change))).toBe(code)
  })

  test('a token for another application, or for Azure DevOps itself', async () => {
    expect(await codeOf(form(await tokenFor(OTHER)))).toBe(500131)
    expect(await codeOf(form(await caller.signIn()))).toBe(500131)
  })

  test('the token of an application', async () => {
    const own = await caller.token({
      client_id: OTHER,
      client_secret: emulator.clientSecret(OTHER),
      grant_type: 'client_credentials',
      scope: `api://${BROKER}/.default`,
    })
    expect(await codeOf(form(own.json.access_token))).toBe(7000114)
  })

  test('a token that has run out', async () => {
    const assertion = await tokenFor()
    emulator.travel(3_600_000)
    expect(await codeOf(form(assertion))).toBe(500133)
  })

  test('a public client', async () => {
    const { client_secret: _, ...rest } = form(await tokenFor())
    expect(await codeOf({ ...rest, client_id: OWN_CLIENT })).toBe(7000218)
  })

  test('a person whose sign-ins were revoked, or whose account is disabled', async () => {
    const assertion = await tokenFor()
    emulator.revokeSessions(UPN)
    expect(await codeOf(form(assertion))).toBe(50173)
    emulator.changeUser(UPN, { enabled: false })
    expect(await codeOf(form(assertion))).toBe(50057)
  })

  test('an application without consent', async () => {
    emulator.changeClient(BROKER, { consent: false })
    expect(await codeOf(form(await tokenFor()))).toBe(65001)
    emulator.changeClient(BROKER, { consent: true })
  })

  test('an assertion signed for another place, or in another name', async () => {
    const thumbprint = new X509Certificate(certificate).fingerprint256.replaceAll(':', '')
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
    const sign = (claims: object) => {
      const aud = `${emulator.endpoints.entra}/${TENANT}/oauth2/v2.0/token`
      const exp = emulator.now() / 1000 + 600
      const header = { alg: 'RS256', 'x5t#S256': Buffer.from(thumbprint, 'hex').toString('base64url') }
      const signed = `${encode(header)}.${encode({ iss: BROKER, sub: BROKER, aud, exp, ...claims })}`
      return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`
    }
    const { client_secret: _, ...rest } = form(await tokenFor())
    const ask = (claims: object) =>
      codeOf({
        ...rest,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: sign(claims),
      })
    expect(await ask({})).toBeUndefined()
    expect(await ask({ aud: VAULT })).toBe(700023)
    expect(await ask({ sub: OTHER })).toBe(700021)
  })
})
