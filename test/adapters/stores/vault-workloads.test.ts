import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { keyVaultCredential } from '../../../src/adapters/stores/key-vault-credential.ts'
import type { KeyVaultIdentity } from '../../../src/adapters/stores/key-vault-identity.ts'
import { azurePipelinesToken, githubActionsToken } from '../../../src/adapters/workload/job-token.ts'
import { asPatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { minute } from '../../../src/core/time.ts'
import { sampleMetadata } from './sample-metadata.ts'
import { tenant, type VaultWorld, vaultWorld } from './vault-world.ts'

const application = 'c11e0000-0000-4000-8000-00000000c000'
const machine = 'c11e0000-0000-4000-8000-00000000e000'
const machineId = '0b7e0000-0000-4000-8000-00000000e000'
const machineResource =
  '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patrol'
const connection = '5c000000-0000-4000-8000-000000000001'
const organizationId = '0a6a0000-0000-4000-8000-000000000001'
const cluster = 'https://oidc.cluster.example/'
const serviceAccount = 'system:serviceaccount:patrol:patrol'
const subject = 'repo:contoso/tokens:ref:refs/heads/main'
const clientId = 'c11e0000-0000-4000-8000-000000000002'

let world: VaultWorld
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patrol-workload-'))
  world = await vaultWorld({
    fixture: {
      tenants: [{ id: tenant, domains: ['contoso.example'] }],
      clients: [
        { id: clientId, tenant, confidential: true },
        {
          id: application,
          tenant,
          confidential: true,
          federatedCredentials: [
            { issuer: 'https://token.actions.githubusercontent.com', subject },
            { issuer: cluster, subject: serviceAccount },
            { issuer: `https://vstoken.dev.azure.com/${organizationId}`, subject: 'sc://contoso/platform/patrol' },
          ],
        },
      ],
      managedIdentities: [
        { tenant, clientId: machine, objectId: machineId, resourceId: machineResource },
        { tenant, clientId: 'c11e0000-0000-4000-8000-00000000e001' },
      ],
      organizations: [{ name: 'contoso', id: organizationId, tenant: 'contoso.example', members: [] }],
      vaults: [
        {
          name: 'contoso',
          tenant,
          access: [{ principal: application }, { principal: machine }, { principal: clientId }],
        },
      ],
    },
  })
})
afterAll(async () => {
  await world.stop()
  await rm(directory, { recursive: true })
})
afterEach(() => vi.unstubAllEnvs())

interface Opened {
  readonly identity: KeyVaultIdentity
  readonly environment?: Readonly<Record<string, string>>
  readonly jobToken?: () => Promise<Secret>
}

function open({ identity, environment = {}, jobToken }: Opened) {
  const { endpoints } = world.emulator
  const httpClient = world.transport.azureClient
  const authority = { authorityHost: endpoints.entra, authorityOverridden: true }
  return world.open({ credential: keyVaultCredential({ identity, environment, jobToken, httpClient, ...authority }) })
}

function hostedByAzure(): void {
  for (const [name, value] of Object.entries(world.emulator.managedIdentityVariables('app-service')))
    vi.stubEnv(name, value)
}

const job = (environment: Readonly<Record<string, string>>) => ({ environment, send: world.transport.send })

function inGitHub(of = subject): Opened {
  const variables = world.emulator.gitHubJob({ subject: of })
  return {
    identity: { type: 'github-actions', clientId: application, tenant },
    jobToken: () => githubActionsToken('api://AzureADTokenExchange', job(variables)),
  }
}

const opened: readonly (readonly [string, () => Promise<Opened>])[] = [
  ['github-actions', async () => inGitHub()],
  [
    'azure-pipelines, as the task around the step set it',
    async () => {
      const connections = [{ id: connection, name: 'patrol' }]
      const environment = {
        ...world.emulator.pipelineJob({ organization: 'contoso', project: 'platform', connections }),
        AZURESUBSCRIPTION_CLIENT_ID: application,
        AZURESUBSCRIPTION_TENANT_ID: tenant,
        AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: connection,
      }
      return {
        identity: { type: 'azure-pipelines' },
        environment,
        jobToken: () => azurePipelinesToken({}, job(environment)),
      }
    },
  ],
  [
    'workload-identity, as Kubernetes set it',
    async () => {
      const file = join(directory, 'token')
      await writeFile(file, await world.emulator.serviceAccountToken({ issuer: cluster, subject: serviceAccount }))
      return {
        identity: { type: 'workload-identity' },
        environment: { AZURE_CLIENT_ID: application, AZURE_TENANT_ID: tenant, AZURE_FEDERATED_TOKEN_FILE: file },
      }
    },
  ],
  [
    'managed-identity, named by its client id',
    async () => (hostedByAzure(), { identity: { type: 'managed-identity', clientId: machine } }),
  ],
  [
    'managed-identity, named by its resource id',
    async () => (hostedByAzure(), { identity: { type: 'managed-identity', resourceId: machineResource } }),
  ],
]

describe.each(opened)('a vault opens to %s', (name, how) => {
  it('and takes and gives a value', async () => {
    const store = open(await how())
    const secretName = `by-${name.replaceAll(/[^a-z]+/g, '-')}`
    const limits = { sendBy: world.elapsed() + 60_000, timeout: minute }
    await store.write(secretName, new Secret(`value of ${secretName}`), sampleMetadata(), limits)
    expect((await store.current([secretName])).size).toBe(1)
  })
})

describe('a vault stays closed', () => {
  const failure = async (how: Opened) =>
    open(how)
      .current(['feed'])
      .then(() => expect.fail('it opened'), asPatrolError)

  it('to a branch that the application does not trust, and the remedy says where to look', async () => {
    const error = await failure(inGitHub('repo:contoso/tokens:ref:refs/heads/other'))
    expect(error).toMatchObject({ code: 'store-denied', remedy: expect.stringContaining('federated credential') })
    expect(error.message).toContain('AADSTS700213')
  })

  it('to a service connection that the pipeline may not use', async () => {
    const environment = world.emulator.pipelineJob({ organization: 'contoso', project: 'platform', connections: [] })
    const error = await failure({
      identity: { type: 'azure-pipelines', clientId: application, tenant, serviceConnection: connection },
      jobToken: () => azurePipelinesToken({ serviceConnection: connection }, job(environment)),
    })
    expect(error).toMatchObject({ code: 'store-denied', remedy: expect.stringContaining(connection) })
    expect(error.message).toContain('(azure-pipelines): Azure Pipelines gave no token for this job (status 404)')
  })

  it('to a managed identity that the machine has not', async () => {
    hostedByAzure()
    const identity = { type: 'managed-identity', clientId: application } as const
    const error = await failure({ identity })
    expect(error).toMatchObject({ code: 'store-denied', remedy: expect.stringContaining('managed identity') })
  })

  it('to a token file that is not there', async () => {
    const identity = {
      type: 'workload-identity',
      clientId: application,
      tenant,
      tokenFile: join(directory, 'no'),
    } as const
    expect((await failure({ identity })).code).toBe('store-denied')
  })
})
