import { PatrolError } from '../../core/errors.ts'
import type { Instant } from '../../core/time.ts'
import type { ScopeProbe } from '../../core/token.ts'
import type { MintRequest } from '../../ports/authority.ts'
import { formatServiceTime } from './service-time.ts'

/** A request to Azure DevOps without its credentials. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  /** The service limits the rate of each by itself. */
  readonly organization: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** The resource exists only as a preview; this revision is the first with all error values. */
const patsVersion = '7.2-preview.1'

const connectionDataVersion = '7.1-preview.1'

/** The largest page the service gives. */
const pageSize = 100

/**
 * `Suppress` turns the redirect to a sign-in page into a 401 where the service honours it. Microsoft's own clients send
 * it: https://github.com/microsoft/azure-devops-python-api (client.py).
 */
export const commonHeaders: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'x-tfs-fedauthredirect': 'Suppress',
}

/**
 * One page of the user's PATs in an organization. The filter is stated on every page, as the service demands.
 * https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/list
 */
export function listCall(
  vssps: string,
  organization: string,
  filter: 'active' | 'revoked',
  continuation: string | undefined,
): Call {
  const query: Record<string, string> = { displayFilterOption: filter, $top: String(pageSize) }
  if (continuation !== undefined) query['continuationToken'] = continuation
  return { method: 'GET', url: patsUrl(vssps, organization, query), organization, headers: commonHeaders }
}

/** https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/create */
export function mintCall(vssps: string, organization: string, request: MintRequest): Call {
  return withBody('POST', organization, patsUrl(vssps, organization, {}), {
    displayName: request.displayName,
    scope: request.scopes.join(' '),
    validTo: formatServiceTime(request.validTo),
    allOrgs: false,
  })
}

/**
 * Fields that are left out keep their values, so only the date is sent.
 * https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/update-pat-token
 */
export function extendCall(vssps: string, organization: string, authorizationId: string, validTo: Instant): Call {
  const body = { authorizationId, validTo: formatServiceTime(validTo) }
  return withBody('PUT', organization, patsUrl(vssps, organization, {}), body)
}

/** https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/revoke */
export function revokeCall(vssps: string, organization: string, authorizationId: string): Call {
  const url = patsUrl(vssps, organization, { authorizationId })
  return { method: 'DELETE', url, organization, headers: commonHeaders }
}

/** Who the service takes the sender for. */
export function connectionDataCall(azureDevOps: string, organization: string): Call {
  const url = organizationUrl(azureDevOps, organization, 'connectionData', { 'api-version': connectionDataVersion })
  return { method: 'GET', url, organization, headers: commonHeaders }
}

/** Where feeds live, apart from everything else. */
const publicAzureDevOps = 'https://dev.azure.com'
const publicFeeds = 'https://feeds.dev.azure.com'

/** What each probe reads: short lists that every organization has, whatever is in it. */
const probed: Readonly<Record<ScopeProbe, string>> = {
  // https://learn.microsoft.com/rest/api/azure/devops/git/repositories/list (vso.code)
  git: 'git/repositories',
  // https://learn.microsoft.com/rest/api/azure/devops/artifacts/feed-management/get-feeds (vso.packaging)
  feeds: 'packaging/feeds',
  // https://learn.microsoft.com/rest/api/azure/devops/wit/artifact-link-types/list (vso.work)
  'work-items': 'wit/artifactlinktypes',
}

/** Reads something that takes the scope in question and nothing else. */
export function scopeProbeCall(azureDevOps: string, organization: string, probe: ScopeProbe): Call {
  const base = azureDevOps.replace(/\/+$/, '')
  const endpoint = probe === 'feeds' && base === publicAzureDevOps ? publicFeeds : base
  const url = organizationUrl(endpoint, organization, probed[probe], { 'api-version': '7.1' })
  return { method: 'GET', url, organization, headers: commonHeaders }
}

/** An address of the user's own, in which `{organization}` stands for that of the token. */
export function urlProbeCall(written: string, organization: string): Call {
  const url = written.replaceAll('{organization}', encodeURIComponent(organization))
  return { method: 'GET', url, organization, headers: commonHeaders }
}

function patsUrl(vssps: string, organization: string, query: Readonly<Record<string, string>>): string {
  return organizationUrl(vssps, organization, 'tokens/pats', { 'api-version': patsVersion, ...query })
}

/**
 * The address of a resource of an organization.
 *
 * @param project name or id, for what belongs to a project
 * @throws PatrolError when the name is none of an organization
 */
export function organizationUrl(
  endpoint: string,
  organization: string,
  resource: string,
  query: Readonly<Record<string, string>>,
  project?: string,
): string {
  // The name becomes part of a path that a token is sent to: nothing in it may lead elsewhere.
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._ -]*$/u.test(organization)) {
    throw new PatrolError(
      'organization-not-found',
      `${JSON.stringify(organization)} cannot be the name of an organization`,
    )
  }
  const base = endpoint.replace(/\/+$/, '')
  const place = [organization, ...(project === undefined ? [] : [project])].map(encodeURIComponent).join('/')
  return `${base}/${place}/_apis/${resource}?${new URLSearchParams(query).toString()}`
}

/** A request that carries JSON. */
export function withBody(method: 'POST' | 'PUT', organization: string, url: string, body: unknown): Call {
  const headers = { ...commonHeaders, 'content-type': 'application/json' }
  return { method, url, organization, headers, body: JSON.stringify(body) }
}
