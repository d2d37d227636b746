import { instant } from '../../../src/core/time.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Random } from '../../../src/ports/random.ts'

export const testClock: Clock = {
  now: () => instant(Date.now()),
  elapsed: () => performance.now(),
  sleep: (length) => new Promise((resolve) => setTimeout(resolve, length)),
  skew: () => ({ kind: 'unknown' }),
}

let drawn = Date.now()

/** Different each time is all that a store asks of chance. */
export const testRandom: Random = { characters: (count) => (++drawn).toString(36).padStart(count, '0').slice(-count) }
