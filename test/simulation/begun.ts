import type { Token } from '../../src/core/token.ts'
import type { Wish } from './wish.ts'

/** What a run began with. */
export interface Begun {
  readonly at: number
  readonly tokens: readonly Token[]
  /** Which process it is; absent where they have no names. */
  readonly process?: string
  /** When it last looked into the store before it sent what is judged; absent where that cannot be told. */
  readonly lookedAt?: number
  /** Whether anything has gone wrong in it so far; such a run may leave work to the next one. */
  readonly troubled: boolean
  /** What a person asked for; absent for a run of an instance. */
  readonly wish?: Wish
}

/** The name of a token's secret, in lower case. */
export function secretOf(token: Token): string {
  return (token.place?.secretName ?? '').toLowerCase()
}

/** The token as the run declares it that did something: with its overlap and its targets. */
export function ownOf(declared: Token, begun: Begun | undefined): Token {
  return begun?.tokens.find((one) => secretOf(one) === secretOf(declared)) ?? declared
}
