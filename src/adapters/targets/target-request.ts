import { PatrolError, remedies } from '../../core/errors.ts'
import { type Duration, duration } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { HttpAnswer } from '../http/answer.ts'
import type { HttpRequest } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'

/** What a target that is reached over the network sends with. */
export interface TargetWire {
  readonly send: Transport['send']
  readonly clock: Pick<Clock, 'elapsed'>
}

/** What has no time-out of its own must not hold up a run. */
const readTimeout: Duration = duration(20_000)

/**
 * Sends one request of a target exactly once.
 *
 * @param limits those of the delivery; undefined for what only looks
 * @throws PatrolError `turn-expired` when it is too late to send, `target-unreachable` when no whole answer came
 */
export async function sendToTarget(
  wire: TargetWire,
  request: Omit<HttpRequest, 'timeout' | 'objection'>,
  limits: Limits | undefined,
): Promise<HttpAnswer> {
  try {
    return await wire.send({
      ...request,
      timeout: limits?.timeout ?? readTimeout,
      ...(limits === undefined ? {} : { objection: () => lateness(wire.clock, limits) }),
    })
  } catch (thrown) {
    throw unreached(thrown)
  }
}

/** @throws PatrolError `turn-expired` */
export function assertInTime(clock: Pick<Clock, 'elapsed'>, limits: Limits): void {
  const late = lateness(clock, limits)
  if (late !== undefined) throw late
}

function lateness(clock: Pick<Clock, 'elapsed'>, { sendBy }: Limits): PatrolError | undefined {
  if (clock.elapsed() <= sendBy) return undefined
  return new PatrolError('turn-expired', 'the turn is over; nothing was sent to the target')
}

/** The transport speaks of services; what failed here is a target. */
function unreached(thrown: unknown): unknown {
  if (!(thrown instanceof PatrolError) || thrown.code !== 'service-unavailable') return thrown
  const { message, outcome, cause } = thrown
  const remedy = thrown.remedy === remedies['service-unavailable'] ? remedies['target-unreachable'] : thrown.remedy
  return new PatrolError('target-unreachable', message, { outcome, cause, remedy })
}
