import type { Audit } from '../../app/audit/audit.ts'
import type { Comparison, ToldPat } from '../../core/audit/comparison.ts'
import type { AuditedPat, Care } from '../../core/audit/audited-pat.ts'
import {
  atLeast,
  findingKinds,
  type FindingName,
  findingNames,
  severities,
  type Severity,
} from '../../core/audit/finding-kind.ts'
import type { Finding } from '../../core/audit/findings.ts'
import type { Instant } from '../../core/time.ts'

/** An audit as it is reported, in whatever form. */
export interface AuditReport {
  readonly audit: Audit
  /** From this severity on, findings count as failures. */
  readonly failOn: Severity
  /** How it compares with an earlier one. */
  readonly since: Since | undefined
  /** The configuration that it belongs to, as it was named; undefined when flags said it all. */
  readonly configFile: string | undefined
}

export interface Since {
  readonly auditedAt: Instant
  readonly comparison: Comparison<Finding>
  readonly isNew: (finding: Finding) => boolean
}

/** Findings that count: not waived, bad enough, and with an earlier audit at hand, new. */
export function failuresOf({ audit, failOn, since }: AuditReport): readonly Finding[] {
  return audit.findings.filter((finding) => isFailure(finding, failOn, since))
}

export function isFailure(finding: Finding, failOn: Severity, since: Since | undefined): boolean {
  return finding.waiver === undefined && atLeast(finding.severity, failOn) && (since?.isNew(finding) ?? true)
}

/** The worst first. */
export const worstFirst: readonly Severity[] = severities.toReversed()

/** How many findings there are of each severity; waived ones do not count. */
export function tallyOf(
  findings: readonly Finding[],
): Readonly<Record<Severity, number>> & { readonly waived: number } {
  const tally = { high: 0, medium: 0, low: 0, info: 0, waived: 0 }
  for (const { severity, waiver } of findings) tally[waiver === undefined ? severity : 'waived'] += 1
  return tally
}

/** The findings of each kind that was found, in the order of the worst among them. */
export function byKind(findings: readonly Finding[]): readonly (readonly [FindingName, readonly Finding[]])[] {
  return [...Map.groupBy(findings, ({ name }) => name)]
}

/** What is reported of each kind of finding. */
export function kindsFor(names: Iterable<FindingName>) {
  const wanted = new Set(names)
  return findingNames.flatMap((name) => (wanted.has(name) ? [{ name, ...findingKinds[name] }] : []))
}

/** The token that looks after a PAT. */
export function caretakerOf(care: Care): string | undefined {
  return care.kind === 'token' ? care.token : undefined
}

/** A PAT as audits are compared by. */
export function toldPat({ pat, owner, organizations }: AuditedPat): ToldPat {
  const { authorizationId, displayName, scopes, allOrganizations, validTo } = pat
  return { authorizationId, displayName, owner: owner.user, organizations, scopes, allOrganizations, validTo }
}
