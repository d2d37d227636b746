import { fullScope, normalizeScopes } from './scopes.ts'

/** What a scope may do within its family, the least first. Each includes those before it. */
const ranks: Readonly<Record<string, number>> = {
  '': 0,
  read: 0,
  use: 1,
  query: 1,
  acquire: 1,
  execute: 1,
  write: 1,
  publish: 1,
  manage: 2,
  full: 3,
}

/**
 * The scopes among `held` that none of `declared` grants. A scope that writes includes the one that reads, and one that
 * manages includes both; of what is not known to be included, it is said that it is not.
 * https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#available-scopes
 */
export function scopesBeyond(held: readonly string[], declared: readonly string[]): readonly string[] {
  const granting = normalizeScopes(declared)
  return normalizeScopes(held).filter((scope) => !granting.some((one) => includes(one, scope)))
}

function includes(one: string, scope: string): boolean {
  if (one === scope || one === fullScope) return true
  const [left, right] = [taken(one), taken(scope)]
  return left.rank !== undefined && right.rank !== undefined && left.family === right.family && left.rank > right.rank
}

function taken(scope: string): { readonly family: string; readonly rank: number | undefined } {
  const [, family = scope, kind] = /^(vso\.[a-z.]+)(?:_([a-z]+))?$/.exec(scope) ?? []
  return { family, rank: ranks[kind ?? ''] }
}
