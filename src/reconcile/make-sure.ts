import { asPatrolError } from '../core/errors.ts'
import { second, times } from '../core/time.ts'
import type { Turn } from './turn.ts'

const mostTries = 3

/**
 * Makes a change that may be made twice. When its outcome stays unknown, reading back tells, and only a change that is
 * seen not to have taken place is sent again, so that one lost answer need not wait for the next run.
 *
 * @param seen reads back; undefined while the change is not to be seen
 * @throws PatrolError the last failure, when the change did not take place
 */
export async function makeSure<Answer>(
  turn: Turn,
  change: () => Promise<Answer>,
  seen: () => Promise<Answer | undefined>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (error) {
      const failure = asPatrolError(error)
      if (failure.outcome === 'none') throw failure
      const found = await seen()
      if (found !== undefined) return found
      if (attempt === mostTries || turn.world.stopping()) throw failure
      await turn.world.clock.sleep(times(attempt, second))
    }
  }
}
