import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'
import { authenticateClient } from './client-authentication.ts'
import { EntraError } from './entra-error.ts'
import { beginSession, checkPassword, demandConditions, findUser, type SignInSession } from './sign-in-session.ts'
import { parameter, type TokenRequest } from './token-request.ts'

/** Signs in with user name and password. https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth-ropc */
export async function signInWithPassword(world: World, request: TokenRequest): Promise<SignInSession> {
  const { call, form, client, authority } = request
  if (sameName(authority, 'common') || sameName(authority, 'consumers')) throw new EntraError(9001023)
  const username = parameter(form, 'username')
  const password = parameter(form, 'password')
  parameter(form, 'scope')
  await authenticateClient(world, request)
  if (!client.confidential && !client.allowPublicFlows) throw new EntraError(7000218)
  const user = findUser(world, request.tenant, username)
  call.principal = user.upn
  checkPassword(user, password, call.at)
  const session = beginSession(user, call.at, { usedPassword: true, didMfa: false })
  demandConditions(world, session, form.get('claims') ?? undefined)
  return session
}
