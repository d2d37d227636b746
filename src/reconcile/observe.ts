import { asPatrolError, type PatrolError, type Problem } from '../core/errors.ts'
import { currentMetadata, type Facts, needsProbe, needsVersions, type Version } from '../core/facts.ts'
import type { Pat } from '../core/pat.ts'
import { expandRules } from '../core/rules.ts'
import { type Duration, type Instant, second } from '../core/time.ts'
import type { Rule, Token } from '../core/token.ts'
import type { Store } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import { forEachBounded } from './bounded.ts'
import { forEachFair } from './fair-lanes.ts'
import type { Home } from './homes.ts'
import { lanesOf } from './lanes.ts'
import { type Moment, PatLists } from './pat-lists.ts'

/** What the configuration declares. */
export interface Declared {
  readonly tokens: readonly Token[]
  readonly rules: readonly Rule[]
}

/** One token with what was seen of it, or with why it could not be seen. */
export type Observation =
  | { readonly token: Token; readonly facts: Facts; readonly beganAt: number }
  | { readonly token: Token; readonly failure: PatrolError }

export interface Snapshot {
  readonly observedAt: Instant
  readonly observations: readonly Observation[]
  /** Conflicts that rules met. */
  readonly problems: readonly Problem[]
  /** Rules that could not be applied (everywhere), because an organization or the store could not be read. */
  readonly failures: readonly { readonly rule: Rule; readonly failure: PatrolError }[]
  /** The lists that were read, by account and organization; a list that failed is not there. */
  readonly pats: readonly { readonly account: string; readonly organization: string; readonly pats: readonly Pat[] }[]
  /** The secrets that Patrol wrote, of the stores that rules made it list. */
  readonly managed: ReadonlyMap<string, ReadonlyMap<string, Version>>
  readonly lists: PatLists
}

/**
 * Looks at the world for all tokens at once: first the PATs, then what the stores hand out, then, only where an active
 * PAT asks for it, all versions of a secret. What cannot be read fails the tokens that need it and no others. No value
 * is read but that of a current PAT which the list lacks, to try it.
 */
export async function observe(world: World, declared: Declared): Promise<Snapshot> {
  const { tokens, rules } = declared
  const lists = new PatLists(world)
  const estate = new Estate(world, lists, lists.moment(), world.clock.elapsed())
  world.reporter.report({ kind: 'observing', what: 'personal access tokens' })
  await estate.readPats([
    ...tokens.map(({ account, organization }) => ({ account, organization })),
    ...rules.flatMap(({ account, organizations }) => organizations.map((organization) => ({ account, organization }))),
  ])
  world.reporter.report({ kind: 'observing', what: 'stores' })
  await estate.readManaged(rules)
  await estate.readCurrent(tokens)
  const expansion = expandRules(rules, tokens, estate, estate.replaced())
  const all = [...tokens, ...expansion.tokens]
  await estate.readCurrent(expansion.tokens)
  const observations: Observation[] = []
  const lanes = lanesOf(world, (token: Token) => token)
  await forEachFair(all, lanes, async (token) => {
    observations.push(await estate.look(token))
  })
  const order = new Map(all.map((token, index) => [token.name, index]))
  observations.sort((left, right) => (order.get(left.token.name) ?? 0) - (order.get(right.token.name) ?? 0))
  return {
    observedAt: world.clock.now(),
    observations,
    problems: expansion.problems,
    failures: estate.failures(rules),
    pats: estate.lists(),
    managed: estate.managedSecrets(),
    lists,
  }
}

/** How old the PAT list of a look may be that many tokens share. */
export interface Freshness {
  /** The list began after this. */
  readonly since: Moment
  readonly age: Duration
}

/**
 * Looks at one token anew. Its PAT list begins now or is one that another turn began after now, unless an older one
 * will do; what the store hands out is read behind it in any case.
 */
export async function observeToken(
  world: World,
  lists: PatLists,
  token: Token,
  freshness?: Freshness,
): Promise<Observation> {
  const { account, organization } = token
  const { moment, startedAt } =
    freshness === undefined
      ? { moment: lists.moment(), startedAt: world.clock.elapsed() }
      : lists.recent(account, organization, freshness.since, freshness.age)
  const estate = new Estate(world, lists, moment, startedAt)
  await estate.readPats([token])
  await estate.readCurrent([token])
  return estate.look(token)
}

type Answer<Value> = { readonly value: Value } | { readonly failure: PatrolError }

/** The parts of the world that tokens share, each read once. */
class Estate {
  readonly #world: World
  readonly #lists: PatLists
  readonly #beganAt: number
  readonly #moment: Moment
  readonly #places = new Map<string, { readonly account: string; readonly organization: string }>()
  readonly #pats = new Map<string, Answer<readonly Pat[]>>()
  readonly #managed = new Map<string, Answer<ReadonlyMap<string, Version>>>()
  readonly #current = new Map<string, Answer<ReadonlyMap<string, Version>>>()
  readonly #identities = new Map<string, Answer<string | undefined>>()

  constructor(world: World, lists: PatLists, moment: Moment, beganAt: number) {
    this.#world = world
    this.#lists = lists
    this.#beganAt = beganAt
    this.#moment = moment
  }

  async readPats(places: readonly { readonly account: string; readonly organization: string }[]): Promise<void> {
    for (const place of places) this.#places.set(patsKey(place.account, place.organization), place)
    const lanes = lanesOf(this.#world, (place: Home) => place)
    await forEachFair([...this.#places.values()], lanes, async ({ account, organization }) => {
      const pats = await answer(this.#lists.active(account, organization, this.#moment))
      this.#pats.set(patsKey(account, organization), pats)
    })
  }

  /** Rules need to know all secrets that earlier runs made for them. */
  async readManaged(rules: readonly Rule[]): Promise<void> {
    const stores = new Set(rules.map((rule) => rule.store).filter((store) => store !== undefined))
    await forEachBounded([...stores], this.#world.concurrency, async (name) => {
      this.#managed.set(name, await this.#ask(name, (store) => store.managed()))
    })
  }

  async readCurrent(tokens: readonly Token[]): Promise<void> {
    const places = tokens.map((token) => token.place).filter((place) => place !== undefined)
    const byStore = Map.groupBy(places, (place) => place.store)
    await forEachBounded([...byStore], this.#world.concurrency, async ([name, inStore]) => {
      const known = valueOf(this.#current.get(name)) ?? valueOf(this.#managed.get(name)) ?? new Map<string, Version>()
      const unknown = inStore.map((place) => place.secretName.toLowerCase()).filter((secret) => !known.has(secret))
      const [identity, current] = await Promise.all([
        this.#identities.get(name) ?? this.#ask(name, (store) => store.identity()),
        unknown.length === 0
          ? { value: new Map<string, Version>() }
          : this.#ask(name, (store) => store.current([...new Set(unknown)])),
      ])
      this.#identities.set(name, identity)
      this.#current.set(name, 'failure' in current ? current : { value: new Map([...known, ...current.value]) })
    })
  }

  /** The PATs that the secrets seen so far say they replace. */
  replaced(): ReadonlySet<string> {
    const versions = [...this.#current.values()].flatMap((known) => [...(valueOf(known)?.values() ?? [])])
    return new Set(versions.flatMap(({ reading }) => (reading.kind === 'read' ? reading.metadata.supersedes : [])))
  }

  async look(token: Token): Promise<Observation> {
    try {
      return { token, facts: await this.#factsOf(token), beganAt: this.#beganAt }
    } catch (error) {
      return { token, failure: asPatrolError(error) }
    }
  }

  async #factsOf(token: Token): Promise<Facts> {
    const { place } = token
    const pats = open(this.#pats.get(patsKey(token.account, token.organization))) ?? []
    const facts: Facts = {
      observedAt: this.#world.clock.now(),
      pats,
      current: place && open(this.#current.get(place.store))?.get(place.secretName.toLowerCase()),
      versions: undefined,
      currentWorks: undefined,
      storeId: place && open(this.#identities.get(place.store)),
    }
    if (place === undefined) return facts
    const seen: Facts = needsProbe(facts, this.#world.clock.now())
      ? { ...facts, currentWorks: await this.#tryCurrent(token, facts) }
      : facts
    if (!needsVersions(token, seen)) return seen
    const store = this.#store(place.store)
    const versions = await store.versions(place.secretName)
    // Another instance may have stored a version in between; only a current version that still is current counts.
    const again = (await store.current([place.secretName])).get(place.secretName.toLowerCase())
    const moved = generation(again) !== generation(seen.current)
    return { ...seen, versions, ...(moved ? { current: again, currentWorks: undefined } : {}) }
  }

  /** Lists lag, so a current PAT that the list lacks is tried with a real call before it is called revoked. */
  async #tryCurrent(token: Token, facts: Facts): Promise<boolean | 'unknown'> {
    const { place } = token
    const stored = place && (await this.#store(place.store).read(place.secretName))
    if (stored === undefined || generation(stored.version) !== generation(facts.current)) return 'unknown'
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

  pats(account: string, organization: string): readonly Pat[] | undefined {
    return valueOf(this.#pats.get(patsKey(account, organization)))
  }

  managed(store: string): ReadonlyMap<string, Version> | undefined {
    return valueOf(this.#managed.get(store))
  }

  lists(): Snapshot['pats'] {
    return [...this.#places].flatMap(([key, { account, organization }]) => {
      const pats = valueOf(this.#pats.get(key))
      return pats === undefined ? [] : [{ account, organization, pats }]
    })
  }

  managedSecrets(): Snapshot['managed'] {
    return new Map([...this.#managed].flatMap(([name, known]) => ('value' in known ? [[name, known.value]] : [])))
  }

  /** Why rules could not be applied; the failures of named tokens stand in their observations. */
  failures(rules: readonly Rule[]): Snapshot['failures'] {
    return rules.flatMap((rule) => {
      const answers = [
        ...rule.organizations.map((organization) => this.#pats.get(patsKey(rule.account, organization))),
        rule.store === undefined ? undefined : this.#managed.get(rule.store),
      ]
      return answers.flatMap((known) =>
        known !== undefined && 'failure' in known ? [{ rule, failure: known.failure }] : [],
      )
    })
  }

  async #ask<Value>(name: string, question: (store: Store) => Promise<Value>): Promise<Answer<Value>> {
    return answer((async () => question(this.#store(name)))())
  }

  #store(name: string): Store {
    const store = this.#world.stores.get(name)
    if (store === undefined) throw new Error(`there is no store ${name}`)
    return store
  }
}

async function answer<Value>(promise: Promise<Value>): Promise<Answer<Value>> {
  try {
    return { value: await promise }
  } catch (error) {
    return { failure: asPatrolError(error) }
  }
}

function valueOf<Value>(known: Answer<Value> | undefined): Value | undefined {
  return known !== undefined && 'value' in known ? known.value : undefined
}

function open<Value>(known: Answer<Value> | undefined): Value | undefined {
  if (known === undefined) return undefined
  if ('failure' in known) throw known.failure
  return known.value
}

function generation(version: Version | undefined): string | undefined {
  return version?.reading.kind === 'read' ? version.reading.metadata.generation : undefined
}

function patsKey(account: string, organization: string): string {
  return `${account}\n${organization.toLowerCase()}`
}
