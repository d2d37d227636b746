import { evenHash } from './hash.ts'
import { before, between, type Duration, duration, type Instant, shortest } from './time.ts'
import type { Terms } from './token.ts'

/** The life that the service granted. */
export interface Grant {
  readonly validFrom: Instant
  readonly validTo: Instant
}

/**
 * The last part of a PAT's life, in which it is renewed: `min(renewBefore, granted life / 3)`. Never negative, even for
 * dates that make no sense, or an overlap would end before it began.
 */
export function windowOf(terms: Terms, grant: Grant): Duration {
  return duration(Math.max(0, shortest(terms.renewBefore, duration(between(grant.validFrom, grant.validTo) / 3))))
}

/** At most a tenth of the window, the same for a name for ever, so that tokens minted together do not stay together. */
export function jitterOf(name: string, window: Duration): Duration {
  return duration((window / 10) * (evenHash(name) / 2 ** 32))
}

/** From here on the PAT is renewed by the next run. */
export function dueAt(name: string, terms: Terms, grant: Grant): Instant {
  const window = windowOf(terms, grant)
  return before(before(grant.validTo, window), jitterOf(name, window))
}

/** From here on half of the window has gone by without a renewal, and somebody should look. */
export function expiringAt(terms: Terms, grant: Grant): Instant {
  return before(grant.validTo, duration(windowOf(terms, grant) / 2))
}

/** How long a superseded PAT still works: never longer than the window, or overlaps would pile up. */
export function overlapOf(terms: Terms, successor: Grant): Duration {
  return shortest(terms.overlap, windowOf(terms, successor))
}
