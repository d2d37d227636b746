import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  after,
  before,
  between,
  day,
  duration,
  formatDuration,
  hour,
  instant,
  latest,
  minute,
  parseDuration,
  second,
  shortest,
  times,
} from '../../src/core/time.ts'

describe('a duration as it is written', () => {
  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['1s', 1_000],
    ['999999999s', 999_999_999_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    '',
    '0d',
    '00d',
    '010d',
    '1.5h',
    '-1d',
    '+1d',
    '1',
    'd',
    '1w',
    '1D',
    ' 1d',
    '1d ',
    '1d\n',
    '1 d',
    '1d12h',
    '１d',
    '1e3s',
    '9999999999s',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it.each([
    [0, '0s'],
    [90_000, '90s'],
    [60_000, '1m'],
    [3_600_000, '1h'],
    [times(48, hour), '2d'],
    [times(36, hour), '36h'],
    [times(90, minute), '90m'],
    [1_999, '1s'],
    [after(instant(0), day) + 500, '86400s'],
  ])('%i ms print as %s', (ms, text) => {
    expect(formatDuration(duration(ms))).toBe(text)
  })

  it('survives being printed and read again, whole seconds being all that counts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999_999 }), (seconds) => {
        expect(parseDuration(formatDuration(times(seconds, second)))).toBe(seconds * 1_000)
      }),
    )
  })

  it('never makes a reader throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const length = parseDuration(text)
        expect(length === undefined || length > 0).toBe(true)
      }),
    )
  })
})

describe('arithmetic', () => {
  it('is in whole milliseconds', () => {
    expect(instant(1.9)).toBe(1)
    expect(duration(-1.9)).toBe(-1)
    expect(times(0.5, duration(3))).toBe(1)
  })

  it('goes forward, back and measures', () => {
    const noon = instant(1_000_000)
    expect(after(noon, minute)).toBe(1_060_000)
    expect(before(noon, minute)).toBe(940_000)
    expect(between(noon, after(noon, hour))).toBe(hour)
    expect(between(after(noon, hour), noon)).toBe(-3_600_000)
  })

  it('knows the latest instant and the shortest duration', () => {
    expect(latest(instant(3))).toBe(3)
    expect(latest(instant(3), instant(5), instant(4))).toBe(5)
    expect(shortest(hour)).toBe(hour)
    expect(shortest(hour, minute, day)).toBe(minute)
  })
})
