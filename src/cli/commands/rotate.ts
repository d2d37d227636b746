import { PatrolError } from '../../core/errors.ts'
import { type Revoking, rotateNow } from '../../reconcile/emergency.ts'
import { refuseEmptySelection, selects, withWorld } from '../configured.ts'
import { agree, asks } from '../consent.ts'
import type { Command } from '../invocation.ts'
import { planText } from '../plan-text.ts'
import { proposalsOf, unknownToken } from '../proposals.ts'
import { printRefusal, printReport } from '../report.ts'
import { clean, namesText } from '../terminal.ts'
import { refuseUnknownName } from '../unknown-name.ts'

export interface RotateOptions {
  readonly positional: readonly (string | undefined)[]
  readonly all?: boolean
  readonly only?: readonly string[]
  readonly reason?: string
  readonly revokeNow?: boolean
  readonly revokeFirst?: boolean
  readonly yes?: boolean
}

/** `patrol rotate`: new values for one token or for all, due or not. */
export const rotateCommand: Command<RotateOptions> = (invocation, options) => {
  checkOptions(options)
  const [name] = options.positional
  const revoking = revokingOf(options)
  return withWorld(invocation, {}, async (wanted, { world }) => {
    const { io, pen, speech } = invocation
    const beganAt = io.monotonic()
    if (name !== undefined) refuseUnknownName(name, wanted)
    const only = name === undefined ? selects(options.only) : (one: string) => one === name
    // What a person asks for is no accident, however many tokens it is about.
    const proposals = await proposalsOf(world, wanted, { only, requested: { has: only }, allow: 1 })
    if (name !== undefined && proposals.proposals.length === 0) throw unknownToken(name, proposals, wanted.tokens)
    if (name === undefined && proposals.snapshot.failures.length === 0) {
      refuseEmptySelection(options.only, proposals.proposals.length)
    }
    const actions = proposals.proposals.flatMap(({ plan }) => plan.actions)
    const names = proposals.proposals.map(({ observation }) => observation.token.name)
    const isGrave = options.all === true || revoking !== 'after-overlap'
    if (isGrave && asks(invocation, options)) {
      const shown = `${planText(io, pen, proposals, true)}\n${warningText(revoking, names)}`
      if (!(await agree(invocation, shown))) return printRefusal(invocation, actions, proposals.problems)
    }
    if (options.reason !== undefined) speech.note(`reason: ${clean(options.reason)}`)
    const report = await rotateNow(world, proposals, revoking)
    const reason = options.reason === undefined ? {} : { reason: options.reason }
    return printReport(invocation, { ...report, ...reason }, io.monotonic() - beganAt)
  })
}

function checkOptions({ positional, all, only, reason, revokeNow, revokeFirst }: RotateOptions): void {
  const [name] = positional
  if ((name === undefined) === (all !== true)) {
    const message = name === undefined ? 'name a token, or say --all' : 'a name and --all are two different wishes'
    throw new PatrolError('usage', message, { remedy: '`patrol status` shows the names.' })
  }
  if (all === true && (reason ?? '').trim() === '') {
    throw new PatrolError('usage', 'to rotate all tokens, say why', {
      remedy: 'For example: patrol rotate --all --reason "a laptop was stolen"',
    })
  }
  if (only !== undefined && all !== true) throw new PatrolError('usage', '--only belongs to --all')
  if (revokeNow === true && revokeFirst === true) {
    throw new PatrolError('usage', '--revoke-now and --revoke-first are two different orders', {
      remedy:
        'Keep --revoke-first if the value is in wrong hands, and --revoke-now if nobody may be cut off meanwhile.',
    })
  }
}

function revokingOf({ revokeNow, revokeFirst }: RotateOptions): Revoking {
  if (revokeFirst === true) return 'first'
  return revokeNow === true ? 'when-delivered' : 'after-overlap'
}

function warningText(revoking: Revoking, names: readonly string[]): string {
  const whose = namesText(names)
  switch (revoking) {
    case 'after-overlap':
      return `new values for ${whose}; the old PATs go after their overlap\n`
    case 'when-delivered':
      return `the old PATs of ${whose} are revoked at once: whoever still uses one is cut off\n`
    case 'first':
      return `the old PATs of ${whose} are revoked before there is a new one: whoever uses one is cut off until it has the new value\n`
  }
}
