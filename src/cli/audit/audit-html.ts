import { createHash } from 'node:crypto'
import { findingKinds, type FindingName } from '../../core/audit/finding-kind.ts'
import type { Finding } from '../../core/audit/findings.ts'
import type { Instant } from '../../core/time.ts'
import { worksUntil } from '../../core/succession.ts'
import { visibleLine } from '../../core/visible-text.ts'
import { deadlineText } from '../global-pats.ts'
import { count } from '../terminal.ts'
import { dateText } from '../time-text.ts'
import { lastDay } from './audit-json.ts'
import { type AuditReport, byKind, caretakerOf, type Since, tallyOf, worstFirst } from './audit-report.ts'
import { placesText, summaryText } from './audit-text.ts'
import { monthsOf, timelineSvg } from './expiry-timeline.ts'
import { type Column, type Row, smallTableHtml, tableHtml } from './html-table.ts'
import { markup } from './markup.ts'
import { reportStyle } from './report-style.ts'

/** A browser shows no more rows in reasonable time; the other forms have them all. */
const mostRows = 2_000

/** Severities without colours. */
const signs = { high: '▲', medium: '◆', low: '●', info: '○' } as const

/**
 * The audit as one page that needs nothing else: no script, no network (its policy forbids both), readable on paper, by
 * keyboard and by readers of screens.
 */
export function* auditHtml(report: AuditReport): Generator<string> {
  const { audit, since } = report
  const hash = createHash('sha256').update(reportStyle).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`
  const at = dateText(audit.auditedAt)
  yield `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><title>Personal access tokens on ${at}</title><style>${reportStyle}</style></head>\n<body><a class="skip" href="#findings">To the findings</a>\n`
  yield `<header><h1>Personal access tokens</h1><p class="soft">Audit of ${at}${markup(placesText(audit))}</p></header>\n<main>\n`
  yield tallyHtml(report)
  yield* troubleHtml(report)
  yield timelineHtml(report)
  yield `<section aria-labelledby="findings"><h2 id="findings">Findings</h2><p>${markup(summaryText(audit.findings))}</p>\n`
  const shown = audit.findings.slice(0, mostRows)
  const kinds = byKind(shown.filter(isOpen))
  yield indexHtml(byKind(audit.findings.filter(isOpen)), new Set(kinds.map(([name]) => name)))
  for (const [name, findings] of kinds) yield kindHtml(name, findings, since)
  if (shown.length < audit.findings.length) yield restHtml(audit.findings.length, 'findings')
  yield `${waivedHtml(shown)}</section>\n`
  if (since !== undefined) yield sinceHtml(since)
  yield inventoryHtml(report)
  yield '</main>\n<footer><p class="soft">Made by Patrol. It holds no value of any token.</p></footer></body></html>\n'
}

function tallyHtml({ audit }: AuditReport): string {
  const tally = tallyOf(audit.findings)
  const owners = new Set(audit.pats.map(({ owner }) => owner.user)).size
  const cards = [
    `<li><b>${audit.pats.length}</b>active PATs</li>`,
    `<li><b>${owners}</b>users</li>`,
    ...worstFirst.map(
      (severity) => `<li><b class="${severity}">${tally[severity]}</b>${signs[severity]} ${severity}</li>`,
    ),
    `<li><b>${tally.waived}</b>waived</li>`,
  ]
  return `<section aria-label="Summary"><ul class="tally">${cards.join('')}</ul></section>\n`
}

function* troubleHtml({ audit }: AuditReport): Generator<string> {
  const { problems, limits, idleWaivers, pats, auditedAt } = audit
  const global = pats.filter(({ pat }) => pat.allOrganizations).length
  if (problems.length + limits.length + idleWaivers.length + global === 0) return
  yield '<section aria-labelledby="trouble"><h2 id="trouble">To know first</h2><ul>'
  if (global > 0) {
    const what = `${count(global, 'PAT')} for all organizations ${global === 1 ? 'stops' : 'stop'} ${deadlineText(auditedAt)}`
    yield `<li><strong>${what}.</strong> ${prose('`patrol migrate global` proposes what takes the place of those of your accounts.')}</li>`
  }
  for (const limit of limits) yield `<li>${markup(limit)}</li>`
  for (const { token, message, remedy } of problems) {
    yield `<li><strong>Not looked at: ${markup(token)}.</strong> ${markup(message)}. ${prose(remedy)}</li>`
  }
  for (const { waiver, why } of idleWaivers) {
    const what = why === 'ended' ? `ended with ${lastDay(waiver.endsAt)}` : 'waives nothing'
    yield `<li>A waiver of ${waiver.finding} ${what}: ${markup(waiver.reason)}</li>`
  }
  yield '</ul></section>\n'
}

function timelineHtml({ audit }: AuditReport): string {
  const endings = audit.pats.map(({ pat, care }) => ({ endsAt: worksUntil(pat), isManaged: care.kind === 'token' }))
  const months = monthsOf(endings, audit.auditedAt)
  const rows = months
    .filter(({ managed, unmanaged }) => managed + unmanaged > 0)
    .map(({ name, managed, unmanaged }): Row => [name, String(managed), String(unmanaged)])
  const legend =
    '<p><span class="key" aria-hidden="true"></span>looked after <span class="key hatched" aria-hidden="true"></span>not looked after (hatched)</p>'
  const numbers = smallTableHtml(
    'PATs by the month of their end',
    [
      ['Month', 'pat'],
      ['Looked after', 'number'],
      ['Not looked after', 'number'],
    ],
    rows,
  )
  return `<section aria-labelledby="timeline"><h2 id="timeline">When they end</h2>${legend}<div class="scroll" tabindex="0" role="group" aria-label="Timeline">${timelineSvg(months)}</div>${numbers}</section>\n`
}

function isOpen({ waiver }: Finding): boolean {
  return waiver === undefined
}

/** What there is, to go to it as far as the page has room for it. */
function indexHtml(kinds: ReturnType<typeof byKind>, shown: ReadonlySet<FindingName>): string {
  if (kinds.length < 2) return ''
  const rows = kinds.map(([name, findings]): Row => {
    const { id, title } = findingKinds[name]
    const link = shown.has(name) ? `<a href="#${id}">${markup(title)}</a>` : markup(title)
    return [link, severityHtml(findings), String(findings.length)]
  })
  const columns: readonly Column[] = [
    ['Finding', 'pat'],
    ['Severity', 'short'],
    ['How many', 'number'],
  ]
  return `<nav aria-label="Kinds of findings">${smallTableHtml('At a glance, the worst first', columns, rows)}</nav>\n`
}

function severityHtml([first]: readonly Finding[]): string {
  const severity = first?.severity ?? 'info'
  return `<span class="severity ${severity}">${signs[severity]} ${severity}</span>`
}

const subjectColumns: readonly Column[] = [
  ['PAT', 'pat'],
  ['Owner', 'owner'],
  ['Organizations', 'where'],
]

function kindHtml(name: FindingName, findings: readonly Finding[], since: Since | undefined): string {
  const { id, title, remedy, link } = findingKinds[name]
  const rows = findings.map((finding): Row => {
    const isNew = since === undefined ? [] : [since.isNew(finding) ? 'new' : 'known']
    return [...subjectCells(finding), markup(finding.message), ...isNew]
  })
  const columns: readonly Column[] = [
    ...subjectColumns,
    ['What was seen', 'text'],
    ...(since === undefined ? [] : ([['Since then', 'short']] as const)),
  ]
  const head = `<h3 id="${id}">${severityHtml(findings)} ${markup(title)} <code>${id}</code></h3>`
  const more = `<p>${prose(remedy)} <a href="${markup(link)}" rel="noreferrer">More at Microsoft<span class="unseen"> about ${name}</span></a></p>`
  return `${head}${more}${tableHtml(count(findings.length, 'finding'), columns, rows)}\n`
}

function subjectCells({ displayName, owner, organizations, authorizationId }: Finding): Row {
  const pat = `${markup(visibleLine(displayName)) || '(no name)'}<br><code class="soft">${markup(authorizationId)}</code>`
  return [pat, markup(owner), markup(organizations.join(' '))]
}

function waivedHtml(findings: readonly Finding[]): string {
  const rows = findings.flatMap((finding) => {
    const { waiver, name } = finding
    if (waiver === undefined) return []
    return [[...subjectCells(finding), name, markup(waiver.reason), lastDay(waiver.endsAt)]]
  })
  if (rows.length === 0) return ''
  const columns: readonly Column[] = [...subjectColumns, ['Finding', 'short'], ['Reason', 'text'], ['Until', 'date']]
  return `<h3>Waived</h3>${tableHtml('Findings that are accepted for now', columns, rows)}`
}

function sinceHtml({ auditedAt, comparison }: Since): string {
  const { newPats, gonePats, extended, changed, newFindings, goneFindings } = comparison
  const row = (what: string, name: string, owner: string, detail: string): Row => [
    what,
    markup(visibleLine(name)) || '(no name)',
    markup(owner),
    markup(detail),
  ]
  const rows = [
    ...newPats.map((pat) => row('new', pat.displayName, pat.owner, `ends ${dayText(pat.validTo)}`)),
    ...gonePats.map((pat) => row('gone', pat.displayName, pat.owner, `would have ended ${dayText(pat.validTo)}`)),
    ...extended.map(({ pat, from }) =>
      row('extended', pat.displayName, pat.owner, `from ${dayText(from)} to ${dayText(pat.validTo)}`),
    ),
    ...changed.map(({ pat, what }) => row('changed', pat.displayName, pat.owner, what.join(', '))),
  ]
  const columns: readonly Column[] = [
    ['What', 'short'],
    ['PAT', 'pat'],
    ['Owner', 'owner'],
    ['How', 'text'],
  ]
  const shown = tableHtml(count(rows.length, 'difference'), columns, rows.slice(0, mostRows))
  const rest = rows.length > mostRows ? restHtml(rows.length, 'differences') : ''
  return `<section aria-labelledby="since"><h2 id="since">Since ${dateText(auditedAt)}</h2><p>${count(newFindings.length, 'new finding')}, ${goneFindings.length} gone.</p>${rows.length === 0 ? '<p>No PAT is new, gone, extended or changed.</p>' : shown}${rest}</section>\n`
}

const others = { token: '', undeclared: 'another Patrol', nobody: 'nobody', unknown: 'unknown' } as const

function inventoryHtml({ audit }: AuditReport): string {
  const rows = audit.pats.slice(0, mostRows).map(({ pat, owner, organizations, care }): Row => {
    const where = pat.allOrganizations ? 'all' : organizations.join(' ')
    const last = caretakerOf(care) ?? others[care.kind]
    const end = worksUntil(pat)
    const ends = end === pat.validTo ? dayText(end) : `${dayText(end)}<br><span class="soft">as all global</span>`
    return [
      markup(visibleLine(pat.displayName)) || '(no name)',
      markup(owner.user),
      markup(where),
      markup(pat.scopes.join(' ')),
      dayText(pat.validFrom),
      ends,
      markup(last),
    ]
  })
  const columns: readonly Column[] = [
    ['PAT', 'pat'],
    ['Owner', 'owner'],
    ['Organizations', 'where'],
    ['Scopes', 'text'],
    ['From', 'date'],
    ['Ends', 'date'],
    ['Looked after by', 'short'],
  ]
  const rest = audit.pats.length > rows.length ? restHtml(audit.pats.length, 'PATs') : ''
  return `<section aria-labelledby="all"><h2 id="all">All PATs</h2>${tableHtml('The soonest to end first', columns, rows)}${rest}</section>\n`
}

/** A sentence of ours, with commands as code. */
function prose(text: string): string {
  return markup(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

function restHtml(all: number, what: string): string {
  return `<p>The first ${mostRows} of ${all} ${what}; --format json and csv have them all.</p>`
}

function dayText(at: Instant | undefined): string {
  return at === undefined ? 'unknown' : dateText(at).slice(0, 10)
}
