import {
  spokenDuration,
  after,
  before,
  between,
  day,
  duration,
  hour,
  type Instant,
  latest,
  minute,
  times,
} from './time.ts'
import type { ErrorCode } from './errors.ts'
import { currentMetadata, currentPat, type Facts, type Version } from './facts.ts'
import { slack } from './gate.ts'
import type { Hold } from './hold.ts'
import { holdInForce } from './hold-in-force.ts'
import type { Metadata } from './metadata.ts'
import type { Pat } from './pat.ts'
import { indexed } from './pat-index.ts'
import { sameScopes } from './scopes.ts'
import type { Token } from './token.ts'
import { type Grant, windowOf } from './window.ts'

/** What a person asks for. */
export interface RollbackWish {
  /** The authorizationId to go back to; undefined for that of the version before. */
  readonly to?: string | undefined
  /** How long the token is to be held; undefined for as long as is safe, a week at most. */
  readonly until?: Instant | undefined
  /** One line that `isReason` takes, and may be empty. */
  readonly reason: string
}

/** A PAT that was current before and still works, with the version that has its value. */
export interface Predecessor {
  readonly version: string
  readonly metadata: Metadata
  readonly pat: Pat & { readonly validTo: Instant }
}

/** Why a token cannot go back. */
export interface Refusal {
  readonly kind: 'refused'
  readonly code: ErrorCode
  readonly message: string
  /** Undefined where that of the code says it. */
  readonly remedy?: string
}

/** What a rollback of one token comes to, as far as can be told without the value. */
export type RollbackPlan =
  | Refusal
  /** It was done: the store hands out the older PAT. `hold`: the one that it still lacks. */
  | { readonly kind: 'standing'; readonly metadata: Metadata; readonly hold: Hold | undefined }
  | {
      readonly kind: 'possible'
      readonly predecessor: Predecessor
      readonly hold: Hold
      /** How it differs from what is declared, for people. */
      readonly difference: string | undefined
    }

/** A hold that a rollback places lasts no longer, unless a person says so. */
const usualHold = times(7, day)

/** Decides whether and how a token goes back. Nothing of the current PAT is asked but which it is: it may well be dead. */
export function planRollback(token: Token, facts: Facts, now: Instant, wish: RollbackWish): RollbackPlan {
  if (token.paused) return { kind: 'refused', code: 'paused', message: `${token.name} is paused in the configuration` }
  const metadata = currentMetadata(facts)
  if (metadata === undefined) return refused(`the store has no current version of ${token.name} that can be read`)
  const goesElsewhere = wish.to !== undefined && !isSameId(wish.to, metadata.authorizationId)
  if (!goesElsewhere && (wish.to !== undefined || replacedByRollback(token, facts).length > 0)) {
    return standing(token, facts, metadata, now, wish)
  }
  const predecessor = predecessorOf(token, facts, now, wish.to)
  if ('code' in predecessor) return predecessor
  const { pat } = predecessor
  const hold = holdOver(token, facts, { validFrom: pat.validFrom, validTo: pat.validTo }, now, wish)
  return 'code' in hold
    ? hold
    : { kind: 'possible', predecessor, hold, difference: differenceOf(token, predecessor.metadata) }
}

/**
 * The active PATs in whose place an older one was put: those that the current one supersedes although they were made after
 * it. A rotation never brings that about, so nothing else need be remembered. Empty where nobody rolled back.
 */
export function replacedByRollback(token: Token, facts: Facts): readonly Pat[] {
  const metadata = currentMetadata(facts)
  if (metadata === undefined) return []
  const madeAt = currentPat(token, facts)?.validFrom ?? metadata.validFrom
  const living = metadata.supersedes.map((id) => indexed(facts.pats).byId(id)).filter((pat) => pat !== undefined)
  return living.filter((pat) => pat.validFrom > madeAt)
}

/** Whoever runs it again wants it to stand: a hold that was released or has ended is placed once more. */
function standing(token: Token, facts: Facts, metadata: Metadata, now: Instant, wish: RollbackWish): RollbackPlan {
  const inForce = holdInForce(facts, now)
  if (inForce?.stops === 'replacement' && (wish.until === undefined || wish.until === inForce.until)) {
    return { kind: 'standing', metadata, hold: undefined }
  }
  const pat = currentPat(token, facts)
  const { validFrom } = metadata
  const hold = holdOver(token, facts, { validFrom, validTo: pat?.validTo ?? metadata.validTo }, now, wish)
  return 'code' in hold ? hold : { kind: 'standing', metadata, hold }
}

/**
 * The PAT to go back to: that of the newest version that holds another PAT than the current one and is fit for it, or the
 * one that a person names. When none is, the reason is that of the newest.
 */
export function predecessorOf(token: Token, facts: Facts, now: Instant, to: string | undefined): Predecessor | Refusal {
  const currentId = currentMetadata(facts)?.authorizationId
  const candidates = (facts.versions ?? [])
    .flatMap((version) => {
      const { id, reading } = version
      if (id === undefined || reading.kind !== 'read' || reading.metadata.authorizationId === currentId) return []
      if (to !== undefined && !isSameId(to, reading.metadata.authorizationId)) return []
      return [{ id, version, metadata: reading.metadata }]
    })
    .toSorted(
      (left, right) =>
        right.version.createdAt - left.version.createdAt || right.metadata.validFrom - left.metadata.validFrom,
    )
  let first: string | undefined
  for (const { id, version, metadata } of candidates) {
    const pat = indexed(facts.pats).byId(metadata.authorizationId)
    const why = objection(token, version, metadata, pat, now)
    if (why === undefined && pat?.validTo !== undefined) {
      return { version: id, metadata, pat: { ...pat, validTo: pat.validTo } }
    }
    first ??= `PAT ${metadata.authorizationId} cannot take the place of the current one again: ${why}`
  }
  if (first !== undefined) return refused(first)
  const what = to === undefined ? 'has no earlier value' : `has no version with PAT ${to}`
  return refused(`the store ${what} of ${token.name}`)
}

/** Why the PAT of a version cannot be current again; undefined when it can. */
function objection(
  token: Token,
  { enabled }: Version,
  { organization, account, validTo }: Metadata,
  pat: Pat | undefined,
  now: Instant,
): string | undefined {
  if (organization.toLowerCase() !== token.organization.toLowerCase())
    return `it belongs to organization ${organization}`
  if (account !== token.owner) return `it belongs to ${account}`
  if (pat === undefined) return validTo <= now ? 'it has expired' : 'it was revoked'
  if (!enabled) return 'its version is disabled, so the store no longer hands out its value'
  if (pat.validTo === undefined) return 'the service gave no readable expiry of it'
  const { validFrom } = pat
  if (latestEnd(token, { validFrom, validTo: pat.validTo }, now) >= earliestEnd(token, now)) return undefined
  const left = spokenDuration(duration(Math.max(0, between(now, pat.validTo))))
  return `it ends in ${left}, before the next run could be sure to come`
}

/** Until then a write of the very command may be under way, and would make the older PAT current after it was revoked. */
function earliestEnd(token: Token, now: Instant): Instant {
  return after(after(now, token.orphanAfter), slack)
}

/**
 * A hold ends at the latest when half of the window is left, or half of what is left of a shorter rest: then the next run
 * makes a successor, before the older PAT ends.
 */
function latestEnd(token: Token, grant: Grant, now: Instant): Instant {
  const rest = Math.min(windowOf(token, grant), between(now, grant.validTo))
  return before(grant.validTo, duration(rest / 2))
}

/** The hold that keeps the next run from rotating right back, and everybody from revoking; never shorter than one in force. */
function holdOver(
  token: Token,
  facts: Facts,
  grant: Grant,
  now: Instant,
  { until, reason }: RollbackWish,
): Hold | Refusal {
  const [earliest, last] = [earliestEnd(token, now), latestEnd(token, grant, now)]
  if (until !== undefined && until < earliest) {
    const least = Math.ceil(between(now, earliest) / hour)
    const message = 'the hold would end too soon: what this command writes may arrive as late as that'
    return { kind: 'refused', code: 'usage', message, remedy: `Hold it for longer: --for ${least}h` }
  }
  if (until !== undefined && until > last) {
    const most = Math.floor(between(now, last) / minute)
    const message = 'the hold would end too late: the older PAT must have a successor before it ends'
    const length = most < 120 ? `${most}m` : `${Math.floor(most / 60)}h`
    return { kind: 'refused', code: 'usage', message, remedy: `Hold it for less: --for ${length}` }
  }
  const wanted = until ?? Math.max(earliest, Math.min(after(now, usualHold), last))
  const standsUntil = holdInForce(facts, now)?.until
  return {
    until: latest(wanted as Instant, ...(standsUntil === undefined ? [] : [standsUntil])),
    stops: 'replacement',
    reason: reason === '' ? rolledBack : `${rolledBack}: ${reason}`,
  }
}

/** How every reason of such a hold begins. */
export const rolledBack = 'rolled back'

/** The scopes are those of then; what is declared now comes with the next rotation. */
function differenceOf(token: Token, { scopes, asked = scopes }: Metadata): string | undefined {
  if (token.scopes === undefined || sameScopes(asked, token.scopes)) return undefined
  return `it was minted for ${asked.join(' ')}, declared is ${token.scopes.join(' ')}`
}

/** What is stored beside the value when an older PAT becomes current again. */
export function metadataOfRollback(
  token: Token,
  facts: Facts,
  { metadata, pat }: Predecessor,
  made: { readonly generation: string; readonly writtenAt: Instant },
): Metadata {
  const bad = currentMetadata(facts)
  const living = indexed(facts.pats)
  // The one that was current stays named even when it is dead: it is what this version takes the place of.
  const superseded = [bad?.authorizationId, ...(bad?.supersedes ?? []), ...metadata.supersedes].filter(
    (id, index) => id !== undefined && id !== pat.authorizationId && (index === 0 || living.byId(id) !== undefined),
  )
  return {
    ...metadata,
    ...made,
    validFrom: pat.validFrom,
    validTo: pat.validTo,
    supersedes: [...new Set(superseded.filter((id) => id !== undefined))].slice(0, mostSuperseded),
    rule: token.rule,
    displayName: token.displayName,
    deliveries: [],
  }
}

/** Key Vault's tags hold so many, and more than two PATs of a token at once is rare. */
export const mostSuperseded = 6

function isSameId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

function refused(message: string): Refusal {
  return { kind: 'refused', code: 'cannot-roll-back', message }
}
