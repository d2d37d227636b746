import { type Check, type CheckResult, tally } from '../core/check.ts'
import type { Io } from './io.ts'
import { clean, type Colour, type Pen } from './terminal.ts'
import { table } from './text-table.ts'

const colours: Readonly<Record<CheckResult, Colour>> = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'dim' }

/** A line for each check in the order in which they were made, with the remedy below what needs one. */
export function checksText(io: Io, pen: Pen, checks: readonly Check[]): string {
  const rows = checks.map((check): readonly string[] => [
    pen.colour(colours[check.result], check.result),
    check.check,
    clean(subjectOf(check)),
    messageOf(pen, check),
  ])
  const { ok, warning, failed, skipped } = tally(checks)
  const warnings = `${warning} warning${warning === 1 ? '' : 's'}`
  return `${table(rows, io.columns)}\n${ok} ok, ${warnings}, ${failed} failed, ${skipped} skipped\n`
}

function subjectOf({ account, organization, store, target, host }: Check): string {
  return [account, organization, store, target, host].filter((part) => part !== undefined).join(' / ')
}

function messageOf(pen: Pen, { result, message, remedy, code }: Check): string {
  const text = clean(message) + (code === undefined ? '' : ` [${code}]`)
  if (result === 'skipped') return pen.colour('dim', text)
  return remedy === undefined ? text : `${text}\n${clean(remedy)}`
}
