import { explain } from '../../core/explanation.ts'
import { withWorld } from '../configured.ts'
import { exitCodes } from '../exit-code.ts'
import { explanationJson, explanationText } from '../explanation-text.ts'
import type { Command } from '../invocation.ts'
import { jsonLine } from '../json.ts'
import { proposalsOf, unknownToken } from '../proposals.ts'
import { refuseUnknownName } from '../unknown-name.ts'

export interface ExplainOptions {
  readonly positional: readonly string[]
}

/** `patrol explain`: what the rules say of one token, and why something is not done yet. */
export const explainCommand: Command<ExplainOptions> = (invocation, { positional }) =>
  withWorld(invocation, {}, async (wanted, { world }) => {
    const { io, options, pen, speech } = invocation
    const [name = ''] = positional
    refuseUnknownName(name, wanted)
    const proposals = await proposalsOf(world, wanted, { only: (one) => one === name })
    const [proposal] = proposals.proposals
    if (proposal === undefined) throw unknownToken(name, proposals, wanted.tokens)
    const { observation } = proposal
    if ('failure' in observation) throw observation.failure
    const { token, facts } = observation
    const now = world.clock.now()
    const explained = { token, facts, explanation: explain(token, facts, now), veto: proposals.veto }
    speech.quiet()
    io.stdout(options.json ? jsonLine(explanationJson(explained, now)) : explanationText(io, pen, explained, now))
    return exitCodes.done
  })
