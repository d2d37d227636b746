/** Which organizations an account can reach. */
export interface Reach {
  /**
   * The names of all organizations that the account is a member of, in no particular order. Rejects with a PatrolError:
   * `access-denied` or `not-signed-in` when the sign-in may not ask that.
   */
  organizations(): Promise<readonly string[]>
}
