import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AzurePipelinesCredential, ManagedIdentityCredential, WorkloadIdentityCredential } from '@azure/identity'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { type Caller, call, TENANT, UPN, VAULT } from './caller.ts'

const CLIENT = 'c11e0000-0000-4000-8000-00000000f000'
const SYSTEM = 'c11e0000-0000-4000-8000-00000000e000'
const ASSIGNED = 'c11e0000-0000-4000-8000-00000000e001'
const ASSIGNED_ID = '0b7e0000-0000-4000-8000-00000000e001'
const ASSIGNED_RESOURCE =
  '/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u'
const ORGANIZATION = '0a6a0000-0000-4000-8000-000000000001'
const CONNECTION = '5e4c0000-0000-4000-8000-000000000001'
const CLUSTER = 'https://cluster.example/issuer/'
const ACCOUNT = 'system:serviceaccount:default:patrol'

let caller: Caller
let emulator: Emulator
let certificateAuthority: string
const directory = mkdtempSync(join(tmpdir(), 'workloads-'))

beforeAll(async () => {
  caller = await call({
    fixture: {
      tenants: [{ id: TENANT, domains: ['contoso.example'] }],
      users: [{ upn: UPN, tenant: TENANT }],
      clients: [
        {
          id: CLIENT,
          tenant: TENANT,
          confidential: true,
          federatedCredentials: [
            { issuer: `https://vstoken.dev.azure.com/${ORGANIZATION}`, subject: 'sc://contoso/Fabrikam/Key vault' },
            {
              issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
              subject: `/eid1/c/pub/t/${TENANT}/a/azure-devops/sc/${ORGANIZATION}/${CONNECTION}`,
            },
            { issuer: CLUSTER, subject: ACCOUNT },
          ],
        },
      ],
      managedIdentities: [
        { tenant: TENANT, clientId: SYSTEM },
        {
          tenant: TENANT,
          assigned: 'user',
          clientId: ASSIGNED,
          objectId: ASSIGNED_ID,
          resourceId: ASSIGNED_RESOURCE,
        },
      ],
      organizations: [{ name: 'contoso', id: ORGANIZATION, tenant: TENANT, members: [UPN] }],
      vaults: [
        {
          name: 'contoso',
          tenant: TENANT,
          access: [{ principal: CLIENT }, { principal: SYSTEM }, { principal: ASSIGNED }],
        },
      ],
    },
  })
  emulator = caller.emulator
  certificateAuthority = readFileSync(emulator.caFile, 'utf8')
})
afterAll(async () => {
  rmSync(directory, { recursive: true })
  await caller.stop()
})
afterEach(() => {
  vi.unstubAllEnvs()
  emulator.set({ pipelinesIssuer: 'azure-devops' })
})

function stub(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
}

/** Who opens the vault with a token, as the journal has it. */
async function principalOf(token: string): Promise<string | undefined> {
  expect((await caller.vault(token, 'GET', '/secrets')).status).toBe(200)
  return emulator.requests().at(-1)?.principal
}

const identityOptions = () => ({
  authorityHost: emulator.endpoints.entra,
  disableInstanceDiscovery: true,
  tlsOptions: { ca: certificateAuthority },
})

describe('the identity library on a virtual machine', () => {
  const make = (named: object) => new ManagedIdentityCredential(named)

  test.each([
    ['the identity of the machine', {}, SYSTEM],
    ['one by its client id', { clientId: ASSIGNED }, ASSIGNED],
    ['one by its object id', { objectId: ASSIGNED_ID }, ASSIGNED],
    ['one by its resource id', { resourceId: ASSIGNED_RESOURCE }, ASSIGNED],
  ])('gets a token as %s', async (_, named, principal) => {
    stub(emulator.managedIdentityVariables('imds'))
    const { token } = await make(named).getToken(VAULT)
    expect(await principalOf(token)).toBe(principal)
  })

  test('is refused an identity that is not there', async () => {
    stub(emulator.managedIdentityVariables('imds'))
    const credential = make({ clientId: CLIENT })
    await expect(credential.getToken(VAULT)).rejects.toThrow('Identity not found')
  })
})

describe('the endpoint for managed identities refuses', () => {
  const imds = (query: string, headers: Record<string, string> = { metadata: 'true' }) =>
    caller.say(`${emulator.endpoints.managedIdentity}/metadata/identity/oauth2/token?${query}`, { headers })

  test.each<[string, string, Record<string, string> | undefined, string]>([
    ['a request without the header', `api-version=2018-02-01&resource=${VAULT}`, {}, 'metadata header'],
    ['a forwarded request', '', { metadata: 'true', 'x-forwarded-for': '10.0.0.1' }, 'forwarded'],
    ['no version', `resource=${VAULT}`, undefined, 'api-version'],
    ['no resource', 'api-version=2018-02-01', undefined, 'audience'],
    ['an unknown resource', 'api-version=2018-02-01&resource=https://else.example', undefined, 'AADSTS500011'],
  ])('%s', async (_, query, headers, text) => {
    const heard = await imds(query, headers)
    expect([heard.status, heard.text]).toEqual([400, expect.stringContaining(text)])
  })

  test('a wrong header in App Service', async () => {
    const variables = emulator.managedIdentityVariables('app-service')
    const url = `${variables['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=${VAULT}`
    const heard = await caller.say(url, { headers: { 'x-identity-header': 'guess' } })
    expect(heard.status).toBe(401)
    expect(emulator.secrets()).toContain(variables['IDENTITY_HEADER'])
  })

  test('no choice among several', async () => {
    const several = await call({
      fixture: {
        tenants: [{ id: TENANT }],
        managedIdentities: [
          { tenant: TENANT, assigned: 'user', clientId: SYSTEM },
          { tenant: TENANT, assigned: 'user', clientId: ASSIGNED },
        ],
      },
    })
    const url = `${several.emulator.endpoints.managedIdentity}/metadata/identity/oauth2/token`
    const heard = await several.say(`${url}?api-version=2018-02-01&resource=${VAULT}`, {
      headers: { metadata: 'true' },
    })
    expect(heard.text).toContain('Multiple user assigned identities')
    await several.stop()
  })
})

describe('the identity library in Azure Pipelines', () => {
  const job = { organization: 'contoso', project: 'Fabrikam', connections: [{ id: CONNECTION, name: 'Key vault' }] }

  test.each(['azure-devops', 'entra'] as const)('gets a token over a service connection of %s', async (issuer) => {
    emulator.set({ pipelinesIssuer: issuer })
    const variables = emulator.pipelineJob(job)
    stub(variables)
    const accessToken = variables['SYSTEM_ACCESSTOKEN'] ?? ''
    const credential = new AzurePipelinesCredential(TENANT, CLIENT, CONNECTION, accessToken, identityOptions())
    const { token } = await credential.getToken(`${VAULT}/.default`)
    expect(await principalOf(token)).toBe(CLIENT)
  })

  const ask = (token: string, connection = CONNECTION, more: Record<string, string> = {}) =>
    caller.say(
      `${emulator.pipelineJob(job)['SYSTEM_OIDCREQUESTURI']}?api-version=7.1&serviceConnectionId=${connection}`,
      { method: 'POST', bearer: token, headers: more },
    )

  test('is refused without the token of the job, and for another service connection', async () => {
    expect((await ask('guess')).status).toBe(203)
    expect((await ask('guess', CONNECTION, { 'x-tfs-fedauthredirect': 'Suppress' })).status).toBe(401)
    const token = emulator.pipelineJob(job)['SYSTEM_ACCESSTOKEN'] ?? ''
    expect((await ask(token, '5e4c0000-0000-4000-8000-000000000009')).status).toBe(404)
  })

  test('is refused by Entra where no credential names the connection', async () => {
    const variables = emulator.pipelineJob({ ...job, connections: [{ id: CONNECTION, name: 'Other' }] })
    stub(variables)
    const accessToken = variables['SYSTEM_ACCESSTOKEN'] ?? ''
    const credential = new AzurePipelinesCredential(TENANT, CLIENT, CONNECTION, accessToken, identityOptions())
    await expect(credential.getToken(`${VAULT}/.default`)).rejects.toThrow('AADSTS700213')
  })
})

describe('the identity library in Kubernetes', () => {
  const credentialWith = (token: string) => {
    const tokenFilePath = join(directory, 'token')
    writeFileSync(tokenFilePath, token)
    return new WorkloadIdentityCredential({ tenantId: TENANT, clientId: CLIENT, tokenFilePath, ...identityOptions() })
  }

  test('gets a token with that of its service account', async () => {
    const written = await emulator.serviceAccountToken({ issuer: CLUSTER, subject: ACCOUNT })
    const { token } = await credentialWith(written).getToken(`${VAULT}/.default`)
    expect(await principalOf(token)).toBe(CLIENT)
    expect(emulator.secrets()).toContain(written)
  })

  test.each([
    ['another account', { subject: 'system:serviceaccount:default:else' }, 'AADSTS700213'],
    ['another cluster', { issuer: 'https://else.example/' }, 'AADSTS700211'],
    ['another audience', { audience: 'https://else.example' }, 'AADSTS700212'],
  ])('is refused with the token of %s', async (_, change, code) => {
    const written = await emulator.serviceAccountToken({ issuer: CLUSTER, subject: ACCOUNT, ...change })
    await expect(credentialWith(written).getToken(`${VAULT}/.default`)).rejects.toThrow(code)
  })

  test('is refused when the file was not renewed', async () => {
    const written = await emulator.serviceAccountToken({ issuer: CLUSTER, subject: ACCOUNT, lifeSeconds: 600 })
    emulator.travel(1_000_000)
    await expect(credentialWith(written).getToken(`${VAULT}/.default`)).rejects.toThrow('AADSTS700024')
    emulator.travel(-1_000_000)
  })
})

describe('GitHub Actions', () => {
  const ask = (variables: Record<string, string>, query = '', bearer = variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN']) =>
    caller.say(`${variables['ACTIONS_ID_TOKEN_REQUEST_URL']}${query}`, bearer === undefined ? {} : { bearer })
  const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

  test('vouches for a job to the audience it asks for, or to the owner of its repository', async () => {
    const job = emulator.gitHubJob({ subject: 'repo:octo/repo:environment:production' })
    const { json } = await ask(job, '&audience=someone')
    expect(claimsOf(json.value)).toMatchObject({
      iss: 'https://token.actions.githubusercontent.com',
      sub: 'repo:octo/repo:environment:production',
      aud: 'someone',
      repository: 'octo/repo',
      environment: 'production',
    })
    expect(claimsOf((await ask(job)).json.value).aud).toBe('https://github.com/octo')
  })

  test('vouches for nobody else', async () => {
    const job = emulator.gitHubJob({ subject: 'repo:octo/repo:ref:refs/heads/main' })
    expect((await ask(job, '', 'guess')).status).toBe(401)
    expect((await caller.say(`${emulator.endpoints.gitHubActions}/other`)).status).toBe(404)
  })
})

test('faults strike the first legs too', async () => {
  const fault = emulator.fault({ service: 'workload', effect: { kind: 'status', status: 503 } })
  const job = emulator.gitHubJob({ subject: 'repo:octo/repo:ref:refs/heads/main' })
  expect((await caller.say(job['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '')).status).toBe(503)
  expect(fault.fired()).toBe(1)
})

test('the journal shows the first legs, and no secret', () => {
  const legs = emulator.requests().filter(({ service }) => service === 'workload')
  expect(new Set(legs.map(({ host }) => host))).toEqual(
    new Set([emulator.endpoints.gitHubActions, emulator.endpoints.managedIdentity, emulator.endpoints.azureDevOps]),
  )
  const urls = emulator
    .requests()
    .map(({ url }) => url)
    .join('\n')
  expect(emulator.secrets().filter((secret) => urls.includes(secret))).toEqual([])
})
