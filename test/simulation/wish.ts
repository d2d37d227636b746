import type { Revoking } from '../../src/reconcile/emergency.ts'

/** What a person asked one process of the program for. A run of an instance has no such wish. */
export type Wish =
  | { readonly kind: 'hold' }
  | { readonly kind: 'emergency'; readonly revoking: Revoking }
  | { readonly kind: 'retirement' }
  | { readonly kind: 'adoption' }
  | { readonly kind: 'rollback' }
