import type { Condition } from '../core/copy.ts'
import type { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'
import type { Verification } from '../core/token.ts'
import type { Limits } from './limits.ts'

/** Whose copy. Together they tell apart all copies that one target may hold. */
export interface Addressee {
  /** The token's name. */
  readonly token: string
  readonly organization: string
}

/** What a target is given. */
export interface Consignment extends Addressee {
  /** The user who owns the PAT, lower-cased. */
  readonly owner: string
  readonly authorizationId: string
  readonly generation: string
  readonly value: Secret
  readonly validTo: Instant
}

/** A copy that was delivered, as the record of the store tells of it. */
export interface Copy extends Addressee {
  readonly generation: string
  /** What `deliver` gave; undefined when it gave none, or when an older Patrol wrote the record. */
  readonly receipt: string | undefined
  /** When the delivery ended. */
  readonly deliveredAt: Instant
}

/** What became of a copy that was to be removed. `kept`: the target cannot, or what stands there is not ours. */
export type Removal =
  | { readonly kind: 'removed' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'kept'; readonly why: string }

/**
 * A place that gets a copy of each new value. It is never read back as truth: whoever overwrites a copy has it written
 * over again.
 *
 * Every method rejects with a PatrolError: `target-denied`, `target-not-found`, `target-unreachable`, `throttled` … or
 * `delivery-failed` for what none of them says. No error, receipt or message holds the value, or text of others that
 * was not redacted. What a target holds beside our copy (other variables, other lines of a file) stays as it is, also
 * when others change it at the same time.
 */
export interface Target {
  /** Unique in the configuration; it names the record of deliveries in the store's metadata. */
  readonly name: string
  /** How the new PAT must be let in after it was delivered here; undefined when nothing more is asked than the delivery. */
  readonly proof?: Verification | undefined
  /**
   * Puts the value there and resolves when the target has taken it for certain: what can be read back, was. Doing it
   * twice is harmless, and the later of two deliveries stays. Sends nothing that changes anything after `limits.sendBy`.
   * When the outcome is unknown it rejects; the delivery then counts as failed and is repeated.
   *
   * @returns the receipt: a word of the target's own (a revision, a hash of what was written) by which `inspect` knows
   *   the copy again, fit for `isReceipt`; undefined when it needs none. It is seen by everybody who may list the
   *   store's secrets, so it is no value and tells nothing of one.
   */
  deliver(consignment: Consignment, limits: Limits): Promise<string | undefined>
  /**
   * Looks whether a copy is still the one that was delivered. Changes nothing, costs little, and may repeat itself after
   * passing faults. A target that can never tell says `unknowable` without asking anybody; one that can, and gets no
   * answer this time, rejects. What was never put there by us is `overwritten` or `gone`, never `intact`.
   */
  inspect(copy: Copy): Promise<Condition>
  /**
   * Takes a copy away when its token is retired, where that is possible. What is known to be another's is kept.
   * Repeating it is harmless.
   */
  remove(copy: Copy, limits: Limits): Promise<Removal>
  /**
   * Resolves when deliveries can be expected to work, as far as that can be told without writing: the place is there,
   * and we are let in. For a person who sets it up.
   */
  check(): Promise<void>
}
