import type { ErrorCode } from '../../core/errors.ts'

/** Who can do something about a refused sign-in: a person at the account, whoever configures, time, or we. */
export type RefusalClass = 'person' | 'configuration' | 'later' | 'bug'

export interface SignInVerdict {
  readonly class: RefusalClass
  readonly code: ErrorCode
  readonly remedy: string
  /** It refuses the account itself, whatever token was asked for, so asking for another one makes no sense. */
  readonly ofAccount: boolean
}

/** What the token endpoint says when it refuses, as far as it decides anything. */
export interface SignInRefusal {
  readonly status: number
  /** The numbers behind `AADSTS`, the most telling one first. */
  readonly errorCodes: readonly number[]
  readonly error: string
  readonly suberror: string
}

interface Family extends Omit<SignInVerdict, 'ofAccount'> {
  readonly ofAccount?: true
}

const credentials: Family = {
  class: 'person',
  code: 'sign-in-invalid-credentials',
  remedy:
    'Correct the stored user name or password. Patrol tried once and did not repeat it, because repeated failures lock the account.',
  ofAccount: true,
}
const passwordExpired: Family = {
  class: 'person',
  code: 'sign-in-expired',
  remedy: 'Set a new password for the account, and update the stored one.',
  ofAccount: true,
}
const secondFactor: Family = {
  class: 'person',
  code: 'sign-in-mfa-required',
  remedy:
    'A second factor now applies, which a stored password cannot give. Use `signIn.method: access-token` with the token of a sign-in that a person completed, or have the account excluded from the policy.',
}
const signInAnew: Family = {
  class: 'person',
  code: 'sign-in-expired',
  remedy: 'The sign-in of before is no longer valid (password changed, too long unused, or revoked): sign in again.',
}
const policy: Family = {
  class: 'person',
  code: 'sign-in-blocked',
  remedy:
    'A Conditional Access policy or security default blocks the sign-in. Run from an allowed network, or ask the Entra administrator for an exclusion.',
}
const tenant = configuration('Correct `tenant` of the account: the id or a domain of the tenant that owns the user.')
const client = configuration(
  'Correct `clientId` of the account: an application of this tenant that allows public client flows, with the delegated permissions vso.pats and vso.pats_manage of Azure DevOps.',
)
const consent = configuration(
  'An administrator must consent to the application once (API permissions of the app registration), or choose another `clientId`.',
)
const ourFault: Family = { class: 'bug', code: 'internal', remedy: 'This is a fault in Patrol. Please report it.' }
const busy: Family = {
  class: 'later',
  code: 'throttled',
  remedy: 'Microsoft Entra limits the rate of sign-ins. Try again later.',
}
const waiting: Family = {
  class: 'later',
  code: 'sign-in-unavailable',
  remedy: 'Microsoft Entra could not decide now. Try again later.',
}

function configuration(remedy: string): Family {
  return { class: 'configuration', code: 'sign-in-misconfigured', remedy }
}

/**
 * By number, because the names beside the numbers vary.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
const families: ReadonlyMap<number, Family> = new Map<number, Family>([
  [50034, { ...credentials, remedy: 'There is no such user in this tenant: check `username` and `tenant`.' }],
  [
    50053,
    {
      class: 'later',
      code: 'sign-in-blocked',
      remedy:
        'The account is locked after too many wrong passwords, or the address is blocked. Do not try again now: check the stored password, and wait or unlock the account.',
      ofAccount: true,
    },
  ],
  [50055, passwordExpired],
  [50144, passwordExpired],
  [
    50056,
    {
      ...configuration(
        'The account has no password in Microsoft Entra (federated or passwordless): use another sign-in method.',
      ),
      ofAccount: true,
    },
  ],
  [
    50057,
    {
      class: 'person',
      code: 'sign-in-blocked',
      remedy: 'The account is disabled: an administrator must enable it.',
      ofAccount: true,
    },
  ],
  [50126, credentials],
  [50072, secondFactor],
  [50079, secondFactor],
  [50074, secondFactor],
  [50076, secondFactor],
  [50078, secondFactor],
  [50158, secondFactor],
  [50105, configuration('Assign the user to the application, under Enterprise applications in Microsoft Entra.')],
  [50128, tenant],
  [90002, tenant],
  [50059, tenant],
  [50020, configuration('The user belongs to another tenant: use that one, or invite the user.')],
  [50131, policy],
  [53000, policy],
  [53001, policy],
  [53003, policy],
  [53004, policy],
  [530032, policy],
  [530035, policy],
  [50173, signInAnew],
  [50194, tenant],
  [
    50196,
    {
      class: 'bug',
      code: 'sign-in-unavailable',
      remedy: 'Microsoft Entra saw the same request too often and blocks it: wait some minutes, and run less often.',
    },
  ],
  [65001, consent],
  [90094, consent],
  [
    65002,
    configuration(
      'This client id may not ask for Azure DevOps tokens: register an own application and name it in `clientId`.',
    ),
  ],
  [650057, configuration('Add the delegated permissions of Azure DevOps to the application.')],
  [
    500011,
    configuration('Azure DevOps is not known in this tenant: sign in to it once in a browser, and check `tenant`.'),
  ],
  [700016, client],
  [7000112, configuration('The application is disabled in this tenant: enable it, or choose another `clientId`.')],
  [7000218, configuration('Turn on "Allow public client flows" of the application, or choose another `clientId`.')],
  [7000215, configuration('The client secret is wrong: store the right one.')],
  [7000222, configuration('The client secret has expired: make a new one.')],
  [700025, configuration('The application is a public client and takes no secret: remove it.')],
  [70011, ourFault],
  [900144, ourFault],
  [70000, signInAnew],
  [70008, signInAnew],
  [700082, signInAnew],
  [
    70043,
    {
      ...signInAnew,
      remedy: 'A policy limits how long a sign-in lasts: sign in again, and have the sign-in frequency lengthened.',
    },
  ],
  [70016, waiting],
  [70018, signInAnew],
  [70019, signInAnew],
  [9001023, tenant],
  [90133, tenant],
  [90072, configuration('The account is not known in this tenant: use its own tenant, or invite it.')],
  [90055, busy],
])

/** Where no number is known: what the grant's `suberror` means. */
const bySuberror: Readonly<Record<string, Family>> = {
  basic_action: secondFactor,
  additional_action: secondFactor,
  message_only: policy,
  user_password_expired: passwordExpired,
  consent_required: consent,
  bad_token: signInAnew,
  token_expired: signInAnew,
  protection_policy_required: policy,
  device_authentication_failed: policy,
  client_mismatch: client,
}

/** And what the error of OAuth means; the last two are MSAL's own names for having nothing to sign in with. */
const byError: Readonly<Record<string, Family>> = {
  interaction_required: secondFactor,
  login_required: signInAnew,
  consent_required: consent,
  unauthorized_client: client,
  invalid_client: client,
  invalid_resource: configuration('Azure DevOps is not available to this tenant or application.'),
  invalid_scope: ourFault,
  invalid_request: ourFault,
  unsupported_grant_type: ourFault,
  temporarily_unavailable: waiting,
  server_error: waiting,
  authorization_pending: waiting,
  slow_down: waiting,
  expired_token: signInAnew,
  access_denied: policy,
  invalid_grant: policy,
  no_tokens_found: signInAnew,
  refresh_token_expired: signInAnew,
}

/**
 * What a refused sign-in means and what to do. The numbers decide; `error` and `suberror` are asked only about numbers
 * that are not known, after the status of an overloaded or failing service.
 */
export function judgeSignIn(refusal: SignInRefusal): SignInVerdict {
  const numbered = refusal.errorCodes.map((code) => families.get(code)).find((family) => family !== undefined)
  const family = numbered ?? byStatus(refusal.status) ?? bySuberror[refusal.suberror] ?? byError[refusal.error]
  const found = family ?? configuration('Check tenant, clientId and signIn of the account.')
  return { class: found.class, code: found.code, remedy: found.remedy, ofAccount: found.ofAccount === true }
}

function byStatus(status: number): Family | undefined {
  if (status === 429) return busy
  return status >= 500 ? waiting : undefined
}
