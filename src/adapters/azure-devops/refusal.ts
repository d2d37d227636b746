import { type ErrorCode, type Outcome, PatrolError, remedies } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type HttpAnswer, jsonOf, mediaTypeOf, retryAfterOf } from '../http/answer.ts'
import { patTokenErrorOf } from './pat-token-error.ts'

/** What was asked, as far as it matters to the judgement of a failure. */
export interface Asked {
  /** For messages: `minting a PAT in contoso`. */
  readonly what: string
  readonly organization: string
  /** Whether the request changes anything, so that its outcome is in doubt when the answer is. */
  readonly mutates: boolean
}

/** The body as a JSON object, when the answer declares it to be JSON and it is one. */
export function objectOf(answer: HttpAnswer): Readonly<Record<string, unknown>> | undefined {
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(mediaTypeOf(answer))) return undefined
  const value = jsonOf(answer)
  return isObject(value) ? value : undefined
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether the answer is the service's way to say that nobody is signed in: worth one try with a fresh access token. */
export function isSignInAnswer(answer: HttpAnswer): boolean {
  return answer.status === 401 || answer.status === 203 || (answer.status >= 300 && answer.status < 400)
}

/** The service's own name of the request. */
export function correlationIdOf(answer: HttpAnswer): string | undefined {
  const id = answer.headers['x-vss-e2eid'] ?? answer.headers['activityid']
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? id : undefined
}

/**
 * An answer that is not what was hoped for, as an error: by `patTokenError` at whatever status, then by what the
 * status and the service's error text say. Never trusts a status alone: a 203 and a 200 with HTML are sign-in pages.
 */
export function refusalOf(answer: HttpAnswer, asked: Asked): PatrolError {
  const body = objectOf(answer)
  const patTokenError = typeof body?.['patTokenError'] === 'string' ? body['patTokenError'] : 'none'
  const known = patTokenErrorOf(patTokenError)
  if (known !== undefined) {
    const said = body?.['patTokenErrorMessage']
    const text = typeof said === 'string' && said !== '' ? `: ${said}` : ''
    return refusal(answer, asked, known.code, `${known.meaning} (${patTokenError})${text}`, known.outcome)
  }
  const { status } = answer
  const said = errorTextOf(answer, body)
  const suffix = said.message === '' ? '' : `: ${said.message}`
  if (status === 429) return refusal(answer, asked, 'throttled', `too many requests (429)${suffix}`, 'none')
  if (status === 203 || (status >= 300 && status < 400)) {
    const page = `answered with the sign-in page (${status})`
    return refusal(answer, asked, 'not-signed-in', page, 'none', usersOnly)
  }
  if (status >= 500) return refusal(answer, asked, 'service-unavailable', `failed (${status})${suffix}`, 'unknown')
  if (status >= 400) {
    const [code, what] = classify(status, said)
    const outcome: Outcome = status === 408 ? 'unknown' : 'none'
    return refusal(answer, asked, code, `${what} (${status})${suffix}`, outcome)
  }
  const type = mediaTypeOf(answer)
  if (type === 'text/html') {
    return refusal(answer, asked, 'not-signed-in', `answered with a web page (${status}) in place of JSON`, 'unknown')
  }
  const form = body === undefined ? `with ${type || 'no content type'} that is not JSON` : 'in a form that is not known'
  return refusal(answer, asked, 'unexpected-answer', `answered (${status}) ${form}${suffix}`, 'unknown')
}

/** The sign-in page is also how service principals and managed identities are refused. */
const usersOnly = `${remedies['not-signed-in']} Only the token of a user is accepted, not that of a service principal or managed identity.`

function refusal(
  answer: HttpAnswer,
  asked: Asked,
  code: ErrorCode,
  what: string,
  outcome: Outcome,
  remedy?: string,
): PatrolError {
  const retryAfter = retryAfterOf(answer)
  const correlationId = correlationIdOf(answer)
  return new PatrolError(code, Secret.redact(`${asked.what}: Azure DevOps ${phrase(what)}`), {
    outcome: asked.mutates ? outcome : 'none',
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

function phrase(what: string): string {
  return /^(?:answered|failed)/.test(what) ? what : `says: ${what}`
}

interface Said {
  readonly message: string
  readonly typeKey: string
}

/**
 * The service's own text: in the usual error object, in the two older shapes of it, or in a header. One line, and not
 * the whole of a long one.
 */
function errorTextOf(answer: HttpAnswer, body: Readonly<Record<string, unknown>> | undefined): Said {
  const value = isObject(body?.['value']) ? body['value'] : {}
  const texts = [body?.['message'], body?.['Message'], value['Message'], headerText(answer)]
  const message = texts.find((text): text is string => typeof text === 'string' && text.trim() !== '') ?? ''
  const typeKey = typeof body?.['typeKey'] === 'string' ? body['typeKey'] : ''
  return { message: message.replaceAll(/\s+/g, ' ').trim().slice(0, 500), typeKey }
}

/** What the service says of a failure in its own words; empty when it says nothing. */
export function wordsOf(answer: HttpAnswer): string {
  return errorTextOf(answer, objectOf(answer)).message
}

function headerText(answer: HttpAnswer): string | undefined {
  const text = answer.headers['x-tfs-serviceerror']
  try {
    return text === undefined ? undefined : decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

function classify(status: number, said: Said): readonly [ErrorCode, string] {
  if (/\bVS403463\b/.test(said.message)) return ['conditional-access', 'a Conditional Access policy refused it']
  if (isMissingPat(said)) return ['pat-not-found', 'there is no such PAT']
  if (said.typeKey === 'InvalidAccessException') return ['not-a-user-token', 'the sign-in may not do this']
  switch (status) {
    case 401:
      return ['not-signed-in', 'the sign-in was not accepted']
    case 403:
      return ['access-denied', 'access is denied']
    case 404:
      return ['organization-not-found', 'there is no such organization']
    case 408:
      return ['service-unavailable', 'the request took too long']
    default:
      return ['invalid-request', 'the request was refused']
  }
}

/** How the service says that a PAT to be revoked is not there (any more). */
function isMissingPat(said: Said): boolean {
  return /^(?:SessionToken|Token|Authorization|PersonalAccessToken)NotFound/i.test(said.typeKey)
}
