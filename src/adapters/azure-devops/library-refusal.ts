import { asPatrolError, type ErrorCode, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { HttpAnswer } from '../http/answer.ts'
import { type Asked, refusalOf, wordsOf } from './refusal.ts'

/** Who asks, and what it takes, for remedies. */
export interface Entry {
  /** `the account ci-bot`, `the token deployer` */
  readonly who: string
  /** Whether that is an account, whose client has permissions where a PAT has scopes. */
  readonly isAccount: boolean
  /** The scope that a write takes. */
  readonly scope: string
  /** What is to be changed: `variable group`, `service connection`. */
  readonly kind: string
}

/** An answer that is not what was hoped for. What is not there is told apart from an organization that is not. */
export function libraryRefusal(answer: HttpAnswer, asked: Asked): PatrolError {
  if (answer.status !== 404) return refusalOf(answer, asked)
  const said = wordsOf(answer)
  const text = said === '' ? 'knows no such organization, or shows it to nobody like us' : `says: ${said}`
  return new PatrolError('target-not-found', Secret.redact(`${asked.what}: Azure DevOps ${text} (404)`))
}

/** What is not there under a status of success. */
export function notThere(what: string): PatrolError {
  return new PatrolError('target-not-found', `${what}: it is not there, or not shown to us`)
}

/** Failures of the service in the words of targets. */
const codes: Partial<Readonly<Record<ErrorCode, ErrorCode>>> = {
  'access-denied': 'target-denied',
  'not-signed-in': 'target-denied',
  'not-a-user-token': 'target-denied',
  'organization-not-found': 'target-not-found',
  'pat-not-found': 'target-not-found',
  'service-unavailable': 'target-unreachable',
  'invalid-request': 'delivery-failed',
}

/** A failure on the way to a target, with the remedy that fits it. */
export function asTargetFailure(thrown: unknown, entry: Entry): PatrolError {
  const failure = asPatrolError(thrown)
  const code = codes[failure.code] ?? failure.code
  const remedy = failure.code === code && code !== 'target-not-found' ? failure.remedy : remedyOf(failure, code, entry)
  const { message, outcome, retryAfter, correlationId } = failure
  return new PatrolError(code, message, {
    outcome,
    cause: failure.cause,
    ...(remedy === undefined ? {} : { remedy }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

function remedyOf(failure: PatrolError, code: ErrorCode, { who, isAccount, scope, kind }: Entry): string | undefined {
  switch (code) {
    case 'target-denied':
      if (failure.code === 'access-denied') {
        return `Make ${isAccount ? who : `the owner of ${who}`} an Administrator of the ${kind}, in its security settings.`
      }
      return isAccount
        ? `See that ${who} belongs to the organization, and that the client it signs in with has the delegated permission ${scope}.`
        : `See that ${who} is of that organization, still works, and has the scope ${scope}.`
    case 'target-not-found':
      return `Correct organization, project and name of the ${kind}, or give ${who} access: what it may not see is not there for it.`
    case 'delivery-failed':
      return `The service refused the ${kind} as it was written back, so nothing changed. Look at what the message names.`
    default:
      return undefined
  }
}
