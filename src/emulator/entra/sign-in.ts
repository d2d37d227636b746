import { createHash, timingSafeEqual } from 'node:crypto'
import type { World } from '../world.ts'
import { sameName } from '../fixture.ts'
import type { Client, User } from './directory.ts'
import { EntraError } from './entra-error.ts'
import type { RefreshToken } from './token-book.ts'
import { parameter, type TokenRequest } from './token-request.ts'

/** https://learn.microsoft.com/en-us/entra/identity/authentication/howto-password-smart-lockout */
const WRONG_PASSWORDS_TO_LOCK = 10
const LOCKED_MS = 60_000

/** A confidential client must show its secret, a public one must not have any. */
export function authenticateClient(client: Client, form: URLSearchParams): void {
  const shown = form.get('client_secret')
  if (client.secret === undefined) {
    if (shown !== null) throw new EntraError(700025)
    return
  }
  if (shown === null) throw new EntraError(7000218)
  if (!same(shown, client.secret)) throw new EntraError(7000215)
  if (client.secretExpired) throw new EntraError(7000222)
}

/** Signs in with user name and password. https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth-ropc */
export function signInWithPassword(world: World, request: TokenRequest): User {
  const { call, form, client, authority } = request
  if (sameName(authority, 'common') || sameName(authority, 'consumers')) throw new EntraError(9001023)
  const username = parameter(form, 'username')
  const password = parameter(form, 'password')
  parameter(form, 'scope')
  authenticateClient(client, form)
  if (client.secret === undefined && !client.allowPublicFlows) throw new EntraError(7000218)
  const tenantId = request.tenant?.id ?? world.directory.tenant(username.split('@')[1] ?? '')?.id
  if (tenantId === undefined) throw new EntraError(50059)
  const user = world.directory.user(username)
  if (user === undefined || user.tenantId !== tenantId) throw new EntraError(50034)
  call.principal = user.upn
  // Whether the service looks at the account or at the password first is not documented; refusing a disabled account
  // before its password is the cautious order.
  if (!user.enabled) throw new EntraError(50057)
  if (user.locked || call.at < user.lockedUntil) throw new EntraError(50053)
  if (!same(password, user.password)) {
    user.wrongPasswords += 1
    if (user.wrongPasswords >= WRONG_PASSWORDS_TO_LOCK) user.lockedUntil = call.at + LOCKED_MS
    throw new EntraError(50126)
  }
  user.wrongPasswords = 0
  if (user.passwordExpired) throw new EntraError(50055)
  demandNoMore(world, user)
  return user
}

/**
 * Redeems a refresh token. It stays valid, and the answer carries a new one.
 * https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens
 */
export function signInWithRefreshToken(world: World, request: TokenRequest): RefreshToken {
  const { call, form, client, tenant } = request
  const token = world.tokens.refresh(parameter(form, 'refresh_token'))
  authenticateClient(client, form)
  if (token === undefined || token.client !== client) throw new EntraError(70000)
  if (tenant !== undefined && token.tenantId !== tenant.id) throw new EntraError(70000)
  const { user } = token
  call.principal = user.upn
  if (call.at >= token.expiresAt) throw new EntraError(700082)
  if (!user.enabled) throw new EntraError(50057)
  if (token.passwordGeneration !== user.passwordGeneration) throw new EntraError(50173)
  demandNoMore(world, user)
  return token
}

/** What Conditional Access asks of a user beyond the first factor; neither grant here can give it. */
function demandNoMore(world: World, user: User): void {
  const claims = JSON.stringify({ access_token: { capolids: { essential: true, values: [user.objectId] } } })
  if (user.conditionalAccess === 'block') throw new EntraError(53003, '', { claims })
  if (user.mfa === 'none') return
  throw new EntraError(user.mfa === 'required' ? 50076 : 50079, '', { claims, errorName: world.switches.mfaError })
}

function same(shown: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(expected))
}
