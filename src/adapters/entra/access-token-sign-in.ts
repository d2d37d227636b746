import { readFile } from 'node:fs/promises'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { AccessToken, Audience, UserSignIn } from '../user-sign-in.ts'

/** An access token for Azure DevOps that somebody else obtained; never decoded, so its expiry shows when it is refused. */
export class AccessTokenSignIn implements UserSignIn {
  readonly #account: string
  readonly #source: Secret | { readonly file: string }

  /**
   * @param account the account's name in the configuration
   * @param source the token, or a file that holds it and may be replaced at any time
   */
  constructor(account: string, source: Secret | { readonly file: string }) {
    this.#account = account
    this.#source = source
  }

  async accessToken(audience: Audience): Promise<AccessToken> {
    if (audience !== 'azure-devops') {
      throw this.#misconfigured(
        'an access token for Azure DevOps opens no Key Vault',
        'Use another `credential` for the store, or another sign-in method for the account.',
      )
    }
    const value = this.#source instanceof Secret ? this.#source : await this.#read(this.#source.file)
    // Anything else would be refused by the network library, as a fault of ours.
    if (!/^[\x21-\x7e]+$/.test(value.reveal())) {
      throw this.#misconfigured(
        'the access token is empty or holds blanks or line breaks',
        'Store the token alone, as one line of text.',
      )
    }
    return { value }
  }

  /** Read each time: it is small, and a file's date does not tell of every change. */
  async #read(file: string): Promise<Secret> {
    try {
      return new Secret((await readFile(file, 'utf8')).trim())
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable'
      throw this.#misconfigured(
        `the file ${file} with the access token cannot be read (${code})`,
        'Correct signIn.file.',
      )
    }
  }

  #misconfigured(what: string, remedy: string): PatrolError {
    return new PatrolError('sign-in-misconfigured', `account ${this.#account}: ${what}`, { remedy })
  }
}
