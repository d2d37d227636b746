import { type Action, blockedBy, commonOf, nothing, type Plan, withoutTime } from './action.ts'
import { type Problem, problem } from './errors.ts'
import { currentMetadata, currentPat, type Facts } from './facts.ts'
import { assess, currentGrant, type Finding } from './policy.ts'
import { holdInForce, holdText } from './hold-in-force.ts'
import { after, formatDuration, type Instant } from './time.ts'
import type { Token } from './token.ts'
import { dueAt } from './window.ts'

/** A new value or a longer life, now or at its time. */
export function renewal(token: Token, facts: Facts, now: Instant, requested: boolean): Plan {
  const common = commonOf(token)
  const finding = assess(token, facts, now)
  const hold = holdInForce(facts, now)
  if (finding === undefined && !requested) return { ...nothing, scheduled: nextRenewal(token, facts) }
  if (!requested && finding?.reason === 'due' && token.method === 'renew') {
    const actions = extension(token, facts, now)
    // A PAT that works and that the list does not show yet is extended when it does.
    return { ...nothing, actions, scheduled: actions.length === 0 ? nextRenewal(token, facts).map(withoutTime) : [] }
  }
  const stays = finding?.reason === 'due' || finding?.reason === 'scopes-differ'
  if (!requested && stays && hold?.stops === 'replacement') {
    const message = `create a new PAT: ${finding.message}; not yet: ${holdText(hold)}`
    return { ...nothing, scheduled: [{ ...common, kind: 'mint', reason: finding.reason, at: hold.until, message }] }
  }
  if (token.place === undefined) return blockedBy(beyondRenewal(token, finding))
  const mint: Action = {
    ...common,
    kind: 'mint',
    reason: requested ? 'requested' : (finding as Finding).reason,
    message: requested ? 'a new PAT was asked for' : `create a new PAT: ${(finding as Finding).message}`,
  }
  return {
    actions: [mint],
    scheduled: [],
    problems: finding?.reason === 'moved' ? leftBehind(token, facts) : [],
  }
}

/** A PAT that only a new one could replace, and no store to put its value into. */
function beyondRenewal(token: Token, finding: Finding | undefined): Problem {
  const message = `${finding?.message ?? 'a new PAT was asked for'}, and without a store there can be no new one`
  return problem(token.name, 'cannot-extend', message, 'Name a `store` for this entry and use `method: rotate`.')
}

function extension(token: Token, facts: Facts, now: Instant): readonly Action[] {
  const pat = currentPat(token, facts)
  if (pat === undefined) return []
  const message = `extend to ${formatDuration(token.lifetime)} from now: its window of renewal has begun`
  const validTo = after(now, token.lifetime)
  return [{ ...commonOf(token), kind: 'extend', reason: 'due', authorizationId: pat.authorizationId, validTo, message }]
}

function nextRenewal(token: Token, facts: Facts): readonly Action[] {
  const grant = currentGrant(token, facts)
  if (grant === undefined) return []
  const at = dueAt(token.name, token, grant)
  const authorizationId = currentPat(token, facts)?.authorizationId ?? currentMetadata(facts)?.authorizationId
  const known = authorizationId === undefined ? {} : { authorizationId }
  if (token.method === 'rotate') {
    return [
      {
        ...commonOf(token),
        ...known,
        kind: 'mint',
        reason: 'due',
        at,
        message: 'create a new PAT when the window of renewal begins',
      },
    ]
  }
  if (authorizationId === undefined) return []
  const message = `extend to ${formatDuration(token.lifetime)} when the window of renewal begins`
  return [
    {
      ...commonOf(token),
      kind: 'extend',
      reason: 'due',
      authorizationId,
      validTo: after(at, token.lifetime),
      at,
      message,
    },
  ]
}

/** After a move the old PAT is out of this token's sight; a person is told where it stays. */
function leftBehind(token: Token, facts: Facts): readonly Problem[] {
  const metadata = currentMetadata(facts)
  if (metadata === undefined) return []
  const message = `PAT ${metadata.authorizationId} of ${metadata.account} stays in organization ${metadata.organization}`
  return [
    problem(token.name, 'moved-on', message, `When nobody uses it any more: patrol revoke ${metadata.authorizationId}`),
  ]
}
