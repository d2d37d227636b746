import type { Pat } from '../core/pat.ts'
import type { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'
import type { Limits } from './limits.ts'

export interface MintRequest {
  /** With the mark in it. */
  readonly displayName: string
  readonly scopes: readonly string[]
  readonly validTo: Instant
}

export interface Minted {
  readonly pat: Pat
  readonly value: Secret
}

/** The user whom the authority sees behind our sign-in. */
export interface SignedInUser {
  /** The identity's id in the organization, as `Prober` reports owners. */
  readonly id: string
  /** The user name (UPN), lower-cased; undefined when the service did not say. */
  readonly user: string | undefined
}

/**
 * Who mints, extends, lists and revokes the PATs of one account: the PAT lifecycle API.
 *
 * Every method rejects with a PatrolError. Reading methods repeat themselves after passing faults. Mutating ones send
 * exactly one request that can take effect; they may wait and send again only after an answer that says that nothing
 * took place (a 429, or that nobody is signed in), and never after `limits.sendBy`. Their error's `outcome` says whether it may have taken place.
 */
export interface Authority {
  /**
   * All PATs of the account that work in the organization and are neither revoked nor expired, every page of them.
   * Global ones are among them. Lists lag: a PAT that was just minted may be missing, one just revoked may still stand.
   */
  listActive(organization: string): Promise<readonly Pat[]>
  /** The PATs that were revoked and that the service still remembers. */
  listRevoked(organization: string): Promise<readonly Pat[]>
  /** Creates a PAT for this organization alone. `validTo` of the answer is what was granted, and may be earlier than asked. */
  mint(organization: string, request: MintRequest, limits: Limits): Promise<Minted>
  /**
   * Moves `validTo`. The grant may be shorter than asked, or no later than before. `value` is there in the
   * (undocumented) case that the service gave the PAT a new one.
   */
  extend(
    organization: string,
    authorizationId: string,
    validTo: Instant,
    limits: Limits,
  ): Promise<{ readonly pat: Pat; readonly value: Secret | undefined }>
  /** Revokes for ever. Resolves also when it was revoked before or never existed. */
  revoke(organization: string, authorizationId: string, limits: Limits): Promise<void>
  /** Whose PATs these are. */
  signedInUser(organization: string): Promise<SignedInUser>
}
