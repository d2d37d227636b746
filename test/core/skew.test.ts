import { describe, expect, it } from 'vitest'
import { type ClockReading, clockReading, judgeSkew, staleReadings, withReading } from '../../src/core/skew.ts'
import { day, duration, hour, minute, second } from '../../src/core/time.ts'

const noon = Date.UTC(2026, 5, 1, 12)

/** The reading of a service whose clock is `ahead` of ours, taken over a request that took `took`. */
function reading(service: string, ahead: number, took = 0): ClockReading {
  const seconds = Math.floor((noon + ahead) / 1_000) * 1_000
  return clockReading(service, seconds, noon, duration(took))
}

describe('the judgement of clock readings', () => {
  const table: { name: string; readings: ClockReading[]; expected: unknown }[] = [
    { name: 'no answer yet is unknown', readings: [], expected: { kind: 'unknown' } },
    { name: 'a right clock stays as it is', readings: [reading('a', 0)], expected: { kind: 'corrected', offset: 0 } },
    {
      name: 'half a second is within the rounding of the header',
      readings: [reading('a', 500)],
      expected: { kind: 'corrected', offset: 0 },
    },
    {
      name: 'a slow answer proves no difference',
      readings: [reading('a', -20_000, 30_000)],
      expected: { kind: 'corrected', offset: 0 },
    },
    {
      name: 'a clock that is behind is moved forward',
      readings: [reading('a', hour)],
      expected: { kind: 'corrected', offset: hour },
    },
    {
      name: 'a clock that is ahead is moved back',
      readings: [reading('a', -1 * hour)],
      expected: { kind: 'corrected', offset: 999 - hour },
    },
    {
      name: 'the median service counts',
      readings: [reading('a', minute), reading('b', 2 * minute), reading('c', 4 * minute)],
      expected: { kind: 'corrected', offset: 2 * minute },
    },
    {
      name: 'two services are averaged',
      readings: [reading('a', minute), reading('b', 3 * minute)],
      expected: { kind: 'corrected', offset: 2 * minute },
    },
    {
      name: 'exactly a day is still corrected',
      readings: [reading('a', day)],
      expected: { kind: 'corrected', offset: day },
    },
    {
      name: 'more than a day is a wrong clock',
      readings: [reading('a', day + second)],
      expected: {
        kind: 'unreliable',
        message: "this computer's clock is 24 hours behind the services' clocks",
      },
    },
    {
      name: 'more than a day the other way too',
      readings: [reading('a', -30 * day)],
      expected: {
        kind: 'unreliable',
        message: "this computer's clock is 719 hours ahead of the services' clocks",
      },
    },
    {
      name: 'services that differ by five minutes agree well enough',
      readings: [reading('a', 0), reading('b', 5 * minute)],
      expected: { kind: 'corrected', offset: 2.5 * minute },
    },
    {
      name: 'services may differ by exactly that much beyond the rounding of the header',
      readings: [reading('a', 0), { ...reading('b', 5 * minute), least: duration(5 * minute + 999) }],
      expected: { kind: 'corrected', offset: duration((5 * minute + 999) / 2) },
    },
    {
      name: 'the median service counts in whatever order they answered',
      readings: [reading('a', 4 * minute), reading('b', minute), reading('c', 2 * minute)],
      expected: { kind: 'corrected', offset: 2 * minute },
    },
    {
      name: 'services that differ by more do not',
      readings: [reading('a', 0), reading('b', 7 * minute)],
      expected: { kind: 'unreliable', message: 'the clocks of a and b differ by 7 minutes' },
    },
    {
      name: 'a slow answer is no disagreement',
      readings: [reading('a', 0), reading('b', -7 * minute, 4 * minute)],
      expected: { kind: 'corrected', offset: -1.5 * minute + 500 },
    },
    {
      name: 'stale readings do not contradict fresh ones',
      readings: [...staleReadings([reading('a', 0)]), reading('b', hour)],
      expected: { kind: 'corrected', offset: hour },
    },
    {
      name: 'stale readings are better than none',
      readings: [...staleReadings([reading('a', hour)])],
      expected: { kind: 'corrected', offset: hour },
    },
  ]
  it.each(table)('$name', ({ readings, expected }) => {
    expect(judgeSkew(readings)).toEqual(expected)
  })
})

describe('another reading', () => {
  it('of the same service narrows what is known', () => {
    const [narrowed] = withReading([reading('a', 10_400, 9_000)], reading('a', 10_700))
    expect(narrowed).toEqual({ service: 'a', least: 10_000, most: 10_999, stale: false })
  })

  it('reaches back as far as the answer took, and no further when a clock was set back meanwhile', () => {
    expect(clockReading('a', noon, noon, duration(5_000))).toEqual({
      service: 'a',
      least: 0,
      most: 5_999,
      stale: false,
    })
    expect(clockReading('a', noon, noon, duration(-5_000))).toEqual({ service: 'a', least: 0, most: 999, stale: false })
  })

  it('narrows what is known of its own service alone', () => {
    const readings = withReading([reading('b', minute), reading('a', 10_400, 9_000)], reading('a', 10_700))
    expect(readings.map(({ service, least, most }) => [service, least, most])).toEqual([
      ['b', minute, minute + 999],
      ['a', 10_000, 10_999],
    ])
  })

  it('keeps what is known when it tells less', () => {
    const [kept] = withReading([reading('a', 10_400)], reading('a', 10_400, 9_000))
    expect(kept).toEqual(reading('a', 10_400))
    const [raised] = withReading([{ ...reading('a', 9_400), most: duration(19_999) }], reading('a', 10_400, 9_000))
    expect(raised).toEqual({ service: 'a', least: 10_000, most: 19_999, stale: false })
  })

  it('that contradicts by five minutes leaves the others, and by a millisecond more makes them stale', () => {
    const known = [reading('a', 0), reading('b', 0)]
    const least = duration(5 * minute + 999)
    const at = (more: number): ClockReading => {
      return { service: 'a', least: duration(least + more), most: duration(least + more + 999), stale: false }
    }
    expect(withReading(known, at(0)).map(({ stale }) => stale)).toEqual([false, false])
    expect(withReading(known, at(1)).map(({ stale }) => stale)).toEqual([true, false])
  })

  it('that contradicts the old one replaces it and leaves the others', () => {
    const readings = withReading([reading('a', 0), reading('b', 0)], reading('a', 3 * minute))
    expect(readings).toEqual([reading('b', 0), reading('a', 3 * minute)])
  })

  it('after our own clock was set makes all before it stale, and nothing else of them changes', () => {
    expect(staleReadings([reading('a', 0), reading('b', hour)])).toEqual([
      { ...reading('a', 0), stale: true },
      { ...reading('b', hour), stale: true },
    ])
  })

  it('that contradicts by far makes what other services showed before stale', () => {
    const readings = withReading([reading('a', 0), reading('b', 0)], reading('a', 3 * hour))
    expect(judgeSkew(readings)).toEqual({ kind: 'corrected', offset: 3 * hour })
  })

  it('of a service whose clock has always been another one is a disagreement', () => {
    let readings: readonly ClockReading[] = []
    for (const [service, ahead] of [
      ['a', 0],
      ['b', hour],
      ['a', 100],
      ['b', hour + 100],
    ] as const) {
      readings = withReading(readings, reading(service, ahead))
    }
    expect(judgeSkew(readings).kind).toBe('unreliable')
  })

  it('takes the place of a stale one without being compared with it', () => {
    const [fresh] = withReading(staleReadings([reading('a', 0, 60_000)]), reading('a', 200))
    expect(fresh).toEqual(reading('a', 200))
  })
})
