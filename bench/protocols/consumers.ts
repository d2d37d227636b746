import type { Duration } from '../../src/core/time.ts'
import { endOf, type HandedOut } from './handed-out.ts'

/** How many consumers keep a value for the same time; their moments of reading are evenly spread. */
export const population = 1_000

export interface Refusals {
  /** The share of consumers that were refused at all, from 0 to 1, per rotation. */
  readonly share: number
  /** For how long a consumer was refused, as the mean of all, per rotation: milliseconds. */
  readonly mean: number
}

/**
 * What a population of consumers suffers. Each reads the store, uses the value at every moment, and reads again when
 * its time is over; with a time of 0 it reads before each use.
 *
 * @param story what the store handed out, the last of it still current
 */
export function refusals(story: readonly HandedOut[], cacheTime: Duration): Refusals {
  const superseded = story.filter(({ to }) => Number.isFinite(to))
  let refused = 0
  let suffering = 0
  for (let consumer = 0; consumer < population; consumer++) {
    const phase = ((consumer + 0.5) / population) * cacheTime
    for (const one of superseded) {
      const ms = refusedFor(one, cacheTime, phase)
      suffering += ms
      refused += ms > 0 ? 1 : 0
    }
  }
  const lives = population * superseded.length
  return { share: refused / lives, mean: suffering / lives }
}

function refusedFor({ pat, from, to }: HandedOut, cacheTime: number, phase: number): number {
  const refusedFrom = Math.max(from, endOf(pat))
  if (cacheTime === 0) return Math.max(0, to - refusedFrom)
  // The last time that this consumer read before the successor was there.
  const readAt = phase + (Math.ceil((to - phase) / cacheTime) - 1) * cacheTime
  return readAt < from ? 0 : Math.max(0, readAt + cacheTime - refusedFrom)
}
