import { findingKinds, findingNames } from '../../core/audit/finding-kind.ts'
import type { Finding } from '../../core/audit/findings.ts'
import { visibleLine } from '../../core/visible-text.ts'
import { isoText } from '../time-text.ts'
import { type AuditReport, failuresOf, isFailure } from './audit-report.ts'
import { markup } from './markup.ts'

/**
 * The audit as test results, which every pipeline can show: a suite for each kind of finding. What counts fails, what is
 * waived is skipped, and what does not count is told in a test that passes.
 */
export function* auditJunit(report: AuditReport): Generator<string> {
  const { audit } = report
  const found = Map.groupBy(audit.findings, ({ name }) => name)
  const failures = failuresOf(report).length
  const skipped = audit.findings.filter(({ waiver }) => waiver !== undefined).length
  const empty = findingNames.filter((name) => !found.has(name)).length
  const { problems } = audit
  yield '<?xml version="1.0" encoding="UTF-8"?>\n'
  yield `<testsuites name="patrol audit" tests="${audit.findings.length + empty + problems.length}" failures="${failures}" errors="${problems.length}" skipped="${skipped}">\n`
  for (const name of findingNames) {
    const ofKind = found.get(name) ?? []
    const { id, title } = findingKinds[name]
    const failed = ofKind.filter((finding) => isFailure(finding, report.failOn, report.since)).length
    const waived = ofKind.filter(({ waiver }) => waiver !== undefined).length
    yield `  <testsuite name="${id} ${name}" tests="${Math.max(1, ofKind.length)}" failures="${failed}" errors="0" skipped="${waived}" timestamp="${isoText(audit.auditedAt).slice(0, 19)}">\n`
    if (ofKind.length === 0) yield `    <testcase classname="${id}" name="${markup(title)}: none"/>\n`
    for (const finding of ofKind) yield caseOf(finding, report)
    yield '  </testsuite>\n'
  }
  if (problems.length > 0) {
    yield `  <testsuite name="what could not be looked at" tests="${problems.length}" failures="0" errors="${problems.length}" skipped="0">\n`
    for (const { token, code, message, remedy } of problems) {
      yield `    <testcase classname="problems" name="${markup(token)}"><error type="${code}" message="${markup(message)}">${markup(remedy)}</error></testcase>\n`
    }
    yield '  </testsuite>\n'
  }
  yield '</testsuites>\n'
}

function caseOf(finding: Finding, { failOn, since }: AuditReport): string {
  const { id, remedy, link } = findingKinds[finding.name]
  const { displayName, owner, organizations, authorizationId, severity, message, waiver } = finding
  const name = `${visibleLine(displayName)} (${owner}, ${organizations.join(' ')}, ${authorizationId})`
  const open = `    <testcase classname="${id}" name="${markup(name)}">`
  const text = `${severity}: ${message}`
  const inner =
    waiver !== undefined
      ? `<skipped message="${markup(`waived: ${waiver.reason}`)}"/>`
      : isFailure(finding, failOn, since)
        ? `<failure type="${finding.name}" message="${markup(text)}">${markup(`${remedy}\n${link}`)}</failure>`
        : `<system-out>${markup(text)}</system-out>`
  return `${open}${inner}</testcase>\n`
}
