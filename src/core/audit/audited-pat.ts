import type { Pat } from '../pat.ts'
import type { Instant } from '../time.ts'
import type { Place } from '../token.ts'

export interface Owner {
  /** The user name (UPN), lower-cased. */
  readonly user: string
  /** `inactive`: the organization does not let the user in. `deleted`: Microsoft Entra has no such user any more. */
  readonly state: 'active' | 'inactive' | 'deleted' | 'unknown'
}

/** Who looks after a PAT. */
export type Care =
  | {
      readonly kind: 'token'
      readonly token: string
      /** `orphan`: it was minted for the token, and its value is lost. */
      readonly role: 'current' | 'superseded' | 'orphan'
      /** Undefined where the token takes the scopes as they are. */
      readonly declared: readonly string[] | undefined
    }
  /** Some Patrol made it, and nothing here declares it. */
  | { readonly kind: 'undeclared' }
  | { readonly kind: 'nobody' }
  /** What would tell could not be read. */
  | { readonly kind: 'unknown' }

/** An active PAT, with what an audit knows of it. */
export interface AuditedPat {
  readonly pat: Pat
  /** Those in whose lists it stands, sorted. A global PAT works in others as well. */
  readonly organizations: readonly string[]
  readonly owner: Owner
  /** The name of the configured account that owns it; undefined for a PAT of somebody else. */
  readonly account: string | undefined
  readonly care: Care
}

/** A PAT that a store hands out and that works no longer. */
export interface DeadReference {
  readonly token: string
  readonly place: Place
  readonly authorizationId: string
  readonly displayName: string
  readonly owner: string
  readonly organization: string
  readonly why: 'expired' | 'not-active'
  readonly validTo: Instant
}

/**
 * One PAT seen in several lists, as one: global ones stand in the list of every organization, and PATs of our own also in
 * those of administrators.
 */
export function merged(seen: Iterable<AuditedPat>): readonly AuditedPat[] {
  const byId = new Map<string, AuditedPat>()
  for (const one of seen) {
    const known = byId.get(one.pat.authorizationId)
    byId.set(one.pat.authorizationId, known === undefined ? one : join(known, one))
  }
  return [...byId.values()]
}

function join(first: AuditedPat, second: AuditedPat): AuditedPat {
  const [own, other] = first.account === undefined && second.account !== undefined ? [second, first] : [first, second]
  const state = own.owner.state === 'unknown' ? other.owner.state : own.owner.state
  return {
    ...own,
    organizations: [...new Set([...own.organizations, ...other.organizations])].sort(),
    owner: { ...own.owner, state },
    care: own.care.kind === 'unknown' && other.account !== undefined ? other.care : own.care,
  }
}
