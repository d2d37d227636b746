import { type Duration, duration, type Instant, instant } from '../../core/time.ts'

/** An answer as it came over the wire, body whole and never decompressed. */
export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; several headers of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** `type/subtype` of the answer in lower case, without parameters; empty when the answer names none. */
export function mediaTypeOf(answer: HttpAnswer): string {
  return (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/** The body as JSON; undefined when it is none, whatever the content type says. */
export function jsonOf(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body)) as unknown
  } catch {
    return undefined
  }
}

const httpDate =
  /^(?:[A-Z][a-z]{2}), (\d{2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/

/** A date in the one form that HTTP lets servers send (RFC 9110, section 5.6.7); undefined for any other text. */
export function parseHttpDate(text: string): Instant | undefined {
  const match = httpDate.exec(text.trim())
  if (match === null) return undefined
  const ms = Date.parse(text.trim())
  return Number.isNaN(ms) ? undefined : instant(ms)
}

/** When the answer says it was made. */
export function dateOf(answer: Pick<HttpAnswer, 'headers'>): Instant | undefined {
  return parseHttpDate(answer.headers['date'] ?? '')
}

/**
 * How long the service asks to wait before the next request. Azure DevOps sends whole seconds, on a 429 and also on a
 * 200 (https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits); a date is compared with the answer's
 * own `Date`, which makes it independent of our clock.
 */
export function retryAfterOf(answer: Pick<HttpAnswer, 'headers'>): Duration | undefined {
  const text = answer.headers['retry-after']?.trim()
  if (text === undefined) return undefined
  if (/^\d{1,9}(?:\.\d+)?$/.test(text)) return duration(Math.ceil(Number(text) * 1_000))
  const at = parseHttpDate(text)
  const now = dateOf(answer)
  return at === undefined || now === undefined ? undefined : duration(Math.max(0, at - now))
}
