import type { Secret } from '../core/secret.ts'
import type { Verification } from '../core/token.ts'

/**
 * What a real call with a PAT showed. `works`: it was let in, and `ownerId` says as whom, where the address tells.
 * `refused`: 401 or 403, which a narrow scope may cause as well as a dead PAT. `anonymous`: answered, but to nobody.
 * `unknown`: no answer that tells anything (a network fault, a 5xx, a time-out).
 */
export type Probe =
  | { readonly kind: 'works'; readonly ownerId: string | undefined }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'unknown'; readonly message: string }

/** Tries a PAT with one real call. Never rejects, never repeats; it is for the caller to wait and ask again. */
export interface Prober {
  /** For `listed` there is no address of its own: `connection-data` is tried. */
  probe(organization: string, value: Secret, verification: Verification): Promise<Probe>
}
