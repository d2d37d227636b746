import type { Answer, Call } from '../exchange.ts'
import type { World } from '../world.ts'
import { refusalReply } from './authorize-reply.ts'
import { readAuthorizeRequest } from './authorize-request.ts'
import { beginSignIn } from './browser-sign-in.ts'
import { EntraError } from './entra-error.ts'
import { deviceCodePage, type FormTarget, refusalPage } from './sign-in-pages.ts'
import { tenantOf } from './token-request.ts'

/**
 * `GET /{tenant}/oauth2/v2.0/authorize`, opened in a browser. Nobody is remembered as signed in here, so that a request
 * which forbids to ask is always refused.
 */
export function answerAuthorize(world: World, call: Call, authority: string): Answer {
  const parameters = call.method === 'POST' ? new URLSearchParams(call.body) : call.query
  let tenant
  try {
    tenant = tenantOf(world, authority)
  } catch (fault) {
    if (fault instanceof EntraError) return refusalPage(fault.code, fault.detail, 400)
    throw fault
  }
  const request = readAuthorizeRequest(world, parameters, tenant)
  if ('error' in request) {
    const { error, replyTo } = request
    return replyTo === undefined ? refusalPage(error.code, error.detail, 400) : refusalReply(replyTo, error)
  }
  call.principal = request.client.id
  if (request.client.blueprint !== undefined) {
    return refusalReply(request, new EntraError(82014))
  }
  if (request.prompt === 'none') return refusalReply(request, new EntraError(50058))
  return beginSignIn(world, call, { kind: 'code', request })
}

/**
 * The page for the code that a device shows. It is one for all tenants.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code#authenticating-the-user
 */
export function answerDevicePage(world: World, call: Call): Answer {
  const target: FormTarget = { action: `${world.endpoints.entra}/common/oauth2/deviceauth`, hidden: {} }
  const form = call.method === 'POST' ? new URLSearchParams(call.body) : call.query
  const code = form.get('otc')
  if (code === null || call.method !== 'POST') return deviceCodePage(target, false)
  const grant = world.devices.findWaiting(code, call.at)
  if (grant === undefined) return deviceCodePage(target, true)
  call.principal = grant.client.id
  return beginSignIn(world, call, { kind: 'device', grant })
}
