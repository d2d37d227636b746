import { type Instant, instant } from '../../core/time.ts'

const shape = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?$/i

/**
 * An instant as Azure DevOps writes it: ISO 8601 with up to seven digits of a second, usually with `Z`, and meant as
 * UTC without it. Parts of a millisecond are cut off. Undefined for anything that is not a real date, and for the first
 * and last years of the calendar, which services use for "not set" and "never".
 */
export function parseServiceTime(text: unknown): Instant | undefined {
  const match = typeof text === 'string' ? shape.exec(text.trim()) : null
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hours = '', minutes = '', seconds = '', fraction = '', zone = 'Z'] = match
  if (Number(year) < 1970 || Number(year) > 9_998) return undefined
  const ms = Number(fraction.slice(0, 3).padEnd(3, '0'))
  const fields = [
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hours),
    Number(minutes),
    Number(seconds),
  ] as const
  const local = Date.UTC(...fields, ms)
  // Date.UTC takes the 31st of February for the 3rd of March.
  const read = new Date(local)
  const echoed = [
    read.getUTCFullYear(),
    read.getUTCMonth(),
    read.getUTCDate(),
    read.getUTCHours(),
    read.getUTCMinutes(),
    read.getUTCSeconds(),
  ]
  if (echoed.some((value, index) => value !== fields[index])) return undefined
  return instant(local - offsetMs(zone))
}

/** As the PAT API takes it: ISO 8601 UTC with milliseconds. */
export function formatServiceTime(at: Instant): string {
  return new Date(at).toISOString()
}

function offsetMs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number)
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
