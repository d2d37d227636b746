import { stateOf } from '../../core/state.ts'
import { propose } from '../../reconcile/run.ts'
import { type ConfigLessOptions, refuseEmptySelection, selects, withWorld } from '../configured.ts'
import { type ExitCode, exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import type { Command } from '../invocation.ts'
import { jsonLine, problemJson, statusJson, type TokenStatus } from '../json.ts'
import { problemsText } from '../plan-text.ts'
import { statusText } from '../status-text.ts'
import { undeclared, undeclaredText } from '../undeclared.ts'

export interface StatusOptions extends ConfigLessOptions {
  readonly only?: readonly string[]
  readonly check?: boolean
}

/** `patrol status`: how each token does, and what comes next. */
export const statusCommand: Command<StatusOptions> = (invocation, options) =>
  withWorld(invocation, options, async (wanted, { world }) => {
    const { io, pen, speech } = invocation
    const proposals = await propose(world, wanted, {
      only: selects(options.only),
      maxReplacements: wanted.limits.maxReplacements,
    })
    refuseEmptySelection(options.only, proposals.proposals.length)
    const now = world.clock.now()
    const tokens = proposals.proposals.map(({ observation, plan }): TokenStatus => {
      const seen = 'facts' in observation
      return {
        token: observation.token,
        state: seen
          ? stateOf(observation.token, observation.facts, now)
          : observation.token.paused
            ? 'paused'
            : 'unknown',
        facts: seen ? observation.facts : undefined,
        failure: seen ? undefined : observation.failure,
        actions: plan.actions,
        scheduled: plan.scheduled,
      }
    })
    const strays = options.only === undefined || options.only.length === 0 ? undeclared(proposals.snapshot) : []
    speech.quiet()
    if (invocation.options.json) {
      io.stdout(
        jsonLine({ tokens: tokens.map(statusJson), undeclared: strays, problems: proposals.problems.map(problemJson) }),
      )
    } else {
      io.stdout(
        statusText(io, pen, tokens, now) + undeclaredText(io, pen, strays) + problemsText(io, pen, proposals.problems),
      )
    }
    const codes: ExitCode[] = tokens.map(({ failure }) =>
      failure === undefined ? exitCodes.done : exitCodeOf(failure.code),
    )
    for (const { failure } of proposals.snapshot.failures) codes.push(exitCodeOf(failure.code))
    const well = tokens.every(({ state }) => state === 'healthy' || state === 'due' || state === 'paused')
    return worst([...codes, options.check === true && !well ? exitCodes.pending : exitCodes.done])
  })
