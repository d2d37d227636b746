import { sameScopes } from '../scopes.ts'
import type { Instant } from '../time.ts'

/** A PAT as an audit tells of it. */
export interface ToldPat {
  readonly authorizationId: string
  readonly displayName: string
  readonly owner: string
  readonly organizations: readonly string[]
  readonly scopes: readonly string[]
  readonly allOrganizations: boolean
  readonly validTo: Instant | undefined
}

/** A finding as an earlier audit tells of it. */
export interface ToldFinding {
  readonly fingerprint: string
  readonly name: string
  readonly displayName: string
  readonly owner: string
}

export interface ToldAudit<Found extends ToldFinding = ToldFinding> {
  readonly pats: readonly ToldPat[]
  readonly findings: readonly Found[]
}

export interface Extension {
  readonly pat: ToldPat
  readonly from: Instant
}

export interface Alteration {
  readonly pat: ToldPat
  /** What is not as it was: `scopes`, `displayName`, `organizations`, `validTo`. */
  readonly what: readonly string[]
}

/** What became of an earlier audit. */
export interface Comparison<Found extends ToldFinding = ToldFinding> {
  readonly newPats: readonly ToldPat[]
  readonly gonePats: readonly ToldPat[]
  /** They end later than they did. */
  readonly extended: readonly Extension[]
  readonly changed: readonly Alteration[]
  readonly newFindings: readonly Found[]
  readonly goneFindings: readonly ToldFinding[]
}

/** Compares two audits by the ids of PATs and the fingerprints of findings. */
export function compareAudits<Found extends ToldFinding>(
  earlier: ToldAudit,
  later: ToldAudit<Found>,
): Comparison<Found> {
  const before = new Map(earlier.pats.map((pat) => [pat.authorizationId, pat]))
  const now = new Set(later.pats.map(({ authorizationId }) => authorizationId))
  const known = new Set(earlier.findings.map(({ fingerprint }) => fingerprint))
  const found = new Set(later.findings.map(({ fingerprint }) => fingerprint))
  const extended: Extension[] = []
  const changed: Alteration[] = []
  for (const pat of later.pats) {
    const old = before.get(pat.authorizationId)
    if (old === undefined) continue
    const isLater = old.validTo !== undefined && pat.validTo !== undefined && pat.validTo > old.validTo
    if (isLater) extended.push({ pat, from: old.validTo })
    const what = differences(old, pat).filter((one) => !(isLater && one === 'validTo'))
    if (what.length > 0) changed.push({ pat, what })
  }
  return {
    newPats: later.pats.filter(({ authorizationId }) => !before.has(authorizationId)),
    gonePats: earlier.pats.filter(({ authorizationId }) => !now.has(authorizationId)),
    extended,
    changed,
    newFindings: later.findings.filter(({ fingerprint }) => !known.has(fingerprint)),
    goneFindings: earlier.findings.filter(({ fingerprint }) => !found.has(fingerprint)),
  }
}

function differences(old: ToldPat, pat: ToldPat): readonly string[] {
  return [
    ...(sameScopes(old.scopes, pat.scopes) ? [] : ['scopes']),
    ...(old.displayName === pat.displayName ? [] : ['displayName']),
    ...(reach(old) === reach(pat) ? [] : ['organizations']),
    ...(old.validTo === pat.validTo ? [] : ['validTo']),
  ]
}

function reach({ allOrganizations, organizations }: ToldPat): string {
  return allOrganizations ? '*' : organizations.join(' ')
}
