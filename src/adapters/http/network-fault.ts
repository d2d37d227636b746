import { type ErrorDetails, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

/** What is known of a request that brought no whole answer. */
export interface Attempt {
  readonly method: string
  readonly url: URL
  /** Whether any of the request may have left this computer. */
  readonly sent: boolean
}

const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  // Signed by another key of an authority with a known name: one that was made anew, for one.
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
])

const dated = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'])

const unreachable: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the host name could not be resolved just now',
  ECONNREFUSED: 'the connection was refused',
  EHOSTUNREACH: 'the host is not reachable',
  ENETUNREACH: 'the network is not reachable',
  ETIMEDOUT: 'no connection within the time allowed',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time allowed',
}

/** How the network library words a proxy's refusal, with the status. */
const saidByProxy = /^Proxy (?:response|Authentication Required) \((\d{3})\)/

/**
 * A failed exchange as an error: what happened, whether it can have had an effect, and what to do. The URL appears
 * without its query, and what the network library said passes the redaction of secrets.
 */
export function networkFault(thrown: unknown, attempt: Attempt): PatrolError {
  const code = codeOf(thrown)
  const said = thrown instanceof Error ? Secret.redact(thrown.message).split('\n', 1)[0] : ''
  // The library names the malformed header, never its value.
  if (code === 'UND_ERR_INVALID_ARG' && !saidByProxy.test(said ?? '')) {
    return new PatrolError('internal', `${describe(attempt)}: ${said}`)
  }
  const { what, remedy } = explain(code, said ?? '', attempt)
  const outcome = attempt.sent ? 'unknown' : 'none'
  const details: ErrorDetails = { outcome, cause: new NetworkCause(code, what) }
  const message = `${describe(attempt)}: ${what}`
  return new PatrolError('service-unavailable', message, remedy === undefined ? details : { ...details, remedy })
}

/** The system's or the TLS library's code of a fault that `networkFault` made, such as `ECONNRESET`. */
export function networkCodeOf(error: PatrolError): string | undefined {
  return error.cause instanceof NetworkCause ? error.cause.code : undefined
}

/** `GET https://host/path`: no query and no credentials. */
export function describe(attempt: Pick<Attempt, 'method' | 'url'>): string {
  return `${attempt.method} ${attempt.url.origin}${attempt.url.pathname}`
}

class NetworkCause extends Error {
  override readonly name = 'NetworkCause'
  readonly code: string | undefined

  constructor(code: string | undefined, message: string) {
    super(message)
    this.code = code
  }
}

function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  return typeof code === 'string' ? code : undefined
}

function explain(code: string | undefined, said: string, attempt: Attempt): { what: string; remedy?: string } {
  const suffix = code === undefined ? '' : ` (${code})`
  if (code !== undefined && untrusted.has(code)) {
    return {
      what: `the certificate of ${attempt.url.host} is not signed by an authority that this computer trusts${suffix}`,
      remedy:
        'Behind a proxy that inspects TLS, or with a private certificate authority, name its certificate (PEM) in tls.caFile.',
    }
  }
  if (code !== undefined && dated.has(code)) {
    return {
      what: `the certificate of ${attempt.url.host} is not valid at this time${suffix}`,
      remedy: 'Check the clock of this computer; if it is right, the certificate of the server must be renewed.',
    }
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      what: `the certificate that was shown is not for ${attempt.url.hostname}${suffix}`,
      remedy: 'Check the address in the configuration, and whether a proxy or DNS leads elsewhere.',
    }
  }
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL_') === true) {
    return {
      what: `no TLS connection with ${attempt.url.host}${suffix}`,
      remedy: 'Check that the address speaks https, and the addresses in HTTPS_PROXY and HTTP_PROXY.',
    }
  }
  const proxy = saidByProxy.exec(said)?.[1]
  if (proxy !== undefined) {
    const login = proxy === '407'
    return {
      what: login ? 'the proxy asks for a user name and password (407)' : `the proxy refused the connection (${proxy})`,
      remedy: login
        ? 'Put user name and password into HTTPS_PROXY (http://user:password@proxy:port), or name the host in NO_PROXY.'
        : 'Have the proxy let this host through, or name the host in NO_PROXY.',
    }
  }
  if (code?.startsWith('UND_ERR_PRX') === true) {
    return {
      what: `the proxy could not be used: ${said}${suffix}`,
      remedy: 'Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.',
    }
  }
  if (!attempt.sent) {
    const known = code === undefined ? undefined : unreachable[code]
    return { what: known === undefined ? `no connection: ${said}${suffix}` : `${known}: ${said}` }
  }
  return { what: `the answer was lost: ${said}${suffix}` }
}
