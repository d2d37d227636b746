import type { PatrolError } from '../core/errors.ts'

/** What happens while a run goes on, for people and logs. Fields never hold a secret. */
export type Event =
  | { readonly kind: 'observing'; readonly what: string }
  | { readonly kind: 'turn-began'; readonly token: string }
  | { readonly kind: 'step'; readonly token: string; readonly step: Step; readonly authorizationId?: string }
  | {
      readonly kind: 'waiting'
      readonly token: string
      readonly why: string
      readonly ms: number
      /** How long it may take in all; given once, for a wait that a person should know of wherever they read. */
      readonly atMostMs?: number
    }
  | {
      readonly kind: 'turn-ended'
      readonly token: string
      readonly failure?: PatrolError
      /** Other tokens that the same failure ended: one sign-in that is refused ends those of all tokens of an account. */
      readonly alike?: readonly string[]
    }
  | { readonly kind: 'warning'; readonly message: string }

/** Single effects; also the `step` of a failed result. */
export type Step = 'observe' | 'mint' | 'verify' | 'store' | 'deliver' | 'record' | 'extend' | 'disable' | 'revoke'

export interface Reporter {
  report(event: Event): void
}
