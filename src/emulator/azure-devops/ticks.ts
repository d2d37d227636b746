/**
 * Azure DevOps keeps instants as a count of 1/300 s: every fraction in its recorded answers is a multiple of that. So
 * an instant comes back slightly moved, with up to seven digits after the second.
 */
export const TICKS_PER_SECOND = 300

/** The nearest tick. @param ms milliseconds since the epoch */
export function toTicks(ms: number): number {
  return Math.round((ms * TICKS_PER_SECOND) / 1000)
}

/** Milliseconds since the epoch, cut to whole ones as a reader of the written form would. */
export function fromTicks(ticks: number): number {
  return Math.floor((ticks * 1000) / TICKS_PER_SECOND)
}

/** ISO 8601 in UTC with up to seven digits after the second and none that are zero at the end. */
export function writeTicks(ticks: number): string {
  const seconds = Math.floor(ticks / TICKS_PER_SECOND)
  const fraction = Math.round(((ticks - seconds * TICKS_PER_SECOND) * 1e7) / TICKS_PER_SECOND)
  const digits = String(fraction).padStart(7, '0').replace(/0+$/, '')
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`
}

/**
 * Milliseconds since the epoch of an ISO 8601 instant with `Z` or an offset, or undefined when it is none. More digits
 * than three are rounded to the millisecond.
 */
export function readInstant(text: string): number | undefined {
  const parts = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,7}))?(Z|[+-]\d{2}:\d{2})$/.exec(text)
  if (parts === null) return undefined
  const seconds = Date.parse(`${parts[1]}${parts[3]}`)
  return Number.isNaN(seconds) ? undefined : seconds + Math.round(Number(`0.${parts[2] ?? 0}`) * 1000)
}
