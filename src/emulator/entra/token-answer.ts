import { randomUUID } from 'node:crypto'
import { type Answer, jsonAnswer } from '../exchange.ts'
import type { World } from '../world.ts'
import type { User } from './directory.ts'
import { grantScopes } from './scope-grant.ts'
import type { SignInSession } from './sign-in-session.ts'
import { signToken } from './signed-token.ts'
import { ACCESS_TOKEN_SECONDS } from './token-book.ts'
import type { TokenRequest } from './token-request.ts'

/**
 * The tokens for a user: always an access token, and by `offline_access` and `openid` the others.
 * @param nonce of the request for an authorization code; it comes back in the id token
 */
export async function userAnswer(
  world: World,
  request: TokenRequest,
  session: SignInSession,
  scope: string,
  nonce?: string,
): Promise<Answer> {
  const { call, form, client } = request
  const { user, tenantId } = session
  call.principal = user.upn
  const { audience, scopes, openId, scopeText } = grantScopes(world, client, user, scope)
  const access = world.tokens.issueAccess({ audience, scopes, tenantId, client, session }, call.at)
  const issuedSeconds = Math.floor(call.at / 1000)
  const idToken = openId.includes('openid')
    ? world.ledger.note(
        await signToken({
          aud: client.id,
          iss: `${world.endpoints.entra}/${tenantId}/v2.0`,
          iat: issuedSeconds,
          nbf: issuedSeconds,
          exp: issuedSeconds + ACCESS_TOKEN_SECONDS,
          name: user.displayName,
          oid: user.objectId,
          preferred_username: user.upn,
          sub: user.objectId,
          tid: tenantId,
          ver: '2.0',
          ...(nonce === undefined ? {} : { nonce }),
        }),
      )
    : undefined
  const withRefresh = openId.includes('offline_access')
  return tokenAnswer({
    token_type: 'Bearer',
    scope: scopeText,
    expires_in: ACCESS_TOKEN_SECONDS,
    ext_expires_in: ACCESS_TOKEN_SECONDS,
    access_token: access.value,
    ...(withRefresh ? { refresh_token: world.tokens.issueRefresh({ session, client, scope }, call.at).value } : {}),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(form.get('client_info') === '1' ? { client_info: clientInfo(user) } : {}),
  })
}

/** A successful answer of the token endpoint. */
export function tokenAnswer(body: Record<string, unknown>): Answer {
  return jsonAnswer(200, body, {
    'Cache-Control': 'no-store, no-cache',
    Pragma: 'no-cache',
    'x-ms-request-id': randomUUID(),
  })
}

/** Who signed in, for the client's cache. */
export function clientInfo({ objectId, tenantId }: User): string {
  return Buffer.from(JSON.stringify({ uid: objectId, utid: tenantId })).toString('base64url')
}
