import { PatrolError } from '../../core/errors.ts'
import type { SignInFailure } from './sign-in-failure.ts'

/** How a person signs in. */
export type LoginWay = 'browser' | 'device-code'

export interface LoginAttempt {
  /** The account's name in the configuration. */
  readonly account: string
  readonly way: LoginWay
  /** Where an administrator consents to the application. */
  readonly adminConsentUrl: string
  /** What ended the attempt from our side. */
  readonly endedBy: 'time-out' | 'stop' | undefined
}

/** The person said no to the consent, to the device, or to the sign-in as a whole. */
const declined: ReadonlySet<string> = new Set(['authorization_declined', 'access_denied', 'cancel', 'user_cancelled'])

/** The code was shown for too long. */
const tooLate: ReadonlySet<string> = new Set(['expired_token', 'code_expired', 'device_code_expired'])

/**
 * What a sign-in of a person that failed means, with a remedy for that person, who is still there. Pure.
 *
 * @param failure as for any other sign-in
 */
export function judgePersonFailure(failure: SignInFailure, attempt: LoginAttempt): PatrolError {
  const { error, refusal } = failure
  const numbers = refusal?.errorCodes ?? []
  const has = (...codes: readonly number[]): boolean => numbers.some((number) => codes.includes(number))
  const prefix = `signing in account ${attempt.account}`
  const again = `Run \`patrol login ${attempt.account}\` again`
  if (attempt.endedBy === 'stop')
    return new PatrolError('interrupted', `${prefix}: stopped before anybody had signed in`, { remedy: `${again}.` })
  const named = refusal?.error ?? ''
  const expired =
    attempt.endedBy === 'time-out' || has(70016, 70019, 70020) || (numbers.length === 0 && tooLate.has(named))
  if (expired) {
    const text = `${prefix}: nobody completed the sign-in in time`
    return new PatrolError('sign-in-timed-out', text, { remedy: `${again}, and complete it at once.` })
  }
  if (has(65004) || (numbers.length === 0 && declined.has(named))) {
    return new PatrolError('sign-in-declined', `${prefix}: the person at the browser declined`, {
      remedy: `${again} and agree, or ask an administrator to consent for everybody: ${attempt.adminConsentUrl}`,
    })
  }
  const remedy = remedyFor(failure, attempt, has)
  if (remedy === undefined) return error
  const { correlationId, cause } = error
  return new PatrolError(error.code, error.message, {
    remedy,
    cause,
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

function remedyFor(
  { error }: SignInFailure,
  attempt: LoginAttempt,
  has: (...codes: number[]) => boolean,
): string | undefined {
  if (has(65001, 90094, 90095)) {
    return `An administrator must consent to the application once, at ${attempt.adminConsentUrl} ; then run \`patrol login ${attempt.account}\` again.`
  }
  if (error.code === 'sign-in-blocked' && attempt.way === 'device-code') {
    return `${error.remedy} Policies often block device codes alone: run \`patrol login ${attempt.account}\` on a computer with a browser.`
  }
  return undefined
}
