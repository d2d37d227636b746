import { asPatrolError, PatrolError } from '../core/errors.ts'
import { type SignInLife, type SignInState, signInState } from '../core/sign-in-life.ts'
import type { Instant } from '../core/time.ts'
import type { OpenAccount } from './open-account.ts'

/** How an account's sign-in does. */
export interface AccountState {
  readonly account: string
  readonly method: string
  readonly state: SignInState
  /** Where a sign-in is kept and could be read. */
  readonly life: SignInLife | undefined
  /** Why it does not do well, or is not known. */
  readonly failure: PatrolError | undefined
}

/** What a run has shown of the accounts already. */
export interface SignInsUsed {
  /** Accounts whose sign-in was accepted. */
  readonly worked: ReadonlySet<string>
  /** By account: what kept the run from working with it. */
  readonly failures: ReadonlyMap<string, PatrolError>
}

/** Failures that tell of the sign-in itself. */
const refusals: ReadonlySet<string> = new Set([
  'sign-in-mfa-required',
  'sign-in-invalid-credentials',
  'sign-in-expired',
  'sign-in-blocked',
  'sign-in-misconfigured',
  'wrong-account',
  'not-signed-in',
  'not-a-user-token',
])

/** How all accounts do. Sends nothing but what reading the kept sign-ins takes. */
export function accountStates(
  accounts: ReadonlyMap<string, OpenAccount>,
  used: SignInsUsed,
  now: () => Instant,
): Promise<readonly AccountState[]> {
  return each(accounts, used, now, (account) => account.signIn.kept?.life())
}

/** Uses every kept sign-in that nobody has used for long, so that it stays alive, and tells how all accounts do then. */
export function renewIdleSignIns(
  accounts: ReadonlyMap<string, OpenAccount>,
  used: SignInsUsed,
  now: () => Instant,
): Promise<readonly AccountState[]> {
  return each(accounts, used, now, (account) => account.signIn.kept?.renewIdle())
}

function each(
  accounts: ReadonlyMap<string, OpenAccount>,
  used: SignInsUsed,
  now: () => Instant,
  look: (account: OpenAccount) => Promise<SignInLife | undefined> | undefined,
): Promise<readonly AccountState[]> {
  const states = [...accounts].map(async ([name, account]): Promise<AccountState> => {
    const method = account.wanted.signIn.method
    const known = used.failures.get(name)
    if (account.signIn.kept === undefined) {
      const state =
        known !== undefined && refusals.has(known.code) ? 'refused' : used.worked.has(name) ? 'healthy' : 'unknown'
      return { account: name, method, state, life: undefined, failure: state === 'refused' ? known : undefined }
    }
    try {
      const life = await look(account)
      if (life === undefined) return { account: name, method, state: 'missing', life, failure: known ?? nobody(name) }
      const aged = signInState(life, now())
      const refused = known !== undefined && refusals.has(known.code)
      const failure = refused ? known : aged === 'expired' ? expired(name) : undefined
      return { account: name, method, state: refused && aged !== 'expired' ? 'refused' : aged, life, failure }
    } catch (thrown) {
      const failure = asPatrolError(thrown)
      const state = refusals.has(failure.code) ? 'refused' : 'unknown'
      return { account: name, method, state, life: undefined, failure }
    }
  })
  return Promise.all(states)
}

function nobody(name: string): PatrolError {
  return new PatrolError('sign-in-missing', `account ${name}: nobody is signed in`, {
    remedy: `Run \`patrol login ${name}\`.`,
  })
}

function expired(name: string): PatrolError {
  const text = `account ${name}: the sign-in was not used for 90 days and is dead`
  return new PatrolError('sign-in-expired', text, { remedy: `Run \`patrol login ${name}\`.` })
}
