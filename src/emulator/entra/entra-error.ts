import { randomUUID } from 'node:crypto'
import { type Answer, jsonAnswer } from '../exchange.ts'

interface Known {
  readonly error: string
  readonly text: string
  readonly status?: number
  readonly suberror?: string
}

/**
 * The codes that the emulator answers with, of itself or when it is told to by a fault. Code and meaning:
 * https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes (the wording is ours).
 */
const known: Record<number, Known> = {
  28000: { error: 'invalid_request', text: 'The scope names more than one resource.' },
  50000: { error: 'server_error', text: 'The sign-in service failed to issue a token.' },
  50011: {
    error: 'invalid_request',
    text: 'The redirect address of the request does not match those of the application.',
  },
  50013: { error: 'invalid_grant', text: 'The assertion is not valid: its signature, its issuer or its audience.' },
  50020: {
    error: 'invalid_grant',
    text: 'The user account of another identity provider does not exist in this tenant.',
  },
  50027: { error: 'invalid_request', text: 'The JSON web token is not valid or malformed.' },
  50034: { error: 'invalid_grant', text: 'The user account does not exist in this directory.' },
  50053: {
    error: 'invalid_grant',
    text: 'The account is locked: too many sign-ins with a wrong user name or password.',
  },
  50055: { error: 'invalid_grant', text: 'The password is expired.', suberror: 'user_password_expired' },
  50056: { error: 'invalid_grant', text: 'There is no password for this user, or not a valid one.' },
  50057: { error: 'invalid_grant', text: 'The user account is disabled.' },
  50058: { error: 'login_required', text: 'The user is not signed in, and the request forbids to ask.' },
  50059: { error: 'invalid_request', text: 'No tenant was named, neither in the request nor by the credentials.' },
  50072: { error: 'interaction_required', text: 'The user must enrol in multifactor authentication.' },
  50074: { error: 'interaction_required', text: 'Strong authentication is required, and the user did not pass it.' },
  50076: {
    error: 'invalid_grant',
    text: 'The administrator changed the configuration, or you moved: multifactor authentication is required.',
    suberror: 'basic_action',
  },
  50078: { error: 'interaction_required', text: 'The multifactor authentication that was presented has expired.' },
  50079: {
    error: 'invalid_grant',
    text: 'The administrator changed the configuration, or you moved: enrol in multifactor authentication.',
    suberror: 'basic_action',
  },
  50089: { error: 'invalid_grant', text: 'The sign-in took too long. Start it anew.' },
  50105: { error: 'invalid_grant', text: 'The user is not assigned to a role of the application, as it demands.' },
  50126: { error: 'invalid_grant', text: 'The credentials are not valid: wrong user name or password.' },
  50128: {
    error: 'invalid_request',
    text: 'The domain name is not valid: the request names no tenant, and the credentials imply none.',
  },
  50131: {
    error: 'invalid_grant',
    text: 'A condition of Conditional Access is not met: the state of the device, or suspicious activity.',
  },
  50144: { error: 'invalid_grant', text: 'The password of the user in the directory on premises is expired.' },
  50158: { error: 'interaction_required', text: 'An external security challenge is not satisfied.' },
  50173: {
    error: 'invalid_grant',
    text: 'The grant expired because it was revoked, for instance by a new password. A fresh sign-in is needed.',
    suberror: 'bad_token',
  },
  50194: { error: 'invalid_request', text: 'The application is for one tenant only; use the address of that tenant.' },
  50196: { error: 'invalid_request', text: 'The client asked the same too often: a loop was detected.' },
  53000: { error: 'invalid_grant', text: 'Conditional Access demands a compliant device, and this one is not.' },
  53001: {
    error: 'invalid_grant',
    text: 'Conditional Access demands a device that is joined to the domain, and this one is not.',
  },
  53003: { error: 'invalid_grant', text: 'Conditional Access policies block the access.', suberror: 'message_only' },
  53004: {
    error: 'invalid_grant',
    text: 'The user must complete the registration for multifactor authentication, which is blocked for risk.',
  },
  54005: { error: 'invalid_grant', text: 'The authorization code was already redeemed.' },
  65001: { error: 'invalid_grant', text: 'The user or administrator has not consented.', suberror: 'consent_required' },
  65002: { error: 'invalid_request', text: 'Consent between applications of Microsoft must be preauthorized.' },
  65004: { error: 'access_denied', text: 'The user declined to consent.' },
  70000: { error: 'invalid_grant', text: 'The refresh token is not valid.', suberror: 'bad_token' },
  70002: { error: 'invalid_client', text: 'The client credentials are not valid.', status: 401 },
  70003: { error: 'unsupported_grant_type', text: 'The grant type is not supported.' },
  70008: { error: 'invalid_grant', text: 'The authorization code or refresh token is expired.' },
  70011: { error: 'invalid_scope', text: 'The scope is not valid.' },
  70016: { error: 'authorization_pending', text: 'The user has not yet signed in with the code.' },
  70018: { error: 'bad_verification_code', text: 'The verification code is not valid.' },
  70019: { error: 'invalid_grant', text: 'The verification code is expired.' },
  70020: { error: 'expired_token', text: 'The device code is expired.' },
  70021: { error: 'invalid_client', text: 'No federated identity record matches the assertion.', status: 401 },
  70025: { error: 'invalid_client', text: 'The client has no federated identity credentials.', status: 401 },
  70043: {
    error: 'invalid_grant',
    text: 'The refresh token is expired or not valid, because Conditional Access limits how long ago the sign-in may be.',
    suberror: 'token_expired',
  },
  82001: { error: 'invalid_grant', text: 'An agent identity blueprint gets no token for itself at this resource.' },
  82014: { error: 'access_denied', text: 'Nobody consents to an agent identity on a page.' },
  90002: { error: 'invalid_request', text: 'The tenant was not found.' },
  90055: { error: 'invalid_request', text: 'There are too many requests for this tenant.' },
  90072: {
    error: 'invalid_grant',
    text: 'The external user account does not exist in this tenant and must be added to it first.',
  },
  90094: { error: 'consent_required', text: 'An administrator has to consent.' },
  90133: { error: 'invalid_request', text: "Device codes are not supported over '/common' or '/consumers'." },
  500011: { error: 'invalid_resource', text: 'The resource principal was not found in the tenant.' },
  500112: { error: 'invalid_grant', text: 'The reply address does not match the one of the request for the code.' },
  500131: { error: 'invalid_grant', text: 'The audience of the assertion is not the application that shows it.' },
  500133: { error: 'invalid_grant', text: 'The assertion is not within its time of validity.' },
  501481: { error: 'invalid_grant', text: 'The code verifier does not match the code challenge.' },
  530032: { error: 'invalid_grant', text: 'A security policy of the tenant blocks the access.' },
  530035: { error: 'invalid_grant', text: 'Security defaults block the access.' },
  650057: { error: 'invalid_resource', text: "The resource is not among the application's requested permissions." },
  700005: { error: 'invalid_grant', text: 'The authorization code is for another tenant.' },
  700016: { error: 'unauthorized_client', text: 'The application was not found in the directory.' },
  700021: {
    error: 'invalid_client',
    text: 'The client assertion names another application than the request.',
    status: 401,
  },
  700023: { error: 'invalid_client', text: 'The audience of the client assertion is not this authority.', status: 401 },
  700024: { error: 'invalid_client', text: 'The client assertion is not within its time of validity.', status: 401 },
  700025: {
    error: 'invalid_client',
    text: "The client is public, so neither 'client_assertion' nor 'client_secret' should be presented.",
    status: 401,
  },
  700027: {
    error: 'invalid_client',
    text: 'The key or the signature of the client assertion is not valid.',
    status: 401,
  },
  700030: {
    error: 'invalid_client',
    text: 'The subject name of the certificate is not trusted for this application.',
    status: 401,
  },
  700082: { error: 'invalid_grant', text: 'The refresh token has expired due to inactivity.', suberror: 'bad_token' },
  700211: {
    error: 'invalid_client',
    text: 'No federated identity credential matches the issuer of the assertion.',
    status: 401,
  },
  700212: {
    error: 'invalid_client',
    text: 'No federated identity credential matches the audience of the assertion.',
    status: 401,
  },
  700213: {
    error: 'invalid_client',
    text: 'No federated identity credential matches the subject of the assertion.',
    status: 401,
  },
  900144: { error: 'invalid_request', text: 'A parameter is missing in the body.' },
  1002012: {
    error: 'invalid_scope',
    text: "For client credentials the scope must be the resource's identifier and the suffix /.default.",
  },
  7000112: { error: 'unauthorized_client', text: 'The application is disabled.' },
  7000114: { error: 'invalid_grant', text: 'The token shown is of an application, on whose behalf nobody can act.' },
  7000215: { error: 'invalid_client', text: 'Invalid client secret provided.', status: 401 },
  7000218: {
    error: 'invalid_client',
    text: "The body must contain the parameter 'client_assertion' or 'client_secret'.",
    status: 401,
  },
  7000222: { error: 'invalid_client', text: 'The client secret is expired.', status: 401 },
  7000229: { error: 'unauthorized_client', text: 'The client has no service principal in this tenant.' },
  7002137: {
    error: 'invalid_client',
    text: 'No federated identity record matches the subject of the assertion.',
    status: 401,
  },
  9001023: { error: 'invalid_request', text: "The grant type is not supported over '/common' or '/consumers'." },
  9002313: { error: 'invalid_request', text: 'The request is malformed or not valid.' },
}

/** The codes that have a meaning of their own here. */
export const knownCodes: ReadonlySet<number> = new Set(Object.keys(known).map(Number))

/** What a code means, in our words; for pages. */
export function meaningOf(code: number): string {
  return known[code]?.text ?? 'The sign-in was refused.'
}

/** The OAuth error that a code is told with. */
export function errorNameOf(code: number): string {
  return known[code]?.error ?? 'invalid_grant'
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
