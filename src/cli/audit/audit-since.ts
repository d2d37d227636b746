import type { Audit } from '../../app/audit/audit.ts'
import { compareAudits } from '../../core/audit/comparison.ts'
import { PatrolError } from '../../core/errors.ts'
import { type Since, toldPat } from './audit-report.ts'
import type { EarlierAudit } from './earlier-audit.ts'

/**
 * Compares with an earlier audit.
 *
 * @throws PatrolError `usage` when one was of everybody and the other was not: half of it would look new, or gone
 */
export function sinceThen(earlier: EarlierAudit, audit: Audit): Since {
  if (earlier.scope !== audit.scope) {
    const [was, is] = [earlier, audit].map(({ scope }) => (scope === 'everybody' ? 'of everybody' : 'of own accounts'))
    throw new PatrolError('usage', `the earlier audit was ${was}, and this one is ${is}`, {
      remedy: 'Compare audits of one kind: with --organization-wide, or both without.',
    })
  }
  const comparison = compareAudits(earlier, { pats: audit.pats.map(toldPat), findings: audit.findings })
  const fresh = new Set(comparison.newFindings.map(({ fingerprint }) => fingerprint))
  return { auditedAt: earlier.auditedAt, comparison, isNew: ({ fingerprint }) => fresh.has(fingerprint) }
}

/** Why some of what looks new or gone may not be. */
export function limitsOfComparison(earlier: EarlierAudit, audit: Audit): readonly string[] {
  const only = (some: readonly string[], others: readonly string[]): string =>
    some.filter((one) => !others.some((other) => other.toLowerCase() === one.toLowerCase())).join(', ')
  const fresh = only(audit.organizations, earlier.organizations)
  const left = only(earlier.organizations, audit.organizations)
  return [
    ...(earlier.complete ? [] : ['the earlier audit was not complete: what it did not see looks new']),
    ...(audit.problems.length === 0 ? [] : ['this audit is not complete: what it did not see looks gone']),
    ...(fresh === '' ? [] : [`the earlier audit did not look into ${fresh}: all PATs there look new`]),
    ...(left === '' ? [] : [`this audit did not look into ${left}: all PATs there look gone`]),
  ]
}
