import { scopesWithin } from './scope-catalogue.ts'
import { fullScope, normalizeScopes } from './scopes.ts'

/**
 * The scopes among `held` that none of `declared` grants, by what the catalogue knows of inclusion; of what is not known
 * to be included, it is said that it is not.
 */
export function scopesBeyond(held: readonly string[], declared: readonly string[]): readonly string[] {
  const granting = normalizeScopes(declared)
  if (granting.includes(fullScope)) return []
  const granted = new Set(granting.flatMap((scope) => [...scopesWithin(scope)]))
  return normalizeScopes(held).filter((scope) => !granted.has(scope))
}
