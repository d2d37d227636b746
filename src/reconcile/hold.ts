import { asPatrolError, PatrolError } from '../core/errors.ts'
import { type Hold } from '../core/hold.ts'
import { fits, type Metadata, withHold } from '../core/metadata.ts'
import { minute, second, times } from '../core/time.ts'
import type { Place, Token } from '../core/token.ts'
import type { Limits } from '../ports/limits.ts'
import type { Store, StoredVersion } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import { currentVersion } from './current-version.ts'

/**
 * Another instance may store a version at the same time, or a store that cannot exclude writers may let its record take the
 * place of the hold. Such a write follows its read within moments, so the hold is looked for once more after this long, and
 * placed again where it is missing.
 */
const settling = times(2, second)

const mostRounds = 5

type HeldToken = Pick<Token, 'name' | 'place'>

/**
 * Places a hold on a token: in the metadata of the version that its store hands out, where every instance reads it, and in
 * all others that are enabled, where nobody records anything that could take its place. It takes the place of an earlier
 * one. Nobody but the store is asked.
 *
 * @returns the hold that stands now
 * @throws PatrolError `usage` for a token without a store; `pat-not-found` when the store has no readable version;
 *   `moved-on` when others write at the same time again and again
 */
export async function placeHold(world: World, token: HeldToken, hold: Hold): Promise<Hold> {
  const { store, secretName } = homeOf(world, token)
  let lost: PatrolError | undefined
  for (let round = 1; round <= mostRounds; round++) {
    const { id, metadata } = await readable(store, secretName, token)
    if (!fits({ ...metadata, hold })) {
      throw new PatrolError('invalid-request', `the hold does not fit into the metadata of ${token.name}`, {
        remedy: 'Give a shorter --reason, or none.',
      })
    }
    lost = await unlessRefused(store.setHold(secretName, id, hold, limits(world)))
    await world.clock.sleep(settling, 'go-on')
    if (isSame((await readable(store, secretName, token)).metadata.hold, hold)) {
      await spread(world, store, secretName, id, hold)
      return hold
    }
  }
  throw (
    lost ?? new PatrolError('moved-on', `others write to the secret of ${token.name} at the same time, again and again`)
  )
}

/**
 * Takes every hold off a token.
 *
 * @returns whether there was one
 * @throws PatrolError as `placeHold` does
 */
export async function releaseHold(world: World, token: HeldToken): Promise<boolean> {
  const { store, secretName } = homeOf(world, token)
  let released = false
  for (let round = 1; round <= mostRounds; round++) {
    const cleared = await clear(world, store, secretName)
    if (!cleared) return released
    released = true
    await world.clock.sleep(settling, 'go-on')
  }
  throw new PatrolError('moved-on', `others write to the secret of ${token.name} at the same time, again and again`)
}

async function clear(world: World, store: Store, secretName: string): Promise<boolean> {
  let cleared = false
  for (const { id, reading } of await store.versions(secretName)) {
    if (id === undefined || reading.kind !== 'read' || reading.metadata.hold === undefined) continue
    await store.setHold(secretName, id, undefined, limits(world))
    cleared = true
  }
  return cleared
}

/** @param current the version that has the hold already */
async function spread(world: World, store: Store, secretName: string, current: string, hold: Hold): Promise<void> {
  for (const { id, enabled, reading } of await store.versions(secretName)) {
    if (id === undefined || id === current || reading.kind !== 'read') continue
    const { metadata } = reading
    const wanted = enabled ? withHold(metadata, hold).hold : undefined
    const isThere = wanted === undefined ? metadata.hold === undefined : isSame(metadata.hold, wanted)
    if (!isThere) await store.setHold(secretName, id, wanted, limits(world))
  }
}

/** What became of a request whose answer was lost is seen by looking. */
async function unlessRefused(request: Promise<void>): Promise<PatrolError | undefined> {
  try {
    await request
    return undefined
  } catch (thrown) {
    const failure = asPatrolError(thrown)
    if (failure.outcome === 'none') throw failure
    return failure
  }
}

function isSame(left: Hold | undefined, right: Hold): boolean {
  return left?.until === right.until && left.stops === right.stops && left.reason === right.reason
}

function homeOf(world: World, { name, place }: HeldToken): { readonly store: Store } & Pick<Place, 'secretName'> {
  if (place === undefined) {
    throw new PatrolError('usage', `${name} has no store, and without one nothing of it is ever revoked`, {
      remedy: 'A hold is for tokens with a store. `paused: true` of the entry leaves a token alone.',
    })
  }
  const store = world.stores.get(place.store)
  if (store === undefined) throw new PatrolError('config-invalid', `there is no store ${place.store}`)
  return { store, secretName: place.secretName }
}

async function readable(
  store: Store,
  secretName: string,
  { name }: HeldToken,
): Promise<{ readonly id: string; readonly metadata: Metadata }> {
  const version: StoredVersion | undefined = await currentVersion(store, secretName)
  if (version?.id !== undefined && version.reading.kind === 'read') {
    return { id: version.id, metadata: version.reading.metadata }
  }
  throw new PatrolError('pat-not-found', `the store has no version of ${name} that a hold could stand in`, {
    remedy: 'Run `patrol apply` first. While the store hands out nothing, nothing is revoked either.',
  })
}

/** One small request at a time, which a person waits for. */
function limits(world: World): Limits {
  return { sendBy: world.clock.elapsed() + times(5, minute), timeout: times(30, second) }
}
