import { isAtCeiling, recordedCeiling } from './ceiling.ts'
import { currentPat, type Facts } from './facts.ts'
import { assess, currentGrant, obstacle, type Reason } from './policy.ts'
import type { Instant } from './time.ts'
import type { Token } from './token.ts'
import { expiringAt } from './window.ts'

export type State = 'healthy' | 'due' | 'expiring' | 'expired' | 'missing' | 'at-ceiling' | 'paused' | 'unknown'

/** Why the store hands out nothing that works. */
const missing: ReadonlySet<Reason> = new Set(['absent', 'revoked', 'value-lost', 'moved', 'revoked-outside'])

/** How a token does, in one word. `status`, metrics and dashboard show it. */
export function stateOf(token: Token, facts: Facts, now: Instant): State {
  if (token.paused) return 'paused'
  if (obstacle(token, facts) !== undefined) return 'unknown'
  const reason = assess(token, facts, now)?.reason
  if (reason === 'expired') return 'expired'
  if (reason !== undefined && missing.has(reason)) return 'missing'
  const grant = currentGrant(token, facts)
  if (grant === undefined) return 'unknown'
  const pat = currentPat(token, facts)
  if (reason === 'due' && pat !== undefined && isAtCeiling(pat, recordedCeiling(token, facts))) return 'at-ceiling'
  if (now >= expiringAt(token, grant)) return 'expiring'
  return reason === undefined ? 'healthy' : 'due'
}
