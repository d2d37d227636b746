/** Full access. */
export const FULL_SCOPE = 'app_token'

/** https://learn.microsoft.com/en-us/azure/devops/integrate/get-started/authentication/oauth#scopes */
const known = new Set(
  [
    FULL_SCOPE,
    ...family('vso.advsec', '', '_write', '_manage'),
    ...family('vso.agentpools', '', '_manage'),
    'vso.environment_manage',
    'vso.analytics',
    'vso.auditlog',
    'vso.auditstreams_manage',
    ...family('vso.build', '', '_execute'),
    ...family('vso.code', '', '_write', '_manage', '_full', '_status'),
    'vso.connected_server',
    'vso.entitlements',
    ...family('vso.memberentitlementmanagement', '', '_write'),
    ...family('vso.extension', '', '_manage'),
    ...family('vso.extension.data', '', '_write'),
    ...family('vso.githubconnections', '', '_manage'),
    ...family('vso.graph', '', '_manage'),
    ...family('vso.identity', '', '_manage'),
    'vso.machinegroup_manage',
    ...family('vso.gallery', '', '_acquire', '_publish', '_manage'),
    ...family('vso.notification', '', '_write', '_manage', '_diagnostics'),
    ...family('vso.packaging', '', '_write', '_manage'),
    ...family('vso.pipelineresources', '_use', '_manage'),
    ...family('vso.project', '', '_write', '_manage'),
    ...family('vso.release', '', '_execute', '_manage'),
    ...family('vso.securefiles', '_read', '_write', '_manage'),
    'vso.security_manage',
    ...family('vso.serviceendpoint', '', '_query', '_manage'),
    ...family('vso.settings', '', '_write'),
    ...family('vso.symbols', '', '_write', '_manage'),
    ...family('vso.taskgroups', '_read', '_write', '_manage'),
    ...family('vso.dashboards', '', '_manage'),
    ...family('vso.test', '', '_write'),
    'vso.threads_full',
    'vso.tokens',
    'vso.tokenadministration',
    ...family('vso.profile', '', '_write'),
    ...family('vso.variablegroups', '_read', '_write', '_manage'),
    ...family('vso.wiki', '', '_write'),
    ...family('vso.work', '', '_write', '_full'),
    ...family('vso.drop', '', '_write', '_manage'),
    ...family('vso.hooks', '', '_write', '_interact'),
  ].map((scope) => scope.toLowerCase()),
)

function family(base: string, ...endings: string[]): string[] {
  return endings.map((ending) => base + ending)
}

export function splitScopes(text: string): string[] {
  return text.split(' ').filter((scope) => scope !== '')
}

/** Whether a PAT may have these scopes. Those of Entra alone (`vso.pats`, `user_impersonation`) are none of a PAT's. */
export function areKnownScopes(text: string): boolean {
  const scopes = splitScopes(text)
  return scopes.length > 0 && scopes.every((scope) => known.has(scope.toLowerCase()))
}

/** Whether the scopes hold `wanted` or something stronger of its family: `_write` includes read, and so on. */
export function holdsScope(text: string, wanted: string): boolean {
  return splitScopes(text.toLowerCase()).some(
    (scope) => scope === FULL_SCOPE || scope === wanted || scope.startsWith(`${wanted}_`),
  )
}

export function isPackagingOnly(text: string): boolean {
  return splitScopes(text.toLowerCase()).every((scope) => /^vso\.packaging(_|$)/.test(scope))
}

export function orderScopes(text: string, order: 'keep' | 'sorted' | 'lowercase'): string {
  const scopes = splitScopes(text)
  if (order === 'sorted') return scopes.sort().join(' ')
  return order === 'lowercase' ? scopes.join(' ').toLowerCase() : scopes.join(' ')
}
