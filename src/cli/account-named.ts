import type { OpenAccount } from '../app/open-account.ts'
import { PatrolError } from '../core/errors.ts'
import { knownNames } from './unknown-name.ts'

/** The account of this name. @throws PatrolError `usage`, with those that there are */
export function accountNamed(name: string, accounts: ReadonlyMap<string, OpenAccount>): OpenAccount {
  const found = accounts.get(name)
  if (found !== undefined) return found
  throw new PatrolError('usage', `there is no account named ${name}`, {
    remedy: knownNames(name, [...accounts.keys()]),
  })
}
