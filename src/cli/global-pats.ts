import type { Succession } from '../core/facts.ts'
import { daysUntilGlobalPatsEnd, globalPatsEndAt } from '../core/succession.ts'
import type { Instant } from '../core/time.ts'
import type { Snapshot } from '../reconcile/observe.ts'
import { count, type Pen } from './terminal.ts'
import { isoText } from './time-text.ts'

/** A PAT for all organizations of one of our accounts, which stops by itself. */
export interface GlobalPat {
  readonly authorizationId: string
  readonly displayName: string
  readonly account: string
  /** ISO 8601, as documents have it. */
  readonly stopsAt: string
  /** Whole days; negative when it has stopped. */
  readonly daysLeft: number
}

/** Each once: they stand in the list of every organization. */
export function globalPats({ pats }: Pick<Snapshot, 'pats'>, now: Instant): readonly GlobalPat[] {
  const found = pats.flatMap(({ account, pats: listed }) =>
    listed.flatMap(({ authorizationId, displayName, allOrganizations }): GlobalPat[] =>
      allOrganizations
        ? [
            {
              authorizationId,
              displayName,
              account,
              stopsAt: isoText(globalPatsEndAt),
              daysLeft: daysUntilGlobalPatsEnd(now),
            },
          ]
        : [],
    ),
  )
  return [...new Map(found.map((pat) => [pat.authorizationId, pat])).values()]
}

/**
 * One line that says how long there is, and what to do; nothing where there are none.
 *
 * @param successions what declared tokens replace: for that, nothing more is to be proposed
 */
export function globalPatsText(
  pen: Pen,
  pats: readonly GlobalPat[],
  successions: readonly Succession[],
  now: Instant,
): string {
  if (pats.length === 0) return ''
  const line = `${count(pats.length, 'PAT')} for all organizations ${pats.length === 1 ? 'stops' : 'stop'} ${deadlineText(now)}`
  const replaced = new Set(successions.map(({ authorizationId }) => authorizationId.toLowerCase()))
  const open = pats.filter(({ authorizationId }) => !replaced.has(authorizationId.toLowerCase())).length
  const advice =
    open === 0
      ? `declared tokens replace ${pats.length === 1 ? 'it' : 'them'}: \`patrol status\` shows how far that is`
      : `\`patrol migrate global\` proposes what takes ${pats.length === 1 ? 'its' : 'their'} place`
  return `\n${pen.colour('yellow', line)}\n  ${advice}\n`
}

/** `on 1 December 2026, in 6 days`. */
export function deadlineText(now: Instant): string {
  const days = daysUntilGlobalPatsEnd(now)
  if (now >= globalPatsEndAt) return 'working on 1 December 2026, which has passed'
  return `on 1 December 2026, ${days === 0 ? 'within a day' : `in ${count(days, 'day')}`}`
}
