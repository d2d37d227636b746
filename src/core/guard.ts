import type { Action } from './plan.ts'
import { replacementReasons } from './policy.ts'

/** How many tokens one run may replace because they vanished. `default`: a quarter of the tokens, but 1 at least and 20 at most. */
export type ReplacementLimit =
  | { readonly kind: 'default' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'share'; readonly share: number }

const leastByDefault = 1
const mostByDefault = 20

/**
 * How many tokens one run may replace.
 *
 * @param tokenCount how many tokens the run is about
 */
export function mostReplacements(limit: ReplacementLimit, tokenCount: number): number {
  switch (limit.kind) {
    case 'default':
      return Math.min(mostByDefault, Math.max(leastByDefault, Math.floor(tokenCount / 4)))
    case 'count':
      return limit.count
    case 'share':
      // A share of a few tokens must not come to nothing, or a single leaked token could never be replaced.
      return limit.share === 0 ? 0 : Math.max(1, Math.floor(tokenCount * limit.share))
  }
}

/** The tokens that this plan would replace because they vanished, moved or were revoked by others. */
export function replacements(actions: readonly Action[]): readonly string[] {
  return actions
    .filter(
      (action) => action.kind === 'mint' && action.reason !== 'requested' && replacementReasons.has(action.reason),
    )
    .map((action) => action.token)
}
