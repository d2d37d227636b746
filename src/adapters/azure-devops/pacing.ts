import { PatrolError } from '../../core/errors.ts'
import { type Duration, duration, formatDuration, minute, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import { type HttpAnswer, retryAfterOf } from '../http/answer.ts'

/** Whoever is asked to wait longer than this fails and says so, in place of looking as if it hung. */
export const longestWait: Duration = times(5, minute)

/**
 * When the next request may go to a host, shared by all who send there for one account. The service asks for a wait by
 * `Retry-After`, also on an answer that succeeded: that delays the next request, whosever it is.
 * https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
 */
export class Pacing {
  readonly #clock: Clock
  readonly #stopping: () => boolean
  /** On the scale of `Clock.elapsed()`. */
  readonly #notBefore = new Map<string, number>()

  constructor(clock: Clock, stopping: () => boolean) {
    this.#clock = clock
    this.#stopping = stopping
  }

  note(host: string, answer: HttpAnswer): void {
    const wait = retryAfterOf(answer)
    if (wait === undefined) return
    this.#notBefore.set(host, Math.max(this.#notBefore.get(host) ?? 0, this.#clock.elapsed() + wait))
  }

  /** How long the host still asks us to wait. */
  pending(host: string): Duration {
    return duration(Math.max(0, (this.#notBefore.get(host) ?? 0) - this.#clock.elapsed()))
  }

  /**
   * Resolves when a request may go to the host.
   *
   * @param sendBy when it is too late, on the scale of `Clock.elapsed()`
   * @throws PatrolError `throttled` when that would be too late or too long a wait, `interrupted` when told to stop
   */
  async admit(host: string, sendBy: number): Promise<void> {
    for (let wait = this.pending(host); wait > 0; wait = this.pending(host)) {
      if (wait > longestWait || this.#clock.elapsed() + wait > sendBy) {
        const message = `${host} asks to wait for ${formatDuration(wait)} before the next request`
        throw new PatrolError('throttled', message, { retryAfter: wait })
      }
      await this.#clock.sleep(wait)
      if (this.#stopping()) throw new PatrolError('interrupted', `told to stop while ${host} asked to wait`)
    }
  }
}
