import type { Token } from '../core/token.ts'

/** Where PATs live: with an account, in an organization. */
export type Home = Pick<Token, 'account' | 'organization'>

/** One key for one home, for names of organizations do not regard case. */
export function homeKey({ account, organization }: Home): string {
  return `${account}\n${organization.toLowerCase()}`
}
