import { PatrolError } from '../../core/errors.ts'
import { currentMetadata } from '../../core/facts.ts'
import { isReason, longestReason } from '../../core/hold.ts'
import { rolledBack, type RollbackWish } from '../../core/rollback.ts'
import { after, type Duration, type Instant } from '../../core/time.ts'
import { rollBack } from '../../reconcile/rollback.ts'
import { type Kept, refusalError, sightRollback } from '../../reconcile/rollback-sight.ts'
import { withWorld } from '../configured.ts'
import { agree, asks } from '../consent.ts'
import type { Command } from '../invocation.ts'
import { pointInTime } from '../point-in-time.ts'
import { proposalsOf, unknownToken } from '../proposals.ts'
import { printRefusal, printReport } from '../report.ts'
import { rollbackQuestion } from '../rollback-text.ts'
import { refuseUnknownName } from '../unknown-name.ts'

export interface RollbackOptions {
  readonly positional: readonly string[]
  readonly for?: Duration
  readonly until?: string
  readonly reason?: string
  readonly to?: string
  readonly yes?: boolean
}

/** `patrol rollback`: the PAT before the current one becomes current again, in the store and in every target. */
export const rollbackCommand: Command<RollbackOptions> = (invocation, options) => {
  checkOptions(options)
  return withWorld(invocation, {}, async (wanted, { world }) => {
    const { io, speech } = invocation
    const beganAt = io.monotonic()
    const [name = ''] = options.positional
    refuseUnknownName(name, wanted)
    const proposals = await proposalsOf(world, wanted, { only: (one) => one === name, allow: 1 })
    const [proposal] = proposals.proposals
    if (proposal === undefined) throw unknownToken(name, proposals, wanted.tokens)
    if (proposals.veto !== undefined) throw proposals.veto
    const { lists } = proposals.snapshot
    const { token } = proposal.observation
    const { place } = token
    if (place === undefined) {
      throw new PatrolError('usage', `${name} has no store, so nobody has its earlier value`, {
        remedy: 'Only a token with a store can go back to the value before.',
      })
    }
    const kept: Kept = { ...token, place }
    const wish = wishOf(options, world.clock.now())
    const { facts, plan } = await sightRollback(world, lists, kept, wish)
    if (plan.kind === 'refused') throw refusalError(plan, token.name)
    let shown: string | undefined
    if (plan.kind === 'possible' && asks(invocation, options)) {
      shown = plan.predecessor.pat.authorizationId
      const from = currentMetadata(facts)?.authorizationId
      const question = rollbackQuestion(io, token, plan, from, world.clock.now())
      if (!(await agree(invocation, question))) {
        return printRefusal(invocation, [{ token: name, kind: 'rollback', authorizationId: shown }])
      }
    }
    if (plan.hold !== undefined) speech.note('holding the token first, which takes some seconds')
    // What a person took time to agree to is looked at anew.
    const { to, from, hold, ...report } = await rollBack(world, lists, kept, wish, shown)
    const stands = { token: name, to, from, hold, seenAt: world.clock.now() }
    return printReport(invocation, { ...report, rolledBack: stands }, io.monotonic() - beganAt)
  })
}

function checkOptions({ for: length, until, reason }: RollbackOptions): void {
  if (length !== undefined && until !== undefined) {
    throw new PatrolError('usage', '--for and --until are two different wishes')
  }
  const room = longestReason - `${rolledBack}: `.length
  if (reason !== undefined && (!isReason(reason.trim()) || reason.trim().length > room)) {
    throw new PatrolError('usage', `--reason must be one line of at most ${room} characters`)
  }
}

function wishOf({ for: length, until, reason = '', to }: RollbackOptions, now: Instant): RollbackWish {
  const end = length === undefined ? until && pointInTime(until, '--until') : after(now, length)
  return {
    to,
    reason: reason.trim(),
    ...(end === undefined || end === '' ? {} : { until: end }),
  }
}
