import type { HttpClient } from '@azure/core-rest-pipeline'
import { createHttpHeaders, RestError } from '@azure/core-rest-pipeline'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type KeyVaultCredentialOptions,
  keyVaultCredential,
} from '../../../src/adapters/stores/key-vault-credential.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { minute } from '../../../src/core/time.ts'
import { sampleMetadata } from './sample-metadata.ts'
import { clientId, tenant, type VaultWorld, vaultWorld } from './vault-world.ts'

let world: VaultWorld
let network: HttpClient
beforeAll(async () => {
  world = await vaultWorld()
  network = {
    // The metadata service of Azure's machines: here is none, and nobody shall wait to find that out.
    sendRequest: async (request) => {
      if (new URL(request.url).protocol === 'http:') throw new RestError('no route', { code: 'ENETUNREACH' })
      return world.transport.azureClient.sendRequest(request)
    },
  }
})
afterAll(() => world.stop())
afterEach(() => vi.unstubAllEnvs())

type Changes = Partial<KeyVaultCredentialOptions>
type Kind = KeyVaultCredentialOptions['identity']['type']

function signedInBy(type: Kind, changes: Changes = {}) {
  return world.open({
    credential: keyVaultCredential({
      identity: { type },
      environment: process.env,
      authorityHost: world.emulator.endpoints.entra,
      authorityOverridden: true,
      httpClient: network,
      ...changes,
    }),
  })
}

function useEnvironment(secret: string): void {
  vi.stubEnv('AZURE_TENANT_ID', tenant)
  vi.stubEnv('AZURE_CLIENT_ID', clientId)
  vi.stubEnv('AZURE_CLIENT_SECRET', secret)
}

async function failure(work: Promise<unknown>): Promise<PatrolError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(PatrolError)
  return thrown as PatrolError
}

describe('a credential of a vault', () => {
  it.each(['environment', 'default'] as const)('%s signs in with what stands in the environment', async (kind) => {
    useEnvironment(world.emulator.clientSecret(clientId))
    const limits = { sendBy: world.elapsed() + 60_000, timeout: minute }
    const store = signedInBy(kind)
    await store.write(`by-${kind}`, new Secret(`value by ${kind}`), sampleMetadata(), limits)
    expect((await store.current([`by-${kind}`])).size).toBe(1)
    const signIns = world.emulator.requests().filter(({ service, method }) => service === 'entra' && method === 'POST')
    expect(signIns.length).toBeGreaterThan(0)
  })

  it.each(['environment', 'default'] as const)('%s with a wrong secret is denied in one line', async (kind) => {
    useEnvironment('not-the-secret-of-the-client')
    const error = await failure(signedInBy(kind).current(['feed']))
    expect(error).toMatchObject({ code: 'store-denied', outcome: 'none' })
    expect(error.message).toContain('7000215')
    expect(error.message).not.toContain('\n')
    expect(error.remedy).toContain('AZURE_CLIENT_SECRET')
    const told = [error.message, error.remedy, error.stack, String(error.cause)].join(' ')
    expect(told).not.toContain('not-the-secret-of-the-client')
  })

  it.each<[Kind, string]>([
    ['environment', 'AZURE_TENANT_ID'],
    ['managed-identity', 'managed identity'],
    ['azure-cli', 'az login'],
    ['default', 'workload identity, managed identity'],
  ])('%s that is not there is denied, and the remedy says what was tried', async (kind, part) => {
    vi.stubEnv('PATH', '/nonexistent')
    for (const name of ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET']) vi.stubEnv(name, '')
    const error = await failure(signedInBy(kind).current(['feed']))
    expect(error).toMatchObject({ code: 'store-denied', outcome: 'none' })
    expect(error.message).toContain(`(${kind})`)
    expect(error.message).not.toContain('\n')
    expect(error.remedy).toContain(part)
  })

  it('that is chosen by a wrong variable is denied, too', async () => {
    vi.stubEnv('AZURE_TOKEN_CREDENTIALS', 'nonsense')
    const error = await failure(signedInBy('default').current(['feed']))
    expect(error).toMatchObject({ code: 'store-denied', message: expect.stringContaining('AZURE_TOKEN_CREDENTIALS') })
  })

  it('that gets no answer of Entra makes the store unreachable, not denied', async () => {
    useEnvironment(world.emulator.clientSecret(clientId))
    const error = await failure(signedInBy('environment', { authorityHost: 'https://localhost:1' }).current(['feed']))
    expect(error).toMatchObject({ code: 'store-unreachable', outcome: 'none' })
    expect(error.message).not.toContain('\n')
  })

  it('of an account keeps the account’s own error', async () => {
    const credential = {
      getToken: () => Promise.reject(new PatrolError('sign-in-expired', 'the password of ci-bot expired')),
    }
    expect(await failure(world.open({ credential }).current(['feed']))).toMatchObject({ code: 'sign-in-expired' })
  })
})

describe('the Entra of a national cloud', () => {
  it.each(['https://login.microsoftonline.us', 'https://login.partner.microsoftonline.cn'])(
    '%s is asked directly, and nobody else is',
    async (authorityHost) => {
      useEnvironment('secret-of-the-client')
      const urls: string[] = []
      const httpClient: HttpClient = {
        sendRequest: async (request) => {
          urls.push(request.url.split('?')[0] ?? '')
          const bodyAsText = JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: 'opaque' })
          return {
            request,
            status: 200,
            headers: createHttpHeaders({ 'content-type': 'application/json' }),
            bodyAsText,
          }
        },
      }
      const identity = { type: 'environment' } as const
      const credential = keyVaultCredential({ identity, environment: process.env, authorityHost, httpClient })
      const token = await credential.getToken('https://vault.usgovcloudapi.net/.default')
      expect(token?.token).toBe('opaque')
      expect(urls).toEqual([`${authorityHost}/${tenant}/oauth2/v2.0/token`])
    },
  )
})

describe('an identity that the runner vouches for', () => {
  const identity = { type: 'github-actions', clientId, tenant } as const

  it.each(['workload-identity', 'azure-pipelines', 'github-actions'] as const)(
    '%s tells everything that is missing at once, in its configuration and its environment',
    async (type) => {
      const error = await failure(
        signedInBy(type, { environment: {}, jobToken: async () => new Secret('x') }).current(['feed']),
      )
      expect(error.code).toBe('store-denied')
      expect(error.message).toContain(`the credential ${type} has no clientId, tenant`)
      const prefix = type === 'azure-pipelines' ? 'AZURESUBSCRIPTION' : 'AZURE'
      expect(error.remedy).toContain(`${prefix}_CLIENT_ID, ${prefix}_TENANT_ID`)
    },
  )

  it('shows Entra the token of the job, and the vault opens', async () => {
    const shown: string[] = []
    const httpClient: HttpClient = {
      sendRequest: async (request) => {
        if (typeof request.body === 'string')
          shown.push(new URLSearchParams(request.body).get('client_assertion') ?? '')
        const bodyAsText = JSON.stringify({ token_type: 'Bearer', expires_in: 3599, access_token: 'opaque' })
        return { request, status: 200, headers: createHttpHeaders({ 'content-type': 'application/json' }), bodyAsText }
      },
    }
    const jobToken = async (): Promise<Secret> => new Secret('job.token.signed')
    const credential = keyVaultCredential({ identity, environment: {}, jobToken, httpClient })
    expect((await credential.getToken('https://vault.azure.net/.default'))?.token).toBe('opaque')
    expect(shown).toEqual(['job.token.signed'])
  })

  it.each([
    ['sign-in-misconfigured', 'store-denied'],
    ['sign-in-unavailable', 'store-unreachable'],
  ] as const)('but does not, %s, is %s with the runner’s reason and remedy', async (code, expected) => {
    const jobToken = () => Promise.reject(new PatrolError(code, 'GitHub Actions gave no token', { remedy: 'do this' }))
    const error = await failure(signedInBy('github-actions', { identity, jobToken }).current(['feed']))
    expect(error).toMatchObject({ code: expected, remedy: 'do this' })
    expect(error.message).toBe('the sign-in to the vault failed (github-actions): GitHub Actions gave no token')
  })
})
