import type { PatrolError } from './errors.ts'

/**
 * What an observation of a target showed of a copy that was delivered there. `intact`: it is still there. `overwritten`:
 * something else stands in its place. `gone`: nothing does. `unknowable`: this target cannot tell, now or ever.
 */
export type Condition =
  | { readonly kind: 'intact' }
  | { readonly kind: 'overwritten' | 'gone'; readonly message: string }
  | { readonly kind: 'unknowable' }

/** What is known of a copy in this run. `unseen`: its target can tell, and this time gave no answer. */
export type CopyState = Condition | { readonly kind: 'unseen'; readonly failure: PatrolError }

/** Receipts stand in the metadata of the store, where twenty of them must find room. */
export const longestReceipt = 16

/** Whether a text may be a receipt: 1 to 16 letters, digits, hyphens and low lines. */
export function isReceipt(text: string): boolean {
  return /^[\w-]+$/.test(text) && text.length <= longestReceipt
}
