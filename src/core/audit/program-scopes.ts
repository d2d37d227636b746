/**
 * Families of scopes whose resources a service principal or managed identity can be permitted to reach.
 * https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/service-principal-managed-identity
 */
const families: ReadonlySet<string> = new Set([
  'advsec',
  'agentpools',
  'build',
  'code',
  'environment',
  'graph',
  'packaging',
  'pipelineresources',
  'project',
  'release',
  'securefiles',
  'serviceendpoint',
  'taskgroups',
  'test',
  'variablegroups',
  'wiki',
  'work',
])

/**
 * Whether everything that these scopes reach could be reached by a program with an identity of its own. Full scope and
 * scopes that are not known to be among them say nothing.
 */
export function isForPrograms(scopes: readonly string[]): boolean {
  return (
    scopes.length > 0 && scopes.every((scope) => families.has(/^vso\.([a-z]+)(?:_[a-z]+)?$/.exec(scope)?.[1] ?? ''))
  )
}
