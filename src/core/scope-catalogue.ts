import { fullScope, normalizeScopes } from './scopes.ts'

/** A scope that Azure DevOps is known to grant to PATs. */
export interface KnownScope {
  /** As the service writes it. */
  readonly id: string
  /** As it may be written in the configuration, too. */
  readonly friendly: string
  /** What the page for PATs calls it. */
  readonly title: string
  /** The scopes that it includes by itself; those include others. */
  readonly includes: readonly string[]
}

/** The kind in the id, the kind in the friendly name where that is another, and the words for people. */
type Kind = readonly [kind: string, words: string, includes?: string]

/**
 * The scopes by their areas. The service adds some from time to time, so one that is not here is only worth a warning.
 * https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#available-scopes
 */
export const knownScopes: readonly KnownScope[] = [
  { id: fullScope, friendly: 'full-access', title: 'Full access', includes: [] },
  ...area('advsec', 'Advanced Security', ['', 'read'], ['write', 'read & write'], ['manage', 'read, write & manage']),
  ...area('agentpools', 'Agent Pools', ['', 'read'], ['manage', 'read & manage']),
  ...area('analytics', 'Analytics', ['', 'read']),
  ...area('auditlog', 'Audit Log', ['', 'read']),
  ...area('auditstreams', 'Audit Streams', ['manage', 'manage', 'vso.auditlog']),
  ...area('build', 'Build', ['', 'read', 'vso.hooks_write'], ['execute', 'read & execute']),
  ...area(
    'code',
    'Code',
    ['', 'read', 'vso.hooks_write'],
    ['write', 'read & write'],
    ['manage', 'read, write & manage'],
    ['full', 'full'],
  ),
  ...area('code', 'Code', ['status', 'status']),
  single('connected_server', 'connected-server.use', 'Connected Server'),
  ...area('dashboards', 'Team Dashboard', ['', 'read'], ['manage', 'read & manage']),
  ...area('drop', 'Drop', ['', 'read'], ['write', 'read & write'], ['manage', 'read, write & manage']),
  ...area('entitlements', 'Entitlements', ['', 'read']),
  ...area('environment', 'Environment', ['manage', 'read & manage', 'vso.agentpools_manage']),
  ...area('extension', 'Extensions', ['', 'read', 'vso.profile'], ['manage', 'read & manage']),
  ...area('extension.data', 'Extension Data', ['', 'read', 'vso.profile'], ['write', 'read & write']),
  ...area('gallery', 'Marketplace', ['', 'read', 'vso.profile'], ['acquire', 'acquire']),
  ...area('gallery', 'Marketplace', ['publish', 'publish', 'vso.gallery'], ['manage', 'manage']),
  ...area('githubconnections', 'GitHub Connections', ['', 'read'], ['manage', 'read & manage']),
  ...area('governance', 'Governance', ['', 'read']),
  ...area('graph', 'Graph', ['', 'read'], ['manage', 'read & manage']),
  ...area('hooks', 'Service Hooks', ['', 'read', 'vso.profile'], ['write', 'read & write']),
  ...area('hooks', 'Service Hooks', ['interact', 'interact', 'vso.profile']),
  ...area('identity', 'Identity', ['', 'read'], ['manage', 'read & manage']),
  ...area('loadtest', 'Load Test', ['', 'read'], ['write', 'read & write']),
  ...area('machinegroup', 'Deployment Groups', ['manage', 'read & manage', 'vso.agentpools_manage']),
  ...area('memberentitlementmanagement', 'Member Entitlement Management', ['', 'read'], ['write', 'read & write']),
  ...area(
    'notification',
    'Notifications',
    ['', 'read', 'vso.profile'],
    ['write', 'read & write'],
    ['manage', 'read, write & manage'],
  ),
  ...area('notification', 'Notifications', ['diagnostics', 'diagnostics', 'vso.notification']),
  ...area(
    'packaging',
    'Packaging',
    ['', 'read', 'vso.profile'],
    ['write', 'read & write'],
    ['manage', 'read, write & manage'],
  ),
  ...area('pipelineresources', 'Pipeline Resources', ['use', 'use'], ['manage', 'use & manage']),
  ...area('profile', 'User Profile', ['', 'read'], ['write', 'read & write']),
  ...area('project', 'Project and Team', ['', 'read'], ['write', 'read & write'], ['manage', 'read, write & manage']),
  ...area(
    'release',
    'Release',
    ['', 'read', 'vso.profile'],
    ['execute', 'read, write & execute'],
    ['manage', 'read, write, execute & manage'],
  ),
  ...area(
    'securefiles',
    'Secure Files',
    ['read', 'read'],
    ['write', 'read & create'],
    ['manage', 'read, create & manage'],
  ),
  ...area('security', 'Security', ['manage', 'manage']),
  ...area(
    'serviceendpoint',
    'Service Connections',
    ['', 'read', 'vso.profile'],
    ['query', 'read & query'],
    ['manage', 'read, query & manage'],
  ),
  ...area('settings', 'Settings', ['', 'read'], ['write', 'read & write']),
  ...area(
    'symbols',
    'Symbols',
    ['', 'read', 'vso.profile'],
    ['write', 'read & write'],
    ['manage', 'read, write & manage'],
  ),
  ...area(
    'taskgroups',
    'Task Groups',
    ['read', 'read'],
    ['write', 'read & create'],
    ['manage', 'read, create & manage'],
  ),
  ...area('test', 'Test Management', ['', 'read', 'vso.profile'], ['write', 'read & write']),
  ...area('threads', 'Pull Request Threads', ['full', 'read & write']),
  single('tokenadministration', 'tokenadministration.manage', 'Token Administration: read & manage'),
  single('tokens', 'tokens.manage', 'Tokens: read & manage'),
  ...area(
    'variablegroups',
    'Variable Groups',
    ['read', 'read'],
    ['write', 'read & create'],
    ['manage', 'read, create & manage'],
  ),
  ...area('wiki', 'Wiki', ['', 'read'], ['write', 'read & write']),
  ...area('work', 'Work Items', ['', 'read', 'vso.hooks_write'], ['write', 'read & write'], ['full', 'full']),
]

/**
 * Scopes of the sign-in, which no PAT can have: whoever holds them could make more PATs.
 * https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
 */
export const signInScopes: readonly string[] = ['vso.pats', 'vso.pats_manage', 'user_impersonation']

/** One area, the least of its scopes first: each includes the one before it. */
function area(family: string, title: string, ...kinds: readonly Kind[]): readonly KnownScope[] {
  const idOf = (kind: string): string => (kind === '' ? `vso.${family}` : `vso.${family}_${kind}`)
  return kinds.map(([kind, words, included], index) => {
    const before = kinds[index - 1]?.[0]
    return {
      id: idOf(kind),
      friendly: `${family}.${kind === '' ? 'read' : kind}`,
      title: `${title}: ${words}`,
      includes: [...(before === undefined ? [] : [idOf(before)]), ...(included === undefined ? [] : [included])],
    }
  })
}

function single(family: string, friendly: string, title: string): KnownScope {
  return { id: `vso.${family}`, friendly, title, includes: [] }
}

const byId: ReadonlyMap<string, KnownScope> = new Map(knownScopes.map((scope) => [scope.id, scope]))
const byFriendly: ReadonlyMap<string, KnownScope> = new Map(knownScopes.map((scope) => [scope.friendly, scope]))

/** What is known of a scope, by its id or friendly name in any case; undefined when nothing is. */
export function knownScope(written: string): KnownScope | undefined {
  const word = written.toLowerCase()
  return byId.get(word) ?? byFriendly.get(word)
}

/** The id of a scope that is written by its id or by its friendly name, in lower case. One that is not known stays. */
export function scopeId(written: string): string {
  return knownScope(written)?.id ?? written.toLowerCase()
}

/** Ids, lower-cased, each once, sorted, of scopes that are written in either way. */
export function scopeIds(written: readonly string[]): readonly string[] {
  return normalizeScopes(written.map(scopeId))
}

/** What a scope lets do, its own id included: `vso.code_write` includes `vso.code`. Of an unknown one, itself. */
export function scopesWithin(id: string): ReadonlySet<string> {
  const found = new Set<string>([id])
  // A set that grows while it is walked goes on to what was added.
  for (const each of found) for (const included of byId.get(each)?.includes ?? []) found.add(included)
  return found
}
