import {
  type ClockReading,
  clockReading,
  judgeSkew,
  notableSkew,
  type Skew,
  staleReadings,
  withReading,
} from '../../src/core/skew.ts'
import { duration, type Instant, instant } from '../../src/core/time.ts'

/** What a process has to tell time by. */
export interface TimeSources {
  /** The services' time. */
  readonly truth: () => Instant
  /** Milliseconds that never go back. */
  readonly monotonic: () => number
  /** By how many milliseconds the computer's clock is ahead of the services' now; it may be set at any moment. */
  readonly ahead: () => number
  /** What no answer can show: the corrected time is off by so many milliseconds. */
  readonly error: number
}

/** Below this the two sources differ for no reason that matters. */
const noise = 20

/** The clock of one process, which knows a wall clock that may be wrong or be set, and the dates of answers. */
export class SimulatedClock {
  readonly #sources: TimeSources
  #readings: readonly ClockReading[] = []
  #last: { readonly wall: number; readonly monotonic: number }
  #elapsed: number
  /** How often the wall clock was set while the process lived, as far as it noticed. */
  steps = 0

  constructor(sources: TimeSources) {
    this.#sources = sources
    this.#last = this.#look()
    this.#elapsed = sources.monotonic()
  }

  now(): Instant {
    this.#advance()
    const skew = judgeSkew(this.#readings)
    return instant(this.#last.wall + (skew.kind === 'corrected' ? skew.offset : 0) + this.#sources.error)
  }

  elapsed(): number {
    this.#advance()
    return this.#elapsed
  }

  skew(): Skew {
    this.#advance()
    return judgeSkew(this.#readings)
  }

  /**
   * An answer came just now.
   *
   * @param date the service's time when it answered; headers have whole seconds
   * @param took milliseconds from sending to the answer
   */
  answered(service: string, date: Instant, took: number): void {
    this.#advance()
    const header = Math.floor(date / 1_000) * 1_000
    this.#readings = withReading(this.#readings, clockReading(service, header, this.#last.wall, duration(took)))
  }

  #look(): { readonly wall: number; readonly monotonic: number } {
    return { wall: this.#sources.truth() + this.#sources.ahead(), monotonic: this.#sources.monotonic() }
  }

  /** A wall clock that was set forward looks like a computer that slept: time has passed. */
  #advance(): void {
    const now = this.#look()
    const byMonotonic = now.monotonic - this.#last.monotonic
    const byWall = now.wall - this.#last.wall
    const jump = byWall - byMonotonic
    this.#last = now
    this.#elapsed += jump > noise ? byWall : byMonotonic
    if (Math.abs(jump) > noise) this.steps += 1
    if (Math.abs(jump) > notableSkew) this.#readings = staleReadings(this.#readings)
  }
}
