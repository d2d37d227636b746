import type { Answer, Call } from '../exchange.ts'
import type { World } from '../world.ts'
import { signInAgentUser } from './agent-user.ts'
import { redeemCode } from './authorization-code.ts'
import { applicationAnswer } from './client-credentials.ts'
import { redeemDeviceCode } from './device-code.ts'
import { EntraError } from './entra-error.ts'
import { actOnBehalf } from './on-behalf-of.ts'
import { signInWithPassword } from './password-grant.ts'
import { redeemRefreshToken } from './refresh-token.ts'
import { userAnswer } from './token-answer.ts'
import { parameter, tenantOf, type TokenRequest } from './token-request.ts'

type Grant = (world: World, request: TokenRequest) => Promise<Answer>

const deviceCode: Grant = async (world, request) => {
  const { session, scope } = await redeemDeviceCode(world, request)
  return userAnswer(world, request, session, scope)
}

const grants: Record<string, Grant> = {
  password: async (world, request) => {
    const session = await signInWithPassword(world, request)
    return userAnswer(world, request, session, parameter(request.form, 'scope'))
  },
  authorization_code: async (world, request) => {
    const { request: asked, session } = await redeemCode(world, request)
    // A token for another resource than the page asked for may be redeemed, as long as there is consent.
    return userAnswer(world, request, session, request.form.get('scope') ?? asked.scope, asked.nonce)
  },
  refresh_token: async (world, request) => {
    const redeemed = await redeemRefreshToken(world, request)
    const scope = request.form.get('scope') ?? redeemed.scope
    // Redeeming gives a new refresh token whether or not `offline_access` is asked for once more.
    const whole = scope.includes('offline_access') ? scope : `${scope} offline_access`
    return userAnswer(world, request, redeemed.session, whole)
  },
  'urn:ietf:params:oauth:grant-type:device_code': deviceCode,
  // The name before the standard, which Microsoft's own libraries still send.
  device_code: deviceCode,
  client_credentials: applicationAnswer,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': async (world, request) => {
    const session = await actOnBehalf(world, request)
    return userAnswer(world, request, session, parameter(request.form, 'scope'))
  },
  user_fic: async (world, request) => {
    const session = await signInAgentUser(world, request)
    return userAnswer(world, request, session, parameter(request.form, 'scope'))
  },
}

/** `POST /{tenant}/oauth2/v2.0/token`. https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth-ropc */
export async function answerTokenRequest(world: World, call: Call, authority: string): Promise<Answer> {
  const form = new URLSearchParams(call.body)
  const tenant = tenantOf(world, authority)
  const grantType = parameter(form, 'grant_type')
  const client = world.directory.client(parameter(form, 'client_id'))
  call.principal = client?.id
  if (client === undefined || (client.tenantId !== undefined && tenant !== undefined && client.tenantId !== tenant.id))
    throw new EntraError(700016)
  const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined
  if (grant === undefined) throw new EntraError(70003)
  return grant(world, { call, form, tenant, authority, client })
}
