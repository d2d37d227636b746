import { currentMetadata, currentPat, type Facts } from './facts.ts'
import type { Metadata } from './metadata.ts'
import type { Pat } from './pat.ts'
import { after, between, type Duration, hour, type Instant, minute, roughDuration } from './time.ts'
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

/** What is recorded of a grant. */
export type Granted = Pick<Metadata, 'validFrom' | 'validTo' | 'askedUntil' | 'extendedAt'>

/** Lives of one PAT from its creation on. */
export interface Shortfall {
  readonly granted: Duration
  readonly asked: Duration
}

/** What the store remembers of what was asked for: nothing where it was granted, but for the rounding of dates. */
export function askedBeyond(asked: Instant, granted: Instant): { readonly askedUntil?: Instant } {
  return asked > after(granted, minute) ? { askedUntil: asked } : {}
}

/**
 * What the last mint or extension was granted and what it asked for, where these differ. The record of the store tells, and
 * not the configuration, which may have been changed since. Undefined also where an older Patrol wrote the record.
 */
export function shortfallOf({ validFrom, validTo, askedUntil }: Granted): Shortfall | undefined {
  if (askedUntil === undefined || askedUntil <= after(validTo, minute)) return undefined
  return { granted: between(validFrom, validTo), asked: between(validFrom, askedUntil) }
}

/** The shortfall of a token that still wants more than it was granted. */
export function lackOf(token: Token, metadata: Granted): Shortfall | undefined {
  const shortfall = shortfallOf(metadata)
  if (shortfall === undefined || shortfall.asked <= shortfall.granted + hour) return undefined
  return isShortGrant(token, between(metadata.extendedAt ?? metadata.validFrom, metadata.validTo))
    ? shortfall
    : undefined
}

/**
 * For people, with the policy by the name that administrators know it by.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/manage-pats-with-policies-for-administrators
 */
export function shortfallText({ granted, asked }: Shortfall): string {
  return `was granted ${roughDuration(granted)} from its creation of the ${roughDuration(asked)} asked for: the policy "Enforce maximum personal access token lifespan" cut it, and its schedule follows the grant`
}

/** The longest life of the current PAT of a renewed token, when its last mint or extension was granted less than was asked. */
export function recordedCeiling(token: Token, facts: Facts): Duration | undefined {
  const metadata = currentMetadata(facts)
  const pat = currentPat(token, facts)
  if (token.method !== 'renew' || metadata === undefined || pat?.validTo === undefined) return undefined
  return shortfallOf(metadata) === undefined ? undefined : between(pat.validFrom, pat.validTo)
}
