import type { Action, Plan } from './action.ts'
import type { Problem } from './errors.ts'
import { currentPat, type Facts, type Succession } from './facts.ts'
import { type GateCondition, gateConditions, type Standing, standings } from './gate.ts'
import type { Hold } from './hold.ts'
import { holdInForce } from './hold-in-force.ts'
import type { Pat } from './pat.ts'
import { planToken } from './plan.ts'
import { assessments, currentGrant, type Finding, obstacle, type Reason } from './policy.ts'
import { planRollback, replacedByRollback, type RollbackPlan } from './rollback.ts'
import { type State, stateOf } from './state.ts'
import { successionProblems } from './succession.ts'
import type { Instant } from './time.ts'
import type { Token } from './token.ts'
import { dueAt, expiringAt } from './window.ts'

/** Everything that the rules say of one token, and what comes of it. */
export interface Explanation {
  readonly state: State
  /** What keeps all hands off it. */
  readonly obstacle: Problem | undefined
  /** The policy's checks; the first that found something gives the reason. */
  readonly checks: readonly { readonly check: Reason; readonly finding: Finding | undefined }[]
  /** The end of the current PAT, and when its window of renewal and the last half of that begin. */
  readonly times: { readonly dueAt: Instant; readonly expiringAt: Instant; readonly validTo: Instant } | undefined
  readonly hold: Hold | undefined
  /** The active PATs in whose place an older one was put. */
  readonly rolledBackFrom: readonly Pat[]
  /** What a rollback would come to; undefined where it was done, and where no older PAT works. */
  readonly rollback: RollbackPlan | undefined
  /** The conditions of a revocation; empty while no PAT waits for one. */
  readonly gate: readonly GateCondition[]
  /** The active PATs of the token, the current one first, each with what is planned for it. */
  readonly pats: readonly {
    readonly pat: Pat
    readonly standing: Standing['kind'] | 'current'
    readonly action: Action | undefined
  }[]
  /** The PATs that the token replaces. */
  readonly replaced: readonly Succession[]
  readonly plan: Plan
}

/** Asks the very rules that a run follows, and none besides. */
export function explain(token: Token, facts: Facts, now: Instant): Explanation {
  const planned = planToken(token, facts, now)
  const replaced = facts.successions ?? []
  const told = replaced.flatMap((succession) => successionProblems(succession, now))
  const plan = { ...planned, problems: [...planned.problems, ...told] }
  const grant = currentGrant(token, facts)
  const current = currentPat(token, facts)
  const others = standings(token, facts)
  const hasSuperseded = others.some(({ standing }) => standing.kind === 'superseded')
  const rolledBackFrom = replacedByRollback(token, facts)
  const ends = [...plan.actions, ...plan.scheduled].filter(({ kind }) => kind === 'revoke' || kind === 'collect-orphan')
  return {
    state: stateOf(token, facts, now),
    obstacle: obstacle(token, facts),
    checks: assessments(token, facts, now),
    times:
      grant === undefined
        ? undefined
        : { dueAt: dueAt(token.name, token, grant), expiringAt: expiringAt(token, grant), validTo: grant.validTo },
    hold: holdInForce(facts, now),
    rolledBackFrom,
    rollback:
      hasSuperseded && rolledBackFrom.length === 0 ? planRollback(token, facts, now, { reason: '' }) : undefined,
    gate: hasSuperseded ? gateConditions(token, facts, now) : [],
    pats: [
      ...(current === undefined ? [] : [{ pat: current, standing: 'current' as const, action: undefined }]),
      ...others.map(({ pat, standing }) => ({
        pat,
        standing: standing.kind,
        action: ends.find(({ authorizationId }) => authorizationId === pat.authorizationId),
      })),
    ],
    replaced,
    plan,
  }
}
