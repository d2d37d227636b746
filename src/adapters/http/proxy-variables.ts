import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'

export interface ProxyAddress {
  /** May hold a password, so it never goes into a message. */
  readonly href: string
  readonly password: Secret
}

/** What the environment says about proxies; undefined where it says nothing. */
export interface ProxyVariables {
  readonly httpsProxy: ProxyAddress | undefined
  readonly httpProxy: ProxyAddress | undefined
  /** Always with the hosts that no proxy can reach for us. */
  readonly noProxy: string
}

/** A proxy sees its own loopback and link-local addresses (Azure's metadata service among them), never ours. */
const neverProxied = ['localhost', '127.0.0.1', '::1', '169.254.169.254']

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, lower case first, as curl does. A proxy without a scheme is an http one.
 * A password in an address is registered as a secret.
 *
 * @throws PatrolError `config-invalid` for an address that cannot be one; the value is not repeated
 */
export function proxyVariables(environment: Readonly<Record<string, string | undefined>>): ProxyVariables {
  const written = environment['no_proxy'] ?? environment['NO_PROXY'] ?? ''
  return {
    httpsProxy: proxyAddress(environment, 'https_proxy', 'HTTPS_PROXY'),
    httpProxy: proxyAddress(environment, 'http_proxy', 'HTTP_PROXY'),
    noProxy: [written, ...neverProxied].filter((entry) => entry !== '').join(','),
  }
}

/**
 * The proxy that a request to this https address passes; undefined when it goes straight. The rules are those of the
 * network library: an entry of NO_PROXY means the host and all below it, `*.` only what is below, and may name a port.
 */
export function proxyFor(url: URL, { httpsProxy, httpProxy, noProxy }: ProxyVariables): ProxyAddress | undefined {
  const host = url.hostname
    .replace(/^\[(.+)\]$/, '$1')
    .toLowerCase()
    .replace(/(.)\.$/, '$1')
  const port = url.port === '' ? '443' : url.port
  const isExcepted = noProxy.split(/[,\s]+/).some((entry) => {
    const [, name = entry, onPort] = /^([^:]+|\[.+\]):(\d+)$/.exec(entry) ?? []
    if (entry === '' || (onPort !== undefined && onPort !== port)) return false
    if (name === '*') return true
    const domain = name
      .replace(/^\[(.+)\]$/, '$1')
      .replace(/^\*?\./, '')
      .replace(/(.)\.$/, '$1')
      .toLowerCase()
    return (!name.startsWith('*') && host === domain) || host.endsWith(`.${domain}`)
  })
  return isExcepted ? undefined : (httpsProxy ?? httpProxy)
}

function proxyAddress(
  environment: Readonly<Record<string, string | undefined>>,
  ...names: readonly [string, string]
): ProxyAddress | undefined {
  const name = names.find((name) => (environment[name] ?? '').trim() !== '')
  const text = name === undefined ? undefined : environment[name]?.trim()
  if (name === undefined || text === undefined) return undefined
  const address = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(address)) throw invalid(name, 'is not the address of a proxy')
  const url = new URL(address)
  if (!['http:', 'https:', 'socks5:', 'socks:'].includes(url.protocol)) {
    throw invalid(name, `has the scheme ${url.protocol.slice(0, -1)}, which no proxy of ours has`)
  }
  try {
    decodeURIComponent(url.username)
    return { href: url.href, password: new Secret(decodeURIComponent(url.password)) }
  } catch {
    throw invalid(name, 'has a user name or password that is not percent-encoded')
  }
}

function invalid(name: string, what: string): PatrolError {
  const remedy = `Write ${name} as http://proxy:port or http://user:password@proxy:port, special characters percent-encoded.`
  return new PatrolError('config-invalid', `the environment variable ${name} ${what}`, { remedy })
}
