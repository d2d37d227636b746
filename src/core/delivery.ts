import { isReceipt } from './copy.ts'
import type { ErrorCode } from './errors.ts'
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
  /** Why the last one failed, where a record has a word for it. */
  readonly failure?: ErrorCode | undefined
  /** Not tried again before this. */
  readonly nextAttemptAt: Instant | undefined
  /** What the target gave for the last delivery, when it succeeded; by it the target knows the copy again. */
  readonly receipt?: string | undefined
}

/** The errors that a record names, by words of at most 10 characters: twenty failing targets must fit. */
const words: ReadonlyMap<ErrorCode, string> = new Map([
  ['target-denied', 'denied'],
  ['target-unreachable', 'no-answer'],
  ['target-not-found', 'not-found'],
  ['delivery-failed', 'refused'],
  ['proof-failed', 'proof'],
  ['throttled', 'throttled'],
  ['turn-expired', 'late'],
  ['service-unavailable', 'outage'],
  ['store-denied', 'vault'],
  ['secret-deleted', 'deleted'],
  ['secret-not-managed', 'not-ours'],
  ['sign-in-invalid-credentials', 'password'],
  ['sign-in-mfa-required', 'factor'],
  ['sign-in-expired', 'expired'],
  ['sign-in-missing', 'signed-out'],
  ['not-signed-in', 'anonymous'],
  ['config-invalid', 'config'],
])
const codes: ReadonlyMap<string, ErrorCode> = new Map([...words].map(([code, word]) => [word, code]))

/** The errors that a record can name. */
export const namedFailures: readonly ErrorCode[] = [...words.keys()]

/**
 * Times of deliveries stand in whole seconds and base 36, because twenty targets must fit. A beginning is rounded down
 * and an end up, so that no gate opens early. The last field is the receipt, and after a failure the word for it.
 */
export function encodeDelivery(delivery: Delivery): string {
  const fields = [
    base36(delivery.beganAt, Math.floor),
    base36(delivery.deliveredAt, Math.ceil),
    base36(delivery.nextAttemptAt, Math.ceil),
    delivery.failures === 0 ? '' : delivery.failures.toString(36),
    lastWord(delivery),
  ]
  return [delivery.target, ...fields].join(':').replace(/:+$/, '')
}

function lastWord({ failures, failure, receipt }: Delivery): string {
  if (failures === 0) return receipt ?? ''
  return (failure === undefined ? undefined : words.get(failure)) ?? ''
}

function base36(at: Instant | undefined, round: (seconds: number) => number): string {
  return at === undefined ? '' : round(at / second).toString(36)
}

/** Undefined for what `encodeDelivery` did not write. */
export function decodeDelivery(text: string): Delivery | undefined {
  const [target = '', ...fields] = text.split(':')
  // Records of an older Patrol end before it.
  const [last = ''] = fields.splice(4, 1)
  const numbers = fields.map((field) => (field === '' ? undefined : tagNumber(field, 36)))
  const unread = fields.some((field, index) => field !== '' && numbers[index] === undefined)
  if (target === '' || fields.length > 4 || unread || (last !== '' && !isReceipt(last))) return undefined
  const [beganAt, deliveredAt, nextAttemptAt, failures] = numbers
  const at = (seconds: number | undefined): Instant | undefined =>
    seconds === undefined ? undefined : instant(seconds * second)
  const told = { target, beganAt: at(beganAt), deliveredAt: at(deliveredAt), nextAttemptAt: at(nextAttemptAt) }
  if (failures === undefined || failures === 0)
    return { ...told, failures: 0, ...(last === '' ? {} : { receipt: last }) }
  // A word that a later Patrol wrote means nothing here.
  const failure = codes.get(last)
  return { ...told, failures, ...(failure === undefined ? {} : { failure }) }
}
