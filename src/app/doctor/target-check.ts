import { type Check, failed, passed } from '../../core/check.ts'
import { asPatrolError } from '../../core/errors.ts'
import type { World } from '../../ports/world.ts'

/** Whether deliveries to a target can be expected to work. Nothing is delivered. */
export async function targetCheck({ targets, reporter }: World, name: string): Promise<Check> {
  const subject = { target: name }
  const target = targets.get(name)
  if (target === undefined) throw new Error(`the world has no target ${name}`)
  reporter.report({ kind: 'observing', what: `the target ${name}` })
  try {
    await target.check()
    return passed('target', subject, 'is there, and can be delivered to as far as that shows without a delivery')
  } catch (thrown) {
    return failed('target', subject, asPatrolError(thrown))
  }
}
