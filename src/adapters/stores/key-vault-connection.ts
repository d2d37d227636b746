import type { TokenCredential } from '@azure/core-auth'
import type { HttpClient } from '@azure/core-rest-pipeline'
import type { SecretClient, SecretProperties } from '@azure/keyvault-secrets'
import type { Clock } from '../../ports/clock.ts'
import type { Reporter } from '../../ports/reporter.ts'
import { KeyVaultWire } from './key-vault-wire.ts'

export interface AzureKeyVaultOptions {
  /** `https://….vault.azure.net` */
  readonly url: string
  readonly credential: TokenCredential
  /** False only for an emulator: whether the vault must prove that it is one by the domain that it lies in. */
  readonly verifyChallengeResource: boolean
  /** The way to the network; the SDK's own when left out. */
  readonly httpClient?: HttpClient | undefined
  readonly clock: Clock
  readonly reporter?: Reporter | undefined
}

/** The SDK's client, and what lies between it and the network. */
export interface Connection {
  readonly client: SecretClient
  readonly wire: KeyVaultWire
}

/** Nothing is sent yet. */
export async function connect(options: AzureKeyVaultOptions): Promise<Connection> {
  const { SecretClient } = await import('@azure/keyvault-secrets')
  const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline')
  const wire = new KeyVaultWire(options.httpClient ?? createDefaultHttpClient(), options.clock)
  const client = new SecretClient(options.url, options.credential, {
    disableChallengeResourceVerification: !options.verifyChallengeResource,
    httpClient: wire,
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
  })
  return { client, wire }
}

/** The SDK's pages, each of them one operation on the wire. */
export async function* through(
  wire: KeyVaultWire,
  pages: AsyncIterableIterator<SecretProperties[]>,
): AsyncGenerator<readonly SecretProperties[]> {
  while (true) {
    const next = await wire.run(undefined, () => pages.next())
    if (next.done === true) return
    yield next.value
  }
}
