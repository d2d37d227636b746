import type { ActionKind } from '../../core/plan.ts'
import { apply, type Proposals } from '../../reconcile/run.ts'
import { agree, asks } from '../consent.ts'
import type { Command } from '../invocation.ts'
import { planText } from '../plan-text.ts'
import { type SelectionOptions, withProposals } from '../proposals.ts'
import { printRefusal, printReport } from '../report.ts'

export interface ApplyOptions extends SelectionOptions {
  readonly yes?: boolean
  readonly allow?: number
}

/** `patrol apply`: does what is due. */
export const applyCommand: Command<ApplyOptions> = (invocation, options) => {
  const { io, pen } = invocation
  const beganAt = io.monotonic()
  const { allow } = options
  return withProposals(invocation, options, allow === undefined ? {} : { allow }, async (proposals, world) => {
    const actions = proposals.proposals.flatMap(({ plan }) => plan.actions)
    const asked = asks(invocation, options) && actions.length > 0 && proposals.veto === undefined
    if (asked && !(await agree(invocation, planText(io, pen, proposals, true))))
      return printRefusal(invocation, actions, proposals.problems)
    const report = await apply(world, proposals, asked ? { shown: shownKinds(proposals) } : {})
    return printReport(invocation, report, io.monotonic() - beganAt)
  })
}

function shownKinds(proposals: Proposals): ReadonlyMap<string, ReadonlySet<ActionKind>> {
  return new Map(
    proposals.proposals.map(({ observation, plan }) => [
      observation.token.name,
      new Set(plan.actions.map(({ kind }) => kind)),
    ]),
  )
}
