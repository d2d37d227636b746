import { propose } from '../../reconcile/run.ts'
import { type ConfigLessOptions, refuseEmptySelection, selects, withWorld } from '../configured.ts'
import { type ExitCode, exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine, planJson } from '../json.ts'
import { planText } from '../plan-text.ts'

export interface PlanOptions extends ConfigLessOptions {
  readonly only?: readonly string[]
  readonly check?: boolean
}

/** `patrol plan`: what would be done, and why. */
export const planCommand: Command<PlanOptions> = (invocation, options) =>
  withWorld(invocation, options, async (wanted, { world }) => {
    const { io, pen, speech } = invocation
    const proposals = await propose(world, wanted, {
      only: selects(options.only),
      maxReplacements: wanted.limits.maxReplacements,
    })
    refuseEmptySelection(options.only, proposals.proposals.length)
    speech.quiet()
    io.stdout(invocation.options.json ? jsonLine(planJson(proposals)) : planText(io, pen, proposals))
    const pending = proposals.proposals.some(({ plan }) => plan.actions.length > 0)
    const codes: ExitCode[] = [options.check === true && pending ? exitCodes.pending : exitCodes.done]
    for (const { observation } of proposals.proposals) {
      if ('failure' in observation) codes.push(exitCodeOf(observation.failure.code))
    }
    for (const { failure } of proposals.snapshot.failures) codes.push(exitCodeOf(failure.code))
    if (proposals.veto !== undefined) codes.push(exitCodeOf(proposals.veto.code))
    return worst(codes)
  })
