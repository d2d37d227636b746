import { describe, expect, test } from 'vitest'
import { day, instant, times } from '../../src/core/time.ts'
import type { Case } from './bad-file.ts'
import { extended, load, told, wanted } from './load-text.ts'

const waiver = (lines: string): string =>
  extended(
    `audit:\n  waivers:\n    - finding: global\n      owner: "*"\n      reason: known\n      until: 2026-12-31\n${lines}`,
  )

const faults: readonly Case[] = [
  [
    'a severity that there is not',
    extended('audit:\n  severities:\n    global: awful'),
    ['error audit.severities.global: awful is not one of off, info, low, medium, high'],
  ],
  [
    'a finding that there is not',
    extended('audit:\n  severities:\n    globl: high'),
    ['error audit.severities.globl: there is no such key -> did you mean global?'],
  ],
  [
    'all that is wrong with waivers at once',
    waiver(
      '    - finding: full-scop\n      pat: 1234\n      reason: known\n      until: 2026-02-31\n    - finding: duplicate\n      reason: known\n      until: tomorrow',
    ),
    [
      'error audit.waivers[#2].finding: full-scop is no finding -> did you mean full-scope?',
      'error audit.waivers[#2].pat: 1234 is a number, not an id such as',
      'error audit.waivers[#2].until: 2026-02-31 is no day of the calendar',
      'error audit.waivers[#3]: does not say which PATs it is for',
      'error audit.waivers[#3].until: tomorrow is not a date such as 2026-12-31',
    ],
  ],
]

describe('is told of', () => {
  test.each(faults)('%s', (_, text, expected) => {
    expect(told(load(text)).map((line) => line.replace(/^\d+:\d+ /, ''))).toEqual(
      expected.map((part) => expect.stringContaining(part)),
    )
  })
})

describe('what an audit looks for', () => {
  test('has defaults', () => {
    const { audit } = wanted(extended(''))
    expect(audit).toMatchObject({
      longestLife: times(90, day),
      expiringWithin: times(14, day),
      policies: [],
      waivers: [],
    })
  })

  test('is what the configuration says; a waiver lasts to the end of its day, and names findings by id as well', () => {
    const { audit } = wanted(
      extended(
        'audit:\n  longestLife: 7d\n  severities:\n    duplicate: off\n  policies:\n    maximumLifespan: 30d\n    noGlobalPats: true\n  waivers:\n    - finding: patrol001\n      owner: A*@Contoso.com\n      reason: known\n      until: 2026-12-31',
      ),
    )
    expect(audit.longestLife).toBe(times(7, day))
    expect(audit.severities).toEqual(new Map([['duplicate', 'off']]))
    expect(audit.policies).toEqual([{ kind: 'maximum-lifespan', longest: times(30, day) }, { kind: 'no-global-pats' }])
    expect(audit.waivers).toMatchObject([
      { finding: 'global', owner: 'a*@contoso.com', endsAt: instant(Date.UTC(2027, 0, 1)) },
    ])
  })
})
