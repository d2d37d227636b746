import { type Duration, day, hour, type Instant, minute, second } from '../core/time.ts'

/** `2026-11-24T06:30:12.000Z`, for machines. */
export function isoText(at: Instant): string {
  return new Date(at).toISOString()
}

/** `2026-11-24 06:30Z`, for people; always UTC, because logs of several machines are read side by side. */
export function dateText(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z`
}

/** `3d 4h`, `12m`: the two largest units, which is what a person needs, rounded: a PAT that was just made has its 30d. */
export function lengthText(length: number): string {
  const units = [
    ['d', day],
    ['h', hour],
    ['m', minute],
    ['s', second],
  ] as const
  const smallest = length >= day ? hour : length >= hour ? minute : second
  let rest = Math.max(Math.round(length / smallest) * smallest, second)
  const start = units.findIndex(([, size]) => rest >= size)
  const parts: string[] = []
  for (const [letter, size] of units.slice(start, start + 2)) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${letter}`)
    rest -= count * size
  }
  return parts.join(' ')
}

/** `in 3d 4h (2026-11-24 06:30Z)` or `2h ago (…)`. */
export function whenText(at: Instant, now: Instant): string {
  return `${soonText(at, now)} (${dateText(at)})`
}

/** `in 3d 4h`, `now`, `2h ago`; for terminals on which the date itself has no room. */
export function soonText(at: Instant, now: Instant): string {
  const distance = at - now
  if (Math.abs(distance) < second) return 'now'
  return distance > 0 ? `in ${lengthText(distance)}` : `${lengthText(-distance)} ago`
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
