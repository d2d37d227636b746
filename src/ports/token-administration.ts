import type { Pat } from '../core/pat.ts'
import type { Secret } from '../core/secret.ts'

/** A PAT with the hash of its value. */
export interface HashedPat {
  readonly pat: Pat
  /** As `hashOf` gives it; undefined where the service tells none. */
  readonly hash: string | undefined
  /** False when it was revoked or has expired. */
  readonly isValid: boolean
}

/** What administrators see of the PATs of others. There is no way to create or to extend one. */
export interface TokenAdministration {
  /**
   * The active PATs of a member that work in the organization, page by page, asked for as they are consumed. What is
   * revoked or expired is left out, so a page may be empty. Somebody who left meanwhile has none.
   *
   * Reading repeats itself after passing faults and rejects with a PatrolError: `access-denied` when the account is no
   * Project Collection Administrator, which then holds for every member.
   *
   * @param descriptor as `Directory` gives it
   */
  patsOf(organization: string, descriptor: string): AsyncIterable<readonly Pat[]>
  /** The same with hashes, and with those that are no longer valid, as far as the service still shows them. */
  hashedPatsOf(organization: string, descriptor: string): AsyncIterable<readonly HashedPat[]>
  /** The hash by which the service knows a value. Nobody is asked, and nobody gets back from it to the value. */
  hashOf(value: Secret): string
}
