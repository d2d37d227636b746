import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'
import { authenticateClient } from './client-authentication.ts'
import type { Client, User } from './directory.ts'
import { EntraError } from './entra-error.ts'
import { isExchangeAudience } from './exchange-token.ts'
import { beginSession, demandConditions, findUser, type SignInSession } from './sign-in-session.ts'
import { isOwnToken, readToken } from './signed-token.ts'
import { parameter, type TokenRequest } from './token-request.ts'

const GUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/**
 * The grant `user_fic`: an agent identity signs in the user account that belongs to it. It shows the token of its
 * blueprint as client assertion, and its own token for `api://AzureADTokenExchange` as the user's credential.
 * https://learn.microsoft.com/en-us/entra/agent-id/identity-platform/agent-user-oauth-flow
 */
export async function signInAgentUser(world: World, request: TokenRequest): Promise<SignInSession> {
  const { call, form, client } = request
  const credential = parameter(form, 'user_federated_identity_credential')
  parameter(form, 'scope')
  await authenticateClient(world, request)
  if (client.blueprint === undefined) throw new EntraError(70003, 'Only an agent identity may use this grant.')
  await checkCredential(client, credential, call.at)
  const user = userNamed(world, request)
  call.principal = user.upn
  if (user.agent === undefined || !sameName(user.agent, client.id)) {
    throw new EntraError(700213, `'${user.upn}' is not the user account of this agent identity.`)
  }
  if (!user.enabled) throw new EntraError(50057)
  const session = beginSession(user, call.at, { usedPassword: false, didMfa: false })
  demandConditions(world, session, form.get('claims') ?? undefined)
  return session
}

async function checkCredential(agent: Client, credential: string, at: number): Promise<void> {
  const token = readToken(credential)
  if (token === undefined) throw new EntraError(50027)
  if (!(await isOwnToken(token))) throw new EntraError(50013)
  const { aud, azp, sub, exp } = token.claims
  if (!isExchangeAudience(aud)) throw new EntraError(700212, `It is '${String(aud)}'.`)
  if (azp !== agent.id || sub !== agent.objectId) throw new EntraError(700213, `It is '${String(sub)}'.`)
  if (typeof exp !== 'number' || exp * 1000 <= at) throw new EntraError(500133)
}

/** The user, by sign-in name or by object id. A name in the place of the id is a fault of the service, as was reported. */
function userNamed(world: World, { form, tenant }: TokenRequest): User {
  const username = form.get('username') ?? ''
  const id = form.get('user_id') ?? ''
  if (username !== '' && id !== '') throw new EntraError(9002313, "Write 'username' or 'user_id', not both.")
  if (username !== '') return findUser(world, tenant, username)
  if (id === '') throw new EntraError(900144, "Its name is 'username'.")
  // https://github.com/microsoft/Agents-for-js/issues/932
  if (!GUID.test(id)) throw new EntraError(50000)
  const user = world.directory.userById(id)
  if (user === undefined || (tenant !== undefined && user.tenantId !== tenant.id)) throw new EntraError(50034)
  return user
}
