/**
 * FNV-1a, 32 bits: an even spread over short texts, which is all that marks and jitter need. Not for secrets.
 *
 * @returns an integer from 0 to 2^32 - 1
 */
export function evenHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  return hash >>> 0
}
