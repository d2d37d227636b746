import type { AccountInfo, AuthenticationResult, PublicClientApplication } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration, type Instant, instant, minute, second, shortest, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Reporter } from '../../ports/reporter.ts'
import type { MsalNetwork } from '../http/msal-network.ts'
import type { Transport } from '../http/transport.ts'
import { type SignInFailure, signInFailure } from './sign-in-failure.ts'
import { type AccessToken, type Audience, scopeOf, type UserSignIn } from '../user-sign-in.ts'

export interface PasswordAccount {
  /** In the configuration. */
  readonly name: string
  /** Id or domain. */
  readonly tenant: string
  readonly username: string
  readonly password: Secret
  /** The public client to sign in with; default: Azure CLI's. */
  readonly clientId?: string | undefined
  /** Whether the first sign-in warns that a second factor would end it; default: true. */
  readonly warnOfMfa?: boolean
}

export interface EntraParts {
  readonly transport: Pick<Transport, 'msalNetwork'>
  readonly clock: Clock
  readonly reporter: Reporter
  readonly stopping: () => boolean
  /** Base address of Microsoft Entra, without the tenant. */
  readonly entra: string
  /** Whether that is another one than Microsoft's: then it is believed without asking Microsoft about it. */
  readonly entraOverridden: boolean
}

/** The Azure CLI, which is known in every tenant and may ask for Azure DevOps tokens on a user's behalf. */
const azureCli = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

const tries = 3

/** A token this close to its end is replaced before it is used. */
const margin: Duration = times(5, minute)

/** A token that is refused at this age is not refused for its age, and another one would fare no better. */
const tooYoungToReplace: Duration = minute

interface Held extends AccessToken {
  readonly expiresAt: Instant
  readonly obtainedAt: Instant
}

/**
 * Signs a user in with name and password (the resource owner password grant), which works while no second factor is
 * demanded. https://learn.microsoft.com/entra/identity-platform/v2-oauth-ropc
 *
 * The password is sent once; further tokens come by the refresh token that MSAL holds in memory.
 */
export class PasswordSignIn implements UserSignIn {
  readonly #account: PasswordAccount
  readonly #parts: EntraParts
  readonly #network: MsalNetwork
  readonly #held = new Map<Audience, Held>()
  readonly #refusals = new Map<Audience | 'account', PatrolError>()
  #client: PublicClientApplication | undefined
  #signedIn: AccountInfo | undefined
  #warned = false
  /** Sign-ins stand in line, so that all who ask at once are served by the first. */
  #line: Promise<unknown> = Promise.resolve()

  constructor(account: PasswordAccount, parts: EntraParts) {
    this.#account = account
    this.#parts = parts
    this.#network = parts.transport.msalNetwork()
  }

  async accessToken(audience: Audience, refused?: Secret): Promise<AccessToken> {
    const usable = this.#usable(audience, refused)
    if (usable !== undefined) return usable
    const turn = this.#line.then(async () => this.#usable(audience, refused) ?? this.#obtain(audience))
    this.#line = turn.catch(() => undefined)
    return turn
  }

  #usable(audience: Audience, refused: Secret | undefined): Held | undefined {
    const held = this.#held.get(audience)
    if (held === undefined) return undefined
    const now = this.#parts.clock.now()
    const life = duration(held.expiresAt - held.obtainedAt)
    if (held.expiresAt - now <= shortest(margin, duration(life / 4))) return undefined
    const isRefused = refused !== undefined && held.value.equals(refused)
    return isRefused && now - held.obtainedAt > tooYoungToReplace ? undefined : held
  }

  async #obtain(audience: Audience): Promise<Held> {
    const refusal = this.#refusals.get('account') ?? this.#refusals.get(audience)
    if (refusal !== undefined) throw refusal
    for (let attempt = 1; ; attempt++) {
      try {
        return this.#hold(audience, await this.#request(audience))
      } catch (thrown) {
        const { error, verdict } = this.#failure(thrown)
        if (verdict !== undefined && verdict.ofAccount) this.#refusals.set('account', error)
        else if (verdict !== undefined && verdict.class !== 'later') this.#refusals.set(audience, error)
        const again = verdict === undefined ? error.code === 'sign-in-unavailable' : verdict.class === 'later'
        if (!again || verdict?.ofAccount === true || attempt === tries || this.#parts.stopping()) {
          return this.#stillGood(audience, error)
        }
        await this.#forgetFailure()
        await this.#parts.clock.sleep(
          shortest(times(10, second), error.retryAfter ?? times(2 ** (attempt - 1), second)),
        )
        if (this.#parts.stopping()) return this.#stillGood(audience, error)
      }
    }
  }

  /** MSAL answers repeated requests from its memory of a failure; a new client with the same tokens asks again. */
  async #forgetFailure(): Promise<void> {
    const tokens = this.#client?.getTokenCache().serialize()
    this.#client = undefined
    if (this.#signedIn !== undefined && tokens !== undefined) (await this.#open()).getTokenCache().deserialize(tokens)
  }

  /** A token that could not be replaced in good time serves until its end. */
  #stillGood(audience: Audience, error: PatrolError): Held {
    const held = this.#held.get(audience)
    if (held !== undefined && held.expiresAt > this.#parts.clock.now()) return held
    throw error
  }

  async #request(audience: Audience): Promise<AuthenticationResult> {
    const client = await this.#open()
    const scopes = [scopeOf[audience]]
    this.#network.takeTrouble()
    if (this.#signedIn !== undefined) {
      try {
        return await client.acquireTokenSilent({ account: this.#signedIn, scopes, forceRefresh: true })
      } catch (thrown) {
        const failure = this.#failure(thrown)
        if (failure.error.code !== 'sign-in-expired') throw failure
        // The refresh token has died, of a new password for one: the stored password may be that one.
        this.#signedIn = undefined
      }
    }
    this.#warn()
    const { username, password } = this.#account
    const result = await client.acquireTokenByUsernamePassword({ scopes, username, password: password.reveal() })
    if (result === null) throw new PatrolError('internal', 'MSAL gave neither a token nor an error')
    this.#signedIn = result.account ?? undefined
    return result
  }

  #hold(audience: Audience, result: AuthenticationResult): Held {
    if (result.accessToken === '') throw new PatrolError('internal', 'MSAL gave a result without a token')
    const obtainedAt = this.#parts.clock.now()
    // MSAL reckons by this computer's clock; the rest of the program by the services'.
    const remaining = (result.expiresOn?.getTime() ?? Date.now()) - Date.now()
    const held = { value: new Secret(result.accessToken), expiresAt: instant(obtainedAt + remaining), obtainedAt }
    this.#held.set(audience, held)
    return held
  }

  /** The failure that was judged already, or the judgement of a fresh one. */
  #failure(thrown: unknown): SignInFailure {
    if (isFailure(thrown)) return thrown
    return signInFailure(this.#account.name, thrown, this.#network.takeTrouble())
  }

  async #open(): Promise<PublicClientApplication> {
    if (this.#client !== undefined) return this.#client
    const { PublicClientApplication } = await import('@azure/msal-node')
    const { entra, entraOverridden } = this.#parts
    const authority = `${entra.replace(/\/+$/, '')}/${encodeURIComponent(this.#account.tenant)}`
    this.#client = new PublicClientApplication({
      auth: {
        clientId: this.#account.clientId ?? azureCli,
        authority,
        // MSAL compares hosts together with their ports.
        knownAuthorities: entraOverridden ? [new URL(authority).host] : [],
      },
      system: { networkClient: this.#network },
    })
    return this.#client
  }

  #warn(): void {
    if (this.#warned || this.#account.warnOfMfa === false) return
    this.#warned = true
    const message = `account ${this.#account.name} signs in with a stored password, which fails as soon as Microsoft Entra demands a second factor; the method access-token does not`
    this.#parts.reporter.report({ kind: 'warning', message })
  }
}

function isFailure(thrown: unknown): thrown is SignInFailure {
  return typeof thrown === 'object' && thrown !== null && 'error' in thrown && thrown.error instanceof PatrolError
}
