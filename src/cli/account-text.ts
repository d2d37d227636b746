import type { AccountState, SignInsUsed } from '../app/account-states.ts'
import { diesAt, type SignInState } from '../core/sign-in-life.ts'
import type { Instant } from '../core/time.ts'
import type { Proposals } from '../reconcile/run.ts'
import { type ExitCode, exitCodeOf } from './exit-code.ts'
import type { Io } from './io.ts'
import type { Speech } from './speech.ts'
import { clean, type Colour, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { isoText, whenFitting, whenText } from './time-text.ts'

const colours = {
  healthy: 'green',
  expiring: 'yellow',
  expired: 'red',
  missing: 'red',
  refused: 'red',
  unknown: 'dim',
} as const satisfies Record<SignInState, Colour>

/** What observing has shown of the accounts. */
export function signInsUsed({ proposals, snapshot }: Proposals): SignInsUsed {
  const worked = new Set(snapshot.pats.map(({ account }) => account))
  const ofTokens = proposals.flatMap(({ observation }) =>
    'failure' in observation ? [[observation.token.account, observation.failure] as const] : [],
  )
  const ofRules = snapshot.failures.map(({ rule, failure }) => [rule.account, failure] as const)
  return { worked, failures: new Map([...ofTokens, ...ofRules].filter(([account]) => !worked.has(account))) }
}

/** One line for each account whose sign-in is kept, for the end of `status`; nothing where there are none. */
export function accountsText(io: Io, pen: Pen, accounts: readonly AccountState[], now: Instant): string {
  const kept = accounts.filter(({ life, method }) => life !== undefined || method === 'refresh-token')
  if (kept.length === 0) return ''
  const rows = kept.map((one): readonly string[] => {
    const { account, method, state, life } = one
    const end = endOf(one)
    return [
      clean(account),
      pen.colour(colours[state], state),
      method,
      life === undefined ? '-' : whenFitting(io.columns, life.redeemedAt, now),
      end === undefined ? '-' : whenFitting(io.columns, end, now),
    ]
  })
  const heads = ['account', 'sign-in', 'method', 'renewed', 'dies unless used'].map((head) => pen.colour('dim', head))
  return `\n${table([heads, ...rows], io.columns)}`
}

/** When the sign-in dies unless it is used; one that is refused already has no time left that anybody knows of. */
function endOf({ state, life }: AccountState): Instant | undefined {
  return life === undefined || state === 'refused' ? undefined : diesAt(life)
}

/**
 * Warns of sign-ins that die soon and tells of those that are dead.
 *
 * @param said the messages that somebody has read already; another account may have failed in the same way
 */
export function tellSignIns(
  speech: Pick<Speech, 'warn' | 'failed'>,
  accounts: readonly AccountState[],
  now: Instant,
  said: ReadonlySet<string>,
): void {
  for (const { account, state, life, failure } of accounts) {
    if (state === 'expiring' && life !== undefined) {
      const renewed = `it was renewed last ${whenText(life.redeemedAt, now)}`
      speech.warn(
        `the sign-in of account ${account} dies ${whenText(diesAt(life), now)}: ${renewed}; patrol apply renews it, or patrol login ${account}`,
      )
    } else if (failure !== undefined && !said.has(failure.message)) speech.failed(failure)
  }
}

/** The exit codes of sign-ins that a person must see to. */
export function accountCodes(accounts: readonly AccountState[]): readonly ExitCode[] {
  return accounts.flatMap(({ failure }) => (failure === undefined ? [] : [exitCodeOf(failure.code)]))
}

/** An account in the documents of `--json`. */
export function accountJson(one: AccountState): Readonly<Record<string, unknown>> {
  const { account, method, state, life, failure } = one
  const end = endOf(one)
  const dates =
    life === undefined
      ? {}
      : {
          signedInAt: isoText(life.signedInAt),
          redeemedAt: isoText(life.redeemedAt),
          ...(end === undefined ? {} : { diesAt: isoText(end) }),
        }
  const error =
    failure === undefined ? {} : { error: { code: failure.code, message: failure.message, remedy: failure.remedy } }
  return { account, method, state, ...dates, ...error }
}
