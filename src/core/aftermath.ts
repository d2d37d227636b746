import { currentMetadata, type Facts } from './facts.ts'
import type { Token } from './token.ts'

/** What comes of revoking all PATs of a token. */
export interface Aftermath {
  /** Whether the next run makes a new PAT, because the token is still declared. */
  readonly isReplaced: boolean
  /** Targets that were given the value which works no longer; until they get another, so it stays. */
  readonly deadCopies: readonly string[]
}

/** @param facts as they were before the revocation */
export function aftermath(token: Token, facts: Facts): Aftermath {
  const metadata = currentMetadata(facts)
  return {
    isReplaced: !token.paused && token.place !== undefined && metadata !== undefined,
    deadCopies:
      metadata?.deliveries.filter(({ deliveredAt }) => deliveredAt !== undefined).map(({ target }) => target) ?? [],
  }
}
