import type { Duration, Instant } from '../core/time.ts'

/** Time, as everything above the adapters sees it. */
export interface Clock {
  /** The services' time: ours, corrected by what the `Date` header of their answers showed. */
  now(): Instant
  /** Milliseconds on a scale that never goes back and goes on while the computer sleeps. */
  elapsed(): number
  /** Resolves after the given time, or at once when the program was told to stop. */
  sleep(length: Duration): Promise<void>
  /** How the services' clocks compare with ours, as far as answers have come. */
  skew(): Skew
}

/** `offset` is what must be added to our clock to get the services'. */
export type Skew =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'corrected'; readonly offset: Duration }
  | { readonly kind: 'unreliable'; readonly message: string }
