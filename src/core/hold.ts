import { tagNumber } from './tag-number.ts'
import { type Instant, instant } from './time.ts'

/**
 * A person's word that nothing of a token may be revoked before a certain time. `replacement`: nothing that works is
 * replaced before that either, because it is due or declared with other scopes. `retirement`: its consumers have until then
 * to do without it, and after that a retirement goes on.
 */
export interface Hold {
  readonly until: Instant
  readonly stops: 'revocation' | 'replacement' | 'retirement'
  /** For people; one line, and may be empty. */
  readonly reason: string
}

/** So long may a reason be that it fits into one tag with the times of its version. */
export const longestReason = 140

/** `until stops reason`, the first in milliseconds since the epoch. */
export function encodeHold({ until, stops, reason }: Hold): string {
  return `${until} ${stops} ${reason}`.trimEnd()
}

/** Undefined for what `encodeHold` did not write. */
export function decodeHold(text: string): Hold | undefined {
  const [, stamp = '', stops, reason = ''] = /^(\d+) (revocation|replacement|retirement)(?: (\S.*))?$/.exec(text) ?? []
  const until = tagNumber(stamp, 10)
  if (until === undefined || stops === undefined) return undefined
  return { until: instant(until), stops: stops as Hold['stops'], reason }
}

/** Whether a text can stand as a reason: one line without what a terminal or a store could misread. */
export function isReason(text: string): boolean {
  return text.length <= longestReason && !/\p{C}/u.test(text) && text === text.trim()
}
