import type { World } from '../world.ts'
import type { Client, Tenant } from './directory.ts'
import { EntraError } from './entra-error.ts'
import { demandScopes, permissionsOf } from './scope-grant.ts'
import { demandsMfa } from './sign-in-session.ts'

export type ResponseMode = 'query' | 'fragment' | 'form_post'

/** A request for an authorization code, found good. */
export interface AuthorizeRequest {
  readonly client: Client
  /** Absent for `organizations` and `common`. */
  readonly tenant: Tenant | undefined
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  readonly state: string | undefined
  readonly scope: string
  readonly nonce: string | undefined
  readonly prompt: string | undefined
  readonly loginHint: string | undefined
  readonly claims: string | undefined
  readonly challenge: { readonly value: string; readonly method: 'plain' | 'S256' } | undefined
  /** Whether the answer names the account beside the code. */
  readonly wantsClientInfo: boolean
}

/** A refusal, and where it may be told: to the application, or on a page alone, because its address is not proven. */
export interface AuthorizeFault {
  readonly error: EntraError
  readonly replyTo: Pick<AuthorizeRequest, 'redirectUri' | 'responseMode' | 'state'> | undefined
}

/**
 * Reads `GET /{tenant}/oauth2/v2.0/authorize`.
 * https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-authorization-code
 */
export function readAuthorizeRequest(
  world: World,
  parameters: URLSearchParams,
  tenant: Tenant | undefined,
): AuthorizeRequest | AuthorizeFault {
  let replyTo: AuthorizeFault['replyTo']
  try {
    const client = knownClient(world, required(parameters, 'client_id'), tenant)
    const redirectUri = required(parameters, 'redirect_uri')
    if (!client.redirectUris.some((registered) => matchesRedirect(registered, redirectUri))) {
      throw new EntraError(50011, `It is '${redirectUri}'.`)
    }
    const state = optional(parameters, 'state')
    const scope = required(parameters, 'scope')
    const { resource } = demandScopes(world, scope)
    // What is wrong with the registration is told to the person, on a page; what is wrong with the request, to the
    // application.
    if (resource !== undefined && permissionsOf(world, client, resource.audience).length === 0) {
      throw new EntraError(650057)
    }
    const responseMode = readMode(optional(parameters, 'response_mode'))
    replyTo = { redirectUri, responseMode: responseMode ?? 'query', state }
    if (responseMode === undefined) throw new EntraError(9002313, "The parameter 'response_mode' is not known.")
    if (required(parameters, 'response_type') !== 'code') {
      throw new EntraError(9002313, 'Only the response type code is granted.', {
        errorName: 'unsupported_response_type',
      })
    }
    const claims = optional(parameters, 'claims')
    demandsMfa(claims)
    return {
      client,
      tenant,
      ...replyTo,
      scope,
      nonce: optional(parameters, 'nonce'),
      prompt: readPrompt(optional(parameters, 'prompt')),
      loginHint: optional(parameters, 'login_hint'),
      claims,
      challenge: readChallenge(parameters),
      wantsClientInfo: parameters.get('client_info') === '1',
    }
  } catch (fault) {
    if (fault instanceof EntraError) return { error: fault, replyTo }
    throw fault
  }
}

/** An application that may be signed in to at this authority with pages. */
export function knownClient(world: World, id: string, tenant: Tenant | undefined): Client {
  const client = world.directory.client(id)
  if (client === undefined) throw new EntraError(700016, `Its id is '${id}'.`)
  if (client.tenantId !== undefined && tenant === undefined) throw new EntraError(50194)
  if (client.tenantId !== undefined && client.tenantId !== tenant?.id)
    throw new EntraError(700016, `Its id is '${id}'.`)
  return client
}

/**
 * Whether a redirect address is one of those registered. Of an address on the loopback interface the port does not count.
 * https://learn.microsoft.com/en-us/entra/identity-platform/reply-url#localhost-exceptions
 */
export function matchesRedirect(registered: string, shown: string): boolean {
  if (registered === shown) return true
  if (!URL.canParse(shown)) return false
  const [one, other] = [new URL(registered), new URL(shown)]
  if (one.protocol !== 'http:' || !['localhost', '127.0.0.1', '[::1]'].includes(one.hostname)) return false
  return (
    other.protocol === 'http:' &&
    other.hostname === one.hostname &&
    other.pathname === one.pathname &&
    other.search === ''
  )
}

function readMode(written: string | undefined): ResponseMode | undefined {
  if (written === undefined) return 'query'
  return written === 'query' || written === 'fragment' || written === 'form_post' ? written : undefined
}

function readPrompt(written: string | undefined): string | undefined {
  if (written === undefined || ['login', 'none', 'consent', 'select_account'].includes(written)) return written
  throw new EntraError(9002313, "The parameter 'prompt' is not known.")
}

/** https://www.rfc-editor.org/rfc/rfc7636#section-4.3 */
function readChallenge(parameters: URLSearchParams): AuthorizeRequest['challenge'] {
  const value = optional(parameters, 'code_challenge')
  if (value === undefined) return undefined
  const method = optional(parameters, 'code_challenge_method') ?? 'plain'
  if (method !== 'plain' && method !== 'S256') {
    throw new EntraError(9002313, "The parameter 'code_challenge_method' is not known.")
  }
  if (!/^[\w.~-]{43,128}$/.test(value)) throw new EntraError(9002313, "The parameter 'code_challenge' is malformed.")
  return { value, method }
}

function required(parameters: URLSearchParams, name: string): string {
  const value = optional(parameters, name)
  if (value === undefined) throw new EntraError(900144, `Its name is '${name}'.`)
  return value
}

function optional(parameters: URLSearchParams, name: string): string | undefined {
  const value = parameters.get(name)
  return value === null || value === '' ? undefined : value
}
