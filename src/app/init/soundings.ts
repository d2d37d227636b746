import { discoverTenant } from '../../adapters/azure-devops/tenant-discovery.ts'
import { createTransport } from '../../adapters/http/transport.ts'
import { createServiceClock } from '../../adapters/service-clock.ts'
import { vaultTenant } from '../../adapters/stores/vault-challenge.ts'
import { publicEndpoints } from '../config/connection-schema.ts'
import type { Sources } from '../compose.ts'

/** What can be found out about answers before there is a configuration, without signing in anywhere. */
export interface Soundings {
  /** The tenant of an organization; `organizations` when it has none. Rejects with a PatrolError when nobody tells. */
  tenantOf(organization: string): Promise<string>
  /** The tenant of a vault, where it tells one. Rejects with a PatrolError when there is no vault at the address. */
  tenantOfVault(url: string): Promise<string | undefined>
  /** Drops all connections. */
  close(): Promise<void>
}

/**
 * @param at other places than Microsoft's: where Azure DevOps is, and a PEM file of further authorities to trust
 * @throws PatrolError `config-invalid` for a proxy variable that is no address
 */
export async function openSoundings(
  sources: Omit<Sources, 'concurrency'>,
  at: { readonly azureDevOps?: string; readonly caFile?: string } = {},
): Promise<Soundings> {
  const { environment, reporter, stop } = sources
  const clock = createServiceClock({
    wall: () => sources.wall(),
    monotonic: () => sources.monotonic(),
    wait: (ms, signal) => sources.wait(ms, signal),
    stop,
    reporter,
  })
  const transport = await createTransport({
    caFile: at.caFile,
    environment,
    userAgent: 'azdo-patrol',
    onDate: (sample) => clock.observe(sample),
  })
  const { azureDevOps = publicEndpoints.azureDevOps } = at
  return {
    tenantOf: (organization) =>
      discoverTenant(organization, azureDevOps, { transport, clock, stopping: () => stop.aborted }),
    tenantOfVault: (url) => vaultTenant(url, transport),
    close: () => transport.close(),
  }
}
