import type { SecureContext } from 'node:tls'
import type { HttpClient } from '@azure/core-rest-pipeline'
import type { Dispatcher } from 'undici'
import { PatrolError } from '../../core/errors.ts'
import type { Duration, Instant } from '../../core/time.ts'
import { dateOf, type HttpAnswer } from './answer.ts'
import { azureClient } from './azure-client.ts'
import { exchange, type HttpRequest } from './exchange.ts'
import { type MsalNetwork, msalNetwork } from './msal-network.ts'
import { proxyVariables, type ProxyVariables } from './proxy-variables.ts'

export interface TransportOptions {
  /** A PEM file of certificate authorities to trust besides the usual ones. */
  readonly caFile?: string | undefined
  /** All that TLS is to know, certificates of our own included, in place of `caFile`. */
  readonly secureContext?: SecureContext | undefined
  /** Read for HTTPS_PROXY, HTTP_PROXY and NO_PROXY in either case. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Sent where a client has none of its own. */
  readonly userAgent: string
  /** Told of the `Date` header of every answer that came over TLS, when its headers arrive. */
  readonly onDate?: (sample: { readonly service: string; readonly date: Instant; readonly took: Duration }) => void
}

/** The one way out: every request of the program passes here, so that proxies, certificates and rules count for all. */
export interface Transport {
  /**
   * Sends one https request exactly once and gives the answer, whatever its status. See `exchange` for the errors.
   * Redirects are answers like any other.
   */
  readonly send: (request: HttpRequest) => Promise<HttpAnswer>
  /** For one MSAL client. */
  readonly msalNetwork: () => MsalNetwork
  /** For the clients of the Azure SDK. */
  readonly azureClient: HttpClient
  /** Drops all connections. */
  readonly close: () => Promise<void>
}

const connectTimeoutMs = 10_000

/**
 * @throws PatrolError `config-invalid` for a `caFile` that cannot be used or a proxy variable that is no address
 */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const proxies = proxyVariables(options.environment)
  const trust = options.secureContext ?? (options.caFile === undefined ? undefined : await trustOf(options.caFile))
  let opening: Promise<Dispatcher> | undefined

  async function sendAny(url: URL, request: HttpRequest): Promise<HttpAnswer> {
    opening ??= open(proxies, trust)
    const dispatcher = await opening
    const headers: Record<string, string> = { 'user-agent': options.userAgent }
    for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value
    // The answer is read as it comes; what is not compressed needs no limits on what it may expand to.
    headers['accept-encoding'] = 'identity'
    const { answer } = await exchange(dispatcher, url, { ...request, headers }, (received, took) => {
      const date = dateOf({ headers: received })
      if (date !== undefined && url.protocol === 'https:') options.onDate?.({ service: url.host, date, took })
    })
    return answer
  }

  async function send(request: HttpRequest): Promise<HttpAnswer> {
    const url = parse(request.url)
    if (url.protocol !== 'https:') {
      throw new PatrolError('config-invalid', `${url.origin} is not an https address; nothing was sent to it`)
    }
    return sendAny(url, request)
  }

  return {
    send,
    msalNetwork: () => msalNetwork(send),
    // The metadata service of Azure's machines, which managed identities ask, speaks http on a link-local address.
    azureClient: azureClient((request) => sendAny(parse(request.url), request)),
    async close() {
      if (opening !== undefined) await (await opening).destroy()
    },
  }
}

/** TLS is loaded only where its settings differ, or when something is sent. */
async function trustOf(caFile: string): Promise<SecureContext> {
  const { trustWith } = await import('./certificate-file.ts')
  return trustWith(caFile)
}

function parse(text: string): URL {
  if (!URL.canParse(text)) throw new PatrolError('config-invalid', 'an address in the configuration is not a URL')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') {
    throw new PatrolError('config-invalid', `the address of ${url.host} holds a user name or password`)
  }
  return url
}

async function open(proxies: ProxyVariables, trust: SecureContext | undefined): Promise<Dispatcher> {
  const { Agent, EnvHttpProxyAgent } = await import('undici')
  const tls = trust === undefined ? {} : { secureContext: trust }
  const options = {
    // HTTP/2 multiplexes, and a broken connection would then leave many requests in doubt at once.
    allowH2: false,
    connect: { timeout: connectTimeoutMs, allowH2: false, ...tls },
  }
  if (proxies.httpsProxy === undefined && proxies.httpProxy === undefined) return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    connectTimeout: connectTimeoutMs,
    requestTls: { allowH2: false, ...tls },
    proxyTls: { allowH2: false, ...tls },
    // Empty rather than undefined, so that the library does not look into the environment of the process itself.
    httpsProxy: proxies.httpsProxy?.href ?? '',
    httpProxy: proxies.httpProxy?.href ?? '',
    noProxy: proxies.noProxy,
  })
}
