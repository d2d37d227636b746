import { type Administration, createAdministration } from '../adapters/azure-devops/administration.ts'
import type { SecureContext } from 'node:tls'
import { createAuthority } from '../adapters/azure-devops/authority.ts'
import { Pacing } from '../adapters/azure-devops/pacing.ts'
import { createProber } from '../adapters/azure-devops/prober.ts'
import type { SenderParts } from '../adapters/azure-devops/sender.ts'
import { discoverTenant } from '../adapters/azure-devops/tenant-discovery.ts'
import type { UserSignIn } from '../adapters/user-sign-in.ts'
import { createTransport, type Transport } from '../adapters/http/transport.ts'
import { systemRandom as random } from '../adapters/random.ts'
import { createServiceClock } from '../adapters/service-clock.ts'
import type { Authority } from '../ports/authority.ts'
import type { Clock } from '../ports/clock.ts'
import type { Reporter } from '../ports/reporter.ts'
import type { Store } from '../ports/store.ts'
import type { StoreTrial } from '../ports/store-trial.ts'
import type { Tempo } from '../ports/tempo.ts'
import type { Vantage } from '../ports/vantage.ts'
import type { World } from '../ports/world.ts'
import { composeTargets } from './compose-targets.ts'
import type { Wanted } from './config/wanted.ts'
import { type OpenAccount, openAccount } from './open-account.ts'
import { openStore, openTrial, type StoreParts, vaultOptions } from './open-store.ts'
import { Tenants } from './tenants.ts'

const userAgent = 'azdo-patrol'

/** What the process lends: time, the environment, and somebody to tell. */
export interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly reporter: Reporter
  /** Turns at once. */
  readonly concurrency: number
  /** Milliseconds since the epoch. */
  wall(): number
  /** Milliseconds that never go back. */
  monotonic(): number
  /** Resolves after `ms`, or rejects when `stop` is aborted. */
  wait(ms: number, stop: AbortSignal | undefined): Promise<unknown>
  /** Aborted when the program was told to stop. */
  readonly stop: AbortSignal
}

export interface OpenWorld {
  readonly world: World
  /** By the account's name. */
  readonly accounts: ReadonlyMap<string, OpenAccount>
  /** Those of the accounts, by the same names. */
  readonly signIns: ReadonlyMap<string, UserSignIn>
  /** What each account sees beyond its own PATs, by the same names. */
  readonly administrations: ReadonlyMap<string, Administration>
  /** The way to the services, for whoever looks at it. */
  vantage(): Promise<Vantage>
  /** A trial of one of the world's stores. */
  readonly trialOf: (store: string) => Promise<StoreTrial>
  /** Drops all connections, so that the process can end. */
  close(): Promise<void>
}

/** The one place where the parts meet: makes of a configuration the world that it names. Nothing is sent yet. */
export async function composeWorld(wanted: Wanted, sources: Sources): Promise<OpenWorld> {
  const { environment, reporter, stop } = sources
  const clock = createServiceClock({
    wall: () => sources.wall(),
    monotonic: () => sources.monotonic(),
    wait: (ms, signal) => sources.wait(ms, signal),
    stop,
    reporter,
  })
  const transport = await createTransport({
    caFile: wanted.tls.caFile,
    environment,
    userAgent,
    onDate: (sample) => clock.observe(sample),
  })
  // What other servers than Microsoft's show as the time counts for nothing.
  const outside: Transport[] = []
  const openOutside = async (secureContext?: SecureContext, proxy?: string): Promise<Transport> => {
    const proxies = proxy === undefined ? {} : { HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: '', no_proxy: '' }
    const transport = await createTransport({
      caFile: wanted.tls.caFile,
      secureContext,
      environment: { ...environment, ...proxies },
      userAgent,
    })
    outside.push(transport)
    return transport
  }
  const stopping = (): boolean => stop.aborted
  const { entra, entraOverridden } = wanted.endpoints
  const entraParts = { transport, clock, reporter, stopping, entra, entraOverridden }
  const { azureDevOps } = wanted.endpoints
  const tenants = new Tenants((organization) => discoverTenant(organization, azureDevOps, entraParts))
  const tempo = new SharedTempo(clock, stopping)
  const senderOf = (account: string, signIn: UserSignIn): SenderParts => {
    return { transport, signIn, clock, random, stopping, pacing: tempo.of(account) }
  }
  const authorityWith = (account: string, signIn: UserSignIn): Authority =>
    createAuthority(wanted.endpoints, senderOf(account, signIn))
  const accounts = new Map<string, OpenAccount>()
  const signIns = new Map<string, UserSignIn>()
  // Sign-ins are kept in stores, and stores are opened with sign-ins: neither begins before it is used.
  const storeParts: StoreParts = { wanted, transport, signIns, clock, random, reporter, environment }
  const accountParts = { tenants, entra: entraParts, stores: storeParts, authorityWith }
  for (const [name, account] of wanted.accounts) {
    const opened = openAccount(account, accountParts)
    accounts.set(name, opened)
    signIns.set(name, opened.signIn)
  }
  const authorities = new Map([...signIns].map(([name, signIn]) => [name, authorityWith(name, signIn)]))
  const stores = new Map<string, Store>()
  for (const [name, store] of wanted.stores) stores.set(name, await openStore(store, storeParts))
  const world: World = {
    clock,
    random,
    reporter,
    prober: createProber({
      azureDevOps,
      transport,
      clock,
      stopping,
      pacing: tempo.ofProber,
    }),
    tempo,
    authorities,
    stores,
    targets: composeTargets(wanted.targets, {
      environment,
      clock,
      openOutside,
      projects: { azureDevOps, transport, clock, random, stopping, signIns, stores, paceOf: (name) => tempo.of(name) },
      vaultOptions: (vault) => vaultOptions(vault, storeParts),
    }),
    concurrency: sources.concurrency,
    stopping,
  }
  return {
    world,
    accounts,
    signIns,
    administrations: new Map(
      [...signIns].map(([name, signIn]) => [
        name,
        createAdministration(wanted.endpoints.vssps, senderOf(name, signIn)),
      ]),
    ),
    vantage: async () => {
      const { localVantage } = await import('../adapters/http/local-vantage.ts')
      return localVantage(transport, environment)
    },
    trialOf: (name) => openTrial(name, storeParts),
    close: async () => void (await Promise.all([transport, ...outside].map((way) => way.close()))),
  }
}

/** The paces of all accounts, and of the prober, whose PATs do not say whose they are. */
class SharedTempo implements Tempo {
  readonly ofProber: Pacing
  readonly #accounts = new Map<string, Pacing>()
  readonly #listeners = new Set<() => void>()
  readonly #open: () => Pacing

  constructor(clock: Clock, stopping: () => boolean) {
    this.#open = () =>
      new Pacing(clock, stopping, () => {
        for (const listener of this.#listeners) listener()
      })
    this.ofProber = this.#open()
  }

  of(account: string): Pacing {
    const pacing = this.#accounts.get(account) ?? this.#open()
    this.#accounts.set(account, pacing)
    return pacing
  }

  isHeld(account: string, organization: string): boolean {
    return this.ofProber.isHeld(organization) || this.#accounts.get(account)?.isHeld(organization) === true
  }

  onHold(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
