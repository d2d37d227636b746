import { currentMetadata, currentPat, type Facts } from './facts.ts'
import type { Pat } from './pat.ts'
import { after, between, type Duration, hour, minute } from './time.ts'
import type { Token } from './token.ts'

/**
 * Whether an extension is known to bring nothing, or harm, under a longest life that was seen: under a policy the
 * service extends to the creation plus that life, even where this is earlier than before.
 *
 * @param longest the life from creation to end that the service granted when it granted less than was asked
 */
export function isAtCeiling(pat: Pat, longest: Duration | undefined): boolean {
  if (longest === undefined || pat.validTo === undefined) return false
  // A minute more is only the rounding of dates.
  return after(pat.validFrom, longest) <= after(pat.validTo, minute)
}

/** Whether a policy of maximum lifespan cut what was asked for. Of `lifetime: max`, whatever is granted is right. */
export function isShortGrant(token: Token, granted: Duration): boolean {
  return token.asksForMost !== true && granted < token.lifetime - hour
}

/**
 * The longest life that the last extension of the current PAT showed, when it granted less than was asked, as the
 * store's record of that write tells; undefined when it tells of none.
 */
export function recordedCeiling(token: Token, facts: Facts): Duration | undefined {
  const extendedAt = currentMetadata(facts)?.extendedAt
  const pat = currentPat(token, facts)
  if (token.method !== 'renew' || extendedAt === undefined || pat?.validTo === undefined) return undefined
  // The time noted is that of the note, which follows the request within a turn, and every turn is shorter than this.
  const wasCut = after(extendedAt, token.lifetime) > after(pat.validTo, token.orphanAfter)
  return wasCut ? between(pat.validFrom, pat.validTo) : undefined
}
