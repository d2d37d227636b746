import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { Expectation } from '../../core/token.ts'
import type { SignedInUser } from '../../ports/authority.ts'
import type { Probe } from '../../ports/prober.ts'
import { type HttpAnswer, mediaTypeOf } from '../http/answer.ts'
import { type Asked, isObject, isSignInAnswer, objectOf, refusalOf } from './refusal.ts'

/** Whom Azure DevOps takes a caller for whose credentials it did not accept. */
const anonymousId = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'

/**
 * The user behind the access token, from connectionData.
 *
 * @throws PatrolError `not-signed-in` also for a friendly answer to nobody
 */
export function judgeSignedInUser(answer: HttpAnswer, asked: Asked): SignedInUser {
  const user = authenticatedUserOf(answer)
  if (user === undefined) throw refusalOf(answer, asked)
  if (user.id === anonymousId) {
    throw new PatrolError('not-signed-in', `${asked.what}: Azure DevOps took the sign-in for an anonymous one`)
  }
  return user
}

/** What a call of connectionData with a PAT showed. */
export function judgeConnectionProbe(answer: HttpAnswer): Probe {
  const user = authenticatedUserOf(answer)
  if (user === undefined) return judgeOtherProbe(answer)
  return user.id === anonymousId ? { kind: 'anonymous' } : { kind: 'works', ownerId: user.id }
}

/**
 * What a call of some address of Azure DevOps with a PAT showed: any success that is not a web page lets the PAT in, or
 * what was expected in its place. A sign-in page is a refusal, in whatever status it comes. An answer that is not the
 * expected one tells nothing of the PAT, for it may be the expectation that is wrong.
 */
export function judgeUrlProbe(answer: HttpAnswer, expect?: Expectation): Probe {
  const { status } = answer
  const signInPage = status === 203 || mediaTypeOf(answer) === 'text/html'
  const isExpected = expect?.statuses?.includes(status) ?? (status >= 200 && status < 300)
  if (signInPage || !isExpected) return judgeOtherProbe(answer)
  if (expect?.contains !== undefined && !Buffer.from(answer.body).includes(expect.contains)) {
    return { kind: 'unknown', message: `HTTP ${status}, and the answer does not hold what is expected of it` }
  }
  return { kind: 'works', ownerId: undefined }
}

function judgeOtherProbe(answer: HttpAnswer): Probe {
  const asked: Asked = { what: 'trying the PAT', organization: '', mutates: false }
  const message = refusalOf(answer, asked).message
  const signInPage = answer.status === 200 && mediaTypeOf(answer) === 'text/html'
  const refused = isSignInAnswer(answer) || answer.status === 403 || signInPage
  return { kind: refused ? 'refused' : 'unknown', message }
}

/**
 * Id and user name. The name stands in the property `Account`, and also after the tenant in the descriptor
 * (`…;{tenant}\{user name}`).
 */
function authenticatedUserOf(answer: HttpAnswer): SignedInUser | undefined {
  const user = answer.status === 200 ? objectOf(answer)?.['authenticatedUser'] : undefined
  if (!isObject(user) || typeof user['id'] !== 'string' || user['id'] === '') return undefined
  const account = isObject(user['properties']) ? user['properties']['Account'] : undefined
  const named = isObject(account) ? account['$value'] : account
  const described = typeof user['descriptor'] === 'string' ? /\\([^\\]+)$/.exec(user['descriptor'])?.[1] : undefined
  const name = typeof named === 'string' && named !== '' ? named : described
  return { id: user['id'].toLowerCase(), user: name === undefined ? undefined : Secret.redact(name).toLowerCase() }
}
