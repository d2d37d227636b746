import { day, type Duration, type Instant, times } from '../time.ts'
import type { FindingName, Severity } from './finding-kind.ts'

/** A finding that is known and accepted for some time. Whatever it names must fit. */
export interface Waiver {
  readonly finding: FindingName
  /** An authorizationId. */
  readonly pat: string | undefined
  /** Patterns as `matchesGlob` reads them; that of the owner is lower-cased. */
  readonly displayName: string | undefined
  readonly owner: string | undefined
  readonly organization: string | undefined
  readonly reason: string
  /** From here on it waives nothing any more. */
  readonly endsAt: Instant
}

/** A policy of a tenant or an organization. */
export type Policy =
  | { readonly kind: 'maximum-lifespan'; readonly longest: Duration }
  | { readonly kind: 'no-global-pats' }
  | { readonly kind: 'no-full-scope-pats' }

/** A policy with how it came to be known. */
export interface SeenPolicy {
  readonly policy: Policy
  /** The account whose PATs it holds for; undefined: everybody's. */
  readonly account: string | undefined
  /** As an end to "… is forbidden". */
  readonly evidence: string
}

export interface AuditRules {
  /** A PAT that works for longer from its creation to its end is `long-lived`. */
  readonly longestLife: Duration
  /** A PAT that nobody looks after and that ends within this time is `expiring-unmanaged`. */
  readonly expiringWithin: Duration
  /** Where they are not those of the kinds. */
  readonly severities: ReadonlyMap<FindingName, Severity | 'off'>
  readonly policies: readonly Policy[]
  readonly waivers: readonly Waiver[]
}

/** What holds when the configuration says nothing. */
export const builtInAuditRules: AuditRules = {
  longestLife: times(90, day),
  expiringWithin: times(14, day),
  severities: new Map(),
  policies: [],
  waivers: [],
}

/** What the service granted for less than was asked for, from the creation of the PAT on. */
export interface GrantedLife {
  readonly account: string
  readonly token: string
  /** The authorizationId of its current PAT. */
  readonly pat: string
  readonly granted: Duration
  readonly asked: Duration
  /** Whether the token still declares more. Of `lifetime: max` whatever is granted is as long as was wanted. */
  readonly isMissed: boolean
}

/** Whether a PAT was granted a day less than was asked for: what the service grants is never quite that. */
export function isCut({ granted, asked }: GrantedLife): boolean {
  return granted + day < asked
}

/**
 * The maximum lifespans that grants show: where a PAT was granted a day less than was asked for, a policy cut it. The
 * longest grant of an account comes nearest to what the policy allows.
 */
export function seenLifespans(grants: readonly GrantedLife[]): readonly SeenPolicy[] {
  const cut = grants.filter(isCut)
  return [...Map.groupBy(cut, ({ account }) => account)].flatMap(([account, ofAccount]) => {
    const longest = ofAccount.toSorted((left, right) => right.granted - left.granted)[0]
    if (longest === undefined) return []
    const evidence = `the service cut the life of token ${longest.token}`
    return [{ policy: { kind: 'maximum-lifespan', longest: longest.granted }, account, evidence } as const]
  })
}
