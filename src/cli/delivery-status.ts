import { groupOf } from '../core/deliveries.ts'
import type { ErrorCode } from '../core/errors.ts'
import { currentMetadata } from '../core/facts.ts'
import { lacks, recordOf } from '../core/gate.ts'
import { assess, type Reason } from '../core/policy.ts'
import type { Instant } from '../core/time.ts'
import type { TokenStatus } from './json.ts'
import { isoText } from './time-text.ts'

/**
 * How a copy does, in one word. `waiting`: it never got there yet. `overwritten` and `gone`: the target shows so; `unseen`:
 * it gave no answer. `dead`: it got there, and its PAT works no longer. `unknown`: not even the record of the token could be looked at. `delivered` is all that is known of the others.
 */
export type DeliveryState = 'delivered' | 'waiting' | 'failing' | 'overwritten' | 'gone' | 'unseen' | 'dead' | 'unknown'

/** Why the value that was delivered lets nobody in any more. */
const deadly: ReadonlySet<Reason> = new Set(['revoked', 'revoked-outside', 'expired'])

/** The copy of a token's current value in one target. */
export interface DeliveryStatus {
  readonly target: string
  readonly group: number
  readonly state: DeliveryState
  /** False for one that the record knows and the configuration no longer names. */
  readonly isDeclared: boolean
  /** Whether the next run delivers to it. */
  readonly isPlanned: boolean
  /** Of the current value; undefined while it never got there. */
  readonly generation: string | undefined
  readonly deliveredAt: Instant | undefined
  /** Since when it is without what it should have, as far as the record tells. */
  readonly lackingSince: Instant | undefined
  readonly failures: number
  /** Why the last delivery failed, as far as the record tells. */
  readonly failure: ErrorCode | undefined
  readonly nextAttemptAt: Instant | undefined
  readonly message: string | undefined
}

/** Who has the current value of a token: its targets, then those that only the record knows. */
export function deliveriesOf({ token, facts, actions }: TokenStatus): readonly DeliveryStatus[] {
  const metadata = facts && currentMetadata(facts)
  const reason = facts && assess(token, facts, facts.observedAt)?.reason
  const isDead = reason !== undefined && deadly.has(reason)
  const recorded = metadata?.deliveries.map(({ target }) => target) ?? []
  return [...new Set([...token.targets, ...recorded])].map((target) => {
    const record = metadata && recordOf(metadata, target)
    const copy = facts?.copies?.get(target)
    const state = facts === undefined ? 'unknown' : stateOf(record, isDead ? 'dead' : copy?.kind)
    return {
      target,
      group: groupOf(token, target),
      state,
      isDeclared: token.targets.includes(target),
      isPlanned: actions.some((action) => action.kind === 'deliver' && action.target === target),
      generation: record?.deliveredAt === undefined ? undefined : metadata?.generation,
      deliveredAt: record?.deliveredAt,
      lackingSince: lacks(record) ? (record?.deliveredAt ?? facts?.current?.createdAt) : undefined,
      failures: record?.failures ?? 0,
      failure: record?.failure,
      nextAttemptAt: record?.nextAttemptAt,
      message:
        copy?.kind === 'unseen'
          ? copy.failure.message
          : copy !== undefined && 'message' in copy
            ? copy.message
            : undefined,
    }
  })
}

function stateOf(record: ReturnType<typeof recordOf>, copy: string | undefined): Exclude<DeliveryState, 'unknown'> {
  if (record !== undefined && record.failures > 0) return 'failing'
  if (record?.deliveredAt === undefined) return 'waiting'
  return copy === 'dead' || copy === 'overwritten' || copy === 'gone' || copy === 'unseen' ? copy : 'delivered'
}

export function deliveryJson(delivery: DeliveryStatus): Readonly<Record<string, unknown>> {
  const { target, group, state, isDeclared, generation, deliveredAt, lackingSince, failures, nextAttemptAt, message } =
    delivery
  return {
    target,
    group,
    state,
    declared: isDeclared,
    ...(generation === undefined ? {} : { generation }),
    ...(deliveredAt === undefined ? {} : { deliveredAt: isoText(deliveredAt) }),
    ...(lackingSince === undefined ? {} : { lackingSince: isoText(lackingSince) }),
    ...(failures === 0 ? {} : { failures }),
    ...(delivery.failure === undefined ? {} : { code: delivery.failure }),
    ...(nextAttemptAt === undefined ? {} : { nextAttemptAt: isoText(nextAttemptAt) }),
    ...(message === undefined ? {} : { message }),
  }
}
