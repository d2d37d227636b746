import { apply } from '../../reconcile/run.ts'
import { isRotated, revokeOthers } from '../../reconcile/revocations.ts'
import { withWorld } from '../configured.ts'
import { agree, asks } from '../consent.ts'
import type { Command } from '../invocation.ts'
import { refuseUnknownName } from '../unknown-name.ts'
import { planText } from '../plan-text.ts'
import { proposalsOf, unknownToken } from '../proposals.ts'
import { printRefusal, printReport } from '../report.ts'

export interface RotateOptions {
  readonly positional: readonly string[]
  readonly revokeNow?: boolean
  readonly yes?: boolean
}

/** `patrol rotate`: a new value for one token, due or not. */
export const rotateCommand: Command<RotateOptions> = (invocation, options) =>
  withWorld(invocation, {}, async (wanted, { world }) => {
    const { io, pen } = invocation
    const [name = ''] = options.positional
    const beganAt = io.monotonic()
    refuseUnknownName(name, wanted)
    const requested = new Set([name])
    const proposals = await proposalsOf(world, wanted, { only: (one) => one === name, requested, allow: 1 })
    const [proposal] = proposals.proposals
    if (proposal === undefined) throw unknownToken(name, proposals, wanted.tokens)
    if (options.revokeNow === true && asks(invocation, options)) {
      const warning = `${planText(io, pen, proposals, true)}\nthe old PATs of ${name} are revoked at once: whoever still uses one is cut off\n`
      if (!(await agree(invocation, warning)))
        return printRefusal(invocation, proposal.plan.actions, proposals.problems)
    }
    const report = await apply(world, proposals, { requested })
    const { token } = proposal.observation
    const revokes = options.revokeNow === true && isRotated(token, report.results)
    const revoked = revokes ? await revokeOthers(world, proposals.snapshot.lists, token) : []
    return printReport(invocation, { ...report, results: [...report.results, ...revoked] }, io.monotonic() - beganAt)
  })
