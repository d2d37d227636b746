import { readFileSync } from 'node:fs'
import { ClientSecretCredential, UsernamePasswordCredential } from '@azure/identity'
import { SecretClient } from '@azure/keyvault-secrets'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AZURE_DEVOPS, type Caller, call, OWN_CLIENT, TENANT, UPN, VAULT, VAULT_CLIENT } from './caller.ts'
import { publicClient } from './msal.ts'

let caller: Caller
let certificateAuthority: string
beforeEach(async () => {
  caller = await call()
  certificateAuthority = readFileSync(caller.emulator.caFile, 'utf8')
})
afterEach(() => caller.stop())

const msal = () => publicClient(caller.emulator)

const scopes = [`${AZURE_DEVOPS}/.default`]

test('MSAL signs in with a password, and its token opens the PAT API', async () => {
  const application = msal()
  const result = await application.acquireTokenByUsernamePassword({
    scopes,
    username: UPN,
    password: caller.emulator.password(UPN),
  })
  expect(result?.account?.username).toBe(UPN)
  expect(result?.tenantId).toBe(TENANT)
  const left = (result?.expiresOn?.getTime() ?? 0) - Date.now()
  expect(left).toBeGreaterThan(3500_000)
  expect((await caller.pats(result?.accessToken ?? '', 'GET')).status).toBe(200)
})

test('MSAL renews silently with the refresh token it keeps', async () => {
  const application = msal()
  const first = await application.acquireTokenByUsernamePassword({
    scopes,
    username: UPN,
    password: caller.emulator.password(UPN),
  })
  const again = await application.acquireTokenSilent({ account: first!.account!, scopes, forceRefresh: true })
  expect(again.accessToken).not.toBe(first?.accessToken)
  const other = await application.acquireTokenSilent({ account: first!.account!, scopes: [`${VAULT}/.default`] })
  expect((await caller.vault(other.accessToken, 'GET', '/secrets')).status).toBe(200)
  expect(caller.emulator.requests().filter(({ method }) => method === 'POST')).toHaveLength(3)
})

test.each([
  [50126, { password: 'guess' }, {}],
  [50034, { username: 'nobody@contoso.example' }, {}],
  [50076, {}, { mfa: 'required' }],
  [50057, {}, { enabled: false }],
] as const)('MSAL reports AADSTS%i with its code', async (code, change, state) => {
  caller.emulator.changeUser(UPN, state)
  const request = { scopes, username: UPN, password: caller.emulator.password(UPN), ...change }
  await expect(msal().acquireTokenByUsernamePassword(request)).rejects.toMatchObject({
    errorMessage: expect.stringContaining(`AADSTS${code}`),
  })
})

const identityOptions = () => ({
  authorityHost: caller.emulator.endpoints.entra,
  disableInstanceDiscovery: true,
  tlsOptions: { ca: certificateAuthority },
})

test('the identity library signs in with a password', async () => {
  // Deprecated there, as everywhere; it is what unattended sign-ins of users still do.
  // oxlint-disable-next-line typescript/no-deprecated
  const credential = new UsernamePasswordCredential(
    TENANT,
    OWN_CLIENT,
    UPN,
    caller.emulator.password(UPN),
    identityOptions(),
  )
  const { token } = await credential.getToken(scopes)
  expect((await caller.pats(token, 'GET')).status).toBe(200)
})

function secretClient(): SecretClient {
  const secret = caller.emulator.clientSecret(VAULT_CLIENT)
  const credential = new ClientSecretCredential(TENANT, VAULT_CLIENT, secret, identityOptions())
  return new SecretClient(caller.emulator.endpoints.vaults['contoso']!, credential, {
    disableChallengeResourceVerification: true,
    tlsOptions: { ca: certificateAuthority },
  })
}

test('the Key Vault client sets, reads, updates and lists after the challenge', async () => {
  const client = secretClient()
  const expiresOn = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000)
  const first = await client.setSecret('feed', 'one', { tags: { a: '1' }, contentType: 'text/plain', expiresOn })
  expect(first.properties).toMatchObject({ expiresOn, contentType: 'text/plain', tags: { a: '1' }, enabled: true })
  const second = await client.setSecret('feed', 'two')
  expect((await client.getSecret('feed')).value).toBe('two')
  expect((await client.getSecret('feed', { version: first.properties.version! })).value).toBe('one')
  await client.updateSecretProperties('feed', second.properties.version!, { tags: { b: '2' } })
  expect((await client.getSecret('feed')).properties.tags).toEqual({ b: '2' })
  await client.updateSecretProperties('feed', first.properties.version!, { enabled: false })
  await expect(client.getSecret('feed', { version: first.properties.version! })).rejects.toMatchObject({
    statusCode: 403,
  })
  const versions = []
  for await (const version of client.listPropertiesOfSecretVersions('feed')) versions.push(version)
  expect(versions).toHaveLength(2)
  expect(new Set(versions.map(({ version }) => version))).toEqual(
    new Set([first.properties.version, second.properties.version]),
  )
  expect(caller.emulator.requests().find(({ service }) => service === 'vault')?.status).toBe(401)
})

test('the Key Vault client walks all pages', async () => {
  const client = secretClient()
  for (let index = 0; index < 30; index += 1) await client.setSecret(`s${index}`, `value ${index}`)
  const names = []
  for await (const properties of client.listPropertiesOfSecrets()) names.push(properties.name)
  expect(new Set(names).size).toBe(30)
  expect(names).toHaveLength(30)
})

test('the Key Vault client deletes, recovers and learns that a deleted name is taken', async () => {
  const client = secretClient()
  await client.setSecret('feed', 'one')
  await (await client.beginDeleteSecret('feed', { intervalInMs: 1 })).pollUntilDone()
  await expect(client.setSecret('feed', 'two')).rejects.toMatchObject({ statusCode: 409 })
  await (await client.beginRecoverDeletedSecret('feed', { intervalInMs: 1 })).pollUntilDone()
  expect((await client.getSecret('feed')).value).toBe('one')
})

test('the Key Vault client names an unknown secret by its code', async () => {
  await expect(secretClient().getSecret('none')).rejects.toMatchObject({ statusCode: 404, code: 'SecretNotFound' })
})
