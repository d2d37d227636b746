import { type Duration, duration, type Instant, second, spokenDuration } from '../core/time.ts'

/** `2026-11-24T06:30:12.000Z`, for machines. */
export function isoText(at: Instant): string {
  return new Date(at).toISOString()
}

/** `2026-11-24 06:30Z`, for people; always UTC, because logs of several machines are read side by side. */
export function dateText(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z`
}

/** `in 3d 4h (2026-11-24 06:30Z)` or `2h ago (…)`. */
export function whenText(at: Instant, now: Instant): string {
  return `${soonText(at, now)} (${dateText(at)})`
}

/** `in 3d 4h`, `now`, `2h ago`; for terminals on which the date itself has no room. */
export function soonText(at: Instant, now: Instant): string {
  const distance = at - now
  if (Math.abs(distance) < second) return 'now'
  return distance > 0 ? `in ${spokenDuration(duration(distance))}` : `${spokenDuration(duration(-distance))} ago`
}

/** Below so many columns a table leaves out dates. */
const roomForDates = 110

/** When something is, as far as the terminal has room for it. */
export function whenFitting(columns: number | undefined, at: Instant, now: Instant): string {
  return columns !== undefined && columns < roomForDates ? soonText(at, now) : whenText(at, now)
}

export function millisecondsText(ms: Duration | number): string {
  return ms < second ? `${Math.round(ms)} ms` : `${(ms / second).toFixed(1)} s`
}
