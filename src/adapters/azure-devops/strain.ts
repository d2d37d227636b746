import { type Duration, duration, second, times } from '../../core/time.ts'
import { dateOf, type HttpAnswer, retryAfterOf } from '../http/answer.ts'

/** What an answer says about the rate of our requests. */
export interface Strain {
  /** How long to wait before the next request; undefined when the answer asks for no wait. */
  readonly wait: Duration | undefined
  /** Whether the service holds requests back, or will soon: fewer at once are called for. */
  readonly strained: boolean
}

/** From this part of the limit on the service is about to hold requests back. */
const little = 0.1

/** A service that names no time is not asked sooner than this; twice as long after each further refusal. */
const firstBackOff: Duration = second

const longestBackOff: Duration = times(60, second)

/**
 * Reads the headers with which Azure DevOps limits the rate: `Retry-After`, `X-RateLimit-Delay` (how long this request
 * was held back), and `X-RateLimit-Remaining` of `X-RateLimit-Limit` units, all of which are there again at
 * `X-RateLimit-Reset`. https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
 *
 * @param refusals how many requests in a row were refused for their rate, this one included
 */
export function strainOf(answer: HttpAnswer, refusals: number): Strain {
  const asked = retryAfterOf(answer)
  const limit = numberIn(answer, 'x-ratelimit-limit')
  const remaining = numberIn(answer, 'x-ratelimit-remaining')
  const isLow = limit !== undefined && remaining !== undefined && remaining <= limit * little
  const wasDelayed = (numberIn(answer, 'x-ratelimit-delay') ?? 0) > 0
  const strained = asked !== undefined || answer.status === 429 || wasDelayed || isLow
  if (asked !== undefined) return { wait: asked, strained }
  if (remaining === 0 && limit !== undefined) return { wait: timeOfOneUnit(answer, limit) ?? firstBackOff, strained }
  if (answer.status !== 429) return { wait: undefined, strained }
  const backOff = firstBackOff * 2 ** Math.min(refusals - 1, 10)
  return { wait: duration(Math.min(longestBackOff, backOff)), strained }
}

/** What was used comes back evenly until the reset; one unit pays for many requests. */
function timeOfOneUnit(answer: HttpAnswer, limit: number): Duration | undefined {
  const reset = numberIn(answer, 'x-ratelimit-reset')
  const now = dateOf(answer)
  if (reset === undefined || now === undefined || limit <= 0) return undefined
  const length = Math.ceil((reset * 1_000 - now) / limit)
  return length > 0 ? duration(Math.min(longestBackOff, length)) : undefined
}

function numberIn(answer: HttpAnswer, header: string): number | undefined {
  const text = answer.headers[header]?.trim() ?? ''
  return /^\d{1,15}(?:\.\d+)?$/.test(text) ? Number(text) : undefined
}
