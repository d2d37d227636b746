import { asPatrolError, type PatrolError, type Problem, problem, problemOf } from '../core/errors.ts'
import { currentMetadata } from '../core/facts.ts'
import { recordOf } from '../core/gate.ts'
import type { World } from '../ports/world.ts'
import type { Observation } from './observe.ts'

/** A copy whose last delivery failed. */
interface Failing {
  readonly token: string
  readonly target: string
  readonly code: Problem['code']
}

/**
 * Why the last deliveries failed, for somebody who looks. The record has a word for the error; what can be seen without a
 * delivery is looked at now, once for each target, however many tokens it holds.
 */
export async function failingTargets(world: World, observations: readonly Observation[]): Promise<readonly Problem[]> {
  const failing = observations.flatMap(failingOf)
  const names = [...new Set(failing.map(({ target }) => target))]
  const looks = new Map(await Promise.all(names.map(async (name) => [name, await obstacleOf(world, name)] as const)))
  return failing.map(({ token, target, code }) => {
    const obstacle = looks.get(target)
    if (obstacle !== undefined) {
      return { ...problemOf(token, obstacle), message: `the last delivery to ${target} failed: ${obstacle.message}` }
    }
    const message = `the last delivery to ${target} failed; what shows of the target without a delivery is in order now`
    return problem(token, code, message)
  })
}

function failingOf(observation: Observation): readonly Failing[] {
  const { token } = observation
  const metadata = 'facts' in observation ? currentMetadata(observation.facts) : undefined
  if (metadata === undefined || token.paused) return []
  return token.targets.flatMap((target) => {
    const record = recordOf(metadata, target)
    if (record === undefined || record.failures === 0) return []
    return [{ token: token.name, target, code: record.failure ?? 'delivery-failed' }]
  })
}

async function obstacleOf({ targets }: World, name: string): Promise<PatrolError | undefined> {
  try {
    await targets.get(name)?.check()
    return undefined
  } catch (thrown) {
    return asPatrolError(thrown)
  }
}
