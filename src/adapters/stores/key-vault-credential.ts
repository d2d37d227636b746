import type { AccessToken, GetTokenOptions, TokenCredential } from '@azure/core-auth'
import type { HttpClient } from '@azure/core-rest-pipeline'
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
  let made: Promise<TokenCredential> | undefined
  return {
    async getToken(scopes: string | string[], request?: GetTokenOptions): Promise<AccessToken | null> {
      try {
        made ??= makeCredential(options)
        const credential = await made
        return await credential.getToken(scopes, request)
      } catch (thrown) {
        throw signInFault(thrown, options.kind)
      }
    },
  }
}

async function makeCredential(options: KeyVaultCredentialOptions): Promise<TokenCredential> {
  const { kind, clientId, authorityHost, httpClient } = options
  const { AzureCliCredential, DefaultAzureCredential, EnvironmentCredential, ManagedIdentityCredential } = await import(
    '@azure/identity'
  )
  const shared = {
    ...(authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: true }),
    ...(httpClient === undefined ? {} : { httpClient }),
  }
  switch (kind) {
    case 'default': {
      const identities =
        clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }
      return new DefaultAzureCredential({ ...shared, ...identities })
    }
    case 'environment':
      return new EnvironmentCredential(shared)
    case 'managed-identity':
      return new ManagedIdentityCredential(clientId === undefined ? shared : { ...shared, clientId })
    case 'azure-cli':
      return new AzureCliCredential()
  }
}

function signInFault(thrown: unknown, kind: KeyVaultCredentialKind): PatrolError {
  const faults = chainOf(thrown)
  // In a chain most did not apply to this machine; the one that was set up and refused is the one to tell of.
  const telling = faults.find(({ name }) => name === 'AuthenticationError') ?? faults.at(-1)
  const said = Secret.redact((telling?.message ?? 'an unknown fault').split(/\r?\n/, 1)[0] ?? '').slice(0, 300)
  const lost = faults.find((fault) => fault instanceof PatrolError)
  if (lost !== undefined || /network_error|endpoints_resolution_error|ENOTFOUND|ECONNREFUSED/.test(said)) {
    return new PatrolError('store-unreachable', `the sign-in to the vault got no answer: ${lost?.message ?? said}`)
  }
  return new PatrolError('store-denied', `the sign-in to the vault failed (${kind}): ${said}`, { remedy: tried[kind] })
}

/** The thrown thing, what it was made of and what caused it, the most particular last. */
function chainOf(thrown: unknown): readonly Error[] {
  if (!(thrown instanceof Error)) return []
  const parts: readonly unknown[] = 'errors' in thrown && Array.isArray(thrown.errors) ? thrown.errors : []
  return [thrown, ...parts.flatMap(chainOf), ...chainOf(thrown.cause)]
}
