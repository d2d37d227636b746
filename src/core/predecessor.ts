import type { ErrorCode } from './errors.ts'
import { currentMetadata, type Facts, type Version } from './facts.ts'
import { slack } from './gate.ts'
import type { Metadata } from './metadata.ts'
import type { Pat } from './pat.ts'
import { indexed } from './pat-index.ts'
import { after, before, between, duration, type Instant, spokenDuration } from './time.ts'
import type { Token } from './token.ts'
import { type Grant, windowOf } from './window.ts'

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
  return endsTooSoon(token, { validFrom: pat.validFrom, validTo: pat.validTo }, now)
}

/** Why a PAT cannot be held, for want of time to replace it afterwards; undefined when it can. */
export function endsTooSoon(token: Token, grant: Grant, now: Instant): string | undefined {
  if (latestEnd(token, grant, now) >= soonestEnd(token, now)) return undefined
  return `it ends in ${spokenDuration(between(now, grant.validTo))}, before the next run could be sure to come`
}

/**
 * A hold must last until then: a write of the very command may be under way as long, and would make the older PAT current after
 * it was revoked.
 */
export function soonestEnd(token: Token, now: Instant): Instant {
  return after(after(now, token.orphanAfter), slack)
}

/**
 * A hold ends at the latest when half of the window is left, or half of what is left of a shorter rest: then the next run
 * makes a successor, before the older PAT ends. It ends some time before also where a date of the PAT leaves no window.
 */
export function latestEnd(token: Token, grant: Grant, now: Instant): Instant {
  const rest = Math.min(windowOf(token, grant), between(now, grant.validTo))
  return before(grant.validTo, duration(Math.max(rest / 2, slack)))
}

/** Whether two ids are of one PAT: people copy them in either case. */
export function isSameId(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

/** The refusal with which most of them end. */
export function refused(message: string): Refusal {
  return { kind: 'refused', code: 'cannot-roll-back', message }
}
