import { type ErrorDetails, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration } from '../../core/time.ts'
import { parseHttpDate, retryAfterOf } from '../http/answer.ts'

/** An answer of GitHub that is no success, as far as its judgement needs it. */
export interface GithubRefusal {
  readonly status: number
  /** With lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** What GitHub said, one line. */
  readonly said: string
  /** What was asked for, for people: a method and a path. */
  readonly asked: string
  /** Whether the request could change anything. */
  readonly mutating: boolean
}

/**
 * Judges a refusal of GitHub. Pure.
 * https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api and, for what a secret must be like,
 * https://docs.github.com/actions/reference/security/secrets
 */
export function githubFailure(refusal: GithubRefusal): PatrolError {
  const { status, headers, asked, mutating } = refusal
  const reason = refusal.said === '' ? '' : `: ${Secret.redact(refusal.said).slice(0, 300)}`
  const message = `${asked} was answered with ${status}${reason}`
  const wait = waitOf(headers)
  const correlationId = headers['x-github-request-id']
  const details: ErrorDetails = {
    outcome: mutating && (status >= 500 || status === 408) ? 'unknown' : 'none',
    ...(correlationId === undefined ? {} : { correlationId }),
  }
  // GitHub answers both kinds of limits with 403 or 429.
  if (status === 429 || (status === 403 && wait !== undefined)) {
    return new PatrolError('throttled', message, { ...details, ...(wait === undefined ? {} : { retryAfter: wait }) })
  }
  if (status === 401) {
    const remedy =
      'GitHub did not accept the token or the key of the App: it may have ended, or be that of another App.'
    return new PatrolError('target-denied', message, { ...details, remedy })
  }
  if (status === 403) return new PatrolError('target-denied', message, { ...details, remedy: remedyOfDenial(headers) })
  if (status === 404) {
    const remedy =
      'Correct the repository, environment or organization of the target, and see that the token or the App reaches it: GitHub says "not found" for what may not be seen, too.'
    return new PatrolError('target-not-found', message, { ...details, remedy })
  }
  if (status >= 300 && status < 400) {
    const remedy = 'The repository or organization was renamed: write its present name.'
    return new PatrolError('target-not-found', `${asked} has moved (${status})`, { ...details, remedy })
  }
  if (status >= 500 || status === 408) return new PatrolError('target-unreachable', message, details)
  if (status === 409 || status === 422) {
    const remedy =
      'GitHub does not take the secret so. Its name may hold letters, digits and low lines, and must begin neither with a digit nor with GITHUB_; a repository has room for 100 secrets, an environment for 100, an organization for 1,000.'
    return new PatrolError('delivery-failed', message, { ...details, remedy })
  }
  return new PatrolError('delivery-failed', message, details)
}

/**
 * Fine-grained tokens and Apps are told what they lack in a header, and so is a token that its owner must release for an
 * organization with single sign-on.
 * https://docs.github.com/rest/authentication/authenticating-to-the-rest-api
 */
function remedyOfDenial(headers: Readonly<Record<string, string>>): string {
  if (headers['x-github-sso']?.startsWith('required') === true) {
    return 'The organization demands single sign-on: let the owner of the token authorize it there (on GitHub under Settings, Developer settings, "Configure SSO" of the token), or use an App.'
  }
  const lacking = headers['x-accepted-github-permissions']
  const named =
    lacking === undefined
      ? '"Secrets" (for environments also "Environments", for organizations "Organization secrets"), read and write'
      : lacking
  return `Give the token or the App the permission ${named}.`
}

/** How long to wait for the next request; undefined when GitHub limits nothing. */
function waitOf(headers: Readonly<Record<string, string>>): Duration | undefined {
  const asked = retryAfterOf({ headers })
  if (asked !== undefined) return asked
  const reset = Number(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] !== '0' || !Number.isFinite(reset)) return undefined
  const now = parseHttpDate(headers['date'] ?? '')
  return duration(Math.max(0, reset * 1_000 - (now ?? reset * 1_000)))
}
