import { expect, test } from 'vitest'
import type { Audit } from '../../src/app/audit/audit.ts'
import { auditCsv } from '../../src/cli/audit/audit-csv.ts'
import { onDay, start } from '../support/builders.ts'

function rowOf(displayName: string): string {
  const pat = {
    authorizationId: 'one',
    displayName,
    scopes: ['vso.code'],
    validFrom: onDay(-5),
    validTo: onDay(25),
    allOrganizations: false,
  }
  const owner = { user: 'ann@contoso.example', state: 'active' } as const
  const audit: Audit = {
    auditedAt: start,
    scope: 'accounts',
    organizations: ['contoso'],
    administered: [],
    pats: [{ pat, organizations: ['contoso'], owner, account: undefined, care: { kind: 'undeclared' } }],
    findings: [],
    idleWaivers: [],
    problems: [],
    limits: [],
  }
  return [...auditCsv({ audit, failOn: 'high', since: undefined, configFile: undefined })][1] ?? ''
}

test.each([
  ['that begins like a formula', '=1+1', `"'=1+1"`],
  ['that does so with another sign', '-2+3', `"'-2+3"`],
  ['that does so behind a space', ' @SUM(A1)', `"' @SUM(A1)"`],
  ['that does so in full width, which a spreadsheet takes for the same', '＝1+1', `"'＝1+1"`],
  ['that does so behind a control character', '\u0001=1+1', '<U+0001>=1+1'],
  ['that does so behind a character of no width', '\u200B=1+1', '<U+200B>=1+1'],
  ['that does so on a second line', 'a\r\n=1+1', 'a<U+000D><U+000A>=1+1'],
  ['that does so where another language parts cells', 'a;=1+1', `"a;'=1+1"`],
  ['that does so there behind a quote', 'a; "=1+1', `"a;' ""=1+1"`],
])('a name %s is text in a spreadsheet', (_, name, cell) => {
  expect(rowOf(name)).toContain(`,${cell},`)
})

test('a name that turns the writing direction is seen to do so', () => {
  expect(rowOf('gpj.\u202Etxe')).toContain(',gpj.<U+202E>txe,')
})

test('any other name stays what it is', () => {
  expect(rowOf('Build = fast; then rest')).toContain(',Build = fast; then rest,')
})
