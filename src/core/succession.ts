import { type Action, commonOf, nothing, type Plan } from './action.ts'
import { type Problem, problem } from './errors.ts'
import { currentMetadata, type Facts, type Succession, type Successor } from './facts.ts'
import { type Gate, revocationGate } from './gate.ts'
import { markOf } from './names.ts'
import type { Pat } from './pat.ts'
import { before, between, day, type Instant, instant, latest, times } from './time.ts'
import type { Token } from './token.ts'

/**
 * From here on no PAT for all organizations works: 1 December 2026, 00:00 UTC.
 * https://devblogs.microsoft.com/devops/retirement-of-global-personal-access-tokens-in-azure-devops/
 */
export const globalPatsEndAt: Instant = instant(1_796_083_200_000)

/** From so long before the end on, a successor that is not in place is told of. */
const warnBefore = times(14, day)

/** When a PAT stops working: one for all organizations with all of its kind, however late it expires. */
export function worksUntil({ validTo, allOrganizations }: Pat): Instant | undefined {
  return allOrganizations && validTo !== undefined && validTo > globalPatsEndAt ? globalPatsEndAt : validTo
}

/** Whole days until PATs for all organizations stop; 0 on the last day, negative afterwards. */
export function daysUntilGlobalPatsEnd(now: Instant): number {
  return Math.floor(between(now, globalPatsEndAt) / day)
}

/**
 * The PATs from before Patrol that a token replaces, together with others: revoked when the gate of every successor is
 * open, as for any superseded PAT. Only the token that answers for such a PAT plans its end; what people should know of
 * it is `successionProblems`, which hangs on no single token.
 */
export function successions(token: Token, facts: Facts, now: Instant): Plan {
  const answeredFor = (facts.successions ?? []).filter((succession) => answering(succession)?.name === token.name)
  const ends = answeredFor.flatMap((succession) => endOf(token, succession, now) ?? [])
  return {
    ...nothing,
    actions: ends.flatMap(({ isOpen, action }) => (isOpen ? [action] : [])),
    scheduled: ends.flatMap(({ isOpen, action }) => (isOpen ? [] : [action])),
  }
}

/**
 * The token that ends the PAT: the first in whose organization it works, for a PAT can be revoked nowhere else. Undefined
 * where it works in none of theirs.
 */
export function answering({ organizations, successors }: Succession): Token | undefined {
  const here = new Set(organizations.map((one) => one.toLowerCase()))
  return successors.find(({ token }) => here.has(token.organization.toLowerCase()))?.token
}

function endOf(
  token: Token,
  succession: Succession,
  now: Instant,
): { readonly isOpen: boolean; readonly action: Action } | undefined {
  const { pat } = succession
  if (pat === undefined || !succession.revoke || isPatrols(pat)) return undefined
  const { authorizationId } = pat
  const revoke = { ...commonOf(token), kind: 'revoke', reason: 'replaced', authorizationId } as const
  const gate = successionGate(succession, now)
  if (gate.kind === 'open') {
    const message = 'revoke the PAT that was replaced: every successor is in place, and the overlap has passed'
    return { isOpen: true, action: { ...revoke, message } }
  }
  const message = `revoke the PAT that was replaced; not yet: ${gate.why}`
  return { isOpen: false, action: { ...revoke, message, ...(gate.until === undefined ? {} : { at: gate.until }) } }
}

/** One with a mark is revoked by the token that it was minted for. */
function isPatrols({ displayName }: Pat): boolean {
  return markOf(displayName) !== undefined
}

/** What each token that hangs on a replaced PAT says of its end: those that replace it, then those that had its value. */
export function successionGates(
  { authorizationId, successors, bystanders }: Succession,
  now: Instant,
): readonly { readonly token: Token; readonly role: 'successor' | 'bystander'; readonly gate: Gate }[] {
  const say = (role: 'successor' | 'bystander') => (one: Successor) => {
    return { token: one.token, role, gate: gateOf(authorizationId, one, now) }
  }
  return [...successors.map(say('successor')), ...bystanders.map(say('bystander'))]
}

/** Open when all those gates are; else what keeps the first closed one, and when the last may open. */
export function successionGate(succession: Succession, now: Instant): Gate {
  const closed = successionGates(succession, now).flatMap(({ token, gate }) =>
    gate.kind === 'closed' ? [{ token, gate }] : [],
  )
  const [first] = closed
  if (first === undefined) return { kind: 'open' }
  const untils = closed.map(({ gate }) => gate.until)
  const until = untils.includes(undefined) ? undefined : latest(now, ...untils.filter((at) => at !== undefined))
  // What has no end in sight is more worth telling than what time alone will open.
  const { token, gate } = closed.find((one) => one.gate.until === undefined) ?? first
  return { kind: 'closed', why: `for ${token.name}, ${gate.why}`, until }
}

function gateOf(authorizationId: string, { token, facts }: Successor, now: Instant): Gate {
  if (facts === undefined) return { kind: 'closed', why: 'it could not be looked at', until: undefined }
  // One that was adopted bears no mark, and is no successor of itself.
  if (handsOut(facts, authorizationId))
    return { kind: 'closed', why: 'its store hands out the value of this very PAT', until: undefined }
  if (token.paused) return { kind: 'closed', why: 'it is paused', until: undefined }
  return revocationGate(token, facts, now)
}

function handsOut(facts: Facts, authorizationId: string): boolean {
  return currentMetadata(facts)?.authorizationId.toLowerCase() === authorizationId.toLowerCase()
}

/**
 * What people should know of a replaced PAT, whether or not the token that answers for it could be looked at. Told in the
 * name of that token, or of the first that replaces the PAT where none answers for it.
 */
export function successionProblems(succession: Succession, now: Instant): readonly Problem[] {
  const { pat, successors } = succession
  const name = (answering(succession) ?? successors[0]?.token)?.name ?? '*'
  if (pat === undefined) return unseen(name, succession, now)
  if (isPatrols(pat)) {
    const message = `PAT ${pat.authorizationId}, which ${name} is to replace, was made by Patrol and is revoked by its own token alone`
    return [problem(name, 'name-conflict', message, 'Remove it from `replaces`.')]
  }
  const gate = successionGate(succession, now)
  return [
    ...stillHandedOut(name, succession),
    ...elsewhere(name, succession),
    ...endsTooEarly(name, pat, gate, now),
    ...unconfirmed(name, succession, gate),
  ]
}

/** Its id alone does not tell whether it is one for all organizations, so that is said only while it may matter. */
function unseen(name: string, { authorizationId, isWhole }: Succession, now: Instant): readonly Problem[] {
  if (isWhole || !endIsNear(now)) return []
  const message = `whether PAT ${authorizationId}, which is to be replaced, still works could not be seen; if it is one for all organizations, it stops ${daysLeft(now)}`
  return [problem(name, 'global-pat-ends', message)]
}

/** Somebody adopted it before it was to be replaced: whoever takes its value from there would be cut off. */
function stillHandedOut(name: string, { authorizationId, successors, bystanders }: Succession): readonly Problem[] {
  return bystanders.flatMap(({ token, facts }) => {
    if (facts === undefined || !handsOut(facts, authorizationId)) return []
    const replacing = successors.map((one) => one.token.name).join(', ')
    const message = `PAT ${authorizationId}, which ${replacing} replace, is the value of ${token.name}, which does not: it is not revoked`
    const remedy = `Give ${token.name} a value of its own (\`patrol rotate ${token.name}\`), name the PAT in \`replaces\` there, too, or remove it from \`replaces\`.`
    return [problem(name, 'replaced-in-use', message, remedy)]
  })
}

/** A PAT of one organization can be revoked in that one alone. */
function elsewhere(name: string, succession: Succession): readonly Problem[] {
  const { authorizationId, organizations, successors, isWhole } = succession
  // A list that could not be read may show it, too.
  if (!isWhole || answering(succession) !== undefined) return []
  const replacing = successors.map(({ token }) => `${token.name} in ${token.organization}`).join(', ')
  const message = `PAT ${authorizationId} works in ${organizations.join(', ')}, and is replaced by ${replacing} alone, so nothing revokes it`
  const remedy = `Name it in an entry of its organization, too, or end it when nobody uses it: \`patrol revoke ${authorizationId}\``
  return [problem(name, 'replaced-elsewhere', message, remedy)]
}

/** A PAT that stops by itself before its successors are in place cuts somebody off. */
function endsTooEarly(name: string, pat: Pat, gate: Gate, now: Instant): readonly Problem[] {
  if (!pat.allOrganizations || gate.kind === 'open' || !endIsNear(now)) return []
  if (gate.until !== undefined && gate.until <= globalPatsEndAt) return []
  // A run tells what it saw before it acted.
  const message = `PAT ${pat.authorizationId} for all organizations stops ${daysLeft(now)}, and its successors were not in place when they were looked at: ${gate.why}`
  return [problem(name, 'global-pat-ends', message)]
}

function endIsNear(now: Instant): boolean {
  return now < globalPatsEndAt && now >= before(globalPatsEndAt, warnBefore)
}

function daysLeft(now: Instant): string {
  const days = daysUntilGlobalPatsEnd(now)
  return days === 0 ? 'today' : days === 1 ? 'in 1 day' : `in ${days} days`
}

/** Without the word of every entry nothing is revoked, and somebody should give it or do it. */
function unconfirmed(name: string, succession: Succession, gate: Gate): readonly Problem[] {
  if (succession.revoke || gate.kind !== 'open' || answering(succession) === undefined) return []
  const message = `every successor of PAT ${succession.authorizationId} is in place; it still works, because not every entry says revokeReplaced: true`
  return [problem(name, 'replaced-still-works', message)]
}
