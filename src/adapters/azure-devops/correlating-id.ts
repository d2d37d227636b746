import { createHash } from 'node:crypto'
import type { Secret } from '../../core/secret.ts'

/**
 * The hash by which Microsoft's services speak of a secret without naming it (C3ID): the first 15 bytes of the SHA-256 of a
 * fixed prefix and the upper-case hexadecimal SHA-256 of the secret, in base64. Nobody gets back from it to the secret.
 * https://github.com/microsoft/security-utilities/blob/main/src/Microsoft.Security.Utilities.Core/RegexPattern.cs
 */
export function correlatingIdOf(secret: Secret): string {
  const inner = createHash('sha256').update(secret.reveal(), 'utf8').digest('hex').toUpperCase()
  const whole = createHash('sha256').update(`CrossMicrosoftCorrelatingId:${inner}`, 'utf8').digest()
  return whole.toString('base64', 0, 15)
}
