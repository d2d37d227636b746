import { randomUUID } from 'node:crypto'
import { type Answer, type Call, emptyAnswer, jsonAnswer } from '../exchange.ts'
import type { World } from '../world.ts'
import { answerAuthorize, answerDevicePage } from './authorize-endpoint.ts'
import { continueSignIn } from './browser-sign-in.ts'
import { answerDeviceRequest } from './device-code.ts'
import { EntraError, entraErrorAnswer } from './entra-error.ts'
import { keySet } from './signed-token.ts'
import { answerTokenRequest } from './token-endpoint.ts'
import { tenantOf } from './token-request.ts'

/** The Entra host: discovery, keys, what programs ask for, and the pages that people sign in on. */
export async function answerEntra(world: World, call: Call): Promise<Answer> {
  const [, authority = '', ...rest] = call.path.split('/')
  const route = `${call.method} ${rest.join('/').toLowerCase()}`
  if (route === 'GET discovery/instance') return instances(world)
  if (route === 'GET v2.0/.well-known/openid-configuration') return discovery(world, call, authority)
  if (route === 'GET discovery/v2.0/keys') return jsonAnswer(200, await keySet())
  if (route === 'POST oauth2/v2.0/token') return refusable(call, () => answerTokenRequest(world, call, authority))
  if (route === 'POST oauth2/v2.0/devicecode') {
    return refusable(call, () => answerDeviceRequest(world, call, authority, tenantOf(world, authority)))
  }
  if (route === 'GET oauth2/v2.0/authorize' || route === 'POST oauth2/v2.0/authorize') {
    return answerAuthorize(world, call, authority)
  }
  if (route === 'GET oauth2/deviceauth' || route === 'POST oauth2/deviceauth') return answerDevicePage(world, call)
  if (route === 'POST login') return continueSignIn(world, call)
  return emptyAnswer(404)
}

/** Turns what a program is refused with into the documented body. */
async function refusable(call: Call, answer: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await answer()
  } catch (fault) {
    if (!(fault instanceof EntraError)) throw fault
    return entraErrorAnswer(fault.code, call.at, {
      detail: fault.detail,
      correlationId: String(call.headers['client-request-id'] ?? randomUUID()),
      ...(fault.claims === undefined ? {} : { claims: fault.claims }),
      ...(fault.errorName === undefined ? {} : { error: fault.errorName }),
    })
  }
}

/** Which hosts share tokens: only this one. MSAL asks before it trusts an authority. */
function instances(world: World): Answer {
  const { host } = new URL(world.endpoints.entra)
  return jsonAnswer(200, {
    tenant_discovery_endpoint: `${world.endpoints.entra}/common/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  })
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc */
function discovery(world: World, call: Call, authority: string): Answer {
  const isShared = ['common', 'organizations', 'consumers'].includes(authority.toLowerCase())
  const tenant = world.directory.tenant(authority)
  if (tenant === undefined && !isShared) {
    return entraErrorAnswer(90002, call.at, { error: 'invalid_tenant', detail: `Its name is '${authority}'.` })
  }
  const base = `${world.endpoints.entra}/${tenant?.id ?? authority}`
  return jsonAnswer(200, {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: `${world.endpoints.entra}/${tenant?.id ?? '{tenantid}'}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    end_session_endpoint: `${base}/oauth2/v2.0/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'preferred_username', 'name', 'tid', 'oid', 'ver'],
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
  })
}
