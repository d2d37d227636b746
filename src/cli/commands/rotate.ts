import { apply, propose } from '../../reconcile/run.ts'
import { revokeOthers } from '../../reconcile/explicit.ts'
import { withWorld } from '../configured.ts'
import { exitCodes } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { unknownName } from '../places.ts'
import { planText } from '../plan-text.ts'
import { agree, printReport } from './apply.ts'

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
    const requested = new Set([name])
    const { maxReplacements } = wanted.limits
    const proposals = await propose(world, wanted, {
      only: (one) => one === name,
      maxReplacements,
      requested,
      allow: 1,
    })
    const [proposal] = proposals.proposals
    if (proposal === undefined)
      throw unknownName(
        name,
        wanted.tokens.map((token) => token.name),
      )
    if (options.revokeNow === true && io.canAsk && options.yes !== true) {
      const warning = `${planText(io, pen, proposals, true)}\nthe old PATs of ${name} are revoked at once: whoever still uses one is cut off\n`
      if (!(await agree(invocation, warning))) return exitCodes.done
    }
    const report = await apply(world, proposals, { requested })
    const everywhere = report.results.length > 0 && report.results.every((result) => result.status !== 'failed')
    const revoked =
      options.revokeNow === true && everywhere
        ? await revokeOthers(world, proposals.snapshot.lists, proposal.observation.token)
        : []
    return printReport(invocation, { ...report, results: [...report.results, ...revoked] }, io.monotonic() - beganAt)
  })
