import type { AuthenticationResult } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration, type Instant, instant, minute, second, shortest, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Reporter } from '../../ports/reporter.ts'
import type { MsalNetwork } from '../http/msal-network.ts'
import type { Transport } from '../http/transport.ts'
import { type AccessToken, type Audience, scopeOf, type UserSignIn } from '../user-sign-in.ts'
import type { EntraHost } from './entra-authority.ts'
import { type SignInFailure, signInFailure } from './sign-in-failure.ts'

export interface EntraParts extends EntraHost {
  readonly transport: Pick<Transport, 'msalNetwork'>
  readonly clock: Clock
  readonly reporter: Reporter
  readonly stopping: () => boolean
}

/** A token as a flow gives it, its end by this computer's clock. */
export type ObtainedToken = Pick<AuthenticationResult, 'accessToken' | 'expiresOn'>

/** One way to get a user's token from Microsoft Entra by MSAL. */
export interface SignInFlow {
  /**
   * One try.
   *
   * @param scope what the token is for
   * @param judge makes of what MSAL threw what it means, for a flow that knows a second way
   * @throws what MSAL threw, or a failure that `judge` gave
   */
  request(scope: string, judge: (thrown: unknown) => SignInFailure): Promise<ObtainedToken>
  /**
   * Begins anew with what was signed in: MSAL answers a repeated request from its memory of the failure, and another
   * client with the same tokens asks again.
   */
  forgetFailure(): Promise<void>
}

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
 * A sign-in that MSAL carries out: it holds tokens until they are about to end, lets all who ask at once be served by the
 * first, repeats what failed in passing, and remembers a refusal that no repetition can lift.
 */
export class HeldSignIn implements UserSignIn {
  readonly #account: string
  readonly #flow: SignInFlow
  readonly #network: MsalNetwork
  readonly #parts: EntraParts
  readonly #held = new Map<Audience, Held>()
  readonly #refusals = new Map<Audience | 'account', PatrolError>()
  #line: Promise<unknown> = Promise.resolve()

  /**
   * @param account the account's name in the configuration
   * @param network what the flow's MSAL client sends through, which knows why a request failed
   */
  constructor(account: string, flow: SignInFlow, network: MsalNetwork, parts: EntraParts) {
    this.#account = account
    this.#flow = flow
    this.#network = network
    this.#parts = parts
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
        this.#network.takeTrouble()
        return this.#hold(audience, await this.#flow.request(scopeOf[audience], (thrown) => this.#failure(thrown)))
      } catch (thrown) {
        const { error, verdict } = this.#failure(thrown)
        if (verdict !== undefined && verdict.ofAccount) this.#refusals.set('account', error)
        else if (verdict !== undefined && verdict.class !== 'later') this.#refusals.set(audience, error)
        const again = verdict === undefined ? error.code === 'sign-in-unavailable' : verdict.class === 'later'
        if (!again || verdict?.ofAccount === true || attempt === tries || this.#parts.stopping()) {
          return this.#stillGood(audience, error)
        }
        await this.#flow.forgetFailure()
        await this.#parts.clock.sleep(
          shortest(times(10, second), error.retryAfter ?? times(2 ** (attempt - 1), second)),
        )
        if (this.#parts.stopping()) return this.#stillGood(audience, error)
      }
    }
  }

  /** A token that could not be replaced in good time serves until its end. */
  #stillGood(audience: Audience, error: PatrolError): Held {
    const held = this.#held.get(audience)
    if (held !== undefined && held.expiresAt > this.#parts.clock.now()) return held
    throw error
  }

  #hold(audience: Audience, result: ObtainedToken): Held {
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
    if (thrown instanceof PatrolError) return { error: thrown, verdict: undefined }
    return signInFailure(this.#account, thrown, this.#network.takeTrouble())
  }
}

function isFailure(thrown: unknown): thrown is SignInFailure {
  return typeof thrown === 'object' && thrown !== null && 'error' in thrown && thrown.error instanceof PatrolError
}
