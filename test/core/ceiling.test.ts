import { describe, expect, it } from 'vitest'
import { isAtCeiling } from '../../src/core/ceiling.ts'
import { after, day, type Instant, instant, times } from '../../src/core/time.ts'
import { aPat } from '../support/builders.ts'

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
})
