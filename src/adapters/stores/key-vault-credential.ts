import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth'
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/** Ways to sign in to a vault without an account of the configuration. */
export type KeyVaultCredentialKind = 'default' | 'environment' | 'managed-identity' | 'azure-cli'

export interface KeyVaultCredentialOptions {
  readonly kind: KeyVaultCredentialKind
  /** The client id of a user-assigned managed identity. */
  readonly clientId?: string | undefined
  /** Where Entra is, when that is not the usual place; instance discovery is then off. */
  readonly authorityHost?: string | undefined
  /** The way to the network; the SDK's own when left out. */
  readonly httpClient?: HttpClient | undefined
}

const tried: Readonly<Record<KeyVaultCredentialKind, string>> = {
  default:
    'Tried were, in this order: the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET), workload identity, managed identity, Visual Studio Code, Azure CLI (az login), Azure PowerShell and Azure Developer CLI. Make one of them work, or choose another credential of the store.',
  environment:
    'Tried was: the environment. Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH), or choose another credential of the store.',
  'managed-identity':
    'Tried was: managed identity. Assign one to this machine (and name its clientId when there are several), or choose another credential of the store.',
  'azure-cli': 'Tried was: Azure CLI. Run az login, or choose another credential of the store.',
}

/**
 * A credential for `azureKeyVaultStore` on @azure/identity, which is loaded when a token is first asked for. A sign-in
 * that fails becomes `store-denied`, or `store-unreachable` when Entra could not be reached; one line, with a remedy
 * that names what was tried.
 * https://learn.microsoft.com/azure/developer/javascript/sdk/authentication/credential-chains
 */
export function keyVaultCredential(options: KeyVaultCredentialOptions): TokenCredential {
  let made: Promise<Made> | undefined
  return {
    async getToken(scopes: string | string[], request?: GetTokenOptions): Promise<AccessToken | null> {
      let network: WatchedNetwork | undefined
      try {
        made ??= makeCredential(options)
        const ready = await made
        network = ready.network
        network.lost = undefined
        return await ready.credential.getToken(scopes, request)
      } catch (thrown) {
        throw signInFault(thrown, options.kind, network?.lost)
      }
    },
  }
}

interface Made {
  readonly credential: TokenCredential
  readonly network: WatchedNetwork
}

/** Remembers why Entra could not be reached, because the libraries in between say only that it could not. */
class WatchedNetwork implements HttpClient {
  readonly #network: HttpClient
  lost: string | undefined

  constructor(network: HttpClient) {
    this.#network = network
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    try {
      return await this.#network.sendRequest(request)
    } catch (thrown) {
      // The metadata service of Azure's machines speaks http, and that there is none is an answer.
      if (request.url.startsWith('https:')) this.lost = firstLine(thrown instanceof Error ? thrown.message : '')
      throw thrown
    }
  }
}

async function makeCredential(options: KeyVaultCredentialOptions): Promise<Made> {
  const { kind, clientId, authorityHost, httpClient } = options
  const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline')
  const { AzureCliCredential, DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential } = await import(
    '@azure/identity'
  )
  const network = new WatchedNetwork(httpClient ?? createDefaultHttpClient())
  const authority = authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: true }
  const shared = { ...authority, httpClient: network }
  const identity =
    clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }
  const make: Readonly<Record<KeyVaultCredentialKind, () => TokenCredential>> = {
    default: () => new DefaultAzureCredential({ ...shared, ...identity }),
    environment: () => new EnvironmentCredential({ ...shared, retryOptions: { maxRetries: 2, retryDelayInMs: 500 } }),
    'managed-identity': () => new ManagedIdentityCredential(clientId === undefined ? shared : { ...shared, clientId }),
    'azure-cli': () => new AzureCliCredential(),
  }
  return { credential: make[kind](), network }
}

function signInFault(thrown: unknown, kind: KeyVaultCredentialKind, lost: string | undefined): PatrolError {
  if (lost !== undefined) return new PatrolError('store-unreachable', `the sign-in to the vault got no answer: ${lost}`)
  const message = `the sign-in to the vault failed (${kind}): ${reasonOf(thrown)}`
  return new PatrolError('store-denied', message, { remedy: tried[kind] })
}

/** One line. In a chain most do not apply to the machine; the one that was set up and refused is the one to tell of. */
function reasonOf(thrown: unknown): string {
  const parts: readonly unknown[] =
    thrown instanceof Error && 'errors' in thrown && Array.isArray(thrown.errors) ? thrown.errors : [thrown]
  const faults = parts.filter((part) => part instanceof Error)
  const refused = faults.find(({ name }) => name === 'AuthenticationError')
  if (refused === undefined) return faults.length === 1 ? firstLine(faults[0]?.message ?? '') : 'none is available here'
  const entra = /AADSTS\d+:.*?(?= Trace ID|\r|\n|$)/.exec(refused.message)?.[0]
  return firstLine(entra ?? refused.message)
}

function firstLine(text: string): string {
  return Secret.redact(text.split(/\r?\n/, 1)[0] ?? '').slice(0, 300)
}
