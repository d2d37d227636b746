import { type Action, commonOf, nothing, type Plan } from './action.ts'
import { type Problem, problem } from './errors.ts'
import { currentMetadata, type Facts, type Successor } from './facts.ts'
import { type Gate, revocationGate } from './gate.ts'
import { markOf } from './names.ts'
import type { Pat } from './pat.ts'
import { indexed } from './pat-index.ts'
import { before, between, day, type Instant, instant, latest, times } from './time.ts'
import type { Replaced, Token } from './token.ts'

/**
 * From here on no PAT for all organizations works: 1 December 2026, 00:00 UTC.
 * https://devblogs.microsoft.com/devops/retirement-of-global-personal-access-tokens-in-azure-devops/
 */
export const globalPatsEndAt: Instant = instant(1_796_083_200_000)

/** From so long before the end on, a successor that is not in place is told of. */
const warnBefore = times(14, day)

/** Whole days until PATs for all organizations stop; 0 on the last day, negative afterwards. */
export function daysUntilGlobalPatsEnd(now: Instant): number {
  return Math.floor(between(now, globalPatsEndAt) / day)
}

/**
 * The PATs from before Patrol that a token replaces, together with others: revoked when the gate of every successor is
 * open, as for any superseded PAT. One token answers for each such PAT, so that it is planned once.
 */
export function successions(token: Token, facts: Facts, now: Instant): Plan {
  const plans = (token.replaces ?? []).map((replaced) => successionOf(token, replaced, facts, now))
  return {
    actions: plans.flatMap((plan) => plan.actions),
    scheduled: plans.flatMap((plan) => plan.scheduled),
    problems: plans.flatMap((plan) => plan.problems),
  }
}

function successionOf(token: Token, replaced: Replaced, facts: Facts, now: Instant): Plan {
  const pat = indexed(facts.pats).byId(replaced.authorizationId)
  if (pat === undefined || replaced.together === undefined) return nothing
  if (markOf(pat.displayName) !== undefined) {
    const message = `PAT ${pat.authorizationId}, which ${token.name} is to replace, was made by Patrol and is revoked by its own token alone`
    return { ...nothing, problems: [problem(token.name, 'name-conflict', message, 'Remove it from `replaces`.')] }
  }
  const gate = jointGate(pat, [{ token, facts }, ...successorsOf(replaced, facts)], now)
  const problems = [...endsTooEarly(token, pat, gate, now), ...unconfirmed(token, replaced, gate)]
  if (!replaced.revoke) return { ...nothing, problems }
  const revoke = {
    ...commonOf(token),
    kind: 'revoke',
    reason: 'replaced',
    authorizationId: pat.authorizationId,
  } as const
  if (gate.kind === 'open') {
    const message = 'revoke the PAT that was replaced: every successor is in place, and the overlap has passed'
    return { ...nothing, actions: [{ ...revoke, message }], problems }
  }
  const message = `revoke the PAT that was replaced; not yet: ${gate.why}`
  const scheduled: Action = { ...revoke, message, ...(gate.until === undefined ? {} : { at: gate.until }) }
  return { ...nothing, scheduled: [scheduled], problems }
}

/** One that was not looked at counts as one that could not be. */
function successorsOf({ authorizationId, together }: Replaced, facts: Facts): readonly Successor[] {
  const seen = facts.successors?.get(authorizationId) ?? []
  return (together ?? []).map(
    (token) => seen.find((one) => one.token.name === token.name) ?? { token, facts: undefined },
  )
}

/** Open when the gates of all successors are; else what keeps the first closed one, and when the last may open. */
function jointGate(pat: Pat, successors: readonly Successor[], now: Instant): Gate {
  const gates = successors.map((successor) => ({ ...successor, gate: gateOf(pat, successor, now) }))
  const closed = gates.flatMap(({ token, gate }) => (gate.kind === 'closed' ? [{ token, gate }] : []))
  const [first] = closed
  if (first === undefined) return { kind: 'open' }
  const untils = closed.map(({ gate }) => gate.until)
  const until = untils.includes(undefined) ? undefined : latest(now, ...untils.filter((at) => at !== undefined))
  // What has no end in sight is more worth telling than what time alone will open.
  const { token, gate } = closed.find((one) => one.gate.until === undefined) ?? first
  return { kind: 'closed', why: `of ${token.name}: ${gate.why}`, until }
}

function gateOf(pat: Pat, { token, facts }: Successor, now: Instant): Gate {
  if (facts === undefined) return { kind: 'closed', why: 'it could not be looked at', until: undefined }
  // One that was adopted bears no mark, and is no successor of itself.
  if (currentMetadata(facts)?.authorizationId === pat.authorizationId)
    return { kind: 'closed', why: 'its store hands out the value of this very PAT', until: undefined }
  if (token.paused) return { kind: 'closed', why: 'it is paused', until: undefined }
  return revocationGate(token, facts, now)
}

/** A PAT that stops by itself before its successors are in place cuts somebody off. */
function endsTooEarly(token: Token, pat: Pat, gate: Gate, now: Instant): readonly Problem[] {
  if (!pat.allOrganizations || gate.kind === 'open' || now >= globalPatsEndAt) return []
  const inTime = gate.until !== undefined && gate.until <= globalPatsEndAt
  if (inTime || now < before(globalPatsEndAt, warnBefore)) return []
  const days = daysUntilGlobalPatsEnd(now)
  const left = days === 0 ? 'today' : days === 1 ? 'in 1 day' : `in ${days} days`
  return [
    problem(
      token.name,
      'global-pat-ends',
      `PAT ${pat.authorizationId} for all organizations stops ${left}; ${gate.why}`,
    ),
  ]
}

/** Without the word of every entry nothing is revoked, and somebody should give it or do it. */
function unconfirmed(token: Token, { authorizationId, revoke }: Replaced, gate: Gate): readonly Problem[] {
  if (revoke || gate.kind !== 'open') return []
  const message = `every successor of PAT ${authorizationId} is in place; it still works, because not every entry says revokeReplaced: true`
  return [problem(token.name, 'replaced-still-works', message)]
}
