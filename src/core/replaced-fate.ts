import type { Succession } from './facts.ts'
import { markOf } from './names.ts'
import { answering, successionGate } from './succession.ts'
import type { Instant } from './time.ts'

/** What becomes of a PAT that tokens replace, and why it still works. */
export type ReplacedFate =
  /** No list shows it, and all were read: it has ended, or works in another organization. */
  | { readonly kind: 'gone' }
  /** No list shows it, and not all were read. */
  | { readonly kind: 'unseen' }
  /** Patrol made it, so that its own token ends it. */
  | { readonly kind: 'not-replaceable' }
  /** None of the tokens that replace it is in an organization where it works. */
  | { readonly kind: 'elsewhere' }
  /** Everything is in place, and not every entry says that it is to be revoked. */
  | { readonly kind: 'unconfirmed' }
  /** The next run of this token revokes it. */
  | { readonly kind: 'ready'; readonly by: string }
  /** `revoke`: whether it is revoked then. */
  | { readonly kind: 'waiting'; readonly why: string; readonly until: Instant | undefined; readonly revoke: boolean }

/** The same rule that plans its end, in one answer. */
export function replacedFate(succession: Succession, now: Instant): ReplacedFate {
  const { pat, isWhole, revoke } = succession
  if (pat === undefined) return { kind: isWhole ? 'gone' : 'unseen' }
  if (markOf(pat.displayName) !== undefined) return { kind: 'not-replaceable' }
  const by = answering(succession)
  if (by === undefined && isWhole) return { kind: 'elsewhere' }
  const gate = successionGate(succession, now)
  if (gate.kind === 'closed') return { kind: 'waiting', why: gate.why, until: gate.until, revoke }
  return revoke && by !== undefined ? { kind: 'ready', by: by.name } : { kind: 'unconfirmed' }
}
