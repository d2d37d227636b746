import type { TokenCredential } from '@azure/core-auth'
import type { HttpClient } from '@azure/core-rest-pipeline'
import { PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'

/** At most one is there; none means the identity that the machine itself has. */
export interface ManagedIdentityName {
  readonly clientId?: string | undefined
  readonly resourceId?: string | undefined
  readonly objectId?: string | undefined
}

/** An identity that somebody outside of Entra vouches for. What is left out stands in the environment. */
interface FederatedIdentity {
  readonly clientId?: string | undefined
  /** Id or domain. */
  readonly tenant?: string | undefined
}

/** A way to sign in to a vault without an account of the configuration. */
export type KeyVaultIdentity =
  | ({ readonly type: 'default' } & FederatedIdentity)
  | { readonly type: 'environment' }
  | ({ readonly type: 'managed-identity' } & ManagedIdentityName)
  | ({ readonly type: 'workload-identity'; readonly tokenFile?: string | undefined } & FederatedIdentity)
  | { readonly type: 'azure-cli'; readonly tenant?: string | undefined }
  | ({
      readonly type: 'azure-pipelines'
      readonly serviceConnection?: string | undefined
      readonly systemAccessToken?: Secret | undefined
    } & FederatedIdentity)
  | ({ readonly type: 'github-actions' } & FederatedIdentity)

export interface KeyVaultIdentityParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where Entra is, when that is not the usual place. */
  readonly authorityHost?: string | undefined
  /** Whether that address is not Microsoft's: then it is believed without asking Microsoft about it. */
  readonly authorityOverridden?: boolean | undefined
  /** The token by which the runner vouches for its job: for `azure-pipelines` and `github-actions`. */
  readonly jobToken?: (() => Promise<Secret>) | undefined
}

/** What there was to sign in with, for the remedy of a sign-in that failed. */
export const tried: Readonly<Record<KeyVaultIdentity['type'], string>> = {
  default:
    'Tried were, in this order: the environment (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET), workload identity, managed identity, Visual Studio Code, Azure CLI (az login), Azure PowerShell and Azure Developer CLI. Make one of them work, or choose another credential of the store.',
  environment:
    'Tried was: the environment. Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH), or choose another credential of the store.',
  'managed-identity':
    'Tried was: managed identity. Assign one to this machine (and name its clientId when there are several), or choose another credential of the store.',
  'workload-identity':
    'Tried was: workload identity. See that the token file is there and that the application has a federated credential for its issuer and subject, or choose another credential of the store.',
  'azure-cli': 'Tried was: Azure CLI. Run az login, or choose another credential of the store.',
  'azure-pipelines':
    'Tried was: the service connection of Azure Pipelines. See that it uses workload identity federation and that this pipeline may use it, or choose another credential of the store.',
  'github-actions':
    'Tried was: GitHub Actions. See that the application has a federated credential for this repository and its branch or environment, or choose another credential of the store.',
}

/**
 * A credential of @azure/identity, which is loaded here.
 * https://learn.microsoft.com/javascript/api/overview/azure/identity-readme
 *
 * @throws PatrolError `store-denied` when the configuration and the environment together do not name the identity
 */
export async function credentialOf(
  identity: KeyVaultIdentity,
  parts: KeyVaultIdentityParts,
  httpClient: HttpClient,
): Promise<TokenCredential> {
  const azure = await import('@azure/identity')
  const { authorityHost, authorityOverridden = false } = parts
  const authority = authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: authorityOverridden }
  const shared = { ...authority, httpClient }
  switch (identity.type) {
    case 'default': {
      const { clientId, tenant } = identity
      const named = clientId === undefined ? {} : idOfDefault(clientId)
      return new azure.DefaultAzureCredential({
        ...shared,
        ...named,
        ...(tenant === undefined ? {} : { tenantId: tenant }),
      })
    }
    case 'environment':
      return new azure.EnvironmentCredential({ ...shared, retryOptions: { maxRetries: 2, retryDelayInMs: 500 } })
    case 'managed-identity': {
      const { clientId, resourceId, objectId } = identity
      if (clientId !== undefined) return new azure.ManagedIdentityCredential({ ...shared, clientId })
      if (resourceId !== undefined) return new azure.ManagedIdentityCredential({ ...shared, resourceId })
      if (objectId !== undefined) return new azure.ManagedIdentityCredential({ ...shared, objectId })
      return new azure.ManagedIdentityCredential(shared)
    }
    case 'workload-identity': {
      const [clientId, tenantId, tokenFilePath] = named(identity.type, parts, [
        ['clientId', identity.clientId, 'AZURE_CLIENT_ID'],
        ['tenant', identity.tenant, 'AZURE_TENANT_ID'],
        ['tokenFile', identity.tokenFile, 'AZURE_FEDERATED_TOKEN_FILE'],
      ])
      return new azure.WorkloadIdentityCredential({ ...shared, clientId, tenantId, tokenFilePath })
    }
    case 'azure-cli':
      return new azure.AzureCliCredential(identity.tenant === undefined ? {} : { tenantId: identity.tenant })
    case 'azure-pipelines':
    case 'github-actions': {
      const prefix = identity.type === 'azure-pipelines' ? 'AZURESUBSCRIPTION' : 'AZURE'
      const [clientId, tenant] = named(identity.type, parts, [
        ['clientId', identity.clientId, `${prefix}_CLIENT_ID`],
        ['tenant', identity.tenant, `${prefix}_TENANT_ID`],
      ])
      const { jobToken } = parts
      if (jobToken === undefined) throw new PatrolError('internal', `nobody vouches for ${identity.type}`)
      return new azure.ClientAssertionCredential(tenant, clientId, async () => (await jobToken()).reveal(), shared)
    }
  }
}

function idOfDefault(clientId: string): { managedIdentityClientId: string; workloadIdentityClientId: string } {
  return { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }
}

type Wanted = readonly [key: string, written: string | undefined, variable: string]

/** What is written, or else what the environment says; all that is missing is told at once. */
function named<const Names extends readonly Wanted[]>(
  type: KeyVaultIdentity['type'],
  { environment }: KeyVaultIdentityParts,
  names: Names,
): { [Index in keyof Names]: string } {
  const found = names.map(([, written, variable]) => written ?? environment[variable] ?? '')
  const missing = names.filter((_, index) => found[index] === '')
  if (missing.length > 0) {
    const keys = missing.map(([key]) => key).join(', ')
    const variables = missing.map(([, , variable]) => variable).join(', ')
    throw new PatrolError('store-denied', `the credential ${type} has no ${keys}`, {
      remedy: `Write credential: as a mapping with type: ${type} and ${keys}, or set ${variables} in the environment.`,
    })
  }
  return found as { [Index in keyof Names]: string }
}
