import {
  type ClockReading,
  clockReading,
  judgeSkew,
  notableSkew,
  type Skew,
  staleReadings,
  withReading,
} from '../core/skew.ts'
import { type Duration, formatDuration, type Instant, instant, minute, times } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { Reporter } from '../ports/reporter.ts'

/** The `Date` header of one answer. */
export interface DateSample {
  /** Host and port. */
  readonly service: string
  readonly date: Instant
  /** From sending the request to the arrival of the headers. */
  readonly took: Duration
}

export interface ServiceClock extends Clock {
  /** Takes the `Date` header of an answer whose headers arrived just now. */
  observe(sample: DateSample): void
}

export interface ClockSources {
  /** Our clock, milliseconds since the epoch: `Date.now`. */
  readonly wall: () => number
  /** Milliseconds that never go back, but may stop while the computer sleeps: `performance.now`. */
  readonly monotonic: () => number
  /** Resolves after `ms` milliseconds, or rejects when `stop` is aborted: `setTimeout` of node:timers/promises does. */
  readonly wait: (ms: number, stop: AbortSignal | undefined) => Promise<unknown>
  /** Aborted when the program was told to stop. */
  readonly stop: AbortSignal
  readonly reporter: Reporter
}

/** Differences between the two sources below this are the rounding of the one and the pauses between two readings. */
const noise = 20

/** A timer takes at most this many milliseconds. */
const longestTimer = 2 ** 31 - 1

/**
 * The services' time and elapsed time from a wall clock and a monotonic one.
 *
 * Linux stops the monotonic clock while the computer sleeps, so `elapsed` follows the wall clock where that went ahead
 * further. A wall clock that was set forward looks the same and ends a turn early, which is the safe side.
 */
export function createServiceClock(sources: ClockSources): ServiceClock {
  let readings: readonly ClockReading[] = []
  let skew: Skew = { kind: 'unknown' }
  let told = false
  let elapsed = 0
  let last = { wall: sources.wall(), monotonic: sources.monotonic() }

  function advance(): void {
    const now = { wall: sources.wall(), monotonic: sources.monotonic() }
    const byWall = now.wall - last.wall
    const byMonotonic = Math.max(0, now.monotonic - last.monotonic)
    last = now
    const jump = byWall - byMonotonic
    elapsed += jump > noise ? byWall : byMonotonic
    if (Math.abs(jump) > notableSkew) judge(staleReadings(readings))
  }

  function judge(next: readonly ClockReading[]): void {
    readings = next
    skew = judgeSkew(readings)
    if (told || skew.kind !== 'corrected' || Math.abs(skew.offset) <= notableSkew) return
    told = true
    const direction = skew.offset > 0 ? 'behind' : 'ahead of'
    const length = formatDuration(times(Math.round(Math.abs(skew.offset) / minute), minute))
    const message = `this computer's clock is ${length} ${direction} the services' clocks; their time is used`
    sources.reporter.report({ kind: 'warning', message })
  }

  return {
    now() {
      advance()
      return instant(last.wall + (skew.kind === 'corrected' ? skew.offset : 0))
    },
    elapsed() {
      advance()
      return elapsed
    },
    async sleep(length, whenStopping = 'wake') {
      const ms = Math.min(Math.max(0, length), longestTimer)
      // The only rejection is that of the stop signal, and then there is nothing more to wait for.
      const stop = whenStopping === 'wake' ? sources.stop : new AbortController().signal
      await sources.wait(ms, stop).catch(() => undefined)
    },
    skew() {
      advance()
      return skew
    },
    observe(sample) {
      advance()
      judge(withReading(readings, clockReading(sample.service, sample.date, last.wall, sample.took)))
    },
  }
}
