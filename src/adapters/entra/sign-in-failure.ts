import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type HttpAnswer, jsonOf, retryAfterOf } from '../http/answer.ts'
import type { SignInTrouble } from '../http/msal-network.ts'
import { judgeSignIn, type SignInRefusal, type SignInVerdict } from './aadsts.ts'

export interface SignInFailure {
  readonly error: PatrolError
  /** Undefined when Microsoft Entra was not reached. */
  readonly verdict: SignInVerdict | undefined
  /** What Microsoft Entra said, where it said something. */
  readonly refusal?: SignInRefusal
}

/**
 * Why a sign-in failed: the network's fault where there was one, else what the token endpoint said, else what MSAL
 * found out without asking.
 *
 * @param account the account's name in the configuration, for the message
 */
export function signInFailure(account: string, thrown: unknown, trouble: SignInTrouble): SignInFailure {
  const prefix = `signing in account ${account}`
  if (trouble.fault !== undefined) {
    const { message, remedy, cause } = trouble.fault
    return {
      error: new PatrolError('sign-in-unavailable', `${prefix}: ${message}`, { remedy, cause }),
      verdict: undefined,
    }
  }
  const said = trouble.refusal === undefined ? saidByMsal(thrown) : saidByEntra(trouble.refusal)
  if (said === undefined) {
    const { message } = asPatrolError(thrown)
    return { error: new PatrolError('internal', Secret.redact(`${prefix}: ${message}`)), verdict: undefined }
  }
  const verdict = judgeSignIn(said.refusal, account)
  const numbers = said.refusal.errorCodes.map((code) => `AADSTS${code}`).join(', ')
  const reason = numbers === '' ? said.refusal.error || `status ${said.refusal.status}` : numbers
  const text = said.text === '' ? '' : `: ${said.text}`
  const retryAfter = trouble.refusal === undefined ? undefined : retryAfterOf(trouble.refusal)
  const error = new PatrolError(verdict.code, Secret.redact(`${prefix}: Microsoft Entra refuses (${reason})${text}`), {
    remedy: verdict.remedy,
    ...(said.correlationId === undefined ? {} : { correlationId: said.correlationId }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
  return { error, verdict, refusal: said.refusal }
}

interface Said {
  readonly refusal: SignInRefusal
  readonly text: string
  readonly correlationId: string | undefined
}

/** The token endpoint's error body: https://learn.microsoft.com/entra/identity-platform/reference-error-codes */
function saidByEntra(answer: HttpAnswer): Said {
  const parsed = jsonOf(answer)
  const body: Readonly<Record<string, unknown>> = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  const description = textOf(body['error_description'])
  return {
    refusal: {
      status: answer.status,
      errorCodes: codesOf(body['error_codes'], description),
      error: textOf(body['error']),
      suberror: textOf(body['suberror']),
    },
    text: sentenceOf(description),
    correlationId: textOf(body['trace_id']) || textOf(body['correlation_id']) || undefined,
  }
}

/** An error of MSAL that no request of this sign-in explains: a cached refusal, or nothing to sign in with. */
function saidByMsal(thrown: unknown): Said | undefined {
  if (!(thrown instanceof Error) || !('errorCode' in thrown)) return undefined
  const fields: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(thrown))
  const error = textOf(fields['errorCode'])
  const numbers = error.split(' ').filter((part) => /^\d+$/.test(part))
  const refusal: SignInRefusal = {
    status: 0,
    errorCodes: codesOf(numbers.length > 0 ? numbers : [fields['errorNo']], thrown.message),
    error,
    suberror: textOf(fields['subError']),
  }
  return { refusal, text: sentenceOf(thrown.message), correlationId: textOf(fields['correlationId']) || undefined }
}

function codesOf(listed: unknown, description: string): readonly number[] {
  const codes = Array.isArray(listed) ? listed.map(Number).filter((code) => Number.isSafeInteger(code) && code > 0) : []
  if (codes.length > 0) return codes
  return [...description.matchAll(/\bAADSTS(\d{5,8})\b/g)].map((match) => Number(match[1]))
}

/** The sentence itself: no code again, no ids and times, one line. */
function sentenceOf(description: string): string {
  return description
    .replace(/^.*?\bAADSTS\d+:\s*/s, '')
    .split(/\s*(?:Trace ID:|Correlation ID:|Timestamp:|[\r\n])/, 1)
    .join('')
    .trim()
    .slice(0, 300)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
