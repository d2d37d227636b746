import { asPatrolError, type PatrolError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import type { Store, StoredVersion } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import { forEachFair } from './fair-lanes.ts'
import { lanesOf } from './lanes.ts'

/** Where a value stands: a version of a token's secret. */
export interface Holding {
  readonly token: Token
  readonly authorizationId: string
  readonly generation: string
  /** When the version was stored. */
  readonly storedAt: Instant
  /** Whether the store hands it out to whoever names no version. */
  readonly isCurrent: boolean
}

/** What a search in the stores found. */
export interface HeldValues {
  /** By the place of the value in what was asked for. */
  readonly holdings: ReadonlyMap<number, Holding>
  /** Older versions that are disabled, and so could not be compared; counted only where some value stands in no other. */
  readonly disabled: number
  /** Secrets that could not be compared. */
  readonly failures: readonly { readonly token: string; readonly failure: PatrolError }[]
}

/**
 * In which versions these values stand: first all that the stores hand out are looked at, then, for values that are still
 * unknown, every older version that is enabled. What is disabled is handed out to nobody, and so cannot be compared.
 */
export async function heldValues(
  world: World,
  tokens: readonly Token[],
  values: readonly Secret[],
): Promise<HeldValues> {
  const holdings = new Map<number, Holding>()
  const failures: { readonly token: string; readonly failure: PatrolError }[] = []
  const compare = (token: Token, stored: Stored | undefined, isCurrent: boolean): void => {
    if (stored?.version.reading.kind !== 'read') return
    const { createdAt, reading } = stored.version
    const { authorizationId, generation } = reading.metadata
    for (const [place, value] of values.entries()) {
      if (holdings.has(place) || !value.equals(stored.value)) continue
      holdings.set(place, { token, authorizationId, generation, storedAt: createdAt, isCurrent })
    }
  }
  const current = new Map<Token, string | undefined>()
  const each = (among: readonly Token[], work: (token: Token, store: Store, secretName: string) => Promise<void>) =>
    forEachFair(
      among,
      lanesOf(world, (token: Token) => token),
      async (token) => {
        const store = token.place && world.stores.get(token.place.store)
        if (store === undefined || token.place === undefined) return
        try {
          await work(token, store, token.place.secretName)
        } catch (thrown) {
          failures.push({ token: token.name, failure: asPatrolError(thrown) })
        }
      },
    )
  world.reporter.report({ kind: 'observing', what: 'what the stores hand out' })
  await each(tokens, async (token, store, secretName) => {
    const stored = await store.read(secretName)
    current.set(token, stored?.version.id)
    compare(token, stored, true)
  })
  const isWhole = (): boolean => holdings.size === values.length
  if (isWhole()) return { holdings, disabled: 0, failures }
  let disabled = 0
  world.reporter.report({ kind: 'observing', what: 'older versions in the stores' })
  const readable = tokens.filter((token) => current.has(token))
  await each(readable, async (token, store, secretName) => {
    for (const { id, enabled, reading } of await store.versions(secretName)) {
      if (isWhole() || world.stopping()) return
      if (id === undefined || id === current.get(token) || reading.kind !== 'read') continue
      if (!enabled) {
        disabled += 1
        continue
      }
      compare(token, await store.readVersion(secretName, id), false)
    }
  })
  return { holdings, disabled: isWhole() ? 0 : disabled, failures }
}

interface Stored {
  readonly version: StoredVersion
  readonly value: Secret
}
