import { request } from 'node:http'
import { request as requestOverTls } from 'node:https'
import type { Socket } from 'node:net'
import { connect, type DetailedPeerCertificate, getCACertificates } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { instant } from '../../core/time.ts'
import type { ShownCertificate } from '../../ports/vantage.ts'

const timeoutMs = 10_000

/**
 * The certificate that a host shows on the way that requests take. It is looked at, not trusted: nothing is sent over
 * the connection. Undefined when there is no such connection.
 *
 * @param proxy an http or https proxy to go through, with its user name and password
 */
export async function shownCertificate(url: URL, proxy: URL | undefined): Promise<ShownCertificate | undefined> {
  const tunnel = proxy === undefined ? undefined : await tunnelThrough(proxy, url).catch(() => undefined)
  if (proxy !== undefined && tunnel === undefined) return undefined
  return new Promise((resolve) => {
    const socket = connect({
      ...(tunnel === undefined ? { host: hostOf(url), port: portOf(url) } : { socket: tunnel }),
      ...(/[a-z]/i.test(url.hostname) ? { servername: url.hostname } : {}),
      // It is wanted for its words above all when it is not to be trusted.
      rejectUnauthorized: false,
      timeout: timeoutMs,
    })
    const end = (shown: ShownCertificate | undefined): void => {
      socket.destroy()
      tunnel?.destroy()
      resolve(shown)
    }
    socket.once('secureConnect', () => end(readCertificate(socket.getPeerCertificate(true))))
    socket.once('timeout', () => end(undefined))
    socket.once('error', () => end(undefined))
    socket.once('close', () => end(undefined))
  })
}

function readCertificate(leaf: DetailedPeerCertificate): ShownCertificate | undefined {
  const validTo = Date.parse(leaf.valid_to ?? '')
  if (Number.isNaN(validTo)) return undefined
  const { CN, O } = leaf.issuer
  const [issuer = 'an authority without a name'] = [CN, O].flat().filter((name) => name !== undefined)
  return { issuer, validTo: instant(validTo), isPublic: publicRoots().has(rootOf(leaf).fingerprint256) }
}

/** The last certificate of the chain, which is its own issuer. */
function rootOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate {
  let certificate = leaf
  const seen = new Set<string>()
  while (certificate.issuerCertificate !== undefined && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256)
    certificate = certificate.issuerCertificate
  }
  return certificate
}

function publicRoots(): ReadonlySet<string> {
  return new Set(getCACertificates('bundled').map((text) => new X509Certificate(text).fingerprint256))
}

/** A connection that a proxy made for us. */
function tunnelThrough(proxy: URL, to: URL): Promise<Socket> {
  if (proxy.protocol !== 'http:' && proxy.protocol !== 'https:') return Promise.reject(new Error('not looked through'))
  const target = `${to.hostname}:${portOf(to)}`
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  const authorization = { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }
  const options = {
    host: hostOf(proxy),
    port: proxy.port === '' ? (proxy.protocol === 'https:' ? 443 : 80) : Number(proxy.port),
    method: 'CONNECT',
    path: target,
    agent: false,
    timeout: timeoutMs,
    headers: { host: target, ...(proxy.username === '' ? {} : authorization) },
  } as const
  return new Promise((resolve, reject) => {
    const asked = proxy.protocol === 'https:' ? requestOverTls(options) : request(options)
    asked.once('connect', (answer, socket) => {
      if (answer.statusCode === 200) resolve(socket)
      else {
        socket.destroy()
        reject(new Error(`the proxy answered ${answer.statusCode}`))
      }
    })
    asked.once('response', (answer) => {
      answer.destroy()
      reject(new Error(`the proxy answered ${answer.statusCode}`))
    })
    asked.once('timeout', () => asked.destroy(new Error('no answer of the proxy')))
    asked.once('error', reject)
    asked.end()
  })
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.+)\]$/, '$1')
}

function portOf(url: URL): number {
  return url.port === '' ? 443 : Number(url.port)
}
