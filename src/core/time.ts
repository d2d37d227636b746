declare const unit: unique symbol

/** A point in time: whole milliseconds since 1970-01-01T00:00:00Z. ISO text exists only in adapters and the cli. */
export type Instant = number & { readonly [unit]: 'Instant' }

/** A length of time in whole milliseconds. */
export type Duration = number & { readonly [unit]: 'Duration' }

/** Drops what is below a millisecond. */
export function instant(msSinceEpoch: number): Instant {
  return Math.trunc(msSinceEpoch) as Instant
}

/** Drops what is below a millisecond; the number is in milliseconds. */
export function duration(ms: number): Duration {
  return Math.trunc(ms) as Duration
}

export const second = duration(1_000)
export const minute = duration(60_000)
export const hour = duration(3_600_000)
export const day = duration(86_400_000)

/** So many of this length, in whole milliseconds. */
export function times(count: number, length: Duration): Duration {
  return duration(count * length)
}

/** The point in time that is this much later. */
export function after(at: Instant, length: Duration): Instant {
  return instant(at + length)
}

/** The point in time that is this much earlier. */
export function before(at: Instant, length: Duration): Instant {
  return instant(at - length)
}

/** The time from `from` to `to`; negative when `to` is the earlier one. */
export function between(from: Instant, to: Instant): Duration {
  return duration(to - from)
}

/** The last of these points in time. */
export function latest(first: Instant, ...others: readonly Instant[]): Instant {
  return instant(Math.max(first, ...others))
}

/** The least of these lengths; a negative one is shorter than none. */
export function shortest(first: Duration, ...others: readonly Duration[]): Duration {
  return duration(Math.min(first, ...others))
}

const unitOf: Readonly<Record<string, Duration>> = { s: second, m: minute, h: hour, d: day }

/** Reads `90s`, `15m`, `12h` or `30d`; anything else, zero and fractions included, is undefined. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^([1-9]\d{0,8})([smhd])$/.exec(text)
  const length = match?.[2] === undefined ? undefined : unitOf[match[2]]
  return length === undefined ? undefined : times(Number(match?.[1]), length)
}

/** The shortest of the forms that `parseDuration` reads which loses nothing but fractions of a second: `48h` is `2d`. */
export function formatDuration(length: Duration): string {
  for (const [letter, size] of [
    ['d', day],
    ['h', hour],
    ['m', minute],
  ] as const) {
    if (length !== 0 && length % size === 0) return `${length / size}${letter}`
  }
  return `${Math.trunc(length / second)}s`
}

/** For people: `20d 23h`, `12m`, the two largest units, which is what a person needs, rounded. */
export function spokenDuration(length: Duration): string {
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

/** For people: whole days, and hours where it is less than two days. */
export function roughDuration(length: Duration): string {
  return length < 2 * day ? `${Math.round(length / hour)}h` : `${Math.round(length / day)}d`
}
