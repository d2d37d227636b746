import { type Check, failed, obstacle, passed, skipped, skippedAfter } from '../../core/check.ts'
import { asPatrolError } from '../../core/errors.ts'
import type { Reporter } from '../../ports/reporter.ts'
import type { Vantage } from '../../ports/vantage.ts'
import { certificateText, judgeSecretFile, judgeStoreDirectory } from './judgements.ts'
import type { Patient } from './patient.ts'
import type { Scope } from './scope.ts'

/** What the checks of the way to one address showed. */
export interface Way {
  readonly dns: Check
  readonly tls: Check
}

/** Who can read what must stay secret on this computer. */
export async function secretFileChecks(
  { vantage, secretFiles, wanted }: Patient,
  scope: Scope,
): Promise<readonly Check[]> {
  const tokenFiles = [...wanted.accounts.values()].flatMap(({ signIn }) => {
    if (signIn.method === 'access-token') return 'file' in signIn.token ? [signIn.token.file] : []
    return signIn.method === 'on-behalf-of' && 'file' in signIn.assertion ? [signIn.assertion.file] : []
  })
  const files = [...new Set([...secretFiles, ...tokenFiles])]
  const stores = scope.stores.flatMap(({ store }) => (store.type === 'file' ? [store] : []))
  const found = await Promise.all([
    ...files.map(async (path) => judgeSecretFile(path, await vantage.modeOf(path))),
    ...stores.map(async ({ name, path }) => judgeStoreDirectory(name, path, await vantage.modeOf(path))),
  ])
  const warnings = found.filter((check) => check !== undefined)
  if (warnings.length > 0) return warnings
  const looked = [...files, ...stores.map(({ path }) => path)]
  if (looked.length === 0) return [skipped('secret-files', {}, 'the configuration names no file that holds a secret')]
  return [passed('secret-files', {}, `nobody else on this computer can read or change ${looked.join(', ')}`)]
}

/** Which of the addresses are reached through a proxy. */
export function proxyCheck(vantage: Vantage, addresses: readonly string[]): Check {
  const proxied = Map.groupBy(addresses, (address) => vantage.proxyOf(address))
  const direct = proxied.get(undefined) ?? []
  const through = [...proxied].flatMap(([proxy, urls]) =>
    proxy === undefined ? [] : [`${urls.map(hostOf).join(', ')} through ${proxy}`],
  )
  if (through.length === 0)
    return passed('proxy', {}, 'none: HTTPS_PROXY and HTTP_PROXY name no proxy for these addresses')
  const rest = direct.length === 0 ? [] : [`${direct.map(hostOf).join(', ')} without a proxy`]
  return passed('proxy', {}, [...through, ...rest].join('; '))
}

/** Name and TLS of one address: the first that fails is what is in the way. */
export async function wayCheck(vantage: Vantage, reporter: Reporter, address: string): Promise<Way> {
  const subject = { host: hostOf(address) }
  reporter.report({ kind: 'observing', what: `the way to ${subject.host}` })
  const dns = await dnsCheck(vantage, address)
  const blocked = obstacle(dns)
  return { dns, tls: blocked === undefined ? await tlsCheck(vantage, address) : skippedAfter('tls', subject, blocked) }
}

async function dnsCheck(vantage: Vantage, address: string): Promise<Check> {
  const subject = { host: hostOf(address) }
  const proxy = vantage.proxyOf(address)
  const { hostname } = proxy === undefined ? new URL(address) : new URL(`http://${proxy}`)
  try {
    const addresses = await vantage.addressesOf(hostname)
    const text = addresses.slice(0, 3).join(', ')
    return passed('dns', subject, proxy === undefined ? text : `left to the proxy ${proxy}, which is ${text}`)
  } catch (thrown) {
    return failed('dns', subject, asPatrolError(thrown))
  }
}

async function tlsCheck(vantage: Vantage, address: string): Promise<Check> {
  const subject = { host: hostOf(address) }
  const [answer, certificate] = await Promise.all([
    vantage.reach(address).then(() => undefined, asPatrolError),
    vantage.certificateOf(address).catch(() => undefined),
  ])
  const shown = certificate === undefined ? '' : `, with ${certificateText(certificate)}`
  if (answer === undefined) return passed('tls', subject, `answers${shown}`)
  const check = failed('tls', subject, answer)
  if (certificate === undefined || certificate.isPublic) return check
  const proxy = 'such as that of a proxy that opens encrypted connections'
  return { ...check, message: `${answer.message}; it showed ${certificateText(certificate)}, ${proxy}` }
}

/** Host, and port where it is not the usual one. */
export function hostOf(address: string): string {
  return new URL(address).host
}
