import type { AccountInfo, AuthenticationResult, PublicClientApplication } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import type { MsalNetwork } from '../http/msal-network.ts'
import type { UserSignIn } from '../user-sign-in.ts'
import { authorityOf, azureCliClient, type TenantSource } from './entra-authority.ts'
import { type EntraParts, HeldSignIn, type SignInFlow } from './held-sign-in.ts'
import type { SignInFailure } from './sign-in-failure.ts'

export interface PasswordAccount {
  /** In the configuration. */
  readonly name: string
  readonly tenant: TenantSource
  readonly username: string
  readonly password: Secret
  /** The reference to it in the configuration, for whoever must correct it. */
  readonly passwordReference?: string | undefined
  /** The public client to sign in with; default: Azure CLI's. */
  readonly clientId?: string | undefined
}

/**
 * Signs a user in with name and password (the resource owner password grant), which works while no second factor is
 * demanded. https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc
 */
export function passwordSignIn(account: PasswordAccount, parts: EntraParts): UserSignIn {
  const network = parts.transport.msalNetwork()
  return new HeldSignIn(account.name, new PasswordFlow(account, network, parts), network, parts)
}

/** The password is sent once; further tokens come by the refresh token that MSAL holds in memory. */
class PasswordFlow implements SignInFlow {
  readonly #account: PasswordAccount
  readonly #network: MsalNetwork
  readonly #parts: EntraParts
  #client: PublicClientApplication | undefined
  #signedIn: AccountInfo | undefined

  constructor(account: PasswordAccount, network: MsalNetwork, parts: EntraParts) {
    this.#account = account
    this.#network = network
    this.#parts = parts
  }

  async request(scope: string, judge: (thrown: unknown) => SignInFailure): Promise<AuthenticationResult> {
    const client = await this.#open()
    if (this.#signedIn !== undefined) {
      try {
        return await client.acquireTokenSilent({ account: this.#signedIn, scopes: [scope], forceRefresh: true })
      } catch (thrown) {
        const failure = judge(thrown)
        if (failure.error.code !== 'sign-in-expired') throw failure
        // The refresh token has died, of a new password for one: the stored password may be that one.
        this.#signedIn = undefined
      }
    }
    const { username, password } = this.#account
    const request = { scopes: [scope], username, password: password.reveal() }
    const result = await client.acquireTokenByUsernamePassword(request).catch((thrown: unknown) => {
      throw this.#located(judge(thrown))
    })
    if (result === null) throw new PatrolError('internal', 'MSAL gave neither a token nor an error')
    this.#signedIn = result.account ?? undefined
    return result
  }

  /** Whoever must correct the password needs to know where it stands. */
  #located(failure: SignInFailure): SignInFailure {
    const { name, passwordReference } = this.#account
    const { code, message, remedy, correlationId } = failure.error
    if (code !== 'sign-in-invalid-credentials' || passwordReference === undefined) return failure
    const place = `The password is ${passwordReference}, from signIn.password of account ${name}.`
    const details = { remedy: `${remedy} ${place}`, ...(correlationId === undefined ? {} : { correlationId }) }
    return { ...failure, error: new PatrolError(code, message, details) }
  }

  async forgetFailure(): Promise<void> {
    const tokens = this.#client?.getTokenCache().serialize()
    this.#client = undefined
    if (this.#signedIn !== undefined && tokens !== undefined) (await this.#open()).getTokenCache().deserialize(tokens)
  }

  async #open(): Promise<PublicClientApplication> {
    if (this.#client !== undefined) return this.#client
    const { PublicClientApplication } = await import('@azure/msal-node')
    this.#client = new PublicClientApplication({
      auth: {
        clientId: this.#account.clientId ?? azureCliClient,
        ...authorityOf(await this.#account.tenant(), this.#parts),
      },
      system: { networkClient: this.#network },
    })
    return this.#client
  }
}
