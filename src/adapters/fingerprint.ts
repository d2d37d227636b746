import { createHash } from 'node:crypto'
import { longestReceipt } from '../core/copy.ts'

/** A receipt of what was written: 96 bits of SHA-256, by which it is known again and from which nothing can be told. */
export function fingerprint(written: string): string {
  return createHash('sha256').update(written).digest('base64url').slice(0, longestReceipt)
}
