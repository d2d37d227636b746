import { describe, expect, it } from 'vitest'
import { askedBeyond, isAtCeiling, isShortGrant, lackOf, recordedCeiling } from '../../src/core/ceiling.ts'
import { after, day, duration, hour, type Instant, instant, minute, times } from '../../src/core/time.ts'
import { aPat, aToken, aVersion, someFacts } from '../support/builders.ts'

const began = instant(Date.UTC(2026, 0, 1))
const onDay = (count: number): Instant => after(began, times(count, day))

describe('a longest life that was seen', () => {
  const rows: readonly (readonly [string, number | undefined, boolean])[] = [
    ['is not known, so nothing is at its ceiling', undefined, false],
    ['allows a day more than the PAT has', 31, false],
    ['is what the PAT has already', 30, true],
    ['is shorter than what the PAT has, so that extending would end it sooner', 7, true],
  ]
  it.each(rows)('%s', (_, days, expected) => {
    const pat = aPat({ validFrom: began, validTo: onDay(30) })
    expect(isAtCeiling(pat, days === undefined ? undefined : times(days, day))).toBe(expected)
  })

  it.each([
    ['a minute more, which is the rounding of dates', minute, true],
    ['a millisecond more than that', duration(minute + 1), false],
  ])('that allows %s', (_, more, expected) => {
    const pat = aPat({ validFrom: began, validTo: onDay(30) })
    expect(isAtCeiling(pat, duration(times(30, day) + more))).toBe(expected)
  })
})

describe('the record of the last mint or extension', () => {
  const minuteAfter = (at: Instant, more = 0): Instant => after(at, duration(minute + more))
  it.each([
    ['shows a longest life, when less was granted than was asked for', onDay(40), times(30, day)],
    ['shows none, when no more was asked for', undefined, undefined],
    ['shows none, when a minute is missing, which is the rounding of dates', minuteAfter(onDay(30)), undefined],
    ['shows one, when a millisecond more than that is missing', minuteAfter(onDay(30), 1), times(30, day)],
  ])('%s', (_, askedUntil, expected) => {
    const pat = aPat({ validFrom: began, validTo: onDay(30) })
    const granted = { validFrom: began, validTo: onDay(30) }
    const facts = someFacts({ pats: [pat], current: aVersion({ ...granted, askedUntil }) })
    expect(recordedCeiling(aToken({ method: 'renew' }), facts)).toBe(expected)
    expect(recordedCeiling(aToken({ method: 'rotate' }), facts)).toBeUndefined()
    expect(askedBeyond(askedUntil ?? onDay(30), onDay(30))).toEqual(expected === undefined ? {} : { askedUntil })
  })
})

describe('what a token lacks of what was asked for', () => {
  const granted = { validFrom: began, validTo: onDay(20) }
  const asked = (more: number) => ({ ...granted, askedUntil: after(onDay(20), duration(more)) })
  it.each([
    ['is nothing, where nothing was asked for that was not granted', granted, 30, undefined],
    ['is nothing, where no more than an hour is missing', asked(hour), 30, undefined],
    ['is told, where a millisecond more is missing', asked(hour + 1), 30, times(20, day)],
    ['is nothing, where no more is declared any longer', asked(times(10, day)), 20, undefined],
    ['counts from the last extension', { ...asked(times(10, day)), extendedAt: onDay(10) }, 20, times(20, day)],
  ])('%s', (_, metadata, days, expected) => {
    expect(lackOf(aToken({ lifetime: times(days, day) }), metadata)?.granted).toBe(expected)
  })

  it.each([
    ['an hour', 0, false],
    ['a millisecond more than an hour', -1, true],
  ])('counts as short when %s is missing', (_, more, expected) => {
    expect(isShortGrant(aToken(), duration(times(30, day) - hour + more))).toBe(expected)
    expect(isShortGrant(aToken({ asksForMost: true }), duration(1))).toBe(false)
  })
})
