import { PatrolError } from '../core/errors.ts'
import { type Hold } from '../core/hold.ts'
import { fits, type Metadata } from '../core/metadata.ts'
import { minute, second, times } from '../core/time.ts'
import type { Place, Token } from '../core/token.ts'
import type { Limits } from '../ports/limits.ts'
import type { Store, StoredVersion } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import { currentVersion } from './current-version.ts'

/**
 * Another instance may store a version, or write a record that it read before, at the same time. Such a write follows its
 * read within moments, so the hold is looked for once more after this long, and placed again where it is missing.
 */
const settling = times(2, second)

const mostRounds = 5

type HeldToken = Pick<Token, 'name' | 'place'>

/**
 * Places a hold on a token: in the metadata of the version that its store hands out, where every instance reads it. It
 * takes the place of an earlier one. Nobody but the store is asked.
 *
 * @returns the hold that stands now
 * @throws PatrolError `usage` for a token without a store; `pat-not-found` when the store has no readable version;
 *   `moved-on` when others write at the same time again and again
 */
export async function placeHold(world: World, token: HeldToken, hold: Hold): Promise<Hold> {
  const { store, secretName } = homeOf(world, token)
  for (let round = 1; round <= mostRounds; round++) {
    const { id, metadata } = await readable(store, secretName, token)
    const held = { ...metadata, hold, writtenAt: world.clock.now() }
    if (!fits(held)) {
      throw new PatrolError('invalid-request', `the hold does not fit into the metadata of ${token.name}`, {
        remedy: 'Give a shorter --reason, or none.',
      })
    }
    await store.updateMetadata(secretName, id, held, limits(world))
    await world.clock.sleep(settling, 'go-on')
    if (isSame((await readable(store, secretName, token)).metadata.hold, hold)) {
      await clear(world, store, secretName, id)
      return hold
    }
  }
  throw new PatrolError('moved-on', `others write to the secret of ${token.name} at the same time, again and again`)
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
    const cleared = await clear(world, store, secretName, undefined)
    if (!cleared) return released
    released = true
    await world.clock.sleep(settling, 'go-on')
  }
  throw new PatrolError('moved-on', `others write to the secret of ${token.name} at the same time, again and again`)
}

/** @param except the version whose hold stays */
async function clear(world: World, store: Store, secretName: string, except: string | undefined): Promise<boolean> {
  let cleared = false
  for (const { id, reading } of await store.versions(secretName)) {
    if (id === undefined || id === except || reading.kind !== 'read' || reading.metadata.hold === undefined) continue
    const { hold: _released, ...metadata } = reading.metadata
    await store.updateMetadata(secretName, id, { ...metadata, writtenAt: world.clock.now() }, limits(world))
    cleared = true
  }
  return cleared
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
