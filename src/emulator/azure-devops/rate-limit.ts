import { type Answer } from '../exchange.ts'
import { errorAnswer } from './refusals.ts'

const WINDOW_MS = 5 * 60_000
/** https://learn.microsoft.com/en-us/azure/devops/integrate/concepts/rate-limits */
const TSTU_LIMIT = 200

/** Headers of a caller near or above its limit. @param at milliseconds since the epoch */
export function rateLimitHeaders(
  at: number,
  retryAfterSeconds: number | undefined,
  remaining: number,
): Record<string, string> {
  return {
    'X-RateLimit-Resource': 'Core',
    'X-RateLimit-Limit': String(TSTU_LIMIT),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(Math.ceil((at + WINDOW_MS) / 1000)),
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
  }
}

export function throttledAnswer(at: number, retryAfterSeconds: number | undefined): Answer {
  const message =
    'TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource Core in namespace User.'
  return errorAnswer(429, 'RequestBlockedException', message, rateLimitHeaders(at, retryAfterSeconds, 0))
}

/** Counts requests of each principal in a window of five minutes, for the switch `throttleAfter`. */
export class Traffic {
  readonly #times = new Map<string, number[]>()

  /** Seconds to wait when the principal is above its limit, else undefined. A refused request is not counted. */
  count(principal: string, at: number, limit: number | null): number | undefined {
    if (limit === null) return undefined
    const recent = (this.#times.get(principal) ?? []).filter((time) => time > at - WINDOW_MS)
    this.#times.set(principal, recent)
    const [oldest] = recent
    if (recent.length >= limit && oldest !== undefined) return Math.max(1, Math.ceil((oldest + WINDOW_MS - at) / 1000))
    recent.push(at)
    return undefined
  }
}
