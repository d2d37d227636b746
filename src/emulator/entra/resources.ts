/**
 * An audience the emulated Entra issues tokens for. `graph` is what one gets who asks for no resource, `token-exchange`
 * what is shown as a federated credential, and `api:` with a client id an application of the fixture.
 */
export type Audience = 'azure-devops' | 'key-vault' | 'graph' | 'token-exchange' | `api:${string}`

/** https://learn.microsoft.com/en-us/azure/devops/integrate/get-started/authentication/service-principal-managed-identity */
const AZURE_DEVOPS_ID = '499b84ac-1321-427f-aa17-267ca6975798'
/** The application behind `api://AzureADTokenExchange`, which stands as audience in the tokens for it. */
export const TOKEN_EXCHANGE_ID = 'fb60f99c-7a34-4190-8149-302f77469936'
export const VAULT_RESOURCE = 'https://vault.azure.net'

const identifiers: Record<string, Audience> = {
  [AZURE_DEVOPS_ID]: 'azure-devops',
  [`api://${AZURE_DEVOPS_ID}`]: 'azure-devops',
  'https://app.vssps.visualstudio.com': 'azure-devops',
  [VAULT_RESOURCE]: 'key-vault',
  'cfa8b339-82a2-471a-a3c9-0fc0be7a4093': 'key-vault',
  'https://graph.microsoft.com': 'graph',
  '00000003-0000-0000-c000-000000000000': 'graph',
  'api://azureadtokenexchange': 'token-exchange',
  [TOKEN_EXCHANGE_ID]: 'token-exchange',
}

const openIdScopes = new Set(['openid', 'profile', 'email', 'offline_access'])

export interface ScopeRequest {
  readonly openId: readonly string[]
  /** What was asked of one resource; absent when only OpenID scopes were asked for. */
  readonly resource?: { readonly identifier: string; readonly audience: Audience; readonly permissions: string[] }
}

export type ScopeFault =
  | { readonly fault: 'several-resources' }
  | { readonly fault: 'unknown-resource'; readonly identifier: string }
  | { readonly fault: 'malformed'; readonly scope: string }

/**
 * Reads the `scope` parameter of a token request: OpenID scopes and those of one resource, written
 * `{resource}/{permission}`. https://learn.microsoft.com/en-us/entra/identity-platform/scopes-oidc
 *
 * @param application finds an application by its client id, which is a resource as well
 */
export function readScopes(
  text: string,
  application: (id: string) => { readonly id: string } | undefined,
): ScopeRequest | ScopeFault {
  const openId: string[] = []
  let identifier: string | undefined
  const permissions: string[] = []
  for (const scope of text.split(' ').filter((part) => part !== '')) {
    if (openIdScopes.has(scope)) {
      openId.push(scope)
      continue
    }
    const slash = scope.lastIndexOf('/')
    // A permission without a resource is one of Microsoft Graph.
    const resource = slash === -1 ? 'https://graph.microsoft.com' : scope.slice(0, slash).replace(/\/$/, '')
    const permission = scope.slice(slash + 1)
    if (permission === '' || resource === '') return { fault: 'malformed', scope }
    if (identifier !== undefined && identifier !== resource) return { fault: 'several-resources' }
    identifier = resource
    permissions.push(permission)
  }
  if (identifier === undefined) return { openId }
  const audience = audienceOf(identifier, application)
  if (audience === undefined) return { fault: 'unknown-resource', identifier }
  return { openId, resource: { identifier, audience, permissions } }
}

/** The audience of a resource as requests write it; undefined when there is none. */
export function audienceOf(
  identifier: string,
  application: (id: string) => { readonly id: string } | undefined,
): Audience | undefined {
  const known = identifiers[identifier.toLowerCase().replace(/\/$/, '')]
  if (known !== undefined) return known
  const own = application(identifier.replace(/^api:\/\//i, ''))
  return own === undefined ? undefined : `api:${own.id}`
}
