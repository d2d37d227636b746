import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatServiceTime, parseServiceTime } from '../../../src/adapters/azure-devops/service-time.ts'
import { instant } from '../../../src/core/time.ts'

describe("the service's dates", () => {
  it.each([
    ['2020-11-02T22:56:52.1033333Z', '2020-11-02T22:56:52.103Z'],
    ['2020-12-01T23:46:23.32Z', '2020-12-01T23:46:23.320Z'],
    ['2020-12-01T23:46:23Z', '2020-12-01T23:46:23.000Z'],
    ['2018-07-19T00:00:00', '2018-07-19T00:00:00.000Z'],
    ['2018-07-19T00:00:00.5', '2018-07-19T00:00:00.500Z'],
    ['2018-07-19T02:00:00.9999999+02:00', '2018-07-19T00:00:00.999Z'],
    ['2018-07-19T00:00:00-01:30', '2018-07-19T01:30:00.000Z'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59.999Z'],
  ])('%s is read as %s', (text, expected) => {
    expect(new Date(parseServiceTime(text) ?? Number.NaN).toISOString()).toBe(expected)
  })

  it.each([
    '',
    'never',
    '2026-06-01',
    '2023-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00 GMT',
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59.9999999',
    '/Date(1767225600000)/',
    1_767_225_600_000,
    null,
    undefined,
    {},
  ])('%j is no date', (text) => {
    expect(parseServiceTime(text)).toBeUndefined()
  })

  it('come back as they were sent, whatever digits follow the millisecond', () => {
    const ms = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2100, 0, 1) })
    fc.assert(
      fc.property(ms, fc.integer({ min: 0, max: 9_999 }), (at, rest) => {
        const text = formatServiceTime(instant(at))
        expect(parseServiceTime(text)).toBe(at)
        expect(parseServiceTime(text.replace('Z', `${String(rest).padStart(4, '0')}Z`))).toBe(at)
      }),
    )
  })
})
