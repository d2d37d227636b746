import type { Duration, Instant } from '../../src/core/time.ts'
import type { Skew } from '../../src/ports/clock.ts'
import type { Event } from '../../src/ports/reporter.ts'
import type { Limits } from '../../src/ports/limits.ts'

/** One request of a program to the world. */
export interface Call {
  /** `mint`, `store`, `read:pats` …; with what it is about behind a colon. */
  readonly name: string
  /** Which service it goes to: an organization, `vault`, or a target by its name. */
  readonly to: string
  readonly mutates: boolean
  readonly limits: Limits | undefined
}

/**
 * What stands between one process of the program and the estate: it decides when a request takes place, whether it
 * does, and what comes back. Time, chance and faults of every test live behind this one interface.
 */
export interface Gate {
  pass<Answer>(call: Call, take: () => Answer): Promise<Answer>
  now(): Instant
  elapsed(): number
  sleep(length: Duration, whenStopping: 'wake' | 'go-on'): Promise<void>
  skew(): Skew
  stopping(): boolean
  /** `count` characters of chance. */
  characters(count: number): string
  report(event: Event): void
}
