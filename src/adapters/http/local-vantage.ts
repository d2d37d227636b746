import { lookup } from 'node:dns/promises'
import { stat } from 'node:fs/promises'
import { PatrolError } from '../../core/errors.ts'
import { second, times } from '../../core/time.ts'
import type { Vantage } from '../../ports/vantage.ts'
import { proxyFor, proxyVariables } from './proxy-variables.ts'
import type { Transport } from './transport.ts'

/** Long enough for a slow proxy, and short enough for a person who waits. */
const timeout = times(20, second)

/**
 * The way to the services as this process takes it.
 *
 * @param environment as the transport reads it
 */
export function localVantage(
  transport: Pick<Transport, 'send'>,
  environment: Readonly<Record<string, string | undefined>>,
): Vantage {
  const proxies = proxyVariables(environment)
  return {
    proxyOf(url) {
      const proxy = proxyFor(new URL(url), proxies)
      return proxy === undefined ? undefined : new URL(proxy.href).host
    },
    async addressesOf(host) {
      try {
        const found = await lookup(host.replace(/^\[(.+)\]$/, '$1'), { all: true })
        return found.map(({ address }) => address)
      } catch (thrown) {
        const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
        throw new PatrolError('service-unavailable', `the host name ${host} does not resolve (${code})`, {
          remedy: 'Check the address in the configuration and the DNS of this computer, or set HTTPS_PROXY.',
        })
      }
    },
    async reach(url) {
      await transport.send({ method: 'HEAD', url, timeout })
    },
    async certificateOf(url) {
      const proxy = proxyFor(new URL(url), proxies)
      const { shownCertificate } = await import('./shown-certificate.ts')
      return shownCertificate(new URL(url), proxy === undefined ? undefined : new URL(proxy.href))
    },
    async modeOf(path) {
      // On Windows who may read is told by lists that these bits do not show.
      if (process.platform === 'win32') return undefined
      const found = await stat(path).catch(() => undefined)
      return found === undefined ? undefined : found.mode & 0o777
    },
  }
}
