import { currentMetadata, currentPat, type Facts } from './facts.ts'
import { assess, currentGrant, obstacle } from './policy.ts'
import { after, type Instant } from './time.ts'
import type { Token } from './token.ts'
import { expiringAt } from './window.ts'

export type State = 'healthy' | 'due' | 'expiring' | 'expired' | 'missing' | 'at-ceiling' | 'paused' | 'unknown'

/** How a token does, in one word. `status`, metrics and dashboard show it. */
export function stateOf(token: Token, facts: Facts, now: Instant): State {
  if (token.paused) return 'paused'
  if (obstacle(token, facts) !== undefined) return 'unknown'
  const reason = assess(token, facts, now)?.reason
  if (reason === 'expired') return 'expired'
  if (reason === 'absent' || reason === 'value-lost' || reason === 'moved' || reason === 'revoked-outside')
    return 'missing'
  const grant = currentGrant(token, facts)
  if (grant === undefined) return 'unknown'
  if (reason === 'due' && isAtCeiling(token, facts)) return 'at-ceiling'
  if (now >= expiringAt(token, grant)) return 'expiring'
  return reason === undefined ? 'healthy' : 'due'
}

/**
 * Whether an extension was asked for and granted less than asked, as the store's record of the last write tells: under
 * a policy the service extends to the creation plus its maximum, so a further one would bring nothing.
 */
function isAtCeiling(token: Token, facts: Facts): boolean {
  const metadata = currentMetadata(facts)
  const pat = currentPat(token, facts)
  if (token.method !== 'renew' || metadata?.extendedAt === undefined || pat?.validTo === undefined) return false
  // The time noted is that of the note, which follows the request within a turn, and every turn is shorter than this.
  return after(metadata.extendedAt, token.lifetime) > after(pat.validTo, token.orphanAfter)
}
