import { findingKinds, type FindingName, type Severity } from '../../core/audit/finding-kind.ts'
import type { Finding } from '../../core/audit/findings.ts'
import type { ToldPat } from '../../core/audit/comparison.ts'
import type { Instant } from '../../core/time.ts'
import type { Io } from '../io.ts'
import { problemsText } from '../plan-text.ts'
import { clean, cleanName, type Colour, count, type Pen } from '../terminal.ts'
import { table } from '../text-table.ts'
import { dateText, whenFitting } from '../time-text.ts'
import { lastDay } from './audit-json.ts'
import { type AuditReport, byKind, type Since, tallyOf, worstFirst } from './audit-report.ts'

const colours: Readonly<Record<Severity, Colour>> = { high: 'red', medium: 'yellow', low: 'cyan', info: 'dim' }

/** So many findings of a kind, and PATs of a change, are shown; documents have them all. */
const mostShown = 15

/** The audit for people: what was looked at, what is wrong, the worst first, with what to do about each kind. */
export function auditText(io: Io, pen: Pen, report: AuditReport): string {
  const { audit, since } = report
  const owners = new Set(audit.pats.map(({ owner }) => owner.user)).size
  const where = clean(placesText(audit))
  const parts = [
    `${count(audit.pats.length, 'active PAT')} of ${count(owners, 'user')}${where}: ${summaryText(audit.findings)}\n`,
    ...byKind(audit.findings.filter(({ waiver }) => waiver === undefined)).map(([name, findings]) =>
      kindText(io, pen, name, findings, since),
    ),
    waivedText(io, pen, audit.findings),
    ...(since === undefined ? [] : [sinceText(io, pen, since, audit.auditedAt)]),
    idleText(io, pen, report),
    ...audit.limits.map((limit) => `\n${pen.colour('yellow', 'note')} ${clean(limit)}\n`),
    problemsText(io, pen, audit.problems),
  ]
  return parts.join('')
}

/** ` in contoso, fabrikam (everybody in contoso)`; empty when nothing could be looked at. */
export function placesText({ organizations, administered }: AuditReport['audit']): string {
  if (organizations.length === 0) return ''
  const everybody = administered.length === 0 ? '' : ` (everybody in ${administered.join(', ')})`
  return ` in ${organizations.join(', ')}${everybody}`
}

/** `3 findings: 1 high, 2 low; 1 waived`. */
export function summaryText(findings: readonly Finding[]): string {
  const tally = tallyOf(findings)
  const open = findings.length - tally.waived
  const each = worstFirst.flatMap((severity) => (tally[severity] === 0 ? [] : [`${tally[severity]} ${severity}`]))
  const waived = tally.waived === 0 ? '' : `${open === 0 ? ', ' : '; '}${tally.waived} waived`
  return open === 0 ? `nothing found${waived}` : `${count(open, 'finding')}: ${each.join(', ')}${waived}`
}

function kindText(io: Io, pen: Pen, name: FindingName, findings: readonly Finding[], since: Since | undefined): string {
  const { id, title, remedy, link } = findingKinds[name]
  const [first] = findings
  const severity = first?.severity ?? 'info'
  const head = `${pen.colour(colours[severity], severity)}  ${pen.colour('bold', title)}  ${pen.colour('dim', `${id} ${name}`)}`
  const some = since !== undefined && findings.some((finding) => since.isNew(finding))
  const rows = findings.slice(0, mostShown).map((finding) => {
    const novelty = some ? [since.isNew(finding) ? pen.colour('green', 'new') : ''] : []
    return [...novelty, ...subjectCells(finding), clean(finding.message)]
  })
  return `\n${head}\n${table(rows, io.columns)}${more(findings.length)}${indented(io, remedy)}  ${pen.colour('dim', link)}\n`
}

function subjectCells({ displayName, owner, organizations }: Finding): readonly string[] {
  return [cleanName(displayName) || '(no name)', clean(owner), clean(organizations.join(' '))]
}

function more(all: number): string {
  return all > mostShown ? `  and ${all - mostShown} more; --json shows them all\n` : ''
}

function indented(io: Io, text: string): string {
  return table([[text]], io.columns)
}

function waivedText(io: Io, pen: Pen, findings: readonly Finding[]): string {
  const waived = findings.filter(({ waiver }) => waiver !== undefined)
  if (waived.length === 0) return ''
  const rows = waived.slice(0, mostShown).map(({ name, displayName, owner, waiver }) => {
    const until = waiver === undefined ? '' : `until ${lastDay(waiver.endsAt)}: ${clean(waiver.reason)}`
    return [name, cleanName(displayName), clean(owner), until]
  })
  return `\n${pen.colour('bold', 'waived')}\n${table(rows, io.columns)}${more(waived.length)}`
}

function idleText(io: Io, pen: Pen, { audit }: AuditReport): string {
  if (audit.idleWaivers.length === 0) return ''
  const rows = audit.idleWaivers.map(({ waiver, why }) => {
    const what = why === 'ended' ? `ended with ${lastDay(waiver.endsAt)}` : 'waives nothing'
    return [waiver.finding, pen.colour('yellow', what), clean(waiver.reason)]
  })
  return `\n${pen.colour('bold', 'waivers to look at')}\n${table(rows, io.columns)}`
}

function sinceText(io: Io, pen: Pen, { auditedAt, comparison }: Since, now: Instant): string {
  const { newPats, gonePats, extended, changed, newFindings, goneFindings } = comparison
  const named = (pats: readonly ToldPat[], what: string, tell: (pat: ToldPat) => string) => rowsOf(pats, what, tell)
  const end = ({ validTo }: ToldPat): string =>
    validTo === undefined ? 'without a known end' : `ends ${whenFitting(io.columns, validTo, now)}`
  const from = new Map(extended.map((one) => [one.pat, one.from]))
  const what = new Map(changed.map((one) => [one.pat, one.what]))
  const rows = [
    ...named(newPats, 'new', end),
    ...named(gonePats, 'gone', ({ validTo }) =>
      validTo === undefined ? '' : `would have ended ${dateText(validTo).slice(0, 10)}`,
    ),
    ...named([...from.keys()], 'extended', (pat) => {
      const old = from.get(pat)
      return `${old === undefined ? '' : `from ${dateText(old).slice(0, 10)}, `}${end(pat)}`
    }),
    ...named([...what.keys()], 'changed', (pat) => (what.get(pat) ?? []).join(', ')),
  ]
  const findings = `${count(newFindings.length, 'new finding')}, ${goneFindings.length} gone`
  const head = pen.colour('bold', `since ${dateText(auditedAt)}`)
  return `\n${head}: ${findings}\n${rows.length === 0 ? '  no PAT is new, gone, extended or changed\n' : table(rows, io.columns)}`
}

function rowsOf(
  pats: readonly ToldPat[],
  what: string,
  tell: (pat: ToldPat) => string,
): readonly (readonly string[])[] {
  const rows = pats.slice(0, mostShown).map((pat) => [what, cleanName(pat.displayName), clean(pat.owner), tell(pat)])
  const rest = pats.length - rows.length
  return rest > 0 ? [...rows, [what, `and ${rest} more`, '', '--json shows them all']] : rows
}
