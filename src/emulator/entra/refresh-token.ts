import type { World } from '../world.ts'
import { authenticateClient } from './client-authentication.ts'
import { EntraError } from './entra-error.ts'
import { demandLiving } from './sign-in-session.ts'
import type { RefreshToken } from './token-book.ts'
import { parameter, type TokenRequest } from './token-request.ts'

/**
 * Redeems a refresh token. It stays valid, unless a switch says otherwise, and the answer carries a new one.
 * https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens
 */
export async function redeemRefreshToken(world: World, request: TokenRequest): Promise<RefreshToken> {
  const { call, form, client, tenant } = request
  const token = world.tokens.refresh(parameter(form, 'refresh_token'))
  await authenticateClient(world, request)
  if (token === undefined || token.client !== client) throw new EntraError(70000)
  if (tenant !== undefined && token.session.tenantId !== tenant.id) throw new EntraError(70000)
  call.principal = token.session.user.upn
  if (token.isSpent) throw new EntraError(70000)
  if (call.at >= token.expiresAt) throw new EntraError(700082)
  demandLiving(world, token.session, call.at, form.get('claims') ?? undefined)
  token.isSpent = world.switches.refreshTokenAtUse === 'revoked'
  return token
}
