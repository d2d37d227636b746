import type { Duration } from './time.ts'

/** `renew`: the same value lives longer. `rotate`: a new value, with an overlap. */
export type Method = 'renew' | 'rotate'

/** What the answer of an address must be like. */
export interface Expectation {
  /** Any of these; undefined for all that mean success. */
  readonly statuses: readonly number[] | undefined
  /** Text that must stand in the answer. */
  readonly contains: string | undefined
}

/** A call that lets in whoever has a certain scope. */
export type ScopeProbe = 'git' | 'feeds' | 'work-items'

/**
 * How a new PAT proves itself. `listed` is for scopes that reach no harmless address. In an address, `{organization}`
 * stands for the organization of the token.
 */
export type Verification =
  | { readonly kind: 'connection-data' }
  | { readonly kind: 'scope'; readonly probe: ScopeProbe }
  | { readonly kind: 'url'; readonly url: string; readonly expect?: Expectation }
  | { readonly kind: 'listed' }

/** Where a token's value stands: the store's name in the configuration, and the secret's name in the store. */
export interface Place {
  readonly store: string
  readonly secretName: string
}

/** What named tokens and rules have in common. */
export interface Terms {
  /** The account's name in the configuration. */
  readonly account: string
  /** The account's user name, lower-cased: the owner of the PATs. */
  readonly owner: string
  readonly method: Method
  readonly lifetime: Duration
  /** `lifetime` is the most there is, and whatever is granted is as long as was wanted. */
  readonly asksForMost?: true
  readonly renewBefore: Duration
  readonly overlap: Duration
  readonly orphanAfter: Duration
  readonly turnLimit: Duration
  readonly atCeiling: 'report' | 'rotate'
  readonly verification: Verification
  /** Names of targets that get a copy of each new value, those of earlier groups first. */
  readonly targets: readonly string[]
  /** Targets of a later group wait for those of the earlier ones. One that is not in it is of group 1. */
  readonly groups?: ReadonlyMap<string, number>
  readonly paused: boolean
}

/** A PAT from before Patrol that tokens replace: one for all organizations, or one of too many scopes. */
export interface Replaced {
  /** In lower case. */
  readonly authorizationId: string
  /** All tokens that replace it, this one among them, in the order of their entries. */
  readonly successors: readonly Token[]
  /** The other tokens of its owner that have a secret. One of them may have had its value before it was to be replaced. */
  readonly bystanders: readonly Token[]
  /** Whether the entries of all successors say that it is to be revoked in the end. */
  readonly revoke: boolean
}

/** A managed token: what the configuration declares, or a rule made of a PAT that it covers. */
export interface Token extends Terms {
  /** Unique in a run. */
  readonly name: string
  readonly organization: string
  /** Without the mark. */
  readonly displayName: string
  /** Undefined: those of the PAT that is there now. */
  readonly scopes: readonly string[] | undefined
  /** Undefined for `renew` without a store. */
  readonly place: Place | undefined
  /** The pattern of the rule that made this token. */
  readonly rule: string | undefined
  /** The authorizationId of the unmarked PAT that a rule covers. */
  readonly covers: string | undefined
  /** Absent for most. */
  readonly replaces?: readonly Replaced[]
  /** The ids, in lower case, of PATs that other tokens replace: where this one superseded them, they wait for those. */
  readonly replacedByOthers?: readonly string[]
}

/** A rule: makes a token of every PAT that it covers. */
export interface Rule extends Terms {
  /** A pattern on display names, as `matchesGlob` reads it; it is also the rule's identity in a secret's metadata. */
  readonly match: string
  readonly organizations: readonly string[]
  readonly scopes: readonly string[] | undefined
  readonly store: string | undefined
  /** The secret's name, with `{name}` for the slug of the display name. */
  readonly secretNameTemplate: string
}
