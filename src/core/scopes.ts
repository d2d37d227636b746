/** The scope that grants everything its owner may do. */
export const fullScope = 'app_token'

/**
 * The scopes of a PAT from the service's space-separated text: lower-cased, each once, sorted. The service may
 * re-order them, so they are only ever compared as sets.
 */
export function parseScopes(text: string): readonly string[] {
  return normalizeScopes(text.split(/\s+/))
}

/** Lower-cased, each once, sorted; what is blank is left out. */
export function normalizeScopes(scopes: readonly string[]): readonly string[] {
  return [...new Set(scopes.map((scope) => scope.trim().toLowerCase()).filter((scope) => scope !== ''))].sort()
}

/** Whether two lists grant the same, whatever their order, case and repetitions. */
export function sameScopes(left: readonly string[], right: readonly string[]): boolean {
  return normalizeScopes(left).join(' ') === normalizeScopes(right).join(' ')
}
