import { PatrolError } from '../core/errors.ts'
import { currentMetadata, type Facts, generationIn, needsProbe, needsVersions, type Version } from '../core/facts.ts'
import { markOf } from '../core/names.ts'
import type { Pat } from '../core/pat.ts'
import { indexed } from '../core/pat-index.ts'
import { second } from '../core/time.ts'
import type { Rule, Token } from '../core/token.ts'
import type { Store } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import { type Answer, answerOf, open, valueOf } from './answer.ts'
import { currentVersion } from './current-version.ts'
import { forEachFair } from './fair-lanes.ts'
import { type Home, homeKey } from './homes.ts'
import { lanesOf } from './lanes.ts'
import type { Moment, PatLists } from './pat-lists.ts'
import { StoreReadings } from './store-readings.ts'

/** The parts of the world that tokens share, each read once. */
export class Estate {
  readonly stores: StoreReadings
  readonly #world: World
  readonly #lists: PatLists
  readonly #moment: Moment
  readonly #homes = new Map<string, Home>()
  readonly #pats = new Map<string, Answer<readonly Pat[]>>()

  /** @param moment the lists of PATs begin after it */
  constructor(world: World, lists: PatLists, moment: Moment) {
    this.stores = new StoreReadings(world)
    this.#world = world
    this.#lists = lists
    this.#moment = moment
  }

  async readPats(homes: readonly Home[]): Promise<void> {
    for (const home of homes) this.#homes.set(homeKey(home), home)
    const lanes = lanesOf(this.#world, (home: Home) => home)
    await forEachFair([...this.#homes.values()], lanes, async (home) => {
      const { account, organization } = home
      const pats = await answerOf(() => this.#lists.active(account, organization, this.#moment))
      this.#pats.set(homeKey(home), pats)
    })
  }

  /** Rules need to know all secrets that earlier runs made for them. */
  async readManaged(rules: readonly Rule[]): Promise<void> {
    await this.stores.readManaged(rules.map((rule) => rule.store).filter((store) => store !== undefined))
  }

  async readCurrent(tokens: readonly Token[]): Promise<void> {
    await this.stores.readCurrent(tokens.map((token) => token.place).filter((place) => place !== undefined))
  }

  /**
   * The PATs that have a successor: those of which the secrets seen so far say so. While any secret cannot be read, its
   * own word is missing; then also those whose display name a marked PAT bears beside them, which may be the successor.
   * So no rule takes a PAT for a new one, and all those that clearly have none are still looked after.
   */
  replaced(): ReadonlySet<string> {
    const told = this.stores.superseded()
    if (this.stores.areWhole()) return new Set(told)
    const suspected = [...this.#pats.values()].flatMap((known) => {
      const pats = valueOf(known) ?? []
      return pats.filter(
        ({ displayName }) => markOf(displayName) === undefined && indexed(pats).byBase(displayName).length > 0,
      )
    })
    return new Set([...told, ...suspected.map((pat) => pat.authorizationId)])
  }

  /**
   * The facts of one token, of what was read for all and, where that asks for it, of more about this one.
   *
   * @throws PatrolError when something that this token needs could not be read
   */
  async factsOf(token: Token): Promise<Facts> {
    const { place } = token
    const pats = open(this.#pats.get(homeKey(token))) ?? []
    const facts: Facts = {
      observedAt: this.#world.clock.now(),
      pats,
      current: place && this.stores.current(place),
      versions: undefined,
      currentWorks: undefined,
      storeId: place && this.stores.identity(place),
    }
    if (place === undefined) return facts
    const seen: Facts = needsProbe(facts, this.#world.clock.now())
      ? { ...facts, currentWorks: await this.#tryCurrent(token, facts) }
      : facts
    if (!needsVersions(token, seen)) return seen
    const store = this.#store(place.store)
    const versions = await store.versions(place.secretName)
    // Another instance may have stored a version in between; only a current version that still is current counts.
    const again = await currentVersion(store, place.secretName)
    const moved = generationIn(again) !== generationIn(seen.current)
    return { ...seen, versions, ...(moved ? { current: again, currentWorks: undefined } : {}) }
  }

  /** Lists lag, so a current PAT that the list lacks is tried with a real call before it is called revoked. */
  async #tryCurrent(token: Token, facts: Facts): Promise<boolean | 'unknown'> {
    const { place } = token
    const stored = place && (await this.#store(place.store).read(place.secretName))
    if (stored === undefined || generationIn(stored.version) !== generationIn(facts.current)) return 'unknown'
    const probe = await this.#world.prober.probe(token.organization, stored.value, token.verification)
    if (probe.kind === 'works') return true
    if (probe.kind === 'unknown') return 'unknown'
    if (token.verification.kind !== 'listed') return false
    // A refusal proves nothing for a PAT whose scopes reach no address; a later list does.
    await this.#world.clock.sleep(second)
    const later = await this.#lists.active(token.account, token.organization, this.#lists.moment())
    const id = currentMetadata(facts)?.authorizationId
    return later.some((pat) => pat.authorizationId === id)
  }

  /** The PATs of an account in an organization; undefined where they could not be read. */
  pats(account: string, organization: string): readonly Pat[] | undefined {
    return valueOf(this.#pats.get(homeKey({ account, organization })))
  }

  /** The secrets of a store that Patrol wrote and that could be read; undefined where none could. */
  managed(store: string): ReadonlyMap<string, Version> | undefined {
    return this.stores.managed(store)
  }

  /** The lists that were read. */
  lists(): readonly (Home & { readonly pats: readonly Pat[] })[] {
    return [...this.#homes.values()].flatMap(({ account, organization }) => {
      const pats = this.pats(account, organization)
      return pats === undefined ? [] : [{ account, organization, pats }]
    })
  }

  /** Why a rule could not be applied everywhere. */
  failuresOf({ account, organizations, store }: Rule): readonly PatrolError[] {
    const lists = organizations.map((organization) => this.#pats.get(homeKey({ account, organization })))
    return [
      ...lists.flatMap((known) => (known !== undefined && 'failure' in known ? [known.failure] : [])),
      (store === undefined ? undefined : this.stores.failureOf(store)) ?? [],
    ].flat()
  }

  #store(name: string): Store {
    const store = this.#world.stores.get(name)
    if (store === undefined) throw new PatrolError('config-invalid', `there is no store ${name}`)
    return store
  }
}
