import { asPatrolError, PatrolError, type Problem, problem } from '../core/errors.ts'
import { currentMetadata, type Facts } from '../core/facts.ts'
import { lacks, recordOf } from '../core/gate.ts'
import type { Hold } from '../core/hold.ts'
import { holdOf } from '../core/hold-in-force.ts'
import { type Metadata, withHold } from '../core/metadata.ts'
import { type Predecessor, soonestEnd } from '../core/predecessor.ts'
import type { RollbackWish } from '../core/rollback.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { deliver } from './deliver.ts'
import { deliveryResult, type Result } from './execute.ts'
import { placeHold } from './hold.ts'
import type { PatLists } from './pat-lists.ts'
import type { Proof } from './proof.ts'
import { movedOn, putBack } from './put-back.ts'
import { turnOf } from './revocations.ts'
import { proveRollback } from './rollback-proof.ts'
import { type Kept, refusalError, sightRollback } from './rollback-sight.ts'
import type { Report } from './run.ts'
import type { Turn } from './turn.ts'

export interface RollbackReport extends Report {
  readonly proofs: readonly Proof[]
  /** The PAT that is current now, and the one in whose place it was put; undefined when that had been done before. */
  readonly to: string
  readonly from: string | undefined
  readonly hold: Hold | undefined
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
  if (plan.kind === 'refused') throw refusalError(plan, token.name)
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
    results.push(await attempt(turn, plan.predecessor, () => putBack(world, lists, token, plan, sight)))
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

/**
 * As any change, only as the owner and by a clock that can be trusted. A reason that finds no room is left out. When two
 * people roll back at once, either hold will do.
 */
async function hold(turn: Turn, token: Kept, facts: Facts, wanted: Hold): Promise<void> {
  const { clock } = turn.world
  const metadata = currentMetadata(facts)
  const fitting = (metadata && withHold(metadata, wanted).hold) ?? wanted
  try {
    await turn.mutate('record', () => placeHold(turn.world, token, fitting))
  } catch (thrown) {
    if (asPatrolError(thrown).code !== 'moved-on') throw thrown
    const theirs = holdOf(await turn.currentVersion(), clock.now())
    if (theirs?.stops !== 'replacement' || theirs.until < soonestEnd(token, clock.now())) throw thrown
  }
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
