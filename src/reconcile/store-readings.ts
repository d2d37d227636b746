import { PatrolError } from '../core/errors.ts'
import type { Version } from '../core/facts.ts'
import type { Place } from '../core/token.ts'
import type { Found, Store } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import { type Answer, answerOf, open, valueOf } from './answer.ts'
import { forEachBounded } from './bounded.ts'

/** A secret that is there, and that could not be read. */
export interface Unreadable extends Place {
  readonly failure: PatrolError
}

/**
 * What stores said, each of them asked once for each secret. A failure stays with what it concerns: a secret, or
 * everything that was asked of the store in that moment; what was read before stays read.
 */
export class StoreReadings {
  readonly #world: World
  /** By the store's name; within, by lower-case names of secrets. */
  readonly #managed = new Map<string, Answer<ReadonlyMap<string, Found>>>()
  /** By the store's name; within, by lower-case names of secrets. Undefined is a secret that does not exist. */
  readonly #current = new Map<string, Map<string, Found | undefined>>()
  readonly #identities = new Map<string, Answer<string | undefined>>()

  constructor(world: World) {
    this.#world = world
  }

  /** Reads all secrets of these stores that Patrol wrote. */
  async readManaged(stores: readonly string[]): Promise<void> {
    await forEachBounded([...new Set(stores)], this.#world.concurrency, async (name) => {
      const managed = await this.#ask(name, (store) => store.managed())
      this.#managed.set(name, managed)
      this.#current.set(name, new Map(valueOf(managed)))
    })
  }

  /** Reads the current versions of secrets, where they are not known yet. */
  async readCurrent(places: readonly Place[]): Promise<void> {
    const byStore = Map.groupBy(places, (place) => place.store)
    await forEachBounded([...byStore], this.#world.concurrency, async ([name, inStore]) => {
      const known = this.#current.get(name) ?? new Map<string, Found | undefined>()
      const unknown = new Set(inStore.map(keyOf).filter((key) => !known.has(key)))
      const [identity, current] = await Promise.all([
        this.#identities.get(name) ?? this.#ask(name, (store) => store.identity()),
        unknown.size === 0
          ? { value: new Map<string, Found>() }
          : this.#ask(name, (store) => store.current([...unknown])),
      ])
      this.#identities.set(name, identity)
      for (const key of unknown) known.set(key, 'failure' in current ? current.failure : current.value.get(key))
      this.#current.set(name, known)
    })
  }

  /** @throws PatrolError why it is not known */
  identity({ store }: Place): string | undefined {
    return open(this.#identities.get(store))
  }

  /**
   * The current version; undefined when the secret does not exist.
   *
   * @throws PatrolError why it is not known
   */
  current(place: Place): Version | undefined {
    const found = this.#current.get(place.store)?.get(keyOf(place))
    if (found instanceof PatrolError) throw found
    return found
  }

  /** The secrets of a store that Patrol wrote and that could be read; undefined where none could. */
  managed(store: string): ReadonlyMap<string, Version> | undefined {
    const managed = valueOf(this.#managed.get(store))
    if (managed === undefined) return undefined
    return new Map([...managed].flatMap(([name, found]) => (found instanceof PatrolError ? [] : [[name, found]])))
  }

  /** The same for all stores that could be listed. */
  allManaged(): ReadonlyMap<string, ReadonlyMap<string, Version>> {
    return new Map(
      [...this.#managed.keys()].flatMap((name) => {
        const managed = this.managed(name)
        return managed === undefined ? [] : [[name, managed]]
      }),
    )
  }

  /** Why a store could not be listed; undefined where it could. */
  failureOf(store: string): PatrolError | undefined {
    const managed = this.#managed.get(store)
    return managed !== undefined && 'failure' in managed ? managed.failure : undefined
  }

  /** The secrets that a listing showed, but that cannot be read. */
  unreadable(): readonly Unreadable[] {
    return [...this.#managed].flatMap(([store, managed]) =>
      [...(valueOf(managed) ?? [])].flatMap(([secretName, found]) =>
        found instanceof PatrolError ? [{ store, secretName, failure: found }] : [],
      ),
    )
  }

  /** Whether everything that was asked for could be read and understood. */
  areWhole(): boolean {
    const found = [...this.#current.values()].flatMap((known) => [...known.values()])
    const listed = [...this.#managed.values()].every((managed) => 'value' in managed)
    return listed && found.every((each) => each === undefined || isUnderstood(each))
  }

  /** The PATs that the secrets which could be read say they replace. */
  superseded(): readonly string[] {
    const found = [...this.#current.values()].flatMap((known) => [...known.values()])
    return found.flatMap((each) =>
      each === undefined || each instanceof PatrolError || each.reading.kind !== 'read'
        ? []
        : each.reading.metadata.supersedes,
    )
  }

  #ask<Value>(name: string, question: (store: Store) => Promise<Value>): Promise<Answer<Value>> {
    return answerOf(async () => {
      const store = this.#world.stores.get(name)
      if (store === undefined) throw new PatrolError('config-invalid', `there is no store ${name}`)
      return question(store)
    })
  }
}

function isUnderstood(found: Found): boolean {
  return !(found instanceof PatrolError) && (found.reading.kind === 'read' || found.reading.kind === 'foreign')
}

function keyOf(place: Place): string {
  return place.secretName.toLowerCase()
}
