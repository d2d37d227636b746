import type { Secret } from '../core/secret.ts'
import type { SignInSession } from '../core/sign-in-life.ts'

/** A sign-in that a person completed, as it is kept between runs. */
export interface SignInEntry extends SignInSession {
  /** The user principal name, in lower case. */
  readonly user: string
  /** The id of the tenant. */
  readonly tenant: string
  readonly clientId: string
  /** The refresh token in the form of whoever redeems it, without any access token. */
  readonly cache: Secret
}

/** Whether an entry may take the place of what stands there; undefined where nobody is signed in. */
export type Permission = (present: SignInEntry | undefined) => boolean

/** What a write came to. */
export interface Written {
  readonly written: boolean
  /** What stood there before, which is what still stands there when nothing was written. */
  readonly before: SignInEntry | undefined
}

/**
 * Where the sign-in of one account is kept between runs, encrypted or by a vault. Several instances may use it at once.
 *
 * Every method rejects with a PatrolError (`store-denied`, `store-unreachable`, `store-locked`, `metadata-unsupported`,
 * `secret-not-managed` …), whose message names the place and never what stands there.
 */
export interface SignInStore {
  /** Where it is, for people: `the secret ci-bot-sign-in in https://…`. */
  readonly place: string
  /** The sign-in that stands there now; undefined when nobody is signed in. */
  read(): Promise<SignInEntry | undefined>
  /**
   * Sign-ins of other sessions than the given one that are still there, the newest first. Two that write at once may
   * leave the better one behind the other; a store that lets nobody write in between has none.
   */
  others(session: string): Promise<readonly SignInEntry[]>
  /**
   * Puts the entry in place, unless what stands there does not permit it. It lasts when this resolves. A store that can
   * look and write in one step does so; one that cannot looks right before it writes, and loses nothing that another
   * instance wrote in between: `others` gives it.
   *
   * Where something stands that is no sign-in, it rejects with `secret-not-managed` and writes nothing.
   */
  write(next: SignInEntry, permits: Permission): Promise<Written>
  /** Takes the sign-in away. @returns false when there was none */
  remove(): Promise<boolean>
}
