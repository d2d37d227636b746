import { renewIdleSignIns } from '../../app/account-states.ts'
import type { Action, ActionKind } from '../../core/plan.ts'
import type { Instant } from '../../core/time.ts'
import { apply, type Proposals, type Report } from '../../reconcile/run.ts'
import { accountCodes, signInsUsed, tellSignIns } from '../account-text.ts'
import { agree, asks } from '../consent.ts'
import type { Command, Invocation } from '../invocation.ts'
import { worst } from '../exit-code.ts'
import { planText } from '../plan-text.ts'
import { type SelectionOptions, withProposals, withUndeclared } from '../proposals.ts'
import { printRefusal, printReport } from '../report.ts'
import { dateText, soonText } from '../time-text.ts'

export interface ApplyOptions extends SelectionOptions {
  readonly yes?: boolean
  readonly allow?: number
}

/** `patrol apply`: does what is due. */
export const applyCommand: Command<ApplyOptions> = (invocation, options) => {
  const { io, pen } = invocation
  const beganAt = io.monotonic()
  const { allow } = options
  return withProposals(invocation, options, allow === undefined ? {} : { allow }, async (planned, world, accounts) => {
    const proposals = withUndeclared(planned, options)
    const actions = proposals.proposals.flatMap(({ plan }) => plan.actions)
    const asked = asks(invocation, options) && actions.length > 0 && proposals.veto === undefined
    if (asked && !(await agree(invocation, planText(io, pen, proposals, true))))
      return printRefusal(invocation, actions, proposals.problems)
    const report = await apply(world, proposals, asked ? { shown: shownKinds(proposals) } : {})
    const now = (): Instant => world.clock.now()
    const signIns = world.stopping() ? [] : await renewIdleSignIns(accounts, signInsUsed(proposals), now)
    const waiting = passedOver(proposals, report)
    const told = { ...report, accounts: signIns, waiting: waiting.length }
    const code = printReport(invocation, told, io.monotonic() - beganAt)
    tellPassedOver(invocation, waiting, proposals.snapshot.observedAt)
    const said = report.results.flatMap(({ error }) => error?.message ?? [])
    tellSignIns(invocation.speech, signIns, now(), new Set([...said, ...report.problems.map(({ message }) => message)]))
    return worst([code, ...accountCodes(signIns)])
  })
}

type PassedOver = Action & { readonly kind: 'deliver'; readonly at: Instant }

/** The deliveries that failed before and whose time had not come. */
function passedOver({ proposals }: Proposals, { results }: Report): readonly PassedOver[] {
  return proposals
    .flatMap(({ plan }) => plan.scheduled)
    .filter((action) => action.kind === 'deliver' && action.reason === 'failed-before')
    .filter((action): action is PassedOver => action.at !== undefined)
    .filter(({ token, target }) => !results.some((result) => result.token === token && result.target === target))
}

/** Who has just mended a target waits for a delivery that is not tried yet. */
function tellPassedOver({ speech }: Invocation, waiting: readonly PassedOver[], now: Instant): void {
  for (const { token, target, at } of waiting) {
    speech.note(
      `${token}: the delivery to ${target} failed before and is not tried again before ${dateText(at)} (${soonText(at, now)}); the next run after that delivers, or \`patrol rotate ${token}\`, with a new value`,
    )
  }
}

function shownKinds(proposals: Proposals): ReadonlyMap<string, ReadonlySet<ActionKind>> {
  return new Map(
    proposals.proposals.map(({ observation, plan }) => [
      observation.token.name,
      new Set(plan.actions.map(({ kind }) => kind)),
    ]),
  )
}
