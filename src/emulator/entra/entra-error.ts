import { randomUUID } from 'node:crypto'
import { type Answer, jsonAnswer } from '../exchange.ts'

interface Known {
  readonly error: string
  readonly text: string
  readonly status?: number
  readonly suberror?: string
}

/**
 * The codes the emulator answers with of itself. Code and meaning:
 * https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes (the wording is ours).
 */
const known: Record<number, Known> = {
  28000: { error: 'invalid_request', text: 'The scope names more than one resource.' },
  50034: { error: 'invalid_grant', text: 'The user account does not exist in this directory.' },
  50053: {
    error: 'invalid_grant',
    text: 'The account is locked: too many sign-ins with a wrong user name or password.',
  },
  50055: { error: 'invalid_grant', text: 'The password is expired.', suberror: 'user_password_expired' },
  50057: { error: 'invalid_grant', text: 'The user account is disabled.' },
  50059: { error: 'invalid_request', text: 'No tenant was named, neither in the request nor by the credentials.' },
  50076: {
    error: 'invalid_grant',
    text: 'The administrator changed the configuration, or you moved: multifactor authentication is required.',
    suberror: 'basic_action',
  },
  50079: {
    error: 'invalid_grant',
    text: 'The administrator changed the configuration, or you moved: enrol in multifactor authentication.',
    suberror: 'basic_action',
  },
  50126: { error: 'invalid_grant', text: 'The credentials are not valid: wrong user name or password.' },
  50173: {
    error: 'invalid_grant',
    text: 'The grant expired because it was revoked, for instance by a new password. A fresh sign-in is needed.',
    suberror: 'bad_token',
  },
  53003: { error: 'invalid_grant', text: 'Conditional Access policies block the access.', suberror: 'message_only' },
  65001: { error: 'invalid_grant', text: 'The user or administrator has not consented.', suberror: 'consent_required' },
  70000: { error: 'invalid_grant', text: 'The refresh token is not valid.', suberror: 'bad_token' },
  70002: { error: 'invalid_client', text: 'The client credentials are not valid.', status: 401 },
  70003: { error: 'unsupported_grant_type', text: 'The grant type is not supported.' },
  70011: { error: 'invalid_scope', text: 'The scope is not valid.' },
  90002: { error: 'invalid_request', text: 'The tenant was not found.' },
  500011: { error: 'invalid_resource', text: 'The resource principal was not found in the tenant.' },
  650057: { error: 'invalid_resource', text: "The resource is not among the application's requested permissions." },
  700016: { error: 'unauthorized_client', text: 'The application was not found in the directory.' },
  700025: {
    error: 'invalid_client',
    text: "The client is public, so neither 'client_assertion' nor 'client_secret' should be presented.",
    status: 401,
  },
  700082: { error: 'invalid_grant', text: 'The refresh token has expired due to inactivity.', suberror: 'bad_token' },
  900144: { error: 'invalid_request', text: 'A parameter is missing in the body.' },
  1002012: {
    error: 'invalid_scope',
    text: "For client credentials the scope must be the resource's identifier and the suffix /.default.",
  },
  7000215: { error: 'invalid_client', text: 'Invalid client secret provided.', status: 401 },
  7000218: {
    error: 'invalid_client',
    text: "The body must contain the parameter 'client_assertion' or 'client_secret'.",
    status: 401,
  },
  7000222: { error: 'invalid_client', text: 'The client secret is expired.', status: 401 },
  9001023: { error: 'invalid_request', text: "The grant type is not supported over '/common' or '/consumers'." },
}

/** A refusal of the token endpoint; thrown inside it and turned into an answer at its edge. */
export class EntraError extends Error {
  override readonly name = 'EntraError'
  readonly code: number
  readonly detail: string
  readonly claims: string | undefined
  readonly errorName: string | undefined

  constructor(code: number, detail = '', more: { claims?: string; errorName?: string } = {}) {
    super(`AADSTS${code}`)
    this.code = code
    this.detail = detail
    this.claims = more.claims
    this.errorName = more.errorName
  }
}

/**
 * The documented error body. `error` and `status` override what the code stands for, so that a fault can answer with any
 * code at all.
 */
export function entraErrorAnswer(
  code: number,
  at: number,
  more: { detail?: string; error?: string; status?: number; claims?: string; correlationId?: string } = {},
): Answer {
  const meaning = known[code] ?? { error: 'invalid_grant', text: 'The sign-in was refused.' }
  const traceId = randomUUID()
  const correlationId = more.correlationId ?? randomUUID()
  const timestamp = `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const text = more.detail === undefined || more.detail === '' ? meaning.text : `${meaning.text} ${more.detail}`
  return jsonAnswer(
    more.status ?? meaning.status ?? 400,
    {
      error: more.error ?? meaning.error,
      error_description: `AADSTS${code}: ${text} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: traceId,
      correlation_id: correlationId,
      error_uri: `https://login.microsoftonline.com/error?code=${code}`,
      ...(meaning.suberror === undefined ? {} : { suberror: meaning.suberror }),
      ...(more.claims === undefined ? {} : { claims: more.claims }),
    },
    { 'Cache-Control': 'no-store, no-cache', Pragma: 'no-cache', 'x-ms-request-id': traceId },
  )
}
