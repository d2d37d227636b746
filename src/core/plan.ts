import { blockedBy, commonOf, nothing, type Plan } from './action.ts'
import { lackOf, shortfallText } from './ceiling.ts'
import { deliveries } from './deliveries.ts'
import { type Problem, problem } from './errors.ts'
import { currentMetadata, currentPat, type Facts } from './facts.ts'
import { obstacle } from './policy.ts'
import { renewal } from './renewal.ts'
import { deadVersions, retirements } from './retirements.ts'
import { successions } from './succession.ts'
import { sameScopes } from './scopes.ts'
import { between, type Instant, second } from './time.ts'
import type { Token } from './token.ts'

export type { Action, ActionKind, Plan } from './action.ts'

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
    successions(token, facts, now),
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

/** A grant shorter than asked is worth a word, and never a reason to mint again. */
function shortGrant(token: Token, facts: Facts): readonly Problem[] {
  const metadata = currentMetadata(facts)
  const shortfall = metadata && lackOf(token, metadata)
  if (shortfall === undefined) return []
  return [problem(token.name, 'policy-lifespan', `the current PAT ${shortfallText(shortfall)}`)]
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
