import type { ErrorCode } from '../../core/errors.ts'
import * as table from './aadsts-table.ts'

/** What a refused sign-in means. */
export interface SignInVerdict {
  readonly class: table.RefusalClass
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

/** Where no number is known: what the grant's `suberror` means. */
const bySuberror: Readonly<Record<string, table.RefusalFamily>> = {
  basic_action: table.secondFactor,
  additional_action: table.secondFactor,
  message_only: table.policy,
  user_password_expired: table.passwordExpired,
  consent_required: table.consent,
  bad_token: table.signInAnew,
  token_expired: table.signInAnew,
  protection_policy_required: table.policy,
  device_authentication_failed: table.policy,
  client_mismatch: table.client,
}

/** And what the error of OAuth means; the last two are MSAL's own names for having nothing to sign in with. */
const byError: Readonly<Record<string, table.RefusalFamily>> = {
  interaction_required: table.secondFactor,
  login_required: table.signInAnew,
  consent_required: table.consent,
  unauthorized_client: table.client,
  invalid_client: table.client,
  invalid_resource: table.configuration('Azure DevOps is not available to this tenant or application.'),
  invalid_scope: table.ourFault,
  invalid_request: table.ourFault,
  unsupported_grant_type: table.ourFault,
  temporarily_unavailable: table.waiting,
  server_error: table.waiting,
  authorization_pending: table.waiting,
  slow_down: table.waiting,
  expired_token: table.signInAnew,
  access_denied: table.policy,
  invalid_grant: table.policy,
  no_tokens_found: table.signInAnew,
  refresh_token_expired: table.signInAnew,
}

/**
 * What a refused sign-in means and what to do. The numbers decide; `error` and `suberror` are asked only about numbers
 * that are not known, after the status of an overloaded or failing service.
 *
 * @param account its name in the configuration, for the remedy
 */
export function judgeSignIn(refusal: SignInRefusal, account: string): SignInVerdict {
  const numbered = refusal.errorCodes.map((code) => table.families.get(code)).find((family) => family !== undefined)
  const family = numbered ?? byStatus(refusal.status) ?? bySuberror[refusal.suberror] ?? byError[refusal.error]
  const found = family ?? table.configuration('Check tenant, clientId and signIn of the account.')
  const remedy = found.remedy.replaceAll('{account}', account)
  return { class: found.class, code: found.code, remedy, ofAccount: found.ofAccount === true }
}

function byStatus(status: number): table.RefusalFamily | undefined {
  if (status === 429) return table.busy
  return status >= 500 ? table.waiting : undefined
}
