import { Secret } from './secret.ts'
import type { Duration } from './time.ts'

/** Every way Patrol can fail, with what a person can do about it. The keys are also JSON values and metric labels. */
export const remedies = {
  'sign-in-mfa-required':
    'The account must now prove a second factor, which a stored password cannot. Sign in with a method that a person completes once, or exclude the account by policy.',
  'sign-in-invalid-credentials':
    'Correct the stored user name or password. Patrol tried once and did not repeat it, because repeated failures lock the account.',
  'sign-in-expired': 'A person must sign in again or set a new password, and update the stored one.',
  'sign-in-missing': 'Nobody has signed in for this account yet, or somebody signed out: run `patrol login ACCOUNT`.',
  'sign-in-declined': 'The person at the browser said no, or closed the page. Run `patrol login ACCOUNT` again.',
  'sign-in-timed-out': 'Nobody completed the sign-in in time. Run `patrol login ACCOUNT` again.',
  'sign-in-blocked':
    'An administrator must unblock the account: look at its sign-in log in Microsoft Entra for the policy named in the message.',
  'sign-in-misconfigured':
    'Correct tenant, clientId or consent of the account in the configuration, as the message says.',
  'sign-in-unavailable': 'Microsoft Entra did not answer. Try again later; check network, proxy and tls.caFile.',
  'not-a-user-token':
    'The PAT API takes only the token of a user. Service principals, managed identities and PATs cannot create PATs: sign in as the service account.',
  'wrong-account': 'Sign in as the user that the account names, or correct `user` of the account.',
  'not-signed-in': 'Azure DevOps did not accept the sign-in. Check tenant and organization, and sign in anew.',
  'access-denied': 'Give the account access to the organization, or ask for the permission that the message names.',
  'conditional-access':
    'A Conditional Access policy refused this request. Run from an allowed network, or ask the Entra administrator for an exclusion; the policy of the organization on IP Conditional Access decides whether it holds for PATs as well.',
  'policy-global-pat':
    'The tenant forbids PATs for all organizations. Patrol never asks for one: name an organization.',
  'policy-full-scope':
    'The tenant forbids full-scope PATs. List the scopes that the token needs in place of app_token.',
  'policy-lifespan':
    'The tenant enforces a maximum lifespan of PATs. Set `lifetime` to the granted length, or to `max` to take what is granted, or ask the administrator for an exception.',
  'policy-creation-disabled':
    'The organization restricts the creation of PATs. Ask a Project Collection Administrator to put the account on the allow list.',
  'invalid-scope': 'Correct the scopes of the token: the service knows no such scope, or does not grant it to PATs.',
  'invalid-request': 'The service refused what was asked for. Correct the value that the message names.',
  'organization-not-found': 'Correct the name of the organization, and see that the account is a member of it.',
  'pat-not-found': 'There is no such PAT under this account. `patrol list` shows what there is.',
  'cannot-extend':
    'The PAT has reached the longest life that the policy allows. Set `atCeiling: rotate` with a store, or use `method: rotate`.',
  throttled: 'The service limits the rate of requests. Try again later, or lower --concurrency.',
  'service-unavailable':
    'The service failed or could not be reached. Try again later; check network, proxy and tls.caFile.',
  'unexpected-answer':
    'The service answered in a form that Patrol does not know. Try again; if it stays, report it with the correlation id.',
  'store-denied': 'Give the credential of the store the permissions get, list and set for secrets.',
  'store-unreachable': 'Check the address of the store, the network, the proxy and tls.caFile, and try again.',
  'store-locked': 'Another Patrol is writing to this store. Try again when it has finished.',
  'store-corrupt': 'Restore the named file from a backup, or remove it and let Patrol create a new token.',
  'secret-deleted': 'The secret is deleted but kept by soft delete. Recover or purge it, or choose another secretName.',
  'secret-not-managed':
    'Something that Patrol did not write stands under this name. Choose another secretName, or run `patrol rotate NAME` once to write over it.',
  'metadata-unsupported': 'A newer Patrol wrote this. Upgrade Patrol, then run again.',
  'verification-failed':
    'The new PAT did not prove itself and was revoked; the current one is untouched. If its scopes do not reach connectionData, set `verify` to a URL that they reach, or to `listed`.',
  'target-denied':
    'Give the credential of the target the permission that the message names. Until then nothing is revoked.',
  'target-unreachable':
    'Check the address of the target, the network, the proxy and tls.caFile. It is tried again; until then nothing is revoked.',
  'target-not-found': 'Create the place that the message names, or correct the target in the configuration.',
  'target-undeclared':
    'Name the target again for this token until it has the new value, or run `patrol rotate NAME`, which forgets it.',
  'proof-failed':
    'The target has the new token, but the call that is to prove it failed. See whether `verify` of the target names an address that the scopes reach; until it succeeds nothing is revoked.',
  'delivery-failed':
    'The target did not take the new token. It is tried again in the next run; until then nothing is revoked.',
  'clock-unreliable': 'Set the clock of this machine. Nothing was changed, because due dates cannot be trusted.',
  'too-many-changes':
    'So many tokens never vanish at once: check the address of the store and the account. If it is meant, run again with --allow N.',
  'minting-paused':
    'Find out why from the earlier runs, then run `patrol rotate NAME`; otherwise the next try is a day after the first.',
  'scopes-changed':
    'Somebody changed the PAT outside Patrol. If that was not meant, run `patrol rotate NAME`; if it was, declare it.',
  'not-rotated':
    'See why the new value was not made or did not reach everybody, and run again; or end the old PATs all the same: `patrol revoke ID`.',
  'cannot-roll-back':
    'Nothing was put back. Make a new PAT instead: `patrol rotate NAME`; `patrol explain NAME` shows which PATs work.',
  held: 'Nothing of a held token is revoked. If it is time: `patrol hold NAME --release`, then run again.',
  paused: 'Remove `paused: true` of this entry, or leave it alone.',
  undeclared:
    'Another installation may own that, or an entry that is gone. `patrol status` lists all of it; `patrol retire NAME` ends what an entry left behind, `patrol revoke ID` one PAT.',
  'global-pat-ends':
    'Deliver its successors to everybody who uses it before then; `patrol status` tells what is in place, and `patrol apply` does what can be done.',
  'replaced-still-works':
    'Write `revokeReplaced: true` into every entry that replaces it, or end it yourself: `patrol revoke ID`.',
  'replaced-in-use':
    'Give that token a value of its own with `patrol rotate NAME`, or remove the PAT from `replaces`. Until then it is not revoked.',
  'replaced-elsewhere':
    'Name it in an entry of its organization, too, or end it when nobody uses it: `patrol revoke ID`.',
  'name-conflict': 'Rename one of the PATs, or declare them under names of their own.',
  'moved-on': 'Another Patrol changed this token meanwhile. The next run sees the new state.',
  'not-shown': 'The situation changed after the plan was shown. Run again to see the new plan.',
  'turn-expired': 'The turn took longer than turnLimit and stopped before it could do harm. Run again.',
  interrupted: 'Run again: what was left out is done then.',
  'config-invalid': 'Correct the configuration as the message says; `patrol validate` shows all faults at once.',
  usage: 'See --help.',
  internal: 'This is a fault in Patrol. Please report it with the message.',
} as const satisfies Record<string, string>

export type ErrorCode = keyof typeof remedies

/**
 * What is known about the effect of a failed request. `none`: it did not take place. `unknown`: it may have (a lost
 * answer, a time-out, a 5xx), and only reading back tells.
 */
export type Outcome = 'none' | 'unknown'

export interface ErrorDetails {
  readonly remedy?: string
  readonly outcome?: Outcome
  /** How long the service asked to wait before the next try. */
  readonly retryAfter?: Duration
  /** The service's own name of the request, for its support. */
  readonly correlationId?: string
  readonly cause?: unknown
}

/** The one error class. Message and remedy are two fields; neither ever holds a secret. */
export class PatrolError extends Error {
  override readonly name = 'PatrolError'
  readonly code: ErrorCode
  readonly remedy: string
  readonly outcome: Outcome
  readonly retryAfter: Duration | undefined
  readonly correlationId: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause })
    this.code = code
    this.remedy = details.remedy ?? remedies[code]
    this.outcome = details.outcome ?? 'none'
    this.retryAfter = details.retryAfter
    this.correlationId = details.correlationId
  }
}

/** Something that a person should know, found without failing an action. */
export interface Problem {
  readonly token: string
  readonly code: ErrorCode
  readonly message: string
  readonly remedy: string
  /** The service's own name of the request that failed, for its support. */
  readonly correlationId?: string
}

/** A problem of one token; the remedy is that of the code, unless a better one is known. */
export function problem(token: string, code: ErrorCode, message: string, remedy: string = remedies[code]): Problem {
  return { token, code, message, remedy }
}

/** A failure as a problem of one token, which fails no action. */
export function problemOf(token: string, { code, message, remedy, correlationId }: PatrolError): Problem {
  return { ...problem(token, code, message, remedy), ...(correlationId === undefined ? {} : { correlationId }) }
}

/** Any thrown thing as a PatrolError; what is not one is a fault of ours and says so. */
export function asPatrolError(thrown: unknown): PatrolError {
  if (thrown instanceof PatrolError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new PatrolError('internal', Secret.redact(message), { cause: thrown, outcome: 'unknown' })
}

/** The end of a switch over a union; compiles only while every member is dealt with. */
export function unreachable(value: never): never {
  throw new Error(`not a member of the union: ${String(value)}`)
}
