import type { World } from '../world.ts'
import { checkAssertion } from './client-assertion.ts'
import { EntraError } from './entra-error.ts'
import { sameSecret } from './sign-in-session.ts'
import type { TokenRequest } from './token-request.ts'

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A confidential client must show its secret or an assertion, a public one must not have any. */
export async function authenticateClient(world: World, request: TokenRequest): Promise<void> {
  const { client, form } = request
  const secret = form.get('client_secret')
  const assertion = form.get('client_assertion')
  if (!client.confidential) {
    if (secret !== null || assertion !== null) throw new EntraError(700025)
    return
  }
  if (assertion !== null) {
    if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
      throw new EntraError(900144, "Its name is 'client_assertion_type'.")
    }
    return checkAssertion(world, request, assertion)
  }
  if (secret === null) throw new EntraError(7000218)
  if (client.secret === undefined || !sameSecret(secret, client.secret)) throw new EntraError(7000215)
  if (client.secretExpired) throw new EntraError(7000222)
}
