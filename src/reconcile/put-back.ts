import { asPatrolError, PatrolError } from '../core/errors.ts'
import { currentMetadata, type Facts, generationIn } from '../core/facts.ts'
import type { Hold } from '../core/hold.ts'
import { holdInForce } from '../core/hold-in-force.ts'
import { type Metadata, withHold } from '../core/metadata.ts'
import { installationOf, randomLength } from '../core/names.ts'
import { type Predecessor, predecessorOf } from '../core/predecessor.ts'
import { metadataOfRollback, outlasting, type RollbackPlan } from '../core/rollback.ts'
import type { Secret } from '../core/secret.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { releaseHold } from './hold.ts'
import type { PatLists } from './pat-lists.ts'
import { turnOf } from './revocations.ts'
import { type Kept, look, refusalError, type RollbackSight } from './rollback-sight.ts'
import { writeOnce } from './store-generation.ts'
import type { Turn } from './turn.ts'
import { isLetIn, verify } from './verify.ts'

/**
 * The facts are read anew behind the hold: whoever revokes disables the versions first, so while a version of the older PAT
 * is enabled nobody has begun to revoke it, and behind the hold nobody begins.
 */
export async function putBack(
  world: World,
  lists: PatLists,
  token: Kept,
  plan: RollbackPlan & { readonly kind: 'possible' },
  { facts: seen, beganAt }: RollbackSight,
): Promise<Predecessor> {
  const { facts } = await look(world, lists, token)
  // The hold outlasts what this turn may send, counted from when it was decided.
  const turn = turnOf(world, lists, token, beganAt)
  const { authorizationId } = plan.predecessor.pat
  if (currentMetadata(facts)?.authorizationId === authorizationId) return plan.predecessor
  if (generationIn(facts.current) !== generationIn(seen.current)) throw movedOn(token)
  const { predecessor, value } = await proven(turn, facts, authorizationId).catch(async (thrown: unknown) => {
    if (asPatrolError(thrown).code === 'cannot-roll-back') await letGo(world, token, seen, plan.hold)
    throw thrown
  })
  if (world.stopping()) throw new PatrolError('interrupted', 'told to stop before the older value was stored')
  const metadata = await describe(turn, facts, predecessor, plan.hold)
  const failure = await writeOnce(turn, value, metadata, async () => {
    if (generationIn(await turn.currentVersion()) !== generationIn(facts.current)) throw movedOn(token)
  })
  const current = await turn.currentVersion()
  const isThere = current?.reading.kind === 'read' && current.reading.metadata.authorizationId === authorizationId
  // Somebody else may have rolled back at the same time.
  if (failure !== undefined && !isThere) throw failure
  if (!isThere) throw movedOn(token)
  if (!(await isLetIn(turn, { pat: predecessor.pat, value }))) {
    const message = `PAT ${authorizationId} was revoked by somebody else right after it had become current again`
    throw new PatrolError('cannot-roll-back', message, {
      remedy: `The next run makes a new PAT; or make it now: patrol rotate ${token.name}`,
    })
  }
  return predecessor
}

/** @throws PatrolError `cannot-roll-back` when the PAT is no longer fit, the store no longer gives the value, or nobody lets it in */
async function proven(
  turn: Turn,
  facts: Facts,
  authorizationId: string,
): Promise<{ readonly predecessor: Predecessor; readonly value: Secret }> {
  const predecessor = predecessorOf(turn.token, facts, turn.world.clock.now(), authorizationId)
  if ('code' in predecessor) throw refusalError(predecessor, turn.token.name)
  const { version, pat } = predecessor
  const stored = await turn.store.readVersion(turn.place.secretName, version)
  if (stored === undefined) {
    throw new PatrolError('cannot-roll-back', `the store no longer hands out the value of PAT ${pat.authorizationId}`)
  }
  try {
    await verify(turn, { pat, value: stored.value })
  } catch (thrown) {
    const failure = asPatrolError(thrown)
    if (failure.code !== 'verification-failed') throw failure
    throw new PatrolError('cannot-roll-back', failure.message)
  }
  return { predecessor, value: stored.value }
}

/** The generation stands in no display name: it tells this version from the one in which the PAT stood before. */
async function describe(turn: Turn, facts: Facts, predecessor: Predecessor, wanted: Hold): Promise<Metadata> {
  const { random, clock } = turn.world
  const generation = installationOf(await turn.store.prepare(), turn.place.secretName) + random.characters(randomLength)
  const made = { generation, writtenAt: clock.now() }
  // Somebody may have placed a longer one meanwhile.
  const tooLong = outlasting(turn.token, facts, predecessor.pat, clock.now())
  if (tooLong !== undefined) throw refusalError(tooLong, turn.token.name)
  const inForce = holdInForce(facts, clock.now())
  const hold = inForce !== undefined && inForce.until > wanted.until ? { ...wanted, until: inForce.until } : wanted
  return withHold(metadataOfRollback(turn.token, facts, predecessor, made), hold)
}

/**
 * A hold that turned out to be for nothing would keep the token from being rotated. One that stood before stays, and so does
 * one that somebody else placed meanwhile.
 */
async function letGo(world: World, token: Kept, before: Facts, placed: Hold): Promise<void> {
  if (holdInForce(before, world.clock.now()) !== undefined) return
  await releaseHold(world, token, placed).catch(() => undefined)
}

/** Whoever finds this can see what is current, and begin again. */
export function movedOn(token: Token): PatrolError {
  return new PatrolError('moved-on', `another instance stored a new value of ${token.name} meanwhile`, {
    remedy: `See what is current with \`patrol explain ${token.name}\`, and run again. Until the hold ends nothing is revoked.`,
  })
}
