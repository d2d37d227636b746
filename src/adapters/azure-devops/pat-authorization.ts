import type { Secret } from '../../core/secret.ts'

/**
 * The header that a PAT is sent in. Any user name will do, and the colon must be there.
 * https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate
 */
export function patAuthorization(value: Secret): string {
  return `Basic ${Buffer.from(`:${value.reveal()}`).toString('base64')}`
}
