import type { Problem } from '../core/errors.ts'
import type { Action } from '../core/plan.ts'
import type { Instant } from '../core/time.ts'
import type { Result } from '../reconcile/execute.ts'
import type { Proposal, Proposals } from '../reconcile/run.ts'
import type { Io } from './io.ts'
import { clean, count, namesText, type Pen, problemRows } from './terminal.ts'
import { table } from './text-table.ts'
import { dateText, whenFitting } from './time-text.ts'

/**
 * The plan for people: what happens now, what later and why not yet, and what somebody should look at.
 *
 * @param asking whether the person is about to be asked, and needs not be told how to go ahead
 */
export function planText(io: Io, pen: Pen, proposals: Proposals, asking = false): string {
  const now = proposals.snapshot.observedAt
  const actions = proposals.proposals.flatMap(({ plan }) => plan.actions)
  const scheduled = proposals.proposals.flatMap(({ plan }) => plan.scheduled)
  const parts = [`${count(proposals.proposals.length, 'token')}, seen ${dateText(now)}\n`]
  parts.push(actionsText(io, pen, actions, proposals.veto !== undefined), scheduledText(io, pen, scheduled, now))
  parts.push(problemsText(io, pen, proposals.problems))
  parts.push(`\n${closing(proposals, actions, asking)}\n`)
  return parts.join('')
}

/**
 * What happens now; empty when nothing does.
 *
 * @param isHeldBack whether a problem keeps the run from doing any of it
 */
export function actionsText(io: Io, pen: Pen, actions: readonly Action[], isHeldBack = false): string {
  const rows = actions.map((action) => actionRow(pen, action))
  return rows.length === 0
    ? ''
    : heading(pen, isHeldBack ? 'held back by the problem below' : 'now') + table(rows, io.columns)
}

/** What happens later, the soonest first, and why not yet; empty when nothing is known to. */
export function scheduledText(io: Io, pen: Pen, scheduled: readonly Action[], now: Instant): string {
  const rows = scheduled
    .toSorted((left, right) => (left.at ?? 0) - (right.at ?? 0))
    .map((action) => laterRow(io, pen, action, now))
  return rows.length === 0 ? '' : heading(pen, 'later') + table(rows, io.columns)
}

function closing({ proposals, veto }: Proposals, actions: readonly Action[], asking: boolean): string {
  const unseen = proposals.filter(({ observation }) => 'failure' in observation).length
  const gap = unseen === 0 ? '' : `, and ${count(unseen, 'token')} could not be looked at`
  const waiting = proposals
    .flatMap(({ plan }) => plan.scheduled)
    .filter((action) => action.kind === 'deliver' && action.reason === 'failed-before').length
  if (actions.length === 0)
    return unseen === 0 ? idleText(waiting, 'nothing to do now') : `nothing to do for what was seen${gap}`
  const tokens = new Set(actions.map(({ token }) => token)).size
  const found = `${count(actions.length, 'action')} for ${count(tokens, 'token')}${copiesText(proposals)}${gap}`
  if (veto !== undefined) return `${found}; \`patrol apply\` takes none, see the problem above`
  return asking ? found : `${found}; \`patrol apply\` takes ${actions.length === 1 ? 'it' : 'them'}`
}

export function problemsText(io: Io, pen: Pen, problems: readonly Problem[]): string {
  return problems.length === 0 ? '' : heading(pen, 'problems') + table(problemRows(pen, problems), io.columns)
}

function heading(pen: Pen, text: string): string {
  return `\n${pen.colour('bold', text)}\n`
}

const kindColours = {
  mint: 'green',
  extend: 'green',
  deliver: 'cyan',
  'update-metadata': 'cyan',
  revoke: 'red',
  'disable-version': 'red',
  'collect-orphan': 'red',
} as const satisfies Record<Action['kind'], 'green' | 'cyan' | 'red'>

function actionRow(pen: Pen, action: Action): readonly string[] {
  return [clean(action.token), pen.colour(kindColours[action.kind], action.kind), action.reason, clean(action.message)]
}

function laterRow(io: Io, pen: Pen, action: Action, now: Instant): readonly string[] {
  const when = action.at === undefined ? 'when that has changed' : whenFitting(io.columns, action.at, now)
  return [clean(action.token), pen.colour('dim', action.kind), when, clean(action.message)]
}

const statusColours = { done: 'green', failed: 'red', skipped: 'yellow' } as const

/**
 * What a run did, and where it failed.
 *
 * @param took how long it took, in words; `waiting`: how many deliveries failed before and are not tried again yet
 */
export function reportText(
  io: Io,
  pen: Pen,
  results: readonly Result[],
  problems: readonly Problem[],
  { took, waiting }: { readonly took: string; readonly waiting: number },
): string {
  const { told, folded } = fold(results)
  const rows = [
    ...told.map((result, index) => resultRow(pen, result, told[index + 1])),
    ...folded.map((alike) => foldedRow(pen, alike)),
  ]
  const having = (status: Result['status']): number => results.filter((result) => result.status === status).length
  const failed = having('failed')
  const summary = [`${having('done')} done`, `${failed} failed`, `${having('skipped')} skipped`].join(', ')
  const summing =
    results.length === 0 ? idleText(waiting) : failed > 0 ? pen.colour('red', summary) : pen.colour('green', summary)
  // What failed stands in its row already.
  const others = problems.filter(({ token, code }) => {
    return !results.some((result) => result.token === token && result.error?.code === code)
  })
  return `${table(rows, io.columns)}${problemsText(io, pen, others)}${rows.length + others.length > 0 ? '\n' : ''}${summing}, in ${took}\n`
}

/** A new value goes on to the targets of its token, which no action of its own says. */
function copiesText(proposals: readonly Proposal[]): string {
  const copies = proposals
    .filter(({ plan }) => plan.actions.some(({ kind }) => kind === 'mint'))
    .reduce((sum, { observation }) => sum + observation.token.targets.length, 0)
  if (copies === 0) return ''
  return copies === 1 ? ', with a copy for 1 target' : `, with copies for ${copies} targets`
}

/** Somebody who reads no more than this line must not take a copy that never arrived for one that is in order. */
function idleText(waiting: number, otherwise = 'nothing to do'): string {
  if (waiting === 0) return otherwise
  return `nothing to do now; ${waiting === 1 ? '1 delivery that failed waits' : `${waiting} deliveries that failed wait`} for the next try`
}

/**
 * What an interruption left undone needs no line for each token, and neither does what one sign-in or one store kept from
 * being looked at.
 */
function fold(results: readonly Result[]): { readonly told: readonly Result[]; readonly folded: readonly Result[][] } {
  const skipped = results.filter(({ status, error }) => status === 'skipped' && error?.code === 'interrupted')
  const unseen = results.filter(({ kind, status }) => kind === 'observe' && status === 'failed')
  const groups = [
    ...Map.groupBy(unseen, ({ error }) => `${error?.code}\n${error?.message}`).values(),
    ...(skipped.length > mostSkipped ? [skipped] : []),
  ].filter((group) => group.length > 1)
  const folded = new Set(groups.flat())
  return { told: results.filter((result) => !folded.has(result)), folded: groups }
}

const mostSkipped = 3

function foldedRow(pen: Pen, alike: readonly Result[]): readonly string[] {
  const [first] = alike
  const kinds = [...new Set(alike.map(({ kind }) => kind))].join(', ')
  const id = first?.error?.correlationId
  const correlation = id === undefined ? '' : ` (correlation id ${clean(id)})`
  const told =
    first?.error === undefined
      ? ''
      : `${clean(first.error.message)}${correlation} [${first.error.code}]\n${clean(first.error.remedy)}`
  const tokens = namesText([...new Set(alike.map(({ token }) => token))])
  const status = first?.status ?? 'skipped'
  return [tokens, kinds, pen.colour(statusColours[status], status), told]
}

/** @param next of several that fail alike, only the last tells the remedy */
function resultRow(pen: Pen, result: Result, next: Result | undefined): readonly string[] {
  const tells = result.error !== undefined && next?.error?.remedy !== result.error.remedy
  const id = result.error?.correlationId
  const correlation = id === undefined ? '' : ` (correlation id ${clean(id)})`
  const told =
    result.error === undefined
      ? [
          result.target === undefined ? '' : `to ${clean(result.target)}`,
          result.authorizationId === undefined ? '' : `PAT ${result.authorizationId}`,
          result.validTo === undefined ? '' : `valid to ${dateText(result.validTo)}`,
        ]
          .filter((part) => part !== '')
          .join(', ')
      : `${clean(result.error.message)}${correlation} [${result.error.code}]${tells ? `\n${clean(result.error.remedy)}` : ''}`
  return [clean(result.token), result.kind, pen.colour(statusColours[result.status], result.status), told]
}
