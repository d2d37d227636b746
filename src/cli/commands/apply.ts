import { type ExitCode, exitCodeOf, exitCodes, worst } from '../exit-code.ts'
import type { ActionKind } from '../../core/plan.ts'
import { apply, type Proposals, propose, type Report } from '../../reconcile/run.ts'
import { type ConfigLessOptions, refuseEmptySelection, selects, withWorld } from '../configured.ts'
import type { Command, Invocation } from '../invocation.ts'
import { jsonLine, reportJson } from '../json.ts'
import { planText, reportText } from '../plan-text.ts'
import { millisecondsText } from '../time-text.ts'

export interface ApplyOptions extends ConfigLessOptions {
  readonly only?: readonly string[]
  readonly yes?: boolean
  readonly allow?: number
}

/** `patrol apply`: does what is due. */
export const applyCommand: Command<ApplyOptions> = (invocation, options) =>
  withWorld(invocation, options, async (wanted, { world }) => {
    const { io, pen } = invocation
    const beganAt = io.monotonic()
    const proposals = await propose(world, wanted, {
      only: selects(options.only),
      maxReplacements: wanted.limits.maxReplacements,
      ...(options.allow === undefined ? {} : { allow: options.allow }),
    })
    refuseEmptySelection(options.only, proposals.proposals.length)
    const asks = io.canAsk && options.yes !== true && hasActions(proposals) && proposals.veto === undefined
    if (asks && !(await agree(invocation, planText(io, pen, proposals, true)))) return exitCodes.done
    const report = await apply(world, proposals, asks ? { shown: shownKinds(proposals) } : {})
    return printReport(invocation, report, io.monotonic() - beganAt)
  })

/** Prints what a run did, and says how it ended. */
export function printReport(invocation: Invocation, report: Report, tookMs: number): ExitCode {
  const { io, pen, speech, options } = invocation
  speech.quiet()
  const { results, problems } = report
  io.stdout(
    options.json
      ? jsonLine(reportJson(results, problems))
      : reportText(io, pen, results, problems, millisecondsText(tookMs)),
  )
  const failures = results.filter((result) => result.status === 'failed' && result.error !== undefined)
  return worst(failures.map(({ error }) => exitCodeOf(error?.code ?? 'internal')))
}

/** Shows something on stderr and asks whether to go on; anything but yes is no. */
export async function agree(invocation: Invocation, shown: string): Promise<boolean> {
  const { io, speech } = invocation
  speech.quiet()
  io.stderr(shown)
  const answer = await io.ask('Go ahead? [y/N] ')
  const agreed = /^y(es)?$/i.test(answer.trim())
  if (!agreed) io.stderr('nothing was changed\n')
  return agreed
}

function hasActions(proposals: Proposals): boolean {
  return proposals.proposals.some(({ plan }) => plan.actions.length > 0)
}

function shownKinds(proposals: Proposals): ReadonlyMap<string, ReadonlySet<ActionKind>> {
  return new Map(
    proposals.proposals.map(({ observation, plan }) => [
      observation.token.name,
      new Set(plan.actions.map(({ kind }) => kind)),
    ]),
  )
}
