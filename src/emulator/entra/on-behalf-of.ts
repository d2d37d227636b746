import type { World } from '../world.ts'
import { authenticateClient } from './client-authentication.ts'
import { EntraError } from './entra-error.ts'
import { demandLiving, type SignInSession } from './sign-in-session.ts'
import { parameter, type TokenRequest } from './token-request.ts'

/**
 * An application that was called with a user's token, and wants one for the next application: its own audience must
 * stand in the token it shows.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-on-behalf-of-flow
 */
export async function actOnBehalf(world: World, request: TokenRequest): Promise<SignInSession> {
  const { call, form, client } = request
  const assertion = parameter(form, 'assertion')
  if (parameter(form, 'requested_token_use') !== 'on_behalf_of') {
    throw new EntraError(9002313, "The parameter 'requested_token_use' must be on_behalf_of.")
  }
  parameter(form, 'scope')
  await authenticateClient(world, request)
  if (!client.confidential) throw new EntraError(7000218)
  const token = world.tokens.access(assertion)
  if (token === undefined) throw new EntraError(50013)
  if (token.audience !== `api:${client.id}`) throw new EntraError(500131)
  if (call.at >= token.expiresAt) throw new EntraError(500133)
  if (token.session === undefined) throw new EntraError(7000114)
  call.principal = token.session.user.upn
  demandLiving(world, token.session, call.at, form.get('claims') ?? undefined)
  return token.session
}
