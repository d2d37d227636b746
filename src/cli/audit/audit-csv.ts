import type { AuditedPat } from '../../core/audit/audited-pat.ts'
import { findingKinds } from '../../core/audit/finding-kind.ts'
import type { Finding } from '../../core/audit/findings.ts'
import { visibleLine } from '../../core/visible-text.ts'
import { isoText } from '../time-text.ts'
import { type AuditReport, caretakerOf } from './audit-report.ts'

const columns = [
  'severity',
  'id',
  'finding',
  'message',
  'new',
  'waived',
  'authorizationId',
  'displayName',
  'owner',
  'organizations',
  'scopes',
  'validFrom',
  'validTo',
  'allOrganizations',
  'managedBy',
] as const

type Row = Readonly<Partial<Record<(typeof columns)[number], string>>>

/** A row for each finding, and one for each PAT without any, so that all PATs are there. RFC 4180, with a header. */
export function* auditCsv({ audit, since }: AuditReport): Generator<string> {
  yield lineOf(columns)
  const pats = new Map(audit.pats.map((audited) => [audited.pat.authorizationId, audited]))
  const rows = function* (): Generator<Row> {
    for (const finding of audit.findings) {
      const isNew = since === undefined ? {} : { new: String(since.isNew(finding)) }
      yield { ...patRow(pats.get(finding.authorizationId)), ...findingRow(finding), ...isNew }
    }
    const found = new Set(audit.findings.map(({ authorizationId }) => authorizationId))
    for (const audited of audit.pats) if (!found.has(audited.pat.authorizationId)) yield patRow(audited)
  }
  for (const row of rows()) yield lineOf(columns.map((column) => row[column] ?? ''))
}

function patRow(audited: AuditedPat | undefined): Row {
  if (audited === undefined) return {}
  const { pat, owner, organizations, care } = audited
  return {
    authorizationId: pat.authorizationId,
    displayName: pat.displayName,
    owner: owner.user,
    organizations: organizations.join(' '),
    scopes: pat.scopes.join(' '),
    validFrom: isoText(pat.validFrom),
    validTo: pat.validTo === undefined ? '' : isoText(pat.validTo),
    allOrganizations: String(pat.allOrganizations),
    managedBy: caretakerOf(care) ?? '',
  }
}

function findingRow({ name, severity, message, waiver, ...subject }: Finding): Row {
  return {
    severity,
    id: findingKinds[name].id,
    finding: name,
    message,
    waived: waiver?.reason ?? '',
    authorizationId: subject.authorizationId,
    displayName: subject.displayName,
    owner: subject.owner,
    organizations: subject.organizations.join(' '),
  }
}

function lineOf(cells: readonly string[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`
}

/**
 * Names are chosen by others, and a spreadsheet takes for a formula what begins like one: a quotation mark makes it text.
 * Where the language of the computer makes a spreadsheet part cells at semicolons, one also begins in the middle of a name,
 * whatever quotes are around it. https://owasp.org/www-community/attacks/CSV_Injection
 */
function cellOf(text: string): string {
  const shown = visibleLine(text)
  const plain = (formula.test(shown) ? `'${shown}` : shown).replaceAll(formulaWithin, "$1'")
  return /[",']/.test(plain) || plain.trim() !== plain ? `"${plain.replaceAll('"', '""')}"` : plain
}

const formula = /^\s*[=+\-@＝＋－＠]/u
const formulaWithin = /([;|])(?=[\s"']*[=+\-@＝＋－＠])/gu
