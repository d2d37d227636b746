import type { Skew } from '../core/skew.ts'
import type { Duration, Instant } from '../core/time.ts'

export type { Skew } from '../core/skew.ts'

/** Time, as everything above the adapters sees it. */
export interface Clock {
  /** The services' time: ours, corrected by what the `Date` header of their answers showed. */
  now(): Instant
  /** Milliseconds on a scale that never goes back and goes on while the computer sleeps. */
  elapsed(): number
  /**
   * Resolves after the given time. When the program was told to stop, or is told meanwhile, it resolves at once;
   * `go-on` waits all the same, for what must still be made safe.
   */
  sleep(length: Duration, whenStopping?: 'wake' | 'go-on'): Promise<void>
  /** How the services' clocks compare with ours, as far as answers have come. */
  skew(): Skew
}
