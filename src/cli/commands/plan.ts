import { exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine, planJson } from '../json.ts'
import { planText } from '../plan-text.ts'
import { retiring, retiringJson, retiringText } from '../retiring.ts'
import { type SelectionOptions, unseenCodes, withProposals, withUndeclared } from '../proposals.ts'

export interface PlanOptions extends SelectionOptions {
  readonly check?: boolean
}

/** `patrol plan`: what would be done, and why. */
export const planCommand: Command<PlanOptions> = (invocation, options) =>
  withProposals(invocation, options, {}, async (planned, world) => {
    const proposals = withUndeclared(planned, options)
    const { io, pen, speech } = invocation
    const isWhole = options.only === undefined || options.only.length === 0
    const ending = isWhole ? await retiring(world, proposals.snapshot, speech) : []
    const now = world.clock.now()
    speech.quiet()
    io.stdout(
      invocation.options.json
        ? jsonLine({ ...planJson(proposals), retiring: ending.map((one) => retiringJson(one, now)) })
        : planText(io, pen, proposals) + retiringText(io, pen, ending, now),
    )
    const pending = proposals.proposals.some(({ plan }) => plan.actions.length > 0)
    return worst([
      options.check === true && pending ? exitCodes.pending : exitCodes.done,
      ...unseenCodes(proposals),
      ...(proposals.veto === undefined ? [] : [exitCodeOf(proposals.veto.code)]),
    ])
  })
