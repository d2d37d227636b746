import { PatrolError } from '../core/errors.ts'
import type { Token } from '../core/token.ts'
import type { SignedInUser } from '../ports/authority.ts'
import type { World } from '../ports/world.ts'
import { homeKey } from './homes.ts'

type Owned = Pick<Token, 'account' | 'organization' | 'owner'>

/**
 * Who is signed in, asked once for an account and organization before its first mutation. That nobody could tell is
 * not remembered: a bad minute must not fail the tokens whose turns come later.
 */
export class Owners {
  readonly #world: World
  readonly #known = new Map<string, Promise<SignedInUser>>()

  constructor(world: World) {
    this.#world = world
  }

  /** @throws PatrolError `wrong-account` when somebody else than the account's user is signed in */
  check(token: Owned): Promise<SignedInUser> {
    const key = homeKey(token)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const asked = this.#ask(token)
    this.#known.set(key, asked)
    asked.catch((error: unknown) => {
      if (!(error instanceof PatrolError && error.code === 'wrong-account')) this.#known.delete(key)
    })
    return asked
  }

  async #ask(token: Owned): Promise<SignedInUser> {
    const authority = this.#world.authorities.get(token.account)
    if (authority === undefined) throw new PatrolError('config-invalid', `there is no account ${token.account}`)
    const signedIn = await authority.signedInUser(token.organization)
    if (signedIn.user === token.owner) return signedIn
    const who = signedIn.user ?? 'somebody whose name the service does not tell'
    throw new PatrolError('wrong-account', `account ${token.account} is ${token.owner}, but ${who} is signed in`)
  }
}
