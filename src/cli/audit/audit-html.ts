import { createHash } from 'node:crypto'
import { findingKinds, type FindingName } from '../../core/audit/finding-kind.ts'
import type { Finding } from '../../core/audit/findings.ts'
import type { Instant } from '../../core/time.ts'
import { count } from '../terminal.ts'
import { dateText } from '../time-text.ts'
import { lastDay } from './audit-json.ts'
import { type AuditReport, byKind, caretakerOf, type Since, tallyOf, worstFirst } from './audit-report.ts'
import { placesText, summaryText } from './audit-text.ts'
import { monthsOf, timelineSvg } from './expiry-timeline.ts'
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
  for (const [name, findings] of byKind(shown.filter(({ waiver }) => waiver === undefined))) {
    yield kindHtml(name, findings, since)
  }
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
  const { problems, limits, idleWaivers } = audit
  if (problems.length + limits.length + idleWaivers.length === 0) return
  yield '<section aria-labelledby="trouble"><h2 id="trouble">To know first</h2><ul>'
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
  const endings = audit.pats.map(({ pat, care }) => ({ validTo: pat.validTo, isManaged: care.kind === 'token' }))
  const months = monthsOf(endings, audit.auditedAt)
  const rows = months
    .filter(({ managed, unmanaged }) => managed + unmanaged > 0)
    .map(
      ({ name, managed, unmanaged }) =>
        `<tr><th scope="row">${name}</th><td class="number">${managed}</td><td class="number">${unmanaged}</td></tr>`,
    )
  const legend =
    '<p><span class="key" aria-hidden="true"></span>looked after <span class="key hatched" aria-hidden="true"></span>not looked after (hatched)</p>'
  const numbers = tableHtml(
    'PATs by the month of their end',
    ['Month', 'Looked after', 'Not looked after'],
    rows,
    'small',
  )
  return `<section aria-labelledby="timeline"><h2 id="timeline">When they end</h2>${legend}<div class="scroll" tabindex="0" role="group" aria-label="Timeline">${timelineSvg(months)}</div>${numbers}</section>\n`
}

function kindHtml(name: FindingName, findings: readonly Finding[], since: Since | undefined): string {
  const { id, title, remedy, link } = findingKinds[name]
  const severity = findings[0]?.severity ?? 'info'
  const rows = findings.map((finding) => {
    const isNew = since === undefined ? '' : `<td>${since.isNew(finding) ? 'new' : 'known'}</td>`
    return `<tr>${subjectCells(finding)}<td class="wide">${markup(finding.message)}</td>${isNew}</tr>`
  })
  const heads = ['PAT', 'Owner', 'Organizations', 'What was seen', ...(since === undefined ? [] : ['Since then'])]
  const head = `<h3><span class="severity ${severity}">${signs[severity]} ${severity}</span> ${markup(title)} <code>${id}</code></h3>`
  const more = `<p>${prose(remedy)} <a href="${markup(link)}" rel="noreferrer">More at Microsoft<span class="skip"> about ${name}</span></a></p>`
  return `${head}${more}${tableHtml(count(findings.length, 'finding'), heads, rows)}\n`
}

function subjectCells({ displayName, owner, organizations, authorizationId }: Finding): string {
  const pat = `${markup(displayName) || '(no name)'}<br><code class="soft">${markup(authorizationId)}</code>`
  return `<th scope="row">${pat}</th><td>${markup(owner)}</td><td>${markup(organizations.join(' '))}</td>`
}

function waivedHtml(findings: readonly Finding[]): string {
  const rows = findings.flatMap((finding) => {
    const { waiver, name } = finding
    if (waiver === undefined) return []
    return [
      `<tr>${subjectCells(finding)}<td>${name}</td><td>${markup(waiver.reason)}</td><td>${lastDay(waiver.endsAt)}</td></tr>`,
    ]
  })
  if (rows.length === 0) return ''
  const heads = ['PAT', 'Owner', 'Organizations', 'Finding', 'Reason', 'Until']
  return `<h3>Waived</h3>${tableHtml('Findings that are accepted for now', heads, rows)}`
}

function sinceHtml({ auditedAt, comparison }: Since): string {
  const { newPats, gonePats, extended, changed, newFindings, goneFindings } = comparison
  const row = (what: string, name: string, owner: string, detail: string): string =>
    `<tr><td>${what}</td><th scope="row">${markup(name)}</th><td>${markup(owner)}</td><td>${markup(detail)}</td></tr>`
  const rows = [
    ...newPats.map((pat) => row('new', pat.displayName, pat.owner, `ends ${dayText(pat.validTo)}`)),
    ...gonePats.map((pat) => row('gone', pat.displayName, pat.owner, `would have ended ${dayText(pat.validTo)}`)),
    ...extended.map(({ pat, from }) =>
      row('extended', pat.displayName, pat.owner, `from ${dayText(from)} to ${dayText(pat.validTo)}`),
    ),
    ...changed.map(({ pat, what }) => row('changed', pat.displayName, pat.owner, what.join(', '))),
  ]
  const heads = ['What', 'PAT', 'Owner', 'How']
  const shown = tableHtml(`${rows.length} differences`, heads, rows.slice(0, mostRows))
  const rest = rows.length > mostRows ? restHtml(rows.length, 'differences') : ''
  return `<section aria-labelledby="since"><h2 id="since">Since ${dateText(auditedAt)}</h2><p>${count(newFindings.length, 'new finding')}, ${goneFindings.length} gone.</p>${rows.length === 0 ? '<p>No PAT is new, gone, extended or changed.</p>' : shown}${rest}</section>\n`
}

function inventoryHtml({ audit }: AuditReport): string {
  const rows = audit.pats.slice(0, mostRows).map(({ pat, owner, organizations, care }) => {
    const where = pat.allOrganizations ? 'all' : organizations.join(' ')
    const last = caretakerOf(care) ?? (care.kind === 'undeclared' ? 'another Patrol' : '')
    const texts = [owner.user, where, pat.scopes.join(' ')].map((cell) => `<td>${markup(cell)}</td>`).join('')
    const dates = [pat.validFrom, pat.validTo].map((at) => `<td class="date">${dayText(at)}</td>`).join('')
    return `<tr><th scope="row">${markup(pat.displayName) || '(no name)'}</th>${texts}${dates}<td>${markup(last)}</td></tr>`
  })
  const heads = ['PAT', 'Owner', 'Organizations', 'Scopes', 'From', 'Ends', 'Looked after by']
  const rest = audit.pats.length > rows.length ? restHtml(audit.pats.length, 'PATs') : ''
  return `<section aria-labelledby="all"><h2 id="all">All PATs</h2>${tableHtml('The soonest to end first', heads, rows)}${rest}</section>\n`
}

/** A sentence of ours, with commands as code. */
function prose(text: string): string {
  return markup(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

/** A table that can be scrolled by keyboard where it is too wide. */
function tableHtml(caption: string, heads: readonly string[], rows: readonly string[], kind?: 'small'): string {
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join('')
  const table = kind === undefined ? '<table>' : `<table class="${kind}">`
  return `<div class="scroll" tabindex="0" role="group" aria-label="${markup(caption)}">${table}<caption>${markup(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

function restHtml(all: number, what: string): string {
  return `<p>The first ${mostRows} of ${all} ${what}; --format json and csv have them all.</p>`
}

function dayText(at: Instant | undefined): string {
  return at === undefined ? 'unknown' : dateText(at).slice(0, 10)
}
