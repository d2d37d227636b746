import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ClockReading, clockReading, judgeSkew, staleReadings, withReading } from '../../src/core/skew.ts'
import { day, duration, hour, minute, second } from '../../src/core/time.ts'

const start = Date.UTC(2026, 5, 1)

/** One answer of a service whose clock is ahead of ours by `ahead`, as our clock and its header show it. */
const answers = fc.array(
  fc.record({
    service: fc.constantFrom('entra', 'azure-devops', 'vault'),
    sentAt: fc.integer({ min: start, max: start + day }),
    took: fc.integer({ min: 0, max: 2 * minute }),
    /** When within that time the service looked at its clock. */
    looked: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { minLength: 1, maxLength: 12 },
)

function readingOf(answer: { service: string; sentAt: number; took: number; looked: number }, ahead: number) {
  const { service, sentAt, took, looked } = answer
  const itsTime = sentAt + Math.floor(took * looked) + ahead
  return clockReading(service, Math.floor(itsTime / 1_000) * 1_000, sentAt + took, duration(took))
}

function after(readings: readonly ClockReading[]): readonly ClockReading[] {
  return readings.reduce<readonly ClockReading[]>((known, next) => withReading(known, next), [])
}

describe('whatever answers come', () => {
  const anyReading: fc.Arbitrary<ClockReading> = fc
    .record({
      service: fc.constantFrom('entra', 'azure-devops', 'vault'),
      least: fc.integer({ min: 0 - 3 * day, max: 3 * day }),
      width: fc.integer({ min: 0, max: hour }),
      stale: fc.boolean(),
    })
    .map(({ service, least, width, stale }) => ({
      service,
      least: duration(least),
      most: duration(least + width),
      stale,
    }))

  it('each service has one reading, none is empty, and the verdict is a number or a reason', () => {
    fc.assert(
      fc.property(fc.array(anyReading, { maxLength: 12 }), (readings) => {
        const known = after(readings)
        expect(new Set(known.map(({ service }) => service)).size).toBe(known.length)
        for (const { least, most } of known) expect(least).toBeLessThanOrEqual(most)
        for (const some of [readings, known, staleReadings(known)]) {
          const skew = judgeSkew(some)
          if (skew.kind === 'corrected') {
            expect(Math.abs(skew.offset)).toBeLessThanOrEqual(day)
            expect(skew.offset).toBe(Math.trunc(skew.offset))
          } else if (skew.kind === 'unreliable') expect(skew.message).not.toMatch(/undefined|NaN/)
          else expect(some).toHaveLength(0)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('the order in which services were heard of does not matter', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyReading, { selector: ({ service }) => service }), (readings) => {
        const turned = judgeSkew(readings.toReversed())
        expect(turned.kind).toBe(judgeSkew(readings).kind)
        if (turned.kind === 'corrected') expect(turned).toEqual(judgeSkew(readings))
      }),
    )
  })
})

describe('when all services have the right time', () => {
  const ahead = fc.integer({ min: 2 * minute - day, max: day - 2 * minute })

  it('the truth lies within every reading, and the correction never overshoots it', () => {
    fc.assert(
      fc.property(answers, ahead, (some, truth) => {
        const known = after(some.map((answer) => readingOf(answer, truth)))
        for (const { least, most } of known) {
          expect(least).toBeLessThanOrEqual(truth)
          expect(most).toBeGreaterThanOrEqual(truth)
        }
        const skew = judgeSkew(known)
        if (skew.kind !== 'corrected') return expect.fail(skew.kind)
        expect(Math.abs(skew.offset)).toBeLessThanOrEqual(Math.abs(truth))
        const slowest = Math.max(...known.map(({ least, most }) => most - least))
        expect(Math.abs(skew.offset - truth)).toBeLessThanOrEqual(slowest)
      }),
      { numRuns: 1_000 },
    )
  })

  it('a clock of ours that is right is left alone', () => {
    fc.assert(
      fc.property(answers, (some) => {
        expect(judgeSkew(after(some.map((answer) => readingOf(answer, 0))))).toEqual({ kind: 'corrected', offset: 0 })
      }),
    )
  })

  it('more answers never make the correction worse by more than the best of them proves', () => {
    fc.assert(
      fc.property(answers, ahead, (some, truth) => {
        const ofOne = some.map((answer) => readingOf({ ...answer, service: 'one' }, truth))
        const skew = judgeSkew(after(ofOne))
        const best = Math.min(...ofOne.map(({ least, most }) => most - least))
        expect(skew.kind === 'corrected' ? Math.abs(skew.offset - truth) : best + 1).toBeLessThanOrEqual(best)
      }),
    )
  })

  it('one service that is off by more than answers can explain is noticed', () => {
    const off = fc.integer({ min: 5 * minute + 4 * second, max: day }).chain((far) => fc.constantFrom(far, 0 - far))
    fc.assert(
      fc.property(fc.integer({ min: start, max: start + day }), off, (sentAt, far) => {
        const quick = (service: string, ahead: number): ClockReading =>
          readingOf({ service, sentAt, took: 1_000, looked: 0.5 }, ahead)
        const skew = judgeSkew(after([quick('entra', 0), quick('azure-devops', 0), quick('vault', far)]))
        expect(skew.kind).toBe('unreliable')
      }),
    )
  })
})
