import { isReceipt } from './copy.ts'
import { type Instant, instant, second } from './time.ts'
import { tagNumber } from './tag-number.ts'

/** What a target was told, as it stands in the metadata of the version that it was given. */
export interface Delivery {
  readonly target: string
  /** When the last successful delivery ended. */
  readonly deliveredAt: Instant | undefined
  /** When that delivery began; the gate of a revocation asks for it. */
  readonly beganAt: Instant | undefined
  /** Failures since the last success. */
  readonly failures: number
  /** Not tried again before this. */
  readonly nextAttemptAt: Instant | undefined
  /** What the target gave for the last delivery, when it succeeded; by it the target knows the copy again. */
  readonly receipt?: string | undefined
}

/**
 * Times of deliveries stand in whole seconds and base 36, because twenty targets must fit. A beginning is rounded down
 * and an end up, so that no gate opens early.
 */
export function encodeDelivery(delivery: Delivery): string {
  const fields = [
    base36(delivery.beganAt, Math.floor),
    base36(delivery.deliveredAt, Math.ceil),
    base36(delivery.nextAttemptAt, Math.ceil),
    delivery.failures === 0 ? '' : delivery.failures.toString(36),
    delivery.receipt ?? '',
  ]
  return [delivery.target, ...fields].join(':').replace(/:+$/, '')
}

function base36(at: Instant | undefined, round: (seconds: number) => number): string {
  return at === undefined ? '' : round(at / second).toString(36)
}

/** Undefined for what `encodeDelivery` did not write. */
export function decodeDelivery(text: string): Delivery | undefined {
  const [target = '', ...fields] = text.split(':')
  // Records of an older Patrol end before it.
  const [receipt = ''] = fields.splice(4, 1)
  const numbers = fields.map((field) => (field === '' ? undefined : tagNumber(field, 36)))
  const unread = fields.some((field, index) => field !== '' && numbers[index] === undefined)
  if (target === '' || fields.length > 4 || unread || (receipt !== '' && !isReceipt(receipt))) return undefined
  const [beganAt, deliveredAt, nextAttemptAt, failures] = numbers
  const at = (seconds: number | undefined): Instant | undefined =>
    seconds === undefined ? undefined : instant(seconds * second)
  return {
    target,
    beganAt: at(beganAt),
    deliveredAt: at(deliveredAt),
    nextAttemptAt: at(nextAttemptAt),
    failures: failures ?? 0,
    ...(receipt === '' ? {} : { receipt }),
  }
}
