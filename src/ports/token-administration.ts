import type { Pat } from '../core/pat.ts'

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
}
