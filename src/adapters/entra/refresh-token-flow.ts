import type { AuthenticationResult } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { isIdle, type SignInLife } from '../../core/sign-in-life.ts'
import { writesBack } from '../../core/sign-in-merge.ts'
import type { Duration } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SignInEntry, SignInStore } from '../../ports/sign-in-store.ts'
import type { KeptSignIn, UserSignIn } from '../user-sign-in.ts'
import { azureCliClient } from './entra-authority.ts'
import { type EntraParts, HeldSignIn, type SignInFlow } from './held-sign-in.ts'
import { keptTokens, openPublicClient, restoreTokens } from './kept-tokens.ts'
import type { SignInFailure } from './sign-in-failure.ts'

export interface RefreshTokenAccount {
  /** In the configuration. */
  readonly name: string
  /** Who must have signed in, in lower case. */
  readonly user: string
  /** Where, as it is written: an id, a domain, or nothing. */
  readonly tenant?: string | undefined
  /** The public client that the person signed in to; default: Azure CLI's. */
  readonly clientId?: string | undefined
  /** From which age on `renewIdle` exchanges the refresh token. */
  readonly redeemAfter: Duration
  /** Opens where the sign-in is kept; called when it is first needed. */
  readonly openStore: () => Promise<SignInStore>
}

/** What a redemption gave. */
export interface Redeemed {
  readonly result: AuthenticationResult
  /** The newest tokens, to be kept in place of those that were redeemed. */
  readonly cache: Secret
}

/** Exchanges the refresh token in an entry for an access token and a newer refresh token. Throws what MSAL threw. */
export type Redeem = (entry: SignInEntry, scope: string) => Promise<Redeemed>

/**
 * Signs in with the refresh token of a sign-in that a person completed once, second factor and all. Each redemption is
 * written back before its access token is given to anybody, so that a run that dies loses nothing: until then the one
 * before is still good. https://learn.microsoft.com/entra/identity-platform/refresh-tokens
 */
export function refreshTokenSignIn(account: RefreshTokenAccount, parts: EntraParts): UserSignIn {
  const network = parts.transport.msalNetwork()
  const redeem: Redeem = async (entry, scope) => {
    // A client of its own each time: it has no memory of failures, and holds no tokens but these.
    const client = await openPublicClient({ ...entry, host: parts, network })
    const signedIn = await restoreTokens(client, entry.cache)
    if (signedIn === undefined) throw missing(account, 'the sign-in that is kept holds no refresh token')
    const result = await client.acquireTokenSilent({ account: signedIn, scopes: [scope], forceRefresh: true })
    return { result, cache: keptTokens(client) }
  }
  const flow = new RefreshTokenFlow(account, redeem, parts.clock)
  const held = new HeldSignIn(account.name, flow, network, parts)
  const kept: KeptSignIn = {
    life: () => flow.life(),
    async renewIdle() {
      const life = await flow.life()
      if (life === undefined || !isIdle(life, account.redeemAfter, parts.clock.now())) return life
      await held.accessToken('azure-devops')
      return flow.life()
    },
  }
  return { accessToken: (audience, refused) => held.accessToken(audience, refused), kept }
}

/** The order of reading, redeeming and writing back, for one account and one run. */
export class RefreshTokenFlow implements SignInFlow {
  readonly #account: RefreshTokenAccount
  readonly #redeem: Redeem
  readonly #clock: Clock
  readonly #dead = new Set<string>()
  #opening: Promise<SignInStore> | undefined
  #entry: SignInEntry | undefined

  constructor(account: RefreshTokenAccount, redeem: Redeem, clock: Clock) {
    this.#account = account
    this.#redeem = redeem
    this.#clock = clock
  }

  /** What is known of the sign-in that is kept; undefined when nobody is signed in. */
  async life(): Promise<SignInLife | undefined> {
    return this.#entry ?? (await (await this.#store()).read())
  }

  async request(scope: string, judge: (thrown: unknown) => SignInFailure): Promise<AuthenticationResult> {
    const store = await this.#store()
    const first = this.#entry ?? (await store.read())
    if (first === undefined) throw failureOf(missing(this.#account, `nobody is signed in (${store.place})`))
    try {
      return await this.#use(store, first, scope)
    } catch (thrown) {
      const failure = judge(thrown)
      if (!isDeadSignIn(failure)) throw failure
      return this.#useOther(store, first, scope, failure, judge)
    }
  }

  /** Each redemption has a client of its own, and none remembers anything. */
  async forgetFailure(): Promise<void> {}

  /** Before a person is asked: another instance may have written a better one since, or beneath. */
  async #useOther(
    store: SignInStore,
    refused: SignInEntry,
    scope: string,
    failure: SignInFailure,
    judge: (thrown: unknown) => SignInFailure,
  ): Promise<AuthenticationResult> {
    this.#entry = undefined
    const present = await store.read()
    const fresh = present === undefined || present.cache.equals(refused.cache) ? [] : [present]
    if (fresh.length === 0 || present?.session !== refused.session) this.#dead.add(refused.session)
    const beneath = present === undefined ? [] : await store.others(present.session)
    const others = beneath.filter((other) => other.session !== refused.session && this.#objection(other) === undefined)
    for (const candidate of [...fresh, ...others]) {
      try {
        return await this.#use(store, candidate, scope)
      } catch (thrown) {
        const next = judge(thrown)
        if (!isDeadSignIn(next)) throw next
        this.#dead.add(candidate.session)
      }
    }
    throw failure
  }

  async #use(store: SignInStore, entry: SignInEntry, scope: string): Promise<AuthenticationResult> {
    const objection = this.#objection(entry)
    if (objection !== undefined) throw failureOf(objection)
    const { result, cache } = await this.#redeem(entry, scope)
    const next: SignInEntry = { ...entry, cache, redeemedAt: this.#clock.now() }
    const { written, before } = await store.write(next, writesBack(next, this.#dead))
    if (!written && before === undefined) {
      throw failureOf(missing(this.#account, `somebody signed out meanwhile (${store.place})`))
    }
    // Where a newer sign-in stands there, that one serves from now on; what was just redeemed is good all the same.
    this.#entry = written ? next : before
    return result
  }

  /** Why an entry is not the sign-in of this account; undefined when it is. */
  #objection(entry: SignInEntry): PatrolError | undefined {
    const { user, tenant, clientId = azureCliClient, name } = this.#account
    if (entry.user !== user) {
      const text = `account ${name} is ${user}, but the sign-in that is kept is that of ${entry.user}`
      return new PatrolError('wrong-account', text, { remedy: loginRemedy(name) })
    }
    if (entry.clientId.toLowerCase() !== clientId.toLowerCase()) {
      const text = `the sign-in that is kept was made for the client ${entry.clientId}, not for ${clientId}`
      return missing(this.#account, text)
    }
    // Which id a domain stands for is not known here.
    const id = tenant !== undefined && /^[0-9a-f-]{36}$/i.test(tenant) ? tenant.toLowerCase() : undefined
    if (id === undefined || id === entry.tenant.toLowerCase()) return undefined
    return missing(this.#account, `the sign-in that is kept was made in the tenant ${entry.tenant}, not in ${id}`)
  }

  #store(): Promise<SignInStore> {
    this.#opening ??= this.#account.openStore()
    return this.#opening
  }
}

/** Refusals that another sign-in of the same user may not meet. */
function isDeadSignIn({ error }: SignInFailure): boolean {
  return error.code === 'sign-in-expired' || error.code === 'sign-in-mfa-required'
}

/** A failure that only a person can lift, remembered for the run. */
function failureOf(error: PatrolError): SignInFailure {
  return { error, verdict: { class: 'person', code: error.code, remedy: error.remedy, ofAccount: true } }
}

function missing({ name }: RefreshTokenAccount, what: string): PatrolError {
  return new PatrolError('sign-in-missing', `account ${name}: ${what}`, { remedy: loginRemedy(name) })
}

function loginRemedy(name: string): string {
  return `Run \`patrol login ${name}\` on a computer with a browser, or \`patrol login ${name} --device-code\`.`
}
