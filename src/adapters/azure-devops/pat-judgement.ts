import { PatrolError } from '../../core/errors.ts'
import type { Pat } from '../../core/pat.ts'
import { parseScopes } from '../../core/scopes.ts'
import { Secret } from '../../core/secret.ts'
import type { Minted } from '../../ports/authority.ts'
import type { HttpAnswer } from '../http/answer.ts'
import { type Asked, correlationIdOf, isObject, objectOf, refusalOf } from './refusal.ts'
import { parseServiceTime } from './service-time.ts'

export interface PatPage {
  readonly pats: readonly Pat[]
  /** Where the next page starts; undefined on the last one. */
  readonly continuation: string | undefined
}

/**
 * One page of a list. The last page has an empty continuation token; null and absent mean the same.
 *
 * @throws PatrolError also when a single entry cannot be read: a PAT left out would look like one that is gone
 */
export function judgePage(answer: HttpAnswer, asked: Asked): PatPage {
  const body = accepted(answer, asked)
  const { patTokens: entries, continuationToken } = body
  if (!Array.isArray(entries)) throw malformed(answer, asked, 'patTokens is not a list')
  if (!isAbsent(continuationToken) && typeof continuationToken !== 'string') {
    throw malformed(answer, asked, 'continuationToken is not text')
  }
  const pats = entries.map((entry: unknown) => judgePat(entry, answer, asked))
  return { pats, continuation: isAbsent(continuationToken) || continuationToken === '' ? undefined : continuationToken }
}

/**
 * A new PAT: only `patTokenError` of `none` together with a value is success, whatever the status says.
 * https://learn.microsoft.com/rest/api/azure/devops/tokens/pats/create
 */
export function judgeMint(answer: HttpAnswer, asked: Asked): Minted {
  const { patToken, value } = judgeResult(answer, asked)
  if (value === undefined) throw malformed(answer, asked, 'the answer holds no value')
  return { pat: patToken, value }
}

/** An extended PAT, with the date that was granted. A value is not documented here, but taken when it comes. */
export function judgeExtension(
  answer: HttpAnswer,
  asked: Asked,
): { readonly pat: Pat; readonly value: Secret | undefined } {
  const { patToken, value } = judgeResult(answer, asked)
  return { pat: patToken, value }
}

/** Nothing, when the PAT is revoked now or was never there; the service answers with an empty 200 or 204. */
export function judgeRevocation(answer: HttpAnswer, asked: Asked): void {
  const { status } = answer
  const done = status >= 200 && status < 300 && status !== 203
  if (done && (answer.body.length === 0 || objectOf(answer)?.['patTokenError'] === 'none')) return
  const refusal = refusalOf(answer, asked)
  if (refusal.code !== 'pat-not-found') throw refusal
}

function judgeResult(answer: HttpAnswer, asked: Asked): { patToken: Pat; value: Secret | undefined } {
  const { patToken, patTokenError } = accepted(answer, asked)
  if (typeof patTokenError !== 'string') throw malformed(answer, asked, 'patTokenError is missing')
  const token = isObject(patToken) ? patToken['token'] : undefined
  // Becomes a Secret before anything can go wrong, so that no later message can show it.
  const value = typeof token === 'string' && token !== '' ? new Secret(token) : undefined
  return { patToken: judgePat(patToken, answer, asked), value }
}

/** The body of an answer that says in every way that it is a success. */
function accepted(answer: HttpAnswer, asked: Asked): Readonly<Record<string, unknown>> {
  const body = objectOf(answer)
  const { status } = answer
  const success = status >= 200 && status < 300 && status !== 203
  const patTokenError = body?.['patTokenError']
  const refused = typeof patTokenError === 'string' && patTokenError.toLowerCase() !== 'none'
  if (body === undefined || !success || refused) throw refusalOf(answer, asked)
  return body
}

function judgePat(entry: unknown, answer: HttpAnswer, asked: Asked): Pat {
  if (!isObject(entry)) throw malformed(answer, asked, 'a PAT is missing')
  const { authorizationId, displayName, scope, targetAccounts } = entry
  if (typeof authorizationId !== 'string' || authorizationId === '') {
    throw malformed(answer, asked, 'a PAT has no authorizationId')
  }
  const of = (what: string): PatrolError => malformed(answer, asked, `${what} of PAT ${authorizationId}`)
  if (typeof displayName !== 'string') throw of('no displayName')
  if (typeof scope !== 'string') throw of('no scope')
  const validFrom = parseServiceTime(entry['validFrom'])
  if (validFrom === undefined) throw of('an unreadable validFrom')
  if (!isAbsent(targetAccounts) && !Array.isArray(targetAccounts)) throw of('unreadable targetAccounts')
  return {
    authorizationId: authorizationId.toLowerCase(),
    displayName,
    scopes: parseScopes(scope),
    validFrom,
    validTo: parseServiceTime(entry['validTo']),
    allOrganizations: isAbsent(targetAccounts),
  }
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

function malformed(answer: HttpAnswer, asked: Asked, what: string): PatrolError {
  const correlationId = correlationIdOf(answer)
  const message = Secret.redact(`${asked.what}: the answer (${answer.status}) is not as documented: ${what}`)
  return new PatrolError('unexpected-answer', message, {
    outcome: asked.mutates ? 'unknown' : 'none',
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}
