import type { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'
import type { Limits } from './limits.ts'

/** What a target is given. */
export interface Consignment {
  readonly token: string
  readonly organization: string
  readonly generation: string
  readonly value: Secret
  readonly validTo: Instant
}

/** A place that gets a copy of each new value. It is never read back as truth. */
export interface Target {
  /** Unique in the configuration; it names the record of deliveries in the store's metadata. */
  readonly name: string
  /**
   * Puts the value there and resolves when the target has taken it for certain. Doing it twice is harmless. Rejects
   * with a PatrolError; when the outcome is unknown, the delivery counts as failed and is repeated.
   */
  deliver(consignment: Consignment, limits: Limits): Promise<void>
}
