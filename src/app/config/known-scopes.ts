/**
 * Scopes that Azure DevOps is known to grant to personal access tokens. The service adds some from time to time, so a
 * scope that is not here is only worth a warning.
 * https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#available-scopes
 */
export const knownScopes: readonly string[] = [
  'app_token',
  ...family('advsec', '', 'write', 'manage'),
  ...family('agentpools', '', 'manage'),
  ...family('analytics', ''),
  ...family('auditlog', ''),
  ...family('auditstreams', 'manage'),
  ...family('build', '', 'execute'),
  ...family('code', '', 'write', 'manage', 'full', 'status'),
  ...family('connected_server', ''),
  ...family('dashboards', '', 'manage'),
  ...family('drop', '', 'write', 'manage'),
  ...family('entitlements', ''),
  ...family('environment', 'manage'),
  ...family('extension', '', 'manage'),
  ...family('extension.data', '', 'write'),
  ...family('gallery', '', 'acquire', 'publish', 'manage'),
  ...family('githubconnections', '', 'manage'),
  ...family('governance', ''),
  ...family('graph', '', 'manage'),
  ...family('hooks', '', 'write', 'interact'),
  ...family('identity', '', 'manage'),
  ...family('loadtest', '', 'write'),
  ...family('machinegroup', 'manage'),
  ...family('memberentitlementmanagement', '', 'write'),
  ...family('notification', '', 'write', 'manage', 'diagnostics'),
  ...family('packaging', '', 'write', 'manage'),
  ...family('pipelineresources', 'use', 'manage'),
  ...family('profile', '', 'write'),
  ...family('project', '', 'write', 'manage'),
  ...family('release', '', 'execute', 'manage'),
  ...family('securefiles', 'read', 'write', 'manage'),
  ...family('security', 'manage'),
  ...family('serviceendpoint', '', 'query', 'manage'),
  ...family('settings', '', 'write'),
  ...family('symbols', '', 'write', 'manage'),
  ...family('taskgroups', 'read', 'write', 'manage'),
  ...family('test', '', 'write'),
  ...family('threads', 'full'),
  ...family('tokenadministration', ''),
  ...family('tokens', ''),
  ...family('variablegroups', 'read', 'write', 'manage'),
  ...family('wiki', '', 'write'),
  ...family('work', '', 'write', 'full'),
]

/**
 * Scopes of the sign-in, which no PAT can have: whoever holds them could make more PATs.
 * https://learn.microsoft.com/rest/api/azure/devops/tokens/pats
 */
export const signInScopes: readonly string[] = ['vso.pats', 'vso.pats_manage', 'user_impersonation']

function family(name: string, ...kinds: readonly string[]): readonly string[] {
  return kinds.map((kind) => (kind === '' ? `vso.${name}` : `vso.${name}_${kind}`))
}
