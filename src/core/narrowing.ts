import { knownScopes, scopesWithin } from './scope-catalogue.ts'
import { normalizeScopes } from './scopes.ts'

/** How far the scopes of a PAT are cut for its successors: not at all, to writing at most, to reading at most. */
export const narrowings = ['keep', 'write', 'read'] as const
export type Narrowing = (typeof narrowings)[number]

const reading: ReadonlySet<string> = new Set(['', 'read'])
const writing: ReadonlySet<string> = new Set([
  ...reading,
  'write',
  'execute',
  'query',
  'acquire',
  'publish',
  'use',
  'status',
])

export interface Narrowed {
  readonly scopes: readonly string[]
  /** Those that stay as they are, because nothing narrower of their area is known. */
  readonly stuck: readonly string[]
}

/**
 * Scopes cut by a rule: each becomes the widest of its own area that it includes and that the rule allows. Nothing ever
 * gets a scope that it did not have.
 */
export function narrowed(scopes: readonly string[], rule: Narrowing): Narrowed {
  if (rule === 'keep') return { scopes: normalizeScopes(scopes), stuck: [] }
  const allowed = rule === 'read' ? reading : writing
  const cut = normalizeScopes(scopes).map((scope) => ({ scope, to: widestWithin(scope, allowed) }))
  return {
    scopes: normalizeScopes(cut.map(({ scope, to }) => to ?? scope)),
    stuck: cut.flatMap(({ scope, to }) => (to === undefined ? [scope] : [])),
  }
}

function widestWithin(scope: string, allowed: ReadonlySet<string>): string | undefined {
  const [family, kind] = taken(scope)
  if (allowed.has(kind)) return scope
  const within = scopesWithin(scope)
  // The catalogue names the least scope of each area first.
  const candidates = knownScopes.filter(
    ({ id }) => within.has(id) && taken(id)[0] === family && allowed.has(taken(id)[1]),
  )
  return candidates.at(-1)?.id
}

function taken(scope: string): readonly [family: string, kind: string] {
  const [, family = scope, kind = ''] = /^(vso\.[a-z.]+)(?:_([a-z]+))?$/.exec(scope) ?? [undefined, scope, scope]
  return [family, kind]
}
