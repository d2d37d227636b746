import { isReceipt } from '../core/copy.ts'
import { asPatrolError, PatrolError } from '../core/errors.ts'
import type { Version } from '../core/facts.ts'
import { groupOf } from '../core/deliveries.ts'
import { lacks, recordOf } from '../core/gate.ts'
import type { Delivery, Metadata } from '../core/metadata.ts'
import type { Secret } from '../core/secret.ts'
import { after, type Duration, hour, type Instant, minute, shortest, times } from '../core/time.ts'
import type { Limits } from '../ports/limits.ts'
import type { Turn } from './turn.ts'
import { prove } from './verify.ts'

/** Another instance may store a newer generation while we deliver; then that one is delivered, but not for ever. */
const mostRounds = 3

/** What became of one target. */
export interface Delivered {
  readonly target: string
  readonly failure: PatrolError | undefined
  /** It was not tried, because a target of an earlier group failed. */
  readonly isHeldBack: boolean
}

/** The same, with what the record needs to know. */
interface Outcome {
  readonly target: string
  readonly failure: PatrolError | undefined
  readonly beganAt: Instant
  readonly endedAt: Instant
  readonly receipt: string | undefined
}

/**
 * Gives the current value to targets and records it. A target that fails holds up those of later groups and no other; it
 * is tried again in a later run, ever more seldom.
 */
export async function deliver(turn: Turn, targets: readonly string[]): Promise<readonly Delivered[]> {
  if (targets.length === 0) return []
  for (let round = 1; ; round++) {
    const stored = await turn.store.read(turn.place.secretName)
    if (stored === undefined || stored.version.reading.kind !== 'read') {
      throw new PatrolError('moved-on', `the store hands out no value of ${turn.token.name} to deliver`)
    }
    const { metadata } = stored.version.reading
    const outcomes: Outcome[] = []
    const heldBack: Delivered[] = []
    for (const name of targets) {
      const lacking = lackingBefore(turn, name, metadata, outcomes)
      if (lacking !== undefined) {
        const failure = new PatrolError('delivery-failed', `${name} waits until ${lacking} has the value`)
        heldBack.push({ target: name, failure, isHeldBack: true })
        continue
      }
      const beganAt = turn.world.clock.now()
      const taken = await deliverTo(turn, name, metadata, stored.value)
      outcomes.push({ target: name, ...taken, beganAt, endedAt: turn.world.clock.now() })
    }
    if (outcomes.length === 0) return heldBack
    const latest = await turn.currentVersion()
    if (generationIn(latest) === metadata.generation) {
      await record(turn, metadata.generation, outcomes)
      if (generationIn(await turn.currentVersion()) === metadata.generation)
        return [...outcomes.map(deliveredOf), ...heldBack]
    }
    if (round === mostRounds) {
      throw new PatrolError('moved-on', `another instance keeps storing new generations of ${turn.token.name}`)
    }
  }
}

/**
 * A target of an earlier group that lacks the value which one of a later group is about to get for the first time. What
 * was just read counts, and what was done since: another instance may have stored a generation that nobody has yet.
 */
function lackingBefore(
  { token }: Turn,
  target: string,
  metadata: Metadata,
  outcomes: readonly Outcome[],
): string | undefined {
  if (!lacks(recordOf(metadata, target))) return undefined
  return token.targets.find((name) => {
    if (groupOf(token, name) >= groupOf(token, target)) return false
    const outcome = outcomes.find((one) => one.target === name)
    return outcome === undefined ? lacks(recordOf(metadata, name)) : outcome.failure !== undefined
  })
}

function deliveredOf({ target, failure }: Outcome): Delivered {
  return { target, failure, isHeldBack: false }
}

async function deliverTo(
  turn: Turn,
  name: string,
  metadata: Metadata,
  value: Secret,
): Promise<Pick<Outcome, 'failure' | 'receipt'>> {
  const { token } = turn
  try {
    const target = turn.world.targets.get(name)
    if (target === undefined) throw new PatrolError('config-invalid', `there is no target ${name}`)
    const consignment = {
      token: token.name,
      organization: token.organization,
      owner: token.owner,
      authorizationId: metadata.authorizationId,
      generation: metadata.generation,
      value,
      validTo: metadata.validTo,
    }
    const deliverNow = (limits: Limits): Promise<string | undefined> => target.deliver(consignment, limits)
    const receipt = await turn.mutate('deliver', deliverNow, metadata.authorizationId)
    // Written down, it would make the whole record unreadable.
    if (receipt !== undefined && !isReceipt(receipt)) {
      throw new PatrolError('internal', `target ${name} gave a receipt that is none`)
    }
    if (target.proof !== undefined) await prove(turn, target.proof, value, `what ${name} was given`)
    return { failure: undefined, receipt }
  } catch (error) {
    return { failure: ofTarget(name, asPatrolError(error)), receipt: undefined }
  }
}

/** A token has several targets, and a place several tokens: only the name tells which delivery failed. */
function ofTarget(name: string, error: PatrolError): PatrolError {
  const { code, message, remedy, outcome, retryAfter, correlationId, cause } = error
  return new PatrolError(code, `delivering to ${name}: ${message}`, {
    remedy,
    outcome,
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

/** The record is put onto metadata read just before, so that it overwrites nothing that somebody else noted. */
async function record(turn: Turn, generation: string, outcomes: readonly Outcome[]): Promise<void> {
  const stored = await turn.store.read(turn.place.secretName)
  if (stored?.version.id === undefined || stored.version.reading.kind !== 'read') return
  const { metadata } = stored.version.reading
  if (metadata.generation !== generation) return
  const { id } = stored.version
  const told = new Map(outcomes.map((outcome) => [outcome.target, noteOf(recordOf(metadata, outcome.target), outcome)]))
  const untouched = metadata.deliveries.filter((delivery) => !told.has(delivery.target))
  const updated = { ...metadata, deliveries: [...untouched, ...told.values()], writtenAt: turn.world.clock.now() }
  await turn.mutate('record', (limits) => turn.store.updateMetadata(turn.place.secretName, id, updated, limits))
}

function noteOf(previous: Delivery | undefined, outcome: Outcome): Delivery {
  const { target, failure, beganAt, endedAt, receipt } = outcome
  if (failure === undefined) {
    const taken = { target, beganAt, deliveredAt: endedAt, failures: 0, nextAttemptAt: undefined }
    return receipt === undefined ? taken : { ...taken, receipt }
  }
  const failures = (previous?.failures ?? 0) + 1
  return {
    target,
    beganAt: previous?.beganAt,
    deliveredAt: previous?.deliveredAt,
    failures,
    failure: failure.code,
    nextAttemptAt: after(endedAt, backOff(failures)),
  }
}

/** 5 minutes after the first failure, doubled with each further one, at most 12 hours. */
export function backOff(failures: number): Duration {
  return shortest(times(12, hour), times(5 * 2 ** Math.min(failures - 1, 12), minute))
}

function generationIn(version: Version | undefined): string | undefined {
  return version?.reading.kind === 'read' ? version.reading.metadata.generation : undefined
}
