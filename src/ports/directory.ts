/** A user of an organization. */
export interface Member {
  /** What the services call the user; opaque, and safe to keep. */
  readonly descriptor: string
  /** The user name (UPN), lower-cased; the mail address of a personal account. */
  readonly user: string
  /** Whether Microsoft Entra still has the user. */
  readonly state: 'unknown' | 'deleted'
}

/** A part of the list of members. */
export interface MemberPage {
  readonly members: readonly Member[]
  /** What gives the following page; undefined on the last one. Opaque, no secret, and valid for a while only. */
  readonly next: string | undefined
}

/**
 * Who is in an organization. Reading repeats itself after passing faults and rejects with a PatrolError: `access-denied`
 * when the account may not see that, and `invalid-request` also for a `next` that the service does not know any more.
 */
export interface Directory {
  /**
   * The users of an organization, page by page, asked for as they are consumed. Service identities are not among them:
   * they cannot have PATs. Somebody who joins or leaves meanwhile may be missing, or come twice.
   *
   * @param from a `next` of an earlier call; everybody, when undefined
   */
  members(organization: string, from?: string): AsyncIterable<MemberPage>
  /** Whether the organization lets this member in. A request for each: for those of whom it matters. */
  isActive(organization: string, descriptor: string): Promise<boolean>
}
