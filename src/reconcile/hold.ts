import { asPatrolError, PatrolError } from '../core/errors.ts'
import type { Hold } from '../core/hold.ts'
import { fits, type Metadata, withHold } from '../core/metadata.ts'
import { type Instant, minute, second, times } from '../core/time.ts'
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
 * one. Nobody but the store is asked. A lost answer is resolved by reading back.
 *
 * @param wanted the hold; or what makes it of the services' time, which only an answer shows where our clock is wrong, and of
 *   what the current version says
 * @returns the hold that stands now
 * @throws PatrolError `usage` for a token without a store; `pat-not-found` when the store has no readable version;
 *   `moved-on` when others write at the same time again and again; `clock-unreliable` when nobody can tell when it ends
 */
export async function placeHold(
  world: World,
  token: HeldToken,
  wanted: Hold | ((now: Instant, current: Metadata) => Hold),
): Promise<Hold> {
  const { store, secretName } = homeOf(world, token)
  let hold: Hold | undefined
  let lost: PatrolError | undefined
  for (let round = 1; round <= mostRounds; round++) {
    const { id, metadata } = await readable(store, secretName, token)
    refuseUnreliable(world)
    hold ??= typeof wanted === 'function' ? wanted(world.clock.now(), metadata) : wanted
    if (!fits({ ...metadata, hold })) {
      throw new PatrolError('invalid-request', `the hold does not fit into the metadata of ${token.name}`, {
        remedy: 'Give a shorter --reason, or none.',
      })
    }
    lost = await unlessRefused(store.setHold(secretName, id, hold, limits(world)))
    await world.clock.sleep(settling, 'go-on')
    if (isSame((await readable(store, secretName, token)).metadata.hold, hold)) {
      const placed = hold
      await setUntilSeen(world, token, ({ enabled, metadata: other }) =>
        enabled ? withHold(other, placed).hold : undefined,
      )
      return hold
    }
  }
  throw lost ?? movedOn(token)
}

/**
 * Takes holds off a token. A lost answer is resolved by reading back.
 *
 * @param placed the hold to take off, wherever it stands, and no other; every hold when it is left out
 * @returns whether there was one
 * @throws PatrolError as `placeHold` does
 */
export async function releaseHold(world: World, token: HeldToken, placed?: Hold): Promise<boolean> {
  return setUntilSeen(world, token, ({ metadata: { hold } }) => {
    // Where there was no room for the reason, it is not there.
    const isMeant = placed === undefined || (hold?.until === placed.until && hold.stops === placed.stops)
    return isMeant ? undefined : hold
  })
}

/**
 * Sets the hold of all versions, until a look shows that each has its own.
 *
 * @param wantedOf what stands in a version in the end
 * @returns whether there was anything to set
 */
async function setUntilSeen(
  world: World,
  token: HeldToken,
  wantedOf: (version: { readonly enabled: boolean; readonly metadata: Metadata }) => Hold | undefined,
): Promise<boolean> {
  const { store, secretName } = homeOf(world, token)
  let lost: PatrolError | undefined
  for (let round = 1; round <= mostRounds; round++) {
    let differs = false
    for (const { id, enabled, reading } of await store.versions(secretName)) {
      if (id === undefined || reading.kind !== 'read') continue
      const wanted = wantedOf({ enabled, metadata: reading.metadata })
      if (isSame(reading.metadata.hold, wanted)) continue
      differs = true
      lost = (await unlessRefused(store.setHold(secretName, id, wanted, limits(world)))) ?? lost
    }
    if (!differs) return round > 1
    await world.clock.sleep(settling, 'go-on')
  }
  throw lost ?? movedOn(token)
}

function movedOn({ name }: HeldToken): PatrolError {
  return new PatrolError('moved-on', `others write to the secret of ${name} at the same time, again and again`)
}

/** By a clock that may be off by days a hold would end at any time, also before it began. */
function refuseUnreliable(world: World): void {
  const skew = world.clock.skew()
  if (skew.kind === 'unreliable') throw new PatrolError('clock-unreliable', skew.message)
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

function isSame(left: Hold | undefined, right: Hold | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return left.until === right.until && left.stops === right.stops && left.reason === right.reason
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
