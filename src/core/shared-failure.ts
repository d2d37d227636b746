import type { ErrorCode } from './errors.ts'

/** Of looking at members one by one: what fails for one of them fails for all, so that nobody else is asked about. */
export const failsForAll: ReadonlySet<ErrorCode> = new Set([
  'access-denied',
  'conditional-access',
  'interrupted',
  'not-a-user-token',
  'not-signed-in',
  'organization-not-found',
  'throttled',
])
