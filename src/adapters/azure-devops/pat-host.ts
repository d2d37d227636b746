/**
 * Whether a PAT may be sent to this address: over https, to a host of Azure DevOps or to the endpoint that the
 * configuration names in its place, and with nothing in the address that hides another host.
 *
 * @param endpoint the configured address of Azure DevOps
 */
export function mayReceivePat(url: string, endpoint: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host, hostname, username, password } = new URL(url)
  if (protocol !== 'https:' || username !== '' || password !== '') return false
  if (URL.canParse(endpoint) && new URL(endpoint).protocol === 'https:' && new URL(endpoint).host === host) return true
  // `host` has the port when it is not the usual one.
  if (host !== hostname) return false
  return host === 'dev.azure.com' || host.endsWith('.dev.azure.com') || host.endsWith('.visualstudio.com')
}
