import { PatrolError } from '../core/errors.ts'
import { type Instant, instant } from '../core/time.ts'

const form = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d))?$/

/**
 * Reads `2026-11-27` (its beginning, in UTC), `2026-11-27T12:00Z` or `2026-11-27 12:00+01:00`.
 *
 * @throws PatrolError `usage`
 */
export function pointInTime(text: string, option: string): Instant {
  const [, date, time = '00:00', zone = 'Z'] = form.exec(text) ?? []
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone}`)
  // Date.parse moves a day that does not exist into the next month.
  const exists = date !== undefined && new Date(`${date}T00:00:00Z`).toISOString().startsWith(date)
  if (exists && !Number.isNaN(ms)) return instant(ms)
  throw new PatrolError('usage', `${option} ${text} is no point in time`, {
    remedy:
      'Write a date, or a date and a time with its zone: 2026-11-27, 2026-11-27T12:00Z or 2026-11-27T12:00+01:00.',
  })
}
