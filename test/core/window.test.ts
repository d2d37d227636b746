import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { after, before, between, day, duration, type Duration, hour, instant, times } from '../../src/core/time.ts'
import { dueAt, expiringAt, jitterOf, overlapOf, windowOf } from '../../src/core/window.ts'
import { aToken, onDay, start } from '../support/builders.ts'

const days = (count: number): Duration => times(count, day)
const granted = (count: number): { validFrom: typeof start; validTo: typeof start } => ({
  validFrom: start,
  validTo: onDay(count),
})

describe('the window', () => {
  it.each([
    ['is renewBefore, when a third of the life is longer', days(5), 30, days(5)],
    ['is a third of the life, when renewBefore is longer', days(10), 6, days(2)],
    ['is either, when they are the same', days(10), 30, days(10)],
    ['follows what was granted, not what was asked for', days(10), 1, hour * 8],
    ['of a life that is none is none', days(10), 0, 0],
  ])('%s', (_, renewBefore, life, expected) => {
    expect(windowOf(aToken({ renewBefore }), granted(life))).toBe(expected)
  })

  it('of a life that ends before it begins is none: no overlap is shorter than none', () => {
    expect(windowOf(aToken(), granted(-5))).toBe(0)
    expect(overlapOf(aToken(), granted(-5))).toBe(0)
  })
})

describe('a PAT', () => {
  const token = aToken()
  const grant = granted(30)

  it('is due from its window and its jitter before its end', () => {
    expect(dueAt('feed', token, grant)).toBe(before(onDay(20), jitterOf('feed', days(10))))
  })

  it('is expiring from half of its window before its end, jitter or not', () => {
    expect(expiringAt(token, grant)).toBe(onDay(25))
    expect(expiringAt(aToken({ name: 'another' }), grant)).toBe(onDay(25))
  })
})

describe('jitter', () => {
  it('is the same for a name for ever', () => {
    expect(jitterOf('feed', days(10))).toBe(Math.trunc(0.46510536945424974 * day))
  })

  it('spreads tokens that were minted together over a tenth of their window', () => {
    const due = Array.from({ length: 200 }, (_, index) => dueAt(`token-${index}`, aToken(), granted(30)))
    const spread = between(instant(Math.min(...due)), instant(Math.max(...due)))
    expect(spread).toBeGreaterThan(day * 0.95)
    expect(spread).toBeLessThanOrEqual(day)
    expect(new Set(due).size).toBe(200)
  })
})

describe('the overlap', () => {
  it.each([
    ['is what was declared', times(48, hour), 30, times(48, hour)],
    ['is never longer than the window of the successor', days(20), 30, days(10)],
    ['shrinks with a short grant, or overlaps would pile up', times(48, hour), 3, days(1)],
  ])('%s', (_, overlap, life, expected) => {
    expect(overlapOf(aToken({ overlap }), granted(life))).toBe(expected)
  })
})

describe('for any name, terms and grant', () => {
  const length = fc.integer({ min: 1, max: 400 * day }).map(duration)
  const world = fc.record({ name: fc.string(), renewBefore: length, overlap: length, life: length })

  it('due comes before expiring, expiring before the end, and all within the life', () => {
    fc.assert(
      fc.property(world, ({ name, renewBefore, overlap, life }) => {
        const token = aToken({ name, renewBefore, overlap })
        const grant = { validFrom: start, validTo: after(start, life) }
        const window = windowOf(token, grant)
        const jitter = jitterOf(name, window)
        expect(window).toBeGreaterThanOrEqual(0)
        expect(window).toBeLessThanOrEqual(life / 3)
        expect(jitter).toBeGreaterThanOrEqual(0)
        expect(jitter).toBeLessThanOrEqual(window / 10)
        const due = dueAt(name, token, grant)
        expect(due).toBe(before(before(grant.validTo, window), jitter))
        expect(due).toBeGreaterThan(start)
        expect(due).toBeLessThanOrEqual(expiringAt(token, grant))
        expect(expiringAt(token, grant)).toBeLessThanOrEqual(grant.validTo)
        expect(overlapOf(token, grant)).toBeLessThanOrEqual(Math.min(overlap, window))
      }),
    )
  })
})
