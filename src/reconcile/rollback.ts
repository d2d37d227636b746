import { asPatrolError, PatrolError, type Problem, problem } from '../core/errors.ts'
import { currentMetadata, type Facts, generationIn } from '../core/facts.ts'
import { lacks, recordOf } from '../core/gate.ts'
import type { Hold } from '../core/hold.ts'
import { holdInForce } from '../core/hold-in-force.ts'
import { type Metadata, withHold } from '../core/metadata.ts'
import { installationOf, randomLength } from '../core/names.ts'
import {
  metadataOfRollback,
  planRollback,
  type Predecessor,
  predecessorOf,
  type Refusal,
  type RollbackPlan,
  type RollbackWish,
} from '../core/rollback.ts'
import type { Secret } from '../core/secret.ts'
import type { Place, Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { deliver } from './deliver.ts'
import { deliveryResult, type Result } from './execute.ts'
import { placeHold, releaseHold } from './hold.ts'
import { observeToken } from './observe.ts'
import type { PatLists } from './pat-lists.ts'
import type { Proof } from './proof.ts'
import { proveRollback } from './rollback-proof.ts'
import { turnOf } from './revocations.ts'
import type { Report } from './run.ts'
import { writeOnce } from './store-generation.ts'
import type { Turn } from './turn.ts'
import { isLetIn, verify } from './verify.ts'

/** A token of which older values can be had. */
export type Kept = Token & { readonly place: Place }

export interface RollbackReport extends Report {
  readonly proofs: readonly Proof[]
  /** The PAT that is current now, and the one in whose place it was put; undefined when that had been done before. */
  readonly to: string
  readonly from: string | undefined
  readonly hold: Hold | undefined
}

/** What a rollback would do as of now, with the facts it rests on. Changes nothing. */
export interface RollbackSight {
  readonly facts: Facts
  readonly beganAt: number
  readonly plan: RollbackPlan
}

/** @throws PatrolError why the token could not be looked at */
export async function sightRollback(
  world: World,
  lists: PatLists,
  token: Kept,
  wish: RollbackWish,
): Promise<RollbackSight> {
  const { facts, beganAt } = await look(world, lists, token)
  return { facts, beganAt, plan: planRollback(token, facts, world.clock.now(), wish) }
}

/**
 * Makes the predecessor of a token's PAT current again, everywhere: first a hold stands, so that nobody revokes it any more;
 * then its value is tried, stored as a new version, and delivered to every target. Each step may be repeated, so a rollback
 * that died is run again. Nothing is revoked.
 *
 * @param shown the PAT that a person was shown and said yes to; undefined when nobody was asked
 * @returns what was done and what was seen afterwards; a failure on the way is a result
 * @throws PatrolError `cannot-roll-back` and what else speaks against it, before anything was changed; or why the hold could
 *   not be placed
 */
export async function rollBack(
  world: World,
  lists: PatLists,
  token: Kept,
  wish: RollbackWish,
  shown?: string,
): Promise<RollbackReport> {
  const sight = await sightRollback(world, lists, token, wish)
  const { facts, plan } = sight
  if (plan.kind === 'refused') throw refusalError(plan)
  if (world.stopping()) throw new PatrolError('interrupted', 'told to stop before anything was begun')
  const to = plan.kind === 'standing' ? plan.metadata.authorizationId : plan.predecessor.pat.authorizationId
  if (shown !== undefined && shown !== to) {
    throw new PatrolError('not-shown', `PAT ${to} would become current, and not ${shown}, which was shown`)
  }
  const turn = turnOf(world, lists, token, sight.beganAt)
  const from = plan.kind === 'standing' ? undefined : currentMetadata(facts)?.authorizationId
  if (plan.hold !== undefined) await hold(turn, token, facts, plan.hold)
  const results: Result[] = []
  const problems: Problem[] = []
  if (plan.kind === 'possible') {
    const { difference } = plan
    if (difference !== undefined) problems.push(differs(token, to, difference))
    results.push(await attempt(turn, plan.predecessor, () => makeCurrent(world, lists, token, plan, facts)))
  }
  if (results.every(({ status }) => status === 'done')) results.push(...(await deliverWhatLacks(world, lists, token)))
  return {
    results,
    problems: [...problems, ...turn.problems],
    ...(await proveRollback(world, lists, token, to)),
    to,
    from,
  }
}

/** Facts with all versions, also where no run would read them. */
async function look(
  world: World,
  lists: PatLists,
  token: Kept,
): Promise<{ readonly facts: Facts; readonly beganAt: number }> {
  const observation = await observeToken(world, lists, token)
  if ('failure' in observation) throw observation.failure
  const { facts, beganAt } = observation
  if (facts.versions !== undefined) return { facts, beganAt }
  const versions = await turnOf(world, lists, token, beganAt).store.versions(token.place.secretName)
  return { facts: { ...facts, versions }, beganAt }
}

/** As any change, only as the owner and by a clock that can be trusted. A reason that finds no room is left out. */
async function hold(turn: Turn, token: Kept, facts: Facts, wanted: Hold): Promise<void> {
  const metadata = currentMetadata(facts)
  const fitting = (metadata && withHold(metadata, wanted).hold) ?? wanted
  await turn.mutate('record', () => placeHold(turn.world, token, fitting))
}

/**
 * The facts are read anew behind the hold: whoever revokes disables the versions first, so while a version of the older PAT
 * is enabled nobody has begun to revoke it, and behind the hold nobody begins.
 */
async function makeCurrent(
  world: World,
  lists: PatLists,
  token: Kept,
  plan: RollbackPlan & { readonly kind: 'possible' },
  seen: Facts,
): Promise<Predecessor> {
  const { facts, beganAt } = await look(world, lists, token)
  const turn = turnOf(world, lists, token, beganAt)
  const { authorizationId } = plan.predecessor.pat
  if (generationIn(facts.current) !== generationIn(seen.current)) throw movedOn(token)
  const { predecessor, value } = await proven(turn, facts, authorizationId).catch(async (thrown: unknown) => {
    if (asPatrolError(thrown).code === 'cannot-roll-back') await letGo(world, token, seen)
    throw thrown
  })
  if (world.stopping()) throw new PatrolError('interrupted', 'told to stop before the older value was stored')
  const metadata = await describe(turn, facts, predecessor, plan.hold)
  const failure = await writeOnce(turn, value, metadata, async () => {
    if (generationIn(await turn.currentVersion()) !== generationIn(facts.current)) throw movedOn(token)
  })
  if (failure !== undefined) throw failure
  if (generationIn(await turn.currentVersion()) !== metadata.generation) throw movedOn(token)
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
  if ('code' in predecessor) throw refusalError(predecessor)
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
  const inForce = holdInForce(facts, clock.now())
  const hold = inForce !== undefined && inForce.until > wanted.until ? { ...wanted, until: inForce.until } : wanted
  return withHold(metadataOfRollback(turn.token, facts, predecessor, made), hold)
}

/** A hold that turned out to be for nothing would keep the token from being rotated. One that stood before stays. */
async function letGo(world: World, token: Kept, before: Facts): Promise<void> {
  if (holdInForce(before, world.clock.now()) !== undefined) return
  await releaseHold(world, token).catch(() => undefined)
}

/** What the targets have is told by the record of the version that is current now. */
async function deliverWhatLacks(world: World, lists: PatLists, token: Kept): Promise<readonly Result[]> {
  const turn = turnOf(world, lists, token, world.clock.elapsed())
  let id: string | undefined
  try {
    const current = await turn.currentVersion()
    const metadata = current?.reading.kind === 'read' ? current.reading.metadata : undefined
    if (metadata === undefined) throw movedOn(token)
    id = metadata.authorizationId
    const lacking = token.targets.filter((target) => lacks(recordOf(metadata, target)))
    if (world.stopping()) return lacking.map((target) => skipped(token, metadata, target))
    const delivered = await deliver(turn, lacking)
    return delivered.map((one) => deliveryResult(token.name, metadata.authorizationId, one))
  } catch (thrown) {
    const known = id === undefined ? {} : { authorizationId: id }
    const failed = { token: token.name, kind: 'deliver', ...known, status: 'failed', step: 'deliver' } as const
    return [{ ...failed, error: asPatrolError(thrown) }]
  }
}

function skipped({ name }: Token, { authorizationId }: Metadata, target: string): Result {
  const error = new PatrolError('interrupted', 'told to stop before this was begun; the next run delivers')
  return { token: name, kind: 'deliver', authorizationId, target, status: 'skipped', error }
}

async function attempt(turn: Turn, { pat }: Predecessor, work: () => Promise<Predecessor>): Promise<Result> {
  const label = { token: turn.token.name, kind: 'rollback', authorizationId: pat.authorizationId } as const
  try {
    const { pat: current } = await work()
    return { ...label, status: 'done', validTo: current.validTo }
  } catch (thrown) {
    return { ...label, status: 'failed', error: asPatrolError(thrown) }
  }
}

function differs(token: Token, to: string, difference: string): Problem {
  const remedy =
    'The next rotation makes a PAT with the declared scopes. Declare those that are needed before the hold ends.'
  return problem(
    token.name,
    'scopes-changed',
    `PAT ${to}, which is current again, is not as declared: ${difference}`,
    remedy,
  )
}

function movedOn(token: Token): PatrolError {
  return new PatrolError('moved-on', `another instance stored a new value of ${token.name} meanwhile`, {
    remedy: `See what is current with \`patrol explain ${token.name}\`, and run again. Until the hold ends nothing is revoked.`,
  })
}

/** A refusal as what a command ends with. */
export function refusalError({ code, message, remedy }: Refusal): PatrolError {
  return new PatrolError(code, message, remedy === undefined ? {} : { remedy })
}
