import type { Hold } from '../core/hold.ts'
import type { Instant } from '../core/time.ts'
import type { Io } from './io.ts'
import { clean } from './terminal.ts'
import { isoText, whenFitting } from './time-text.ts'

export function holdJson({ until, stops, reason }: Hold): Readonly<Record<string, unknown>> {
  return { until: isoText(until), stops, ...(reason === '' ? {} : { reason }) }
}

/** Until when, what, and why, in a line. */
export function holdLine(io: Io, { until, stops, reason }: Hold, now: Instant): string {
  const what = { revocation: 'revocations', replacement: 'revocations and replacements', retirement: 'its retirement' }[
    stops
  ]
  const why = reason === '' ? '' : `: ${clean(reason)}`
  return `${what}, ends ${whenFitting(io.columns, until, now)}${why}`
}
