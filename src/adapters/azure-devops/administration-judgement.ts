import { PatrolError } from '../../core/errors.ts'
import type { Pat } from '../../core/pat.ts'
import { parseScopes } from '../../core/scopes.ts'
import { Secret } from '../../core/secret.ts'
import type { Member, MemberPage } from '../../ports/directory.ts'
import type { HashedPat } from '../../ports/token-administration.ts'
import type { HttpAnswer } from '../http/answer.ts'
import { type Asked, correlationIdOf, isObject, objectOf, refusalOf } from './refusal.ts'
import { parseServiceTime } from './service-time.ts'

export interface AdministratedPage {
  readonly pats: readonly HashedPat[]
  /** Undefined on the last page. */
  readonly continuation: string | undefined
}

/**
 * One page of the PATs of a user. It goes on as long as `continuationToken` in the body is not null; instants come with
 * and without a zone. https://learn.microsoft.com/rest/api/azure/devops/tokenadmin/personal-access-tokens/list
 *
 * @throws PatrolError `access-denied` for whoever is no administrator, which the service says with a 401
 */
export function judgeAdministratedPage(answer: HttpAnswer, asked: Asked): AdministratedPage {
  const body = accepted(answer, asked)
  const { value, continuationToken } = body
  if (!Array.isArray(value)) throw malformed(answer, asked, 'value is not a list')
  const pats = value.flatMap((entry: unknown) => judgeSessionToken(entry, answer, asked))
  return { pats, continuation: continuationOf(continuationToken, answer, asked) }
}

/**
 * One page of the users of an organization. It goes on when the header `X-MS-ContinuationToken` is there.
 * https://learn.microsoft.com/rest/api/azure/devops/graph/users/list
 */
export function judgeMemberPage(answer: HttpAnswer, asked: Asked): MemberPage {
  const { value } = accepted(answer, asked)
  if (!Array.isArray(value)) throw malformed(answer, asked, 'value is not a list')
  const members = value.map((entry: unknown) => judgeMember(entry, answer, asked))
  return { members, next: answer.headers['x-ms-continuationtoken'] || undefined }
}

/** https://learn.microsoft.com/rest/api/azure/devops/graph/membership-states/get */
export function judgeMembershipState(answer: HttpAnswer, asked: Asked): boolean {
  const { active } = accepted(answer, asked)
  if (typeof active !== 'boolean') throw malformed(answer, asked, 'active is missing')
  return active
}

/** The id by which the accounts of the signed-in user are asked for. */
export function judgeProfile(answer: HttpAnswer, asked: Asked): string {
  const { id } = accepted(answer, asked)
  if (typeof id !== 'string' || id === '') throw malformed(answer, asked, 'the profile has no id')
  return id
}

/** The names of the organizations. */
export function judgeAccounts(answer: HttpAnswer, asked: Asked): readonly string[] {
  const { value } = accepted(answer, asked)
  if (!Array.isArray(value)) throw malformed(answer, asked, 'value is not a list')
  return value.map((entry: unknown) => {
    const name = isObject(entry) ? entry['accountName'] : undefined
    if (typeof name !== 'string' || name === '') throw malformed(answer, asked, 'an account has no name')
    return name
  })
}

const administratorsOnly =
  'Sign in as a Project Collection Administrator of the organization, with an application that has the delegated permissions vso.graph and vso.tokenadministration; the client of the Azure CLI has them.'

function accepted(answer: HttpAnswer, asked: Asked): Readonly<Record<string, unknown>> {
  const body = objectOf(answer)
  if (answer.status === 200 && body !== undefined) return body
  const refusal = refusalOf(answer, asked)
  const isForbidden = (answer.status === 401 && body !== undefined) || refusal.code === 'access-denied'
  if (!isForbidden) throw refusal
  const { correlationId } = refusal
  throw new PatrolError('access-denied', refusal.message, {
    remedy: administratorsOnly,
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

/**
 * What is not valid any more is left out when it cannot be read; all else that cannot be read would look like nothing, and is
 * an error.
 */
function judgeSessionToken(entry: unknown, answer: HttpAnswer, asked: Asked): readonly HashedPat[] {
  if (!isObject(entry)) throw malformed(answer, asked, 'a PAT is missing')
  const isValid = entry['isValid'] !== false
  const hash = entry['crossCompanyCorrelatingId']
  try {
    const pat = patIn(entry, answer, asked)
    return [{ pat, hash: typeof hash === 'string' && hash !== '' ? hash : undefined, isValid }]
  } catch (thrown) {
    if (isValid) throw thrown
    return []
  }
}

function patIn(entry: Readonly<Record<string, unknown>>, answer: HttpAnswer, asked: Asked): Pat {
  const { authorizationId, displayName, scope, targetAccounts } = entry
  if (typeof authorizationId !== 'string' || authorizationId === '') {
    throw malformed(answer, asked, 'a PAT has no authorizationId')
  }
  const of = (what: string): PatrolError => malformed(answer, asked, `${what} of PAT ${authorizationId}`)
  const validFrom = parseServiceTime(entry['validFrom'])
  if (validFrom === undefined) throw of('an unreadable validFrom')
  if (targetAccounts !== null && targetAccounts !== undefined && !Array.isArray(targetAccounts)) {
    throw of('unreadable targetAccounts')
  }
  return {
    authorizationId: authorizationId.toLowerCase(),
    // Session tokens that are no PATs in the web page may have no name and no scope.
    displayName: typeof displayName === 'string' ? displayName : '',
    scopes: parseScopes(typeof scope === 'string' ? scope : ''),
    validFrom,
    validTo: parseServiceTime(entry['validTo']),
    allOrganizations: targetAccounts === null || targetAccounts === undefined,
  }
}

function judgeMember(entry: unknown, answer: HttpAnswer, asked: Asked): Member {
  if (!isObject(entry)) throw malformed(answer, asked, 'a user is missing')
  const { descriptor, principalName, mailAddress, isDeletedInOrigin } = entry
  if (typeof descriptor !== 'string' || descriptor === '') throw malformed(answer, asked, 'a user has no descriptor')
  const names = [principalName, mailAddress, descriptor]
  const name = names.find((one): one is string => typeof one === 'string' && one !== '') ?? descriptor
  return {
    descriptor,
    user: Secret.redact(name).toLowerCase(),
    state: isDeletedInOrigin === true ? 'deleted' : 'unknown',
  }
}

function continuationOf(written: unknown, answer: HttpAnswer, asked: Asked): string | undefined {
  if (written === null || written === undefined || written === '') return undefined
  if (typeof written === 'string') return written
  throw malformed(answer, asked, 'continuationToken is not text')
}

function malformed(answer: HttpAnswer, asked: Asked, what: string): PatrolError {
  const correlationId = correlationIdOf(answer)
  const message = Secret.redact(`${asked.what}: the answer (${answer.status}) is not as documented: ${what}`)
  return new PatrolError('unexpected-answer', message, correlationId === undefined ? {} : { correlationId })
}
