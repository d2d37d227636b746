import { PatrolError, type Problem, problemOf } from '../core/errors.ts'
import { mostReplacements, replacements, type ReplacementLimit } from '../core/guard.ts'
import { type Action, type ActionKind, type Plan, planToken } from '../core/plan.ts'
import type { Succession } from '../core/facts.ts'
import { successionProblems } from '../core/succession.ts'
import type { World } from '../ports/world.ts'
import { Ceilings } from './ceilings.ts'
import { execute, type Result } from './execute.ts'
import { forEachFair } from './fair-lanes.ts'
import type { Inspections } from './inspections.ts'
import { lanesOf } from './lanes.ts'
import { blindSpots, type Declared, type Observation, observe, observeToken, type Snapshot } from './observe.ts'
import { Owners } from './owners.ts'
import type { Moment } from './pat-lists.ts'
import { factsLast, type Shared, Turn } from './turn.ts'

/** One token's plan, or why there is none. */
export interface Proposal {
  readonly observation: Observation
  readonly plan: Plan
}

/** What a run would do. */
export interface Proposals {
  readonly snapshot: Snapshot
  readonly proposals: readonly Proposal[]
  readonly problems: readonly Problem[]
  /** Why nothing at all may be changed; `apply` stops with it. */
  readonly veto: PatrolError | undefined
}

export interface PlanOptions {
  /** Which tokens the run is about; all, when left out. */
  readonly only?: (name: string) => boolean
  readonly maxReplacements: ReplacementLimit
  /** A person's word that so many replacements are meant. */
  readonly allow?: number
  /** Tokens for which a person asked for a new value. */
  readonly requested?: Pick<ReadonlySet<string>, 'has'>
}

/** Observes and plans. Changes nothing. */
export async function propose(world: World, declared: Declared, options: PlanOptions): Promise<Proposals> {
  const snapshot = await observe(world, declared, options.only)
  const now = world.clock.now()
  const proposals = snapshot.observations.map((observation) => ({
    observation,
    plan: planOf(observation, now, options.requested?.has(observation.token.name) ?? false),
  }))
  const unseen = blindSpots(snapshot).map(({ name, failure }) => problemOf(name, failure))
  const problems = [
    ...snapshot.problems,
    ...unseen,
    ...proposals.flatMap(({ plan }) => plan.problems),
    ...snapshot.successions.flatMap((succession) => successionProblems(succession, now)),
  ]
  const veto = vetoOf(world, proposals, options)
  return { snapshot, proposals, problems: veto === undefined ? problems : [...problems, problemOf('*', veto)], veto }
}

function planOf(observation: Observation, now: Parameters<typeof planToken>[2], requested: boolean): Plan {
  if ('facts' in observation) return planToken(observation.token, observation.facts, now, requested)
  return { actions: [], scheduled: [], problems: [problemOf(observation.token.name, observation.failure)] }
}

function vetoOf(world: World, proposals: readonly Proposal[], options: PlanOptions): PatrolError | undefined {
  const skew = world.clock.skew()
  if (skew.kind === 'unreliable') return new PatrolError('clock-unreliable', skew.message)
  const vanished = replacements(proposals.flatMap(({ plan }) => plan.actions))
  const most = options.allow ?? mostReplacements(options.maxReplacements, proposals.length)
  if (vanished.length <= most) return undefined
  const message = `${vanished.length} of ${proposals.length} tokens vanished or moved, and one run replaces ${most} at most`
  return new PatrolError('too-many-changes', message)
}

export interface ApplyOptions {
  /** What a person was shown and said yes to; undefined when nobody was asked. Then every turn looks anew before it acts. */
  readonly shown?: ReadonlyMap<string, ReadonlySet<ActionKind>>
  readonly requested?: ReadonlySet<string>
}

export interface Report {
  readonly results: readonly Result[]
  readonly problems: readonly Problem[]
}

/**
 * Executes proposals, a turn for each token that has something to do. Tokens are independent: one that fails delays no
 * other. A turn whose facts have aged, or that a person took time to agree to, observes and plans again first.
 *
 * @throws PatrolError the veto of the proposals, before anything was changed
 */
export async function apply(world: World, proposed: Proposals, options: ApplyOptions = {}): Promise<Report> {
  if (proposed.veto !== undefined) throw proposed.veto
  const shared: Shared = { lists: proposed.snapshot.lists, owners: new Owners(world), ceilings: new Ceilings() }
  const turns = new Map<string, readonly Result[]>()
  const problems: Problem[] = [...proposed.problems]
  const busy = proposed.proposals.filter(({ plan }) => plan.actions.length > 0)
  const agreedAt = shared.lists.moment()
  const { inspections } = proposed.snapshot
  const lanes = lanesOf(world, ({ observation }: Proposal) => observation.token)
  await forEachFair(busy, lanes, async (proposal) => {
    const { token } = proposal.observation
    world.reporter.report({ kind: 'turn-began', token: token.name })
    const turn = await takeTurn(world, shared, proposal, { agreedAt, inspections }, options)
    turns.set(token.name, turn.results)
    problems.push(...turn.problems)
    const failure = turn.results.find((result) => result.status === 'failed')?.error
    world.reporter.report({ kind: 'turn-ended', token: token.name, ...(failure === undefined ? {} : { failure }) })
  })
  const results = busy.flatMap(({ observation }) => turns.get(observation.token.name) ?? [])
  const blind = [
    ...proposed.proposals.map(({ observation }) => observation),
    ...blindSpots(proposed.snapshot).map(({ name, failure }) => ({ token: { name }, failure })),
  ]
  const unseen = blind.flatMap((observation) =>
    'failure' in observation ? [{ name: observation.token.name, failure: observation.failure }] : [],
  )
  results.push(...unseen.map(({ name, failure }) => notSeen(name, failure)))
  for (const [first, ...others] of alike(unseen)) {
    const { name: token, failure } = first
    const rest = others.length === 0 ? {} : { alike: others.map(({ name }) => name) }
    world.reporter.report({ kind: 'turn-ended', token, failure, ...rest })
  }
  for (const { token, code, message, remedy } of unattended(proposed)) {
    results.push(notSeen(token, new PatrolError(code, message, { remedy })))
  }
  const settled = new Set(proposed.snapshot.successions.filter((one) => isCaredFor(one, results)).flatMap(toldOf))
  return { results, problems: unique(problems).filter((one) => !settled.has(keyOf(one))) }

  function toldOf(succession: Succession): readonly string[] {
    return successionProblems(succession, world.clock.now())
      .filter(({ code }) => code === 'global-pat-ends')
      .map(keyOf)
  }
}

/**
 * @param known `agreedAt`: where a person said yes; facts that are read anew are later, and shared like those of the plan.
 *   `inspections`: what was seen of copies, which is not looked at twice
 */
async function takeTurn(
  world: World,
  shared: Shared,
  proposal: Proposal,
  { agreedAt, inspections }: { readonly agreedAt: Moment; readonly inspections: Inspections },
  options: ApplyOptions,
): Promise<Report> {
  const { token } = proposal.observation
  if (world.stopping()) return { results: proposal.plan.actions.map(interrupted), problems: [] }
  const requested = options.requested?.has(token.name) ?? false
  const first = new Turn(world, token, shared, 'beganAt' in proposal.observation ? proposal.observation.beganAt : 0)
  const again = options.shown !== undefined || first.isStale()
  const freshness = { since: agreedAt, age: factsLast(token) }
  const observation = again
    ? await observeToken(world, shared.lists, token, freshness, inspections)
    : proposal.observation
  if ('failure' in observation) {
    return { results: [notSeen(token.name, observation.failure)], problems: [] }
  }
  const turn = new Turn(world, token, shared, observation.beganAt)
  const plan = again ? planOf(observation, world.clock.now(), requested) : proposal.plan
  const shown = options.shown?.get(token.name)
  turn.mayMint = shown === undefined || shown.has('mint')
  const allowed = plan.actions.filter((action) => shown === undefined || shown.has(action.kind))
  const results = await execute(turn, observation.facts, { ...plan, actions: allowed })
  const skipped = plan.actions
    .filter((action) => !allowed.includes(action))
    .map((action): Result => {
      const error = new PatrolError('not-shown', `${action.kind} was not part of the plan that was shown`)
      return { token: token.name, kind: action.kind, reason: action.reason, status: 'skipped', error }
    })
  return { results: [...results, ...skipped], problems: turn.problems }
}

function interrupted({ token, kind, reason }: Action): Result {
  const error = new PatrolError('interrupted', 'told to stop before this was begun')
  return { token, kind, reason, status: 'skipped', error }
}

/** Those that failed for the same reason, together. */
function alike<One extends { readonly failure: PatrolError }>(all: readonly One[]): readonly [One, ...One[]][] {
  const groups = Map.groupBy(all, ({ failure: { code, message } }) => `${code}\n${message}`)
  return [...groups.values()].flatMap(([first, ...others]) => (first === undefined ? [] : [[first, ...others]]))
}

function notSeen(token: string, failure: PatrolError): Result {
  return { token, kind: 'observe', status: 'failed', step: 'observe', error: failure }
}

/** Tokens that nothing can be done for, and PATs that no rule can make a token of: nobody looks after them. */
export function unattended(proposed: Proposals): readonly Problem[] {
  return [
    ...proposed.snapshot.problems,
    ...proposed.proposals.flatMap(({ plan }) => (plan.blocked === undefined ? [] : [plan.blocked])),
  ]
}

/** Whether this very run made a successor, and failed with none: what was said of their lack is over. */
function isCaredFor({ successors }: Succession, results: readonly Result[]): boolean {
  const names = new Set(successors.map(({ token }) => token.name))
  const own = results.filter(({ token }) => names.has(token))
  const isMinted = own.some(({ kind, status }) => kind === 'mint' && status === 'done')
  return isMinted && own.every(({ status }) => status === 'done')
}

function unique(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((one) => [keyOf(one), one])).values()]
}

function keyOf({ token, code, message }: Problem): string {
  return `${token}\n${code}\n${message}`
}
