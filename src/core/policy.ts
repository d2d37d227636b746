import { type Problem, problem } from './errors.ts'
import { currentMetadata, currentPat, type Facts, isOurs } from './facts.ts'
import type { Pat } from './pat.ts'
import type { Metadata } from './metadata.ts'
import { indexed } from './pat-index.ts'
import { sameScopes } from './scopes.ts'
import { type Instant } from './time.ts'
import type { Token } from './token.ts'
import { dueAt } from './window.ts'

/** Why a token needs a new PAT, or a longer life of the one it has. A closed list; also JSON and metric labels. */
export type Reason =
  | 'absent'
  | 'revoked'
  | 'value-lost'
  | 'moved'
  | 'revoked-outside'
  | 'expired'
  | 'expiry-unknown'
  | 'scopes-differ'
  | 'due'

/** Reasons that a wrong store or account would give to many tokens at once; the guard counts them. */
export const replacementReasons: ReadonlySet<Reason> = new Set(['revoked', 'value-lost', 'moved', 'revoked-outside'])

export interface Finding {
  readonly reason: Reason
  readonly message: string
}

type Check = (token: Token, facts: Facts, now: Instant) => Finding | undefined

/**
 * The policy, in order: the first check that finds something gives the reason. Each is named by what it finds, and
 * relies on none before it.
 */
const checks: readonly (readonly [Reason, Check])[] = [
  ['absent', absent],
  ['revoked', revoked],
  ['value-lost', valueLost],
  ['moved', moved],
  ['revoked-outside', revokedOutside],
  ['expired', expired],
  ['expiry-unknown', expiryUnknown],
  ['scopes-differ', scopesDiffer],
  ['due', due],
]

/** Why this token must be acted on now; undefined when it need not be. */
export function assess(token: Token, facts: Facts, now: Instant): Finding | undefined {
  for (const [, check] of checks) {
    const finding = check(token, facts, now)
    if (finding !== undefined) return finding
  }
  return undefined
}

/** What each check of the policy says, in their order; the first finding is the reason that counts. */
export function assessments(
  token: Token,
  facts: Facts,
  now: Instant,
): readonly { readonly check: Reason; readonly finding: Finding | undefined }[] {
  return checks.map(([name, check]) => ({ check: name, finding: check(token, facts, now) }))
}

/** What keeps Patrol's hands off a token, whatever its policy says: it cannot tell what it would be changing. */
export function obstacle(token: Token, facts: Facts): Problem | undefined {
  const reading = facts.current?.reading
  const where = `secret ${token.place?.secretName} in store ${token.place?.store}`
  if (reading?.kind === 'foreign') {
    return problem(token.name, 'secret-not-managed', `the ${where} holds a value that Patrol did not write`)
  }
  if (reading?.kind === 'unsupported') {
    const message = `the ${where} has metadata of format ${reading.version}, which this Patrol does not know`
    return problem(token.name, 'metadata-unsupported', message)
  }
  if (facts.currentWorks === 'unknown') {
    const message = 'the list lacks the current PAT, and a call with it gave no answer that tells whether it lives'
    const remedy = 'Nothing was changed. Run again; if it stays, see whether the address of `verify` can be reached.'
    return problem(token.name, 'service-unavailable', message, remedy)
  }
  return undefined
}

/** Nothing was ever established, as far as anybody can see. */
function absent(token: Token, facts: Facts): Finding | undefined {
  if (token.place === undefined || facts.current !== undefined || currentPat(token, facts) !== undefined)
    return undefined
  // A covered PAT that vanished before its rule rotated it leaves nothing to replace.
  if (token.covers !== undefined || sibling(token, facts) !== undefined) return undefined
  return { reason: 'absent', message: `there is no secret ${token.place.secretName} in store ${token.place.store} yet` }
}

/** Its version was disabled and its PAT ended before its time, as `patrol revoke` leaves it; nothing took its place. */
function revoked(token: Token, facts: Facts, now: Instant): Finding | undefined {
  const metadata = currentMetadata(facts)
  if (metadata === undefined || facts.current?.enabled !== false || metadata.validTo <= now) return undefined
  const isActive = facts.pats.some(({ authorizationId }) => authorizationId === metadata.authorizationId)
  if (isActive || facts.currentWorks === true || movedFrom(token, metadata)) return undefined
  return {
    reason: 'revoked',
    message: `PAT ${metadata.authorizationId} was revoked, and its version disabled in the store`,
  }
}

/** A PAT of this token lives, but the store does not hand out its value. */
function valueLost(token: Token, facts: Facts): Finding | undefined {
  const { current } = facts
  if (current === undefined) {
    const lost = currentPat(token, facts) === undefined ? sibling(token, facts) : undefined
    if (lost === undefined || !isOurs(token, facts, lost)) return undefined
    return { reason: 'value-lost', message: `PAT ${lost.authorizationId} is active, but the store has no value of it` }
  }
  if (!current.enabled) return { reason: 'value-lost', message: 'the current version is disabled in the store' }
  if (current.reading.kind === 'damaged') {
    return {
      reason: 'value-lost',
      message: `the metadata of the current version is damaged (${current.reading.field})`,
    }
  }
  return undefined
}

/** The token was somewhere else before: in another store or secret, organization or account. */
function moved(token: Token, facts: Facts): Finding | undefined {
  const metadata = currentMetadata(facts)
  if (metadata !== undefined) {
    const from = movedFrom(token, metadata)
    return from === undefined ? undefined : { reason: 'moved', message: `the stored PAT belongs to ${from}` }
  }
  if (facts.current !== undefined || currentPat(token, facts) !== undefined) return undefined
  const elsewhere = sibling(token, facts)
  if (elsewhere === undefined || isOurs(token, facts, elsewhere)) return undefined
  return {
    reason: 'moved',
    message: `PAT ${elsewhere.authorizationId} bears this display name, but was minted for another store or secret name`,
  }
}

function movedFrom(token: Token, { organization, account }: Metadata): string | undefined {
  if (organization.toLowerCase() !== token.organization.toLowerCase()) return `organization ${organization}`
  return account === token.owner ? undefined : account
}

/** An administrator, a policy or the leak scanner ended it: the list lacks it, and a real call was refused. */
function revokedOutside(_token: Token, facts: Facts, now: Instant): Finding | undefined {
  const metadata = currentMetadata(facts)
  if (metadata === undefined || metadata.validTo <= now || facts.currentWorks !== false) return undefined
  return { reason: 'revoked-outside', message: `PAT ${metadata.authorizationId} no longer works, before its time` }
}

function expired(token: Token, facts: Facts, now: Instant): Finding | undefined {
  const metadata = currentMetadata(facts)
  const pat = currentPat(token, facts)
  const validTo = pat === undefined ? metadata?.validTo : pat.validTo
  if (validTo === undefined || validTo > now || facts.currentWorks === true) return undefined
  return { reason: 'expired', message: `PAT ${pat?.authorizationId ?? metadata?.authorizationId} has expired` }
}

function expiryUnknown(token: Token, facts: Facts): Finding | undefined {
  const pat = currentPat(token, facts)
  if (pat === undefined || pat.validTo !== undefined) return undefined
  return { reason: 'expiry-unknown', message: `the service gave no readable expiry of PAT ${pat.authorizationId}` }
}

/**
 * Other scopes are declared than the PAT was minted for. A scope is never changed in place, because consumers of the old
 * value would gain or lose rights unseen. What was asked for counts, not what was granted: the service may leave out a
 * scope that another one includes, and that would never come to an end.
 */
function scopesDiffer(token: Token, facts: Facts): Finding | undefined {
  const metadata = currentMetadata(facts)
  if (metadata === undefined || token.scopes === undefined) return undefined
  const asked = metadata.asked ?? metadata.scopes
  if (sameScopes(asked, token.scopes)) return undefined
  return {
    reason: 'scopes-differ',
    message: `it was minted for ${asked.join(' ')}, declared is ${token.scopes.join(' ')}`,
  }
}

function due(token: Token, facts: Facts, now: Instant): Finding | undefined {
  const grant = currentGrant(token, facts)
  if (grant === undefined || now < dueAt(token.name, token, grant)) return undefined
  return { reason: 'due', message: 'its window of renewal has begun' }
}

/** From when to when the current PAT was granted: as the list says, or for a PAT that it lacks, as the metadata says. */
export function currentGrant(token: Token, facts: Facts): { validFrom: Instant; validTo: Instant } | undefined {
  const pat = currentPat(token, facts)
  if (pat === undefined) return currentMetadata(facts)
  return pat.validTo === undefined ? undefined : { validFrom: pat.validFrom, validTo: pat.validTo }
}

/**
 * An active PAT with the token's display name and any mark; our own before others'. While a rule covers a PAT, the token
 * is that PAT and no other.
 */
function sibling(token: Token, facts: Facts): Pat | undefined {
  if (token.covers !== undefined) return undefined
  const marked = indexed(facts.pats).byBase(token.displayName)
  return marked.find((pat) => isOurs(token, facts, pat)) ?? marked[0]
}
