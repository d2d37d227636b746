import { slack } from './gate.ts'
import type { Pat } from './pat.ts'
import { after, before, between, spokenDuration, hour, type Instant, minute } from './time.ts'
import type { Token } from './token.ts'
import { type Grant, overlapOf } from './window.ts'

/** Whether the PAT that is about to be superseded must live longer, so that its consumers have the whole overlap. */
export type Bridge =
  | { readonly kind: 'unneeded' }
  | { readonly kind: 'extend'; readonly validTo: Instant }
  /** Extending could shorten its life, so it is left as it is. */
  | { readonly kind: 'impossible'; readonly message: string }

/**
 * What to do about a PAT that would expire within its own overlap.
 *
 * Under a policy the service extends to the creation plus the longest life, even where that is earlier than before: an
 * extension can end a PAT at once. What its successor was granted is the proof that the policy allows at least as much.
 *
 * @param current the PAT that the store still hands out
 * @param successor what was granted just now
 */
export function bridgeOver(token: Token, current: Pat, successor: Grant, now: Instant): Bridge {
  const needed = after(after(now, overlapOf(token, successor)), slack)
  if (current.validTo === undefined || current.validTo <= now || current.validTo >= needed) return { kind: 'unneeded' }
  const proven = between(successor.validFrom, successor.validTo)
  // A minute less is only the rounding of dates.
  if (after(current.validFrom, proven) < before(current.validTo, minute)) {
    const left = spokenDuration(between(now, current.validTo))
    const message = `PAT ${current.authorizationId} expires in ${left}, within its overlap, and extending it could end it sooner`
    return { kind: 'impossible', message }
  }
  return { kind: 'extend', validTo: after(needed, hour) }
}
