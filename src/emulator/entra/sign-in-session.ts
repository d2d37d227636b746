import { createHash, timingSafeEqual } from 'node:crypto'
import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'
import type { Tenant, User } from './directory.ts'
import { EntraError } from './entra-error.ts'

/** https://learn.microsoft.com/en-us/entra/identity/authentication/howto-password-smart-lockout */
const WRONG_PASSWORDS_TO_LOCK = 10
const LOCKED_MS = 60_000
const HOUR = 3_600_000

/** What a user once proved. Every refresh token that comes of it, at whatever distance, carries it along. */
export interface SignInSession {
  readonly user: User
  readonly tenantId: string
  /** Milliseconds since the epoch. */
  readonly signedInAt: number
  /** A new password ends the sessions that began with one. */
  readonly usedPassword: boolean
  readonly didMfa: boolean
  readonly passwordGeneration: number
  readonly signInGeneration: number
}

/** A session that begins now. */
export function beginSession(
  user: User,
  signedInAt: number,
  proof: { usedPassword: boolean; didMfa: boolean },
): SignInSession {
  const { tenantId, passwordGeneration, signInGeneration } = user
  return { user, tenantId, signedInAt, ...proof, passwordGeneration, signInGeneration }
}

/** The user of a name. @param tenant where the request belongs; without one, the domain of the name tells it */
export function findUser(world: World, tenant: Tenant | undefined, username: string): User {
  const tenantId = tenant?.id ?? world.directory.tenant(username.split('@')[1] ?? '')?.id
  if (tenantId === undefined) throw new EntraError(50059)
  const user = world.directory.users.find((candidate) => sameName(candidate.upn, username))
  if (user === undefined || user.tenantId !== tenantId) throw new EntraError(50034)
  return user
}

/** Looks at a user's password, and at whether they may sign in with one at all. */
export function checkPassword(user: User, password: string, at: number): void {
  // Whether the service looks at the account or at the password first is not documented; refusing a disabled account
  // before its password is the cautious order.
  if (!user.enabled) throw new EntraError(50057)
  if (user.agent !== undefined) throw new EntraError(50056)
  if (user.locked || at < user.lockedUntil) throw new EntraError(50053)
  if (!sameSecret(password, user.password)) {
    user.wrongPasswords += 1
    if (user.wrongPasswords >= WRONG_PASSWORDS_TO_LOCK) user.lockedUntil = at + LOCKED_MS
    throw new EntraError(50126)
  }
  user.wrongPasswords = 0
  if (user.passwordExpired) throw new EntraError(50055)
}

/**
 * Whether a session still counts: the account, what was revoked, how long ago it was, and what Conditional Access
 * demands beyond it.
 * https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens#token-revocation
 */
export function demandLiving(world: World, session: SignInSession, at: number, claims: string | undefined): void {
  const { user } = session
  if (!user.enabled) throw new EntraError(50057)
  if (session.usedPassword && session.passwordGeneration !== user.passwordGeneration) throw new EntraError(50173)
  if (session.signInGeneration !== user.signInGeneration) throw new EntraError(50173)
  const frequency = user.signInFrequencyHours
  if (frequency !== null && at >= session.signedInAt + frequency * HOUR) throw new EntraError(70043)
  demandConditions(world, session, claims)
}

/** What Conditional Access asks of a user beyond the first factor, when no page can ask for it any more. */
export function demandConditions(world: World, session: SignInSession, claims: string | undefined): void {
  const { user } = session
  const wanted = JSON.stringify({ access_token: { capolids: { essential: true, values: [user.objectId] } } })
  if (user.conditionalAccess === 'block') throw new EntraError(53003, '', { claims: wanted })
  if (session.didMfa || (user.mfa === 'none' && !demandsMfa(claims))) return
  throw new EntraError(user.mfa === 'enrol' ? 50079 : 50076, '', {
    claims: wanted,
    errorName: world.switches.mfaError,
  })
}

/**
 * Whether a `claims` parameter asks for more than the capabilities a client states of itself.
 * https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
 */
export function demandsMfa(claims: string | undefined): boolean {
  if (claims === undefined || claims === '') return false
  let asked: unknown
  try {
    asked = JSON.parse(claims)
  } catch {
    throw new EntraError(9002313, "The parameter 'claims' is not JSON.")
  }
  if (typeof asked !== 'object' || asked === null) throw new EntraError(9002313, "The parameter 'claims' is no object.")
  return Object.values(asked).some(
    (group) => typeof group === 'object' && group !== null && Object.keys(group).some((name) => stepUp.has(name)),
  )
}

/** Claims that a resource demands when a policy wants more of the user. */
const stepUp: ReadonlySet<string> = new Set(['acrs', 'amr', 'capolids'])

/** Compares without telling by its duration how much is alike. */
export function sameSecret(shown: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(expected))
}
