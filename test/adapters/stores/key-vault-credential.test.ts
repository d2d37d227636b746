import type { HttpClient } from '@azure/core-rest-pipeline'
import { RestError } from '@azure/core-rest-pipeline'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type KeyVaultCredentialKind, keyVaultCredential } from '../../../src/adapters/stores/key-vault-credential.ts'
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

function signedInBy(kind: KeyVaultCredentialKind, authorityHost = world.emulator.endpoints.entra) {
  return world.open({ credential: keyVaultCredential({ kind, authorityHost, httpClient: network }) })
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

  it.each<[KeyVaultCredentialKind, string]>([
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
    const error = await failure(signedInBy('environment', 'https://localhost:1').current(['feed']))
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
