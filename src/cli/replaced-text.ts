import type { Succession } from '../core/facts.ts'
import { replacedFate, type ReplacedFate } from '../core/replaced-fate.ts'
import { successionGates } from '../core/succession.ts'
import type { Instant } from '../core/time.ts'
import type { Io } from './io.ts'
import { clean, cleanName, namesText, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { isoText, whenFitting } from './time-text.ts'

/** A line for each replaced PAT; nothing where there are none. */
export function replacedText(io: Io, pen: Pen, successions: readonly Succession[], now: Instant): string {
  if (successions.length === 0) return ''
  const rows = successions.map((succession): readonly string[] => {
    const fate = replacedFate(succession, now)
    const { pat, authorizationId, successors } = succession
    return [
      pat === undefined ? '-' : cleanName(pat.displayName),
      authorizationId,
      namesText(successors.map(({ token }) => token.name)),
      pen.colour(fate.kind === 'ready' ? 'green' : 'yellow', fateText(io, succession, fate, now)),
    ]
  })
  const heads = ['replaced, still works', 'id', 'by', ''].map((head) => pen.colour('dim', head))
  return `\n${table([heads, ...rows], io.columns)}`
}

/** Why it still works, and how long. */
function fateText(io: Io, succession: Succession, fate: ReplacedFate, now: Instant): string {
  switch (fate.kind) {
    case 'gone': {
      const where = namesText(unique(succession.successors.map(({ token }) => token.organization)))
      return `not in the list of ${where}: it has ended, or works in another organization`
    }
    case 'unseen':
      return 'could not be seen: not every list could be read'
    case 'not-replaceable':
      return 'made by Patrol: its own token ends it'
    case 'elsewhere':
      return `works in ${namesText(succession.organizations)}, where no entry replaces it: nothing revokes it`
    case 'unconfirmed':
      return 'all is in place; not revoked, because not every entry says revokeReplaced: true'
    case 'ready':
      return `all is in place; revoked by the next run, by ${clean(fate.by)}`
    case 'waiting': {
      const when = fate.until === undefined ? '' : `; ${whenFitting(io.columns, fate.until, now)} at the earliest`
      const unsaid = fate.revoke ? '' : ', and not every entry says revokeReplaced: true'
      return `waits: ${clean(fate.why)}${when}${unsaid}`
    }
  }
}

/** For each replaced PAT what every token says of its end, for the explanation of one of them. */
export function replacedExplained(io: Io, pen: Pen, successions: readonly Succession[], now: Instant): string {
  return successions
    .map((succession) => {
      const { pat, authorizationId } = succession
      const name = pat === undefined ? authorizationId : `${cleanName(pat.displayName)} ${authorizationId}`
      const rows = successionGates(succession, now).map(({ token, role, gate }): readonly string[] => [
        clean(token.name),
        role === 'successor' ? 'replaces it' : 'had or has its value',
        gate.kind === 'open' ? pen.colour('green', 'in place') : pen.colour('yellow', 'not yet'),
        gate.kind === 'open' ? '' : gateText(io, gate, now),
      ])
      const fate = replacedFate(succession, now)
      const gates = pat === undefined ? '' : table(rows, io.columns)
      const head = pen.colour('bold', `may the PAT that it replaces go? ${name}`)
      return `\n${head}\n${gates}${table([[fateText(io, succession, fate, now)]], io.columns)}`
    })
    .join('')
}

function gateText(io: Io, { why, until }: { readonly why: string; readonly until: Instant | undefined }, now: Instant) {
  return until === undefined ? clean(why) : `${clean(why)}; ${whenFitting(io.columns, until, now)} at the earliest`
}

/** A replaced PAT as documents have it. */
export function replacedJson(succession: Succession, now: Instant): Readonly<Record<string, unknown>> {
  const { authorizationId, pat, organizations, successors } = succession
  const fate = replacedFate(succession, now)
  return {
    authorizationId,
    ...(pat === undefined
      ? {}
      : { displayName: pat.displayName, allOrganizations: pat.allOrganizations, organizations }),
    replacedBy: successors.map(({ token }) => token.name),
    state: fate.kind,
    ...(fate.kind === 'waiting' ? { message: fate.why } : {}),
    ...(fate.kind === 'waiting' && fate.until !== undefined ? { opensAt: isoText(fate.until) } : {}),
  }
}

/** The same with what every token says of its end. */
export function replacedInFullJson(succession: Succession, now: Instant): Readonly<Record<string, unknown>> {
  const gates = succession.pat === undefined ? [] : successionGates(succession, now)
  return {
    ...replacedJson(succession, now),
    gate: gates.map(({ token, role, gate }) => ({
      token: token.name,
      role,
      met: gate.kind === 'open',
      ...(gate.kind === 'open' ? {} : { message: gate.why }),
      ...(gate.kind === 'closed' && gate.until !== undefined ? { opensAt: isoText(gate.until) } : {}),
    })),
  }
}

/** Whether it still works, or may, for all that could be seen: one that ended is no news. */
export function mayWork(succession: Succession, now: Instant): boolean {
  return replacedFate(succession, now).kind !== 'gone'
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}
