import { describe, expect, test } from 'vitest'
import { auditHtml } from '../../src/cli/audit/audit-html.ts'
import { isFailure, tallyOf } from '../../src/cli/audit/audit-report.ts'
import { monthsOf, timelineSvg } from '../../src/cli/audit/expiry-timeline.ts'
import { markup } from '../../src/cli/audit/markup.ts'
import type { Finding } from '../../src/core/audit/findings.ts'
import { instant } from '../../src/core/time.ts'
import { onDay } from '../support/builders.ts'

const at = (text: string) => instant(Date.parse(`${text}T12:00:00Z`))
const now = at('2026-12-31')

describe('the timeline', () => {
  test('counts what ends in each of thirteen months from now, and nothing else', () => {
    const months = monthsOf(
      [
        { endsAt: at('2026-12-31'), isManaged: true },
        { endsAt: at('2027-02-28'), isManaged: false },
        { endsAt: at('2027-02-01'), isManaged: true },
        { endsAt: at('2027-12-31'), isManaged: false },
        { endsAt: at('2026-11-30'), isManaged: true },
        { endsAt: at('2028-01-01'), isManaged: true },
        { endsAt: undefined, isManaged: true },
      ],
      now,
    )
    expect(months.map(({ name }) => name)).toEqual([
      '2026-12',
      ...Array.from({ length: 12 }, (_, index) => `2027-${String(index + 1).padStart(2, '0')}`),
    ])
    expect(months.filter(({ managed, unmanaged }) => managed + unmanaged > 0)).toEqual([
      { name: '2026-12', managed: 1, unmanaged: 0 },
      { name: '2027-02', managed: 1, unmanaged: 1 },
      { name: '2027-12', managed: 0, unmanaged: 1 },
    ])
  })

  test('draws a bar for each part, and nothing but the axis for none', () => {
    const drawn = timelineSvg(monthsOf([{ endsAt: at('2027-01-05'), isManaged: false }], now))
    expect(drawn.match(/class="unmanaged"/g)).toHaveLength(1)
    expect(drawn).not.toContain('class="managed"')
    expect(timelineSvg(monthsOf([], now))).not.toMatch(/class="(?:un)?managed"|NaN/)
  })
})

test.each([
  [`<a href="x">'&'</a>`, '&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;'],
  ['\u0000\u001b[31m\u007f', '??[31m?'],
  ['\ud800 and \uffff', '\ufffd and ?'],
  ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
  ['CI\u202Eofni\u200B', 'CI&lt;U+202E&gt;ofni&lt;U+200B&gt;'],
])('%j cannot break markup', (text, safe) => {
  expect(markup(text)).toBe(safe)
})

test('a page that has no room for the last findings still counts them by kind', () => {
  const finding = { severity: 'high', displayName: '', owner: '', organizations: [], authorizationId: '', message: '' }
  const findings = [
    ...Array.from({ length: 2_001 }, () => ({ ...finding, name: 'global' })),
    { ...finding, name: 'duplicate', severity: 'low' },
  ] as unknown as readonly Finding[]
  const rest = { auditedAt: now, scope: 'everybody', organizations: [], administered: [] } as const
  const audit = { ...rest, pats: [], findings, idleWaivers: [], problems: [], limits: [] }
  const page = [...auditHtml({ audit, failOn: 'high', since: undefined, configFile: undefined })].join('')
  const index = /<nav .*?<\/nav>/s.exec(page)?.[0] ?? ''
  expect([...index.matchAll(/<td [^>]*class="number"[^>]*>(\d+)</g)].map(([, many]) => many)).toEqual(['2001', '1'])
  expect([...index.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)).toEqual(['PATROL001'])
  expect(page).toContain('The first 2000 of 2002 findings')
})

describe('what fails a check', () => {
  const finding = { severity: 'medium', waiver: undefined } as Finding
  const waiver = { reason: 'known', endsAt: onDay(9) } as NonNullable<Finding['waiver']>
  const since = (isNew: boolean) => ({ isNew: () => isNew }) as never

  test('is bad enough, not waived, and with an earlier audit new', () => {
    expect(isFailure(finding, 'medium', undefined)).toBe(true)
    expect(isFailure(finding, 'high', undefined)).toBe(false)
    expect(isFailure({ ...finding, waiver }, 'info', undefined)).toBe(false)
    expect(isFailure(finding, 'low', since(true))).toBe(true)
    expect(isFailure(finding, 'low', since(false))).toBe(false)
  })

  test('waived findings are counted apart', () => {
    expect(tallyOf([finding, { ...finding, waiver }])).toEqual({ high: 0, medium: 1, low: 0, info: 0, waived: 1 })
  })
})
