import { currentMetadata, currentPat, type Facts, isOurs, otherPats, type Version } from './facts.ts'
import { holdInForce, holdText } from './hold-in-force.ts'
import type { Delivery, Metadata } from './metadata.ts'
import { markOf } from './names.ts'
import type { Pat } from './pat.ts'
import { currentGrant } from './policy.ts'
import { after, type Instant, latest, minute, second } from './time.ts'
import type { Token } from './token.ts'
import { type Grant, overlapOf } from './window.ts'

/** Clocks and stamps differ a little; every gate opens this much later than the rule says. */
export const slack = minute

/** What an active PAT beside the current one is to its token. */
export type Standing =
  /** It stands in an older version, is named as replaced, or was handed out before its secret moved. */
  | { readonly kind: 'superseded' }
  /** It stands in no version: its value was lost between mint and store. */
  | { readonly kind: 'orphan'; readonly collectAt: Instant }
  /** It bears the token's mark under another display name; whoever renamed the token decides. */
  | { readonly kind: 'stranger' }

/**
 * Sorts the active PATs beside the current one. Without the versions nothing can be told, and the list is empty. One that
 * the configuration says to be replaced is left out, also where the store had its value: it waits for all its successors.
 */
export function standings(token: Token, facts: Facts): readonly { readonly pat: Pat; readonly standing: Standing }[] {
  const { versions } = facts
  if (versions === undefined) return []
  const own = token.replaces?.map(({ authorizationId }) => authorizationId) ?? []
  const replaced = new Set([...own, ...(token.replacedByOthers ?? [])])
  return otherPats(token, facts)
    .filter(({ authorizationId }) => !replaced.has(authorizationId.toLowerCase()))
    .map((pat) => ({ pat, standing: standingOf(token, facts, versions, pat) }))
}

function standingOf(token: Token, facts: Facts, versions: readonly Version[], pat: Pat): Standing {
  const stands = versions.some((version) => metadataOf(version)?.authorizationId === pat.authorizationId)
  const replaced = versions.some((version) => metadataOf(version)?.supersedes.includes(pat.authorizationId))
  if (stands || replaced || currentMetadata(facts)?.supersedes.includes(pat.authorizationId))
    return { kind: 'superseded' }
  if (!isOurs(token, facts, pat) || markOf(pat.displayName)?.base !== token.displayName) return { kind: 'stranger' }
  // A version that cannot be read may hold this very PAT, and one older than every version was handed out before the
  // secret was renamed, moved or deleted. Both wait for the gate like any superseded PAT.
  const unreadable = versions.some(({ reading }) => reading.kind === 'damaged' || reading.kind === 'unsupported')
  const oldest = Math.min(...versions.map((version) => version.createdAt))
  if (unreadable || pat.validFrom < oldest) return { kind: 'superseded' }
  return { kind: 'orphan', collectAt: after(after(pat.validFrom, token.orphanAfter), slack) }
}

function metadataOf(version: Version): Metadata | undefined {
  return version.reading.kind === 'read' ? version.reading.metadata : undefined
}

/** Whether a superseded PAT may be revoked. `until`: when it may be at the earliest, as far as can be told; after now. */
export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed'; readonly why: string; readonly until: Instant | undefined }

/** One thing that must hold before superseded PATs may go, and whether it does. */
export interface GateCondition {
  readonly condition: 'no-hold' | 'successor' | 'delivery' | 'overlap'
  /** Of a delivery. */
  readonly target?: string
  readonly gate: Gate
}

/** The one rule of when superseded PATs may go; plan, apply, status and everything else ask it. */
export function revocationGate(token: Token, facts: Facts, now: Instant): Gate {
  const closed = gateConditions(token, facts, now).flatMap(({ gate }) => (gate.kind === 'closed' ? [gate] : []))
  const [first = open, next] = closed
  if (holdInForce(facts, now) === undefined || first.kind === 'open' || first.until === undefined) return first
  // What stands behind a hold may take longer than it.
  return { ...first, until: latest(first.until, ...(next?.until === undefined ? [] : [next.until])) }
}

const open: Gate = { kind: 'open' }

/** All conditions of the gate, each with its answer; what hangs on a successor is left out while there is none. */
export function gateConditions(token: Token, facts: Facts, now: Instant): readonly GateCondition[] {
  const hold = holdInForce(facts, now)
  const free: GateCondition = {
    condition: 'no-hold',
    gate: hold === undefined ? open : { kind: 'closed', why: holdText(hold), until: hold.until },
  }
  const { current } = facts
  const metadata = currentMetadata(facts)
  if (current === undefined || metadata === undefined || !current.enabled) {
    const why = 'the store hands out no PAT that could take its place'
    return [free, { condition: 'successor', gate: { kind: 'closed', why, until: undefined } }]
  }
  const successor = currentPat(token, facts)
  const grant = currentGrant(token, facts)
  const lives = (successor !== undefined || facts.currentWorks === true) && grant !== undefined && grant.validTo > now
  if (!lives) {
    return [
      free,
      { condition: 'successor', gate: { kind: 'closed', why: 'its successor is not active', until: undefined } },
    ]
  }
  const deliveries = [...required(token, metadata)].map((target) => [target, recordOf(metadata, target)] as const)
  const handed = deliveries.map(([target, record]): GateCondition => {
    return { condition: 'delivery', target, gate: deliveryGate(token, facts, now, { current, grant, target, record }) }
  })
  const delivered = deliveries.flatMap(([, record]) => {
    if (record?.deliveredAt === undefined) return []
    return isSettled(token, current, record)
      ? record.deliveredAt
      : latest(record.deliveredAt, settlesAt(token, current))
  })
  const overlap = (): Gate => {
    // The store's stamp may be in whole seconds, and a reader may have got the old value within that second.
    const handedOver = latest(after(current.createdAt, second), ...delivered)
    const opensAt = after(after(handedOver, overlapOf(token, grant)), slack)
    return opensAt <= now ? { kind: 'open' } : { kind: 'closed', why: 'the overlap has not passed', until: opensAt }
  }
  return [free, { condition: 'successor', gate: open }, ...handed, { condition: 'overlap', gate: overlap() }]
}

/** Whether one target is known to have the current value for good. */
function deliveryGate(
  token: Token,
  facts: Facts,
  now: Instant,
  {
    current,
    grant,
    target,
    record,
  }: {
    readonly current: Version
    readonly grant: Grant
    readonly target: string
    readonly record: Delivery | undefined
  },
): Gate {
  const why = objectionOf(token, facts, target, record)
  if (why !== undefined) return { kind: 'closed', why, until: undefined }
  // Nobody repeats a delivery to a target that the token no longer names; it counts from when it would have been.
  if (record === undefined || !token.targets.includes(target) || isSettled(token, current, record)) return open
  const repeatedAt = latest(settlesAt(token, current), now)
  const until = after(after(repeatedAt, overlapOf(token, grant)), slack)
  return { kind: 'closed', why: `the delivery to ${target} is to be repeated once`, until }
}

/** Why a target is known to lack the current value, or may lack it. */
function objectionOf(token: Token, facts: Facts, target: string, record: Delivery | undefined): string | undefined {
  if (lacks(record)) {
    const named = token.targets.includes(target) ? target : `${target}, which is no longer a target of it,`
    return `${named} does not have its successor yet`
  }
  const copy = facts.copies?.get(target)
  if (copy?.kind === 'overwritten' || copy?.kind === 'gone') return `${target} no longer has its successor`
  if (copy?.kind === 'unseen') return `whether ${target} still has its successor could not be seen`
  return undefined
}

/** Whether a target is not known to have the current value: it never got it, or was tried again since and failed. */
export function lacks(record: Delivery | undefined): boolean {
  return record?.deliveredAt === undefined || record.failures > 0
}

/** Targets in the record count as well as those in the configuration: one removed there may still hold the old value. */
function required(token: Token, metadata: Metadata): ReadonlySet<string> {
  return new Set([...token.targets, ...metadata.deliveries.map((delivery) => delivery.target)])
}

/** What is noted of the deliveries to a target; undefined when it was never tried. */
export function recordOf(metadata: Metadata, target: string): Delivery | undefined {
  return metadata.deliveries.find((delivery) => delivery.target === target)
}

/**
 * Whether a delivery began late enough after its version was stored that no other instance's older write can still land
 * on top of it. That a version is the first of its secret, or the only one by now, is no exception: another instance may
 * have made a first value, too, or have the value of a secret in hand that was purged since, and the store tells of neither.
 */
export function isSettled(token: Token, current: Version, record: Delivery): boolean {
  return record.beganAt !== undefined && record.beganAt >= settlesAt(token, current)
}

/** From when on a delivery of this version is the last word: no turn that began before it was stored can still write. */
export function settlesAt(token: Token, current: Version): Instant {
  return after(after(current.createdAt, token.orphanAfter), second)
}
