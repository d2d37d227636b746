import type { PatrolError } from '../core/errors.ts'
import type { Explanation } from '../core/explanation.ts'
import type { Facts } from '../core/facts.ts'
import type { Gate, GateCondition } from '../core/gate.ts'
import type { Instant } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import { deliveriesOf, deliveryJson } from './delivery-status.ts'
import { holdJson, holdLine } from './hold-text.ts'
import type { Io } from './io.ts'
import { actionJson, errorJson, problemJson, type TokenStatus } from './json.ts'
import { actionsText, problemsText, scheduledText } from './plan-text.ts'
import { replacedExplained, replacedInFullJson } from './replaced-text.ts'
import { rollbackLine, rollbackStateJson } from './rollback-text.ts'
import { deliveriesText } from './status-text.ts'
import { clean, cleanName, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { isoText, whenFitting } from './time-text.ts'

/** One token with all that the rules say of it. */
export interface Explained {
  readonly token: Token
  readonly facts: Facts
  readonly explanation: Explanation
  /** Why no run changes anything at all. */
  readonly veto: PatrolError | undefined
}

export function explanationJson(
  { token, facts, explanation, veto }: Explained,
  now: Instant,
): Readonly<Record<string, unknown>> {
  const { state, obstacle, checks, times, hold, gate, pats, replaced, plan } = explanation
  return {
    token: token.name,
    account: token.account,
    organization: token.organization,
    method: token.method,
    state,
    ...(veto === undefined ? {} : { veto: errorJson(veto)['error'] }),
    ...(obstacle === undefined ? {} : { obstacle: problemJson(obstacle) }),
    checks: checks.map(({ check, finding }) => ({
      check,
      found: finding !== undefined,
      ...(finding === undefined ? {} : { message: finding.message }),
    })),
    ...(times === undefined
      ? {}
      : { dueAt: isoText(times.dueAt), expiringAt: isoText(times.expiringAt), validTo: isoText(times.validTo) }),
    hold: hold === undefined ? null : holdJson(hold),
    ...rollbackStateJson(explanation),
    gate: gate.map(conditionJson),
    pats: pats.map(({ pat, standing, action }) => ({
      authorizationId: pat.authorizationId,
      displayName: pat.displayName,
      standing,
      ...(pat.validTo === undefined ? {} : { validTo: isoText(pat.validTo) }),
      ...(action?.at === undefined ? {} : { revokeAt: isoText(action.at) }),
    })),
    replaces: replaced.map((succession) => replacedInFullJson(succession, now)),
    deliveries: deliveriesOf(statusOf(token, facts, explanation)).map(deliveryJson),
    actions: plan.actions.map(actionJson),
    scheduled: plan.scheduled.map(actionJson),
    problems: plan.problems.map(problemJson),
  }
}

function conditionJson({ condition, target, gate }: GateCondition): Readonly<Record<string, unknown>> {
  return {
    condition,
    ...(target === undefined ? {} : { target }),
    met: gate.kind === 'open',
    ...(gate.kind === 'open' ? {} : { message: gate.why }),
    ...(gate.kind === 'closed' && gate.until !== undefined ? { opensAt: isoText(gate.until) } : {}),
  }
}

function statusOf(token: Token, facts: Facts, { state, plan }: Explanation): TokenStatus {
  return { token, facts, state, failure: undefined, actions: plan.actions, scheduled: plan.scheduled }
}

/** What a check would find, where its name alone does not say it. */
const questions = {
  absent: 'nothing was ever created',
  revoked: 'it was ended with `patrol revoke`, or as that does',
  'value-lost': 'the store does not hand out the value',
  moved: 'it was in another store, organization or account',
  'revoked-outside': 'somebody else ended it',
  expired: 'its time is over',
  'expiry-unknown': 'its end cannot be read',
  'scopes-differ': 'other scopes are declared',
  due: 'its window of renewal has begun',
} as const satisfies Record<Explanation['checks'][number]['check'], string>

/** For people: the answers first, then what comes of them. */
export function explanationText(io: Io, pen: Pen, explained: Explained, now: Instant): string {
  const { token, facts, explanation, veto } = explained
  const { state, obstacle, checks, times, hold, gate, pats, replaced, plan } = explanation
  const heading = (text: string): string => `\n${pen.colour('bold', text)}\n`
  const title = `${clean(token.name)}: ${state}; ${token.method} in ${clean(token.organization)}, as ${clean(token.owner)}\n`
  const checkRows = checks.map(({ check, finding }): readonly string[] => {
    const waits = check === 'due' && times !== undefined && finding === undefined
    const answer = finding === undefined ? pen.colour('green', 'no') : pen.colour('yellow', 'yes')
    const told = finding?.message ?? (waits ? `it begins ${whenFitting(io.columns, times.dueAt, now)}` : '')
    return [check, questions[check], answer, clean(told)]
  })
  const patRows = pats.map(({ pat, standing, action }): readonly string[] => [
    standing,
    cleanName(pat.displayName),
    pat.authorizationId,
    pat.validTo === undefined ? 'without a known end' : `expires ${whenFitting(io.columns, pat.validTo, now)}`,
    action === undefined ? '' : endText(io, action.at, now, plan.actions.includes(action)),
  ])
  const status = statusOf(token, facts, explanation)
  const closing = plan.actions.length + plan.scheduled.length === 0 ? '\nnothing is to be done, now or later\n' : ''
  return [
    title,
    token.paused ? `  paused: its entry says so, and nothing is done for it\n` : '',
    obstacle === undefined ? '' : problemsText(io, pen, [obstacle]),
    veto === undefined ? '' : `  no run changes anything: ${clean(veto.message)} [${veto.code}]\n`,
    heading('is a new PAT needed, or a longer life?'),
    table(checkRows, io.columns),
    patRows.length === 0 ? '' : heading('PATs that work') + table(patRows, io.columns),
    hold === undefined ? '' : `${heading('hold')}  ${holdLine(io, hold, now)}\n`,
    rollbackLine(token, facts, explanation, heading('rollback')),
    gate.length === 0
      ? ''
      : heading('may superseded PATs go?') +
        table(
          gate.map((one) => gateRow(io, pen, one, now)),
          io.columns,
        ),
    replacedExplained(io, pen, replaced, now),
    deliveriesText(io, pen, [status], now),
    actionsText(io, pen, plan.actions),
    scheduledText(io, pen, plan.scheduled, now),
    problemsText(
      io,
      pen,
      plan.problems.filter(({ code }) => code !== obstacle?.code),
    ),
    token.paused ? '' : closing,
  ].join('')
}

function endText(io: Io, at: Instant | undefined, now: Instant, isNow: boolean): string {
  if (isNow) return 'revoked by the next run'
  return at === undefined ? 'not revoked yet' : `revoked ${whenFitting(io.columns, at, now)}`
}

const conditions = {
  'no-hold': 'nobody holds it',
  successor: 'its successor is stored and active',
  delivery: 'has the successor',
  overlap: 'the overlap has passed',
} as const satisfies Record<GateCondition['condition'], string>

function gateRow(io: Io, pen: Pen, { condition, target, gate }: GateCondition, now: Instant): readonly string[] {
  const question = target === undefined ? conditions[condition] : `${clean(target)} ${conditions[condition]}`
  return [
    question,
    gate.kind === 'open' ? pen.colour('green', 'yes') : pen.colour('yellow', 'no'),
    whyText(io, gate, now),
  ]
}

function whyText(io: Io, gate: Gate, now: Instant): string {
  if (gate.kind === 'open') return ''
  return gate.until === undefined
    ? clean(gate.why)
    : `${clean(gate.why)}; ${whenFitting(io.columns, gate.until, now)} at the earliest`
}
