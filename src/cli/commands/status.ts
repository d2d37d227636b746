import { accountStates } from '../../app/account-states.ts'
import { holdInForce } from '../../core/hold-in-force.ts'
import { type State, stateOf } from '../../core/state.ts'
import type { Instant } from '../../core/time.ts'
import { failingTargets } from '../../reconcile/failing-targets.ts'
import type { Proposal } from '../../reconcile/run.ts'
import { accountCodes, accountJson, accountsText, signInsUsed, tellSignIns } from '../account-text.ts'
import { sourceText } from '../config-option.ts'
import { deliveriesOf } from '../delivery-status.ts'
import { exitCodes, worst } from '../exit-code.ts'
import { globalPats, globalPatsText } from '../global-pats.ts'
import type { Command } from '../invocation.ts'
import { jsonLine, problemJson, statusJson, type TokenStatus } from '../json.ts'
import { problemsText } from '../plan-text.ts'
import { type SelectionOptions, unseenCodes, withProposals } from '../proposals.ts'
import { mayWork, replacedJson, replacedText } from '../replaced-text.ts'
import { retiring, retiringJson, retiringText } from '../retiring.ts'
import { statusText } from '../status-text.ts'
import { undeclared, undeclaredText } from '../undeclared.ts'

export interface StatusOptions extends SelectionOptions {
  readonly check?: boolean
}

/** Nobody needs to look at a token in one of these. One that is paused expires unless somebody looks. */
const well: ReadonlySet<State> = new Set(['healthy', 'due'])

/** `patrol status`: how each token does, and what comes next. */
export const statusCommand: Command<StatusOptions> = (invocation, options) =>
  withProposals(invocation, options, {}, async (proposals, world, accounts) => {
    const { io, pen, speech } = invocation
    const source = sourceText(invocation)
    if (source !== undefined) speech.note(source)
    const now = world.clock.now()
    const tokens = proposals.proposals.map((proposal) => statusOf(proposal, now))
    const isWhole = options.only === undefined || options.only.length === 0
    const strays = isWhole ? undeclared(proposals.snapshot) : []
    const ending = isWhole ? await retiring(world, proposals.snapshot, speech) : []
    const global = isWhole ? globalPats(proposals.snapshot, now) : []
    const replaced = proposals.snapshot.successions.filter((succession) => mayWork(succession, now))
    const observations = proposals.proposals.map(({ observation }) => observation)
    const problems = [...proposals.problems, ...(await failingTargets(world, observations))]
    const signIns = await accountStates(accounts, signInsUsed(proposals), () => world.clock.now())
    speech.quiet()
    io.stdout(
      invocation.options.json
        ? jsonLine({
            tokens: tokens.map(statusJson),
            replaced: replaced.map((succession) => replacedJson(succession, now)),
            undeclared: strays,
            retiring: ending.map((one) => retiringJson(one, now)),
            globalPats: global,
            accounts: signIns.map(accountJson),
            problems: problems.map(problemJson),
          })
        : statusText(io, pen, tokens, now) +
            replacedText(io, pen, replaced, now) +
            undeclaredText(io, pen, strays) +
            retiringText(io, pen, ending, now) +
            globalPatsText(pen, global, proposals.snapshot.successions, now) +
            accountsText(io, pen, signIns, now) +
            problemsText(io, pen, problems),
    )
    tellSignIns(speech, signIns, now, new Set(problems.map(({ message }) => message)))
    const isWell =
      tokens.every((status) => well.has(status.state) && hasArrived(status)) &&
      signIns.every(({ state }) => state !== 'expiring')
    const checked = options.check !== true || isWell
    return worst([...unseenCodes(proposals), ...accountCodes(signIns), checked ? exitCodes.done : exitCodes.pending])
  })

/** Whether no target is known to be without the current value because the last delivery to it failed. */
function hasArrived(status: TokenStatus): boolean {
  return deliveriesOf(status).every(({ state, isDeclared }) => state !== 'failing' || !isDeclared)
}

function statusOf({ observation, plan }: Proposal, now: Instant): TokenStatus {
  const { token } = observation
  const { actions, scheduled } = plan
  if ('facts' in observation) {
    const { facts } = observation
    const hold = holdInForce(facts, now)
    return { token, state: stateOf(token, facts, now), facts, failure: undefined, hold, actions, scheduled }
  }
  const state = token.paused ? 'paused' : 'unknown'
  return { token, state, facts: undefined, failure: observation.failure, actions, scheduled }
}
