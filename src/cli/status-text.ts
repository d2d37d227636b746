import { currentPat } from '../core/facts.ts'
import type { State } from '../core/state.ts'
import { replacedByRollback } from '../core/rollback.ts'
import type { Instant } from '../core/time.ts'
import { currentGrant } from '../core/policy.ts'
import { deliveriesOf, type DeliveryState, type DeliveryStatus } from './delivery-status.ts'
import { holdLine } from './hold-text.ts'
import type { Io } from './io.ts'
import type { ListedPat, Management, TokenStatus } from './json.ts'
import { backText } from './rollback-text.ts'
import { clean, cleanName, type Colour, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { whenFitting } from './time-text.ts'

const stateColours = {
  healthy: 'green',
  due: 'cyan',
  expiring: 'yellow',
  'at-ceiling': 'yellow',
  expired: 'red',
  missing: 'red',
  unknown: 'red',
  paused: 'dim',
} as const satisfies Record<State, Colour>

/** One line a token: how it does, until when, and what comes next. */
export function statusText(io: Io, pen: Pen, tokens: readonly TokenStatus[], now: Instant): string {
  const rows = tokens.map((status): readonly string[] => {
    const { token, state, facts } = status
    // The end of a PAT that is gone would look like time that is left.
    const validTo = facts === undefined || state === 'missing' ? undefined : currentGrant(token, facts)?.validTo
    return [
      clean(token.name),
      pen.colour(stateColours[state], state),
      token.method,
      clean(token.organization),
      validTo === undefined ? '-' : whenFitting(io.columns, validTo, now),
      liveText(status),
      clean(nextText(io, status, now)),
    ]
  })
  const heads = ['token', 'state', 'method', 'organization', 'expires', 'live', 'next'].map((head) =>
    pen.colour('dim', head),
  )
  return table([heads, ...rows], io.columns) + deliveriesText(io, pen, tokens, now) + holdsText(io, pen, tokens, now)
}

/** What people put back and keep from being revoked; nothing where nobody does. */
function holdsText(io: Io, pen: Pen, tokens: readonly TokenStatus[], now: Instant): string {
  const rows = tokens.flatMap(({ token, facts, hold }): readonly (readonly string[])[] => {
    const from = facts === undefined ? [] : replacedByRollback(token, facts)
    const name = clean(token.name)
    return [
      ...(facts === undefined || from.length === 0
        ? []
        : [[name, pen.colour('yellow', 'rolled back'), backText(facts, from)]]),
      ...(hold === undefined ? [] : [[name, pen.colour('yellow', 'held'), holdLine(io, hold, now)]]),
    ]
  })
  return rows.length === 0 ? '' : `\n${table(rows, io.columns)}`
}

const deliveryColours = {
  delivered: 'green',
  waiting: 'cyan',
  unseen: 'yellow',
  unknown: 'red',
  dead: 'red',
  failing: 'red',
  overwritten: 'red',
  gone: 'red',
} as const satisfies Record<DeliveryState, Colour>

/** Who has what: a line for each target of each token; nothing where there are no targets. */
export function deliveriesText(io: Io, pen: Pen, tokens: readonly TokenStatus[], now: Instant): string {
  const rows = tokens.flatMap((status) =>
    deliveriesOf(status).map((delivery): readonly string[] => [
      clean(status.token.name),
      clean(delivery.target),
      pen.colour(deliveryColours[delivery.state], delivery.state),
      deliveredText(io, delivery, now),
      deliveryText(io, delivery, now),
    ]),
  )
  if (rows.length === 0) return ''
  const heads = ['token', 'target', 'copy', 'delivered', ''].map((head) => pen.colour('dim', head))
  return `\n${table([heads, ...rows], io.columns)}`
}

function deliveredText(io: Io, { state, deliveredAt }: DeliveryStatus, now: Instant): string {
  if (deliveredAt !== undefined) return whenFitting(io.columns, deliveredAt, now)
  return state === 'unknown' ? 'unknown' : 'never'
}

function deliveryText(io: Io, delivery: DeliveryStatus, now: Instant): string {
  const { failures, failure, nextAttemptAt, message, isDeclared, isPlanned } = delivery
  const next =
    nextAttemptAt !== undefined && nextAttemptAt > now
      ? `next try ${whenFitting(io.columns, nextAttemptAt, now)}`
      : isPlanned
        ? 'delivered to by the next run'
        : ''
  const parts = [
    failures === 0
      ? ''
      : `failed ${failures === 1 ? 'once' : `${failures} times`}${failure === undefined ? '' : ` [${failure}]`}`,
    isDeclared ? next : 'no longer a target of this token',
    message === undefined ? '' : clean(message),
  ]
  return parts.filter((part) => part !== '').join(', ')
}

/** How many PATs of the token work: the current one, and those that it superseded. */
function liveText({ token, facts, actions, scheduled }: TokenStatus): string {
  if (facts === undefined) return '-'
  const current = currentPat(token, facts) !== undefined || facts.currentWorks === true ? 1 : 0
  const others = [...actions, ...scheduled].filter(({ kind }) => kind === 'revoke' || kind === 'collect-orphan').length
  return others === 0 ? `${current}` : `${current} +${others}`
}

function nextText(io: Io, status: TokenStatus, now: Instant): string {
  if (status.failure !== undefined) return `could not be looked at [${status.failure.code}]`
  const [action] = status.actions
  if (action !== undefined) return `${action.kind} by the next run: ${action.message}`
  const soonest = [...status.scheduled].sort((left, right) => (left.at ?? Infinity) - (right.at ?? Infinity))[0]
  if (soonest === undefined) return status.state === 'paused' ? 'left alone' : '-'
  return `${soonest.kind} ${soonest.at === undefined ? 'when it can' : whenFitting(io.columns, soonest.at, now)}`
}

function managementText(pen: Pen, management: Management): string {
  switch (management.kind) {
    case 'token':
      return clean(management.name)
    case 'undeclared':
      return pen.colour('yellow', 'not declared here')
    case 'nobody':
      return pen.colour('dim', 'nobody')
    case 'unknown':
      return pen.colour('red', 'unknown')
  }
}

/** Below so many columns the ids and scopes, which are long, stand on lines of their own. */
const roomForIds = 140

/** How many of the lists of PATs were read. */
export type Sight = 'all' | 'some' | 'none'

const emptyLists = {
  all: 'no active PATs\n',
  some: 'no active PATs in what could be looked at\n',
  none: 'no list of PATs could be looked at\n',
} as const satisfies Record<Sight, string>

/**
 * One line for each PAT, the one that expires first on top; on a narrow terminal two.
 */
export function listText(io: Io, pen: Pen, pats: readonly ListedPat[], now: Instant, sight: Sight): string {
  const narrow = io.columns !== undefined && io.columns < roomForIds
  if (pats.length === 0) return emptyLists[sight]
  const rows = pats.map(({ pat, organization, management, findings }): readonly string[] => [
    cleanName(pat.displayName),
    clean(organization),
    pat.validTo === undefined ? 'unknown' : whenFitting(io.columns, pat.validTo, now),
    managementText(pen, management),
    pen.colour('yellow', findings.join(', ')),
    pat.authorizationId,
    clean(pat.scopes.join(' ')),
  ])
  const heads = ['display name', 'organization', 'expires', 'managed by', 'findings', 'id', 'scopes']
  const whole = table([heads.map((head) => pen.colour('dim', head)), ...rows], narrow ? undefined : io.columns)
  if (!narrow) return whole
  const [head = '', ...lines] = table(
    [heads, ...rows].map((row) => row.slice(0, 5)),
    undefined,
  ).split('\n')
  const details = pats.map(({ pat }) => pen.colour('dim', `    ${pat.authorizationId}  ${clean(pat.scopes.join(' '))}`))
  return `${[pen.colour('dim', head), ...details.flatMap((detail, index) => [lines[index] ?? '', detail])].join('\n')}\n`
}
