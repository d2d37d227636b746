import type { Explanation } from '../core/explanation.ts'
import { currentMetadata, type Facts } from '../core/facts.ts'
import type { Hold } from '../core/hold.ts'
import type { Pat } from '../core/pat.ts'
import type { Predecessor } from '../core/predecessor.ts'
import type { RollbackPlan } from '../core/rollback.ts'
import type { Instant } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import { holdJson } from './hold-text.ts'
import type { Io } from './io.ts'
import { clean, cleanName, namesText, type Pen } from './terminal.ts'
import { dateText, soonText, whenFitting } from './time-text.ts'

/** How a token stands after a rollback. */
export interface RolledBack {
  readonly token: string
  /** The PAT that was to become current again. */
  readonly to: string
  /** The one in whose place it was put; undefined when that had been done before. */
  readonly from: string | undefined
  readonly hold: Hold | undefined
  readonly seenAt: Instant
}

export function rollbackJson({ token, to, from, hold }: RolledBack): Readonly<Record<string, unknown>> {
  return {
    token,
    to,
    ...(from === undefined ? {} : { from }),
    already: from === undefined,
    hold: hold === undefined ? null : holdJson(hold),
  }
}

/** What holds from now on, and how it goes on. */
export function rollbackText(pen: Pen, { token, to, from, hold, seenAt }: RolledBack): string {
  const name = clean(token)
  const already = from === undefined ? `  ${name} had been rolled back to PAT ${to} before\n` : ''
  const held =
    hold === undefined
      ? `  nobody holds ${name} now: the next run may revoke and rotate as usual\n`
      : `  ${name} is held until ${dateText(hold.until)} (${soonText(hold.until, seenAt)}): nothing of it is revoked, and no new PAT made because one is due\n`
  const next =
    hold === undefined
      ? ''
      : `  when what broke is repaired, let the next run go on: patrol hold ${name} --release\n` +
        `  or make a new value at once: patrol rotate ${name}\n`
  return `\n${pen.colour('bold', 'next')}\n${already}${held}${next}`
}

/** Whether a token was rolled back, or could be; nothing where no older PAT works. */
export function rollbackStateJson({
  rolledBackFrom,
  rollback,
}: Pick<Explanation, 'rolledBackFrom' | 'rollback'>): Readonly<Record<string, unknown>> {
  if (rolledBackFrom.length > 0) {
    return { rollback: { state: 'done', from: rolledBackFrom.map(({ authorizationId }) => authorizationId) } }
  }
  if (rollback === undefined) return {}
  if (rollback.kind === 'refused')
    return { rollback: { state: 'refused', code: rollback.code, message: rollback.message } }
  if (rollback.kind === 'standing') return {}
  const { predecessor, difference } = rollback
  const to = predecessor.pat.authorizationId
  return { rollback: { state: 'possible', to, ...(difference === undefined ? {} : { message: difference }) } }
}

/** The same for people, under a heading; empty where there is nothing to say. */
export function rollbackLine(
  token: Token,
  facts: Facts,
  { rolledBackFrom, rollback }: Pick<Explanation, 'rolledBackFrom' | 'rollback'>,
  heading: string,
): string {
  if (rolledBackFrom.length > 0) return `${heading}  ${backText(facts, rolledBackFrom)}\n`
  if (rollback === undefined || rollback.kind === 'standing') return ''
  if (rollback.kind === 'refused') return `${heading}  not possible: ${clean(rollback.message)}\n`
  const { predecessor, difference } = rollback
  const note = difference === undefined ? '' : `; ${clean(difference)}`
  return `${heading}  patrol rollback ${clean(token.name)} makes PAT ${predecessor.pat.authorizationId} current again${note}\n`
}

/** What is current since a rollback, and in place of what. */
export function backText(facts: Facts, from: readonly Pat[]): string {
  const ids = from.map(({ authorizationId }) => authorizationId)
  const works = ids.length === 1 ? 'which still works' : 'which still work'
  return `PAT ${currentMetadata(facts)?.authorizationId} is current again, in place of ${ids.join(', ')}, ${works}`
}

/** What a person is asked about, before anything changes. */
export function rollbackQuestion(
  io: Io,
  token: Token,
  plan: RollbackPlan & { readonly kind: 'possible' },
  from: string | undefined,
  now: Instant,
): string {
  const { predecessor, hold, difference } = plan
  const name = clean(token.name)
  const lines = [
    `${name} goes back to ${patText(io, predecessor, now)}`,
    from === undefined ? '' : `  in place of PAT ${from}, which is not revoked`,
    token.targets.length === 0 ? '' : `  and to ${namesText(token.targets)}`,
    `  and is held until ${dateText(hold.until)} (${soonText(hold.until, now)}): nothing of it is revoked, and it is not rotated because it is due`,
    difference === undefined ? '' : `  note: ${clean(difference)}`,
  ]
  return `${lines.filter((line) => line !== '').join('\n')}\n`
}

function patText(io: Io, { pat }: Predecessor, now: Instant): string {
  const { authorizationId, displayName, validFrom, validTo } = pat
  return `"${cleanName(displayName)}" (PAT ${authorizationId}), made ${soonText(validFrom, now)}, expires ${whenFitting(io.columns, validTo, now)}`
}
