import type { Duration } from '../core/time.ts'

/**
 * How long a request may take, and how late it may still be sent. Whoever sends a request owes this: right before
 * sending (after any wait for a rate limit, and after a suspension of the computer) it compares `Clock.elapsed()` with
 * `sendBy`, and throws `turn-expired` with outcome `none` in place of sending too late.
 */
export interface Limits {
  /** On the scale of `Clock.elapsed()`, milliseconds. */
  readonly sendBy: number
  /** From sending to the last byte of the answer. When it has passed, the outcome of a mutating request is `unknown`. */
  readonly timeout: Duration
}
