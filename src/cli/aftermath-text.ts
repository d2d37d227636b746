import type { Aftermath } from '../core/aftermath.ts'
import type { Token } from '../core/token.ts'
import { clean, namesText } from './terminal.ts'

/** What a person should know before all PATs of a token are revoked; half a sentence. */
export function warningOf(token: Token, { isReplaced, deadCopies }: Aftermath): string {
  const copies = deadCopies.length === 0 ? '' : `, or the copies in ${namesText(deadCopies)},`
  const next = isReplaced
    ? 'the next `patrol apply` makes a new one'
    : token.paused
      ? 'no run makes a new one, for its entry is paused'
      : 'no run makes a new one'
  return `whoever uses one${copies} is cut off, and ${next}`
}

/** What a person should know afterwards: how it goes on, and who is left with a dead value. */
export function aftermathText(token: Token, { isReplaced, deadCopies }: Aftermath): string {
  const name = clean(token.name)
  const next = isReplaced
    ? `the next \`patrol apply\` makes a new one and delivers it; to keep it from that, write \`paused: true\` into its entry, or remove the entry`
    : token.paused
      ? 'its entry is paused, so no run makes a new one'
      : 'no run makes a new one'
  const copies =
    deadCopies.length === 0 ? '' : `; the copies in ${namesText(deadCopies)} hold a value that works no longer`
  return `\n${name} has no current PAT now: ${next}${copies}\n`
}

export function aftermathJson({ isReplaced, deadCopies }: Aftermath): Readonly<Record<string, unknown>> {
  return { replacedByNextRun: isReplaced, deadCopies }
}
