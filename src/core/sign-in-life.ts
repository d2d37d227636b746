import { after, before, day, type Duration, type Instant, times } from './time.ts'

/** What is known of when a sign-in was made, last used, and ends. */
export interface SignInLife {
  /** When a person signed in. */
  readonly signedInAt: Instant
  /** When its refresh token was exchanged for a newer one last. */
  readonly redeemedAt: Instant
}

/** One sign-in of a person, with all its redemptions. */
export interface SignInSession extends SignInLife {
  /** Made at each sign-in of a person; redemptions keep it. Tells a fresh sign-in from the one before. */
  readonly session: string
}

/**
 * How an account's sign-in does. `refused`: Microsoft Entra did not accept it. `missing`: nobody has signed in.
 * `unknown`: it was not used and nothing is known of it.
 */
export type SignInState = 'healthy' | 'expiring' | 'expired' | 'missing' | 'refused' | 'unknown'

/**
 * A refresh token that nobody uses for so long dies; each use begins the time anew.
 * https://learn.microsoft.com/entra/identity-platform/refresh-tokens
 */
const idleLife: Duration = times(90, day)

/** So long before its end somebody is warned. */
const warnedBefore: Duration = times(21, day)

/** When the sign-in dies if nobody uses it any more. A policy, a new password or an administrator can end it earlier. */
export function diesAt({ redeemedAt }: SignInLife): Instant {
  return after(redeemedAt, idleLife)
}

/** How a sign-in does as far as its age tells; undefined stands for nobody having signed in. */
export function signInState(life: SignInLife | undefined, now: Instant): SignInState {
  if (life === undefined) return 'missing'
  const end = diesAt(life)
  if (now >= end) return 'expired'
  return now >= before(end, warnedBefore) ? 'expiring' : 'healthy'
}

/** Whether the refresh token is old enough to be exchanged even by a run that has no use for it. */
export function isIdle(life: SignInLife, redeemAfter: Duration, now: Instant): boolean {
  return now >= after(life.redeemedAt, redeemAfter)
}
