import { type Action, commonOf, type Plan, withoutTime } from './action.ts'
import { deliveries } from './deliveries.ts'
import { type Problem, problem } from './errors.ts'
import { currentMetadata, currentPat, type Facts } from './facts.ts'
import { type Gate, revocationGate, slack, standings } from './gate.ts'
import { indexed } from './pat-index.ts'
import type { Pat } from './pat.ts'
import { sameScopes } from './scopes.ts'
import { assess, currentGrant, type Finding, obstacle } from './policy.ts'
import { after, between, formatDuration, hour, type Instant, latest, second } from './time.ts'
import type { Token } from './token.ts'
import { dueAt } from './window.ts'

export type { Action, ActionKind, Plan } from './action.ts'

const nothing: Plan = { actions: [], scheduled: [], problems: [] }

function blockedBy(reason: Problem): Plan {
  return { ...nothing, problems: [reason], blocked: reason }
}

/**
 * What to do for one token.
 *
 * @param now the services' time
 * @param requested whether a person asked for a new value, whatever the policy says
 */
export function planToken(token: Token, facts: Facts, now: Instant, requested = false): Plan {
  if (token.paused) {
    return requested
      ? blockedBy(problem(token.name, 'paused', `${token.name} is paused in the configuration`))
      : nothing
  }
  const blocked = obstacle(token, facts)
  if (blocked !== undefined && !(requested && blocked.code === 'secret-not-managed')) return blockedBy(blocked)
  const parts = [
    refreshMetadata(token, facts),
    deliveries(token, facts, now),
    retirements(token, facts, now),
    deadVersions(token, facts, now),
    renewal(token, facts, now, requested),
  ]
  const reason = parts.find((part) => part.blocked !== undefined)?.blocked
  return {
    actions: parts.flatMap((part) => part.actions),
    scheduled: parts.flatMap((part) => part.scheduled),
    problems: [...parts.flatMap((part) => part.problems), ...shortGrant(token, facts), ...changedScopes(token, facts)],
    ...(reason === undefined ? {} : { blocked: reason }),
  }
}

/** A new value or a longer life, now or at its time. */
function renewal(token: Token, facts: Facts, now: Instant, requested: boolean): Plan {
  const common = commonOf(token)
  const finding = assess(token, facts, now)
  if (finding === undefined && !requested) return { ...nothing, scheduled: nextRenewal(token, facts) }
  if (!requested && finding?.reason === 'due' && token.method === 'renew') {
    const actions = extension(token, facts, now)
    // A PAT that works and that the list does not show yet is extended when it does.
    return { ...nothing, actions, scheduled: actions.length === 0 ? nextRenewal(token, facts).map(withoutTime) : [] }
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

/** The store's record of the expiry follows what the service says, whoever changed it. */
function refreshMetadata(token: Token, facts: Facts): Plan {
  const metadata = currentMetadata(facts)
  const pat = currentPat(token, facts)
  if (metadata === undefined || pat?.validTo === undefined) return nothing
  if (Math.abs(between(metadata.validTo, pat.validTo)) < second) return nothing
  const message = 'note in the store that the expiry of the current PAT was changed'
  const { authorizationId } = pat
  return {
    ...nothing,
    actions: [{ ...commonOf(token), kind: 'update-metadata', reason: 'expiry-changed', authorizationId, message }],
  }
}

/** Superseded PATs and orphans: now, where their gate is open, else at the time when it opens. */
function retirements(token: Token, facts: Facts, now: Instant): Plan {
  const gate = revocationGate(token, facts, now)
  const actions: Action[] = []
  const scheduled: Action[] = []
  const problems: Problem[] = []
  for (const { pat, standing } of standings(token, facts)) {
    const common = { ...commonOf(token), authorizationId: pat.authorizationId }
    if (standing.kind === 'stranger') {
      const message = `PAT ${pat.authorizationId} bears this token's mark under another display name (${pat.displayName})`
      problems.push(
        problem(token.name, 'name-conflict', message, `If nobody uses it: patrol revoke ${pat.authorizationId}`),
      )
    } else if (standing.kind === 'orphan') {
      const message = 'revoke an orphan: its value was lost before it reached the store'
      const action = { ...common, kind: 'collect-orphan', reason: 'orphan', message } as const
      if (standing.collectAt <= now) actions.push(action)
      else scheduled.push({ ...action, at: standing.collectAt })
    } else {
      const action = { ...common, kind: 'revoke', reason: 'superseded' } as const
      const { isOpen, why, until } = retirementOf(token, pat, gate, now)
      if (isOpen) actions.push({ ...action, message: 'revoke the superseded PAT: its overlap has passed' })
      else {
        const message = `revoke the superseded PAT; not yet: ${why}`
        scheduled.push({ ...action, message, ...(until === undefined ? {} : { at: until }) })
      }
    }
  }
  return { actions, scheduled, problems }
}

/**
 * When one superseded PAT may go: when the gate is open, and no sooner than `orphanAfter` after it was minted. Until then
 * a write of the turn that minted it may still be under way, and would make a dead PAT current.
 */
function retirementOf(
  token: Token,
  pat: Pat,
  gate: Gate,
  now: Instant,
): { readonly isOpen: boolean; readonly why: string; readonly until: Instant | undefined } {
  const oldEnoughAt = after(after(pat.validFrom, token.orphanAfter), slack)
  if (gate.kind === 'open') {
    return {
      isOpen: oldEnoughAt <= now,
      why: 'it is so young that it may still be on its way into the store',
      until: oldEnoughAt,
    }
  }
  return { isOpen: false, why: gate.why, until: gate.until && latest(gate.until, oldEnoughAt) }
}

/** Enabled versions of dead PATs are no work of their own: they are tidied up when the versions were read anyway. */
function deadVersions(token: Token, facts: Facts, now: Instant): Plan {
  const currentId = currentMetadata(facts)?.authorizationId
  const living = indexed(facts.pats)
  const actions: Action[] = []
  for (const version of facts.versions ?? []) {
    if (version.id === undefined || !version.enabled || version.reading.kind !== 'read') continue
    const { authorizationId, organization, account } = version.reading.metadata
    // Of a PAT elsewhere, where the token was before it moved, the list tells nothing.
    if (organization.toLowerCase() !== token.organization.toLowerCase() || account !== token.owner) continue
    const old = after(after(version.createdAt, token.orphanAfter), slack) <= now
    if (!old || authorizationId === currentId || living.byId(authorizationId) !== undefined) continue
    const message = 'disable an old version, whose PAT is dead'
    actions.push({
      ...commonOf(token),
      kind: 'disable-version',
      reason: 'dead',
      version: version.id,
      authorizationId,
      message,
    })
  }
  return { ...nothing, actions }
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

/** A grant shorter than asked is worth a word, and never a reason to mint again. */
function shortGrant(token: Token, facts: Facts): readonly Problem[] {
  const grant = currentGrant(token, facts)
  const marked = currentMetadata(facts) !== undefined
  if (!marked || token.method !== 'rotate' || grant === undefined) return []
  const life = between(grant.validFrom, grant.validTo)
  if (life >= token.lifetime - hour) return []
  const declared = formatDuration(token.lifetime)
  const message = `the current PAT was granted ${formatDuration(life)}, declared are ${declared}; its schedule follows the grant`
  return [problem(token.name, 'policy-lifespan', message)]
}

/** Somebody may have widened or narrowed a PAT on the web page. It is told; a new one comes when it is due. */
function changedScopes(token: Token, facts: Facts): readonly Problem[] {
  const metadata = currentMetadata(facts)
  const pat = currentPat(token, facts)
  if (metadata === undefined || pat === undefined) return []
  if (sameScopes(pat.scopes, metadata.scopes) || sameScopes(pat.scopes, metadata.asked ?? metadata.scopes)) return []
  const message = `PAT ${pat.authorizationId} has ${pat.scopes.join(' ')}, and was granted ${metadata.scopes.join(' ')}`
  return [problem(token.name, 'scopes-changed', message)]
}
