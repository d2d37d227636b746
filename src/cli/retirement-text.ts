import type { Instant } from '../core/time.ts'
import type { Io } from './io.ts'
import { clean, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { dateText, soonText } from './time-text.ts'

/** That the end is noted, and how it goes on. */
export function retirementText(name: string, until: Instant, now: Instant): string {
  return `${clean(name)} ends ${dateText(until)} (${soonText(until, now)}); run the same command after that, or now with --now\n`
}

/** What became of the copies; empty when there were none. */
export function copiesText(io: Io, pen: Pen, copies: readonly Readonly<Record<string, unknown>>[]): string {
  if (copies.length === 0) return ''
  const rows = copies.map(({ target, state, message, error }) => {
    const told = message ?? (error as { readonly message?: string } | undefined)?.message ?? ''
    return [clean(String(target)), String(state), clean(String(told))]
  })
  return `\n${pen.colour('bold', 'copies')}\n${table(rows, io.columns)}`
}
