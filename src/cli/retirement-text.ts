import type { Instant } from '../core/time.ts'
import type { CopyEnd } from '../reconcile/retirement.ts'
import type { Io } from './io.ts'
import { errorJson } from './json.ts'
import { clean, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { dateText, soonText } from './time-text.ts'

/** That the end is noted, and how it goes on. */
export function retirementText(name: string, until: Instant, now: Instant): string {
  return `${clean(name)} ends ${dateText(until)} (${soonText(until, now)}); run the same command after that, or now with --now\n`
}

/** What became of the copies; empty when there were none. */
export function copiesText(io: Io, pen: Pen, copies: readonly CopyEnd[]): string {
  if (copies.length === 0) return ''
  const rows = copies.map((copy) => [clean(copy.target), copy.kind, clean(whyText(copy))])
  return `\n${pen.colour('bold', 'copies')}\n${table(rows, io.columns)}`
}

const byHand = 'Take the copy away by hand; or declare a target of this name again, and run the same command once more.'

function whyText(copy: CopyEnd): string {
  switch (copy.kind) {
    case 'failed':
      return copy.error.message
    case 'kept':
      return copy.why
    case 'undeclared':
      return `${undeclaredWhy(copy)}\n${byHand}`
    default:
      return ''
  }
}

function undeclaredWhy({ deliveredAt }: CopyEnd & { readonly kind: 'undeclared' }): string {
  const what =
    deliveredAt === undefined ? 'a delivery was tried there' : `it was given a value on ${dateText(deliveredAt)}`
  return `${what}, and no target of this name is declared any more`
}

export function copyJson(copy: CopyEnd): Readonly<Record<string, unknown>> {
  const { target, kind } = copy
  return {
    target,
    state: kind,
    ...(kind === 'kept' ? { message: copy.why } : {}),
    ...(kind === 'failed' ? errorJson(copy.error) : {}),
    ...(kind === 'undeclared' ? { message: undeclaredWhy(copy), remedy: byHand } : {}),
  }
}
