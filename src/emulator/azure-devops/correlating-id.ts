import { createHash } from 'node:crypto'

/**
 * The hash by which Microsoft's services speak of a secret without naming it (C3ID): 15 bytes of a salted SHA-256 of the
 * upper-case hexadecimal SHA-256 of the secret, in base64.
 * https://github.com/microsoft/security-utilities/blob/main/src/Microsoft.Security.Utilities.Core/RegexPattern.cs
 */
export function correlatingIdOf(secret: string): string {
  const inner = createHash('sha256').update(secret, 'utf8').digest('hex').toUpperCase()
  return createHash('sha256').update(`CrossMicrosoftCorrelatingId:${inner}`).digest().subarray(0, 15).toString('base64')
}
