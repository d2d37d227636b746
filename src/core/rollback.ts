import { currentMetadata, currentPat, type Facts, type Version } from './facts.ts'
import type { Hold } from './hold.ts'
import { holdInForce, holdText } from './hold-in-force.ts'
import { type Metadata, mostSuperseded } from './metadata.ts'
import type { Pat } from './pat.ts'
import { indexed } from './pat-index.ts'
import {
  endsTooSoon,
  isSameId,
  latestEnd,
  type Predecessor,
  predecessorOf,
  type Refusal,
  refused,
  soonestEnd,
} from './predecessor.ts'
import { sameScopes } from './scopes.ts'
import {
  after,
  between,
  day,
  type Duration,
  hour,
  type Instant,
  latest,
  minute,
  spokenDuration,
  times,
} from './time.ts'
import type { Token } from './token.ts'
import type { Grant } from './window.ts'

/** What a person asks for. */
export interface RollbackWish {
  /** The authorizationId to go back to; undefined for that of the version before. */
  readonly to?: string | undefined
  /** How long the token is to be held; undefined for as long as is safe, a week at most. */
  readonly until?: Instant | undefined
  /** One line that `isReason` takes, and may be empty. */
  readonly reason: string
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
  if (!goesElsewhere) {
    if (isRolledBack(token, facts, metadata)) return standing(token, facts, metadata, now, wish)
    if (wish.to !== undefined) return isCurrent(token, metadata)
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

/** Also when the PAT in whose place the older one was put is dead: its version tells when it was made. */
function isRolledBack(token: Token, facts: Facts, { supersedes, validFrom }: Metadata): boolean {
  if (replacedByRollback(token, facts).length > 0) return true
  const isYounger = ({ reading }: Version): boolean =>
    reading.kind === 'read' &&
    reading.metadata.authorizationId === supersedes[0] &&
    reading.metadata.validFrom > validFrom
  return currentPat(token, facts) !== undefined && (facts.versions ?? []).some(isYounger)
}

/** To hold a token where nobody went back is the matter of another command. */
function isCurrent({ name }: Token, { authorizationId }: Metadata): Refusal {
  return {
    ...refused(`PAT ${authorizationId} is the current one of ${name}, and nobody went back to it`),
    remedy: `To keep it from being replaced: patrol hold ${name} --rotation --for 3d`,
  }
}

/** Whoever runs it again wants it to stand: a hold that was released or has ended is placed once more. */
function standing(token: Token, facts: Facts, metadata: Metadata, now: Instant, wish: RollbackWish): RollbackPlan {
  const inForce = holdInForce(facts, now)
  if (inForce?.stops === 'replacement' && (wish.until === undefined || wish.until === inForce.until)) {
    return { kind: 'standing', metadata, hold: undefined }
  }
  const pat = currentPat(token, facts)
  const grant = { validFrom: metadata.validFrom, validTo: pat?.validTo ?? metadata.validTo }
  const tooSoon = endsTooSoon(token, grant, now)
  if (tooSoon !== undefined) return refused(`PAT ${metadata.authorizationId} is current again, but ${tooSoon}`)
  const hold = holdOver(token, facts, grant, now, wish)
  return 'code' in hold ? hold : { kind: 'standing', metadata, hold }
}

/** The hold that keeps the next run from rotating right back, and everybody from revoking; never shorter than one in force. */
function holdOver(
  token: Token,
  facts: Facts,
  grant: Grant,
  now: Instant,
  { until, reason }: RollbackWish,
): Hold | Refusal {
  const [earliest, last] = [soonestEnd(token, now), latestEnd(token, grant, now)]
  if (until !== undefined && until < earliest) {
    const least = Math.ceil(between(now, earliest) / hour)
    const message = 'the hold would end too soon: what this command writes may arrive as late as that'
    return { kind: 'refused', code: 'usage', message, remedy: `Hold it for longer: --for ${least}h` }
  }
  if (until !== undefined && until > last) {
    const message = 'the hold would end too late: the older PAT must have a successor before it ends'
    const remedy = `Hold it for less: --for ${roughly(between(now, last))}`
    return { kind: 'refused', code: 'usage', message, remedy }
  }
  const tooLong = outlasting(token, facts, grant, now)
  if (tooLong !== undefined) return tooLong
  const wanted = until ?? Math.max(earliest, Math.min(after(now, usualHold), last))
  const standsUntil = holdInForce(facts, now)?.until
  return {
    until: latest(wanted as Instant, ...(standsUntil === undefined ? [] : [standsUntil])),
    stops: 'replacement',
    reason: reason === '' ? rolledBack : `${rolledBack}: ${reason}`,
  }
}

/**
 * Why a hold that somebody placed keeps a token from going back: one stands in a version, and that of a rollback also stops
 * replacements. As long as this, the older PAT would end without a successor; shorter, what was promised would not be kept.
 *
 * @param grant that of the older PAT
 */
export function outlasting(token: Token, facts: Facts, grant: Grant, now: Instant): Refusal | undefined {
  const inForce = holdInForce(facts, now)
  const last = latestEnd(token, grant, now)
  if (inForce === undefined || inForce.until <= last) return undefined
  const left = spokenDuration(between(now, inForce.until))
  const message = `${token.name} is held for another ${left}, and before that the older PAT must have a successor; ${holdText(inForce)}`
  const remedy = `Hold it for less, then go back: patrol hold ${token.name} --rotation --for ${roughly(between(now, last))}`
  return { kind: 'refused', code: 'held', message, remedy }
}

/** `95m`, `108h`: whole units, rounded down, as a person could give them to an option. */
function roughly(length: Duration): string {
  const minutes = Math.floor(Math.max(0, length) / minute)
  return minutes < 120 ? `${minutes}m` : `${Math.floor(length / hour)}h`
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
