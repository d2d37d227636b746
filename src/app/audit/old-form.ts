import type { Secret } from '../../core/secret.ts'

/**
 * Whether a value is a PAT as they were made until July 2024: 52 characters of base32.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
export function isOfOldForm(value: Secret): boolean {
  return /^[a-z2-7]{52}$/.test(value.reveal())
}
