import { type Duration, day, duration, hour, minute } from './time.ts'

/** How the services' clocks compare with ours. `offset` is what must be added to our clock to get the services'. */
export type Skew =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'corrected'; readonly offset: Duration }
  | { readonly kind: 'unreliable'; readonly message: string }

/**
 * What answers of one service showed: its clock is ahead of ours by no less than `least` and no more than `most`.
 * `stale`: our own clock, or a service's, was set since, so it compares with nothing newer.
 */
export interface ClockReading {
  readonly service: string
  readonly least: Duration
  readonly most: Duration
  readonly stale: boolean
}

/** A difference that people are told of. */
export const notableSkew = minute

/** Beyond this our clock is not late but wrong, and so may everything be that was derived from it. */
const longestSkew = day

/** Services that differ by more than this leave open which of them is right. */
const longestDisagreement = duration(5 * minute)

/**
 * The reading that one `Date` header gives. The header has whole seconds, so the service's clock stood within the
 * second that began there, at some moment between sending and receiving.
 *
 * @param date the header, milliseconds since the epoch
 * @param receivedAt our clock when the headers arrived
 * @param took from sending to that moment
 */
export function clockReading(service: string, date: number, receivedAt: number, took: Duration): ClockReading {
  return {
    service,
    least: duration(date - receivedAt),
    most: duration(date + 999 - (receivedAt - Math.max(0, took))),
    stale: false,
  }
}

/**
 * The readings after one more. Readings of a service that overlap narrow each other; a new one that contradicts the
 * old replaces it. When the contradiction is a large one, a clock was set in between (ours or the service's), and what
 * the other services showed before is no longer evidence against this one.
 */
export function withReading(readings: readonly ClockReading[], next: ClockReading): readonly ClockReading[] {
  const previous = readings.find((reading) => reading.service === next.service)
  const others = readings.filter((reading) => reading.service !== next.service)
  if (previous === undefined || previous.stale) return [...others, next]
  const gap = gapBetween(previous, next)
  if (gap > longestDisagreement) return [...others.map((reading) => ({ ...reading, stale: true })), next]
  if (gap > 0) return [...others, next]
  const least = duration(Math.max(previous.least, next.least))
  const most = duration(Math.min(previous.most, next.most))
  return [...others, { ...next, least, most }]
}

/** The readings after our own clock was set, or after the computer slept: no longer comparable, but better than none. */
export function staleReadings(readings: readonly ClockReading[]): readonly ClockReading[] {
  return readings.map((reading) => ({ ...reading, stale: true }))
}

/**
 * What the readings together say. The correction is the median over the services, each with the smallest offset that
 * its readings allow, so that a clock which is right stays as it is.
 */
export function judgeSkew(readings: readonly ClockReading[]): Skew {
  const fresh = readings.filter((reading) => !reading.stale)
  const evidence = fresh.length > 0 ? fresh : readings
  const offset = median(evidence.map(smallestOffset))
  if (offset === undefined) return { kind: 'unknown' }
  const disagreement = disagreementOf(fresh)
  if (disagreement !== undefined) return { kind: 'unreliable', message: disagreement }
  if (Math.abs(offset) > longestSkew) {
    const direction = offset > 0 ? 'behind' : 'ahead of'
    const hours = Math.floor(Math.abs(offset) / hour)
    return { kind: 'unreliable', message: `this computer's clock is ${hours} hours ${direction} the services' clocks` }
  }
  return { kind: 'corrected', offset: duration(offset) }
}

function disagreementOf(readings: readonly ClockReading[]): string | undefined {
  for (const [index, first] of readings.entries()) {
    for (const second of readings.slice(index + 1)) {
      const gap = gapBetween(first, second)
      if (gap > longestDisagreement) {
        const minutes = Math.round(gap / minute)
        return `the clocks of ${first.service} and ${second.service} differ by ${minutes} minutes`
      }
    }
  }
  return undefined
}

/** How far apart two readings are at least; 0 when they may show the same clock. */
function gapBetween(first: ClockReading, second: ClockReading): number {
  return Math.max(0, first.least - second.most, second.least - first.most)
}

function smallestOffset(reading: ClockReading): number {
  if (reading.least > 0) return reading.least
  return reading.most < 0 ? reading.most : 0
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted[sorted.length % 2 === 1 ? middle : middle - 1]
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2
}
