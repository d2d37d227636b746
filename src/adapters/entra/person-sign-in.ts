import { setTimeout } from 'node:timers/promises'
import type { AuthenticationResult } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Instant, instant } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import { scopeOf } from '../user-sign-in.ts'
import { authorityOf, azureCliClient, type TenantSource } from './entra-authority.ts'
import { devicePolls } from './device-polls.ts'
import type { EntraParts } from './held-sign-in.ts'
import { keptTokens, openPublicClient } from './kept-tokens.ts'
import { endLoopback } from './loopback-end.ts'
import { notSignedInPage, signedInPage } from './login-pages.ts'
import { judgePersonFailure } from './person-failure.ts'
import { signInFailure } from './sign-in-failure.ts'

export interface PersonSignIn {
  /** The account's name in the configuration. */
  readonly account: string
  readonly tenant: TenantSource
  readonly clientId: string | undefined
  /** Who is expected; the page has it filled in. */
  readonly user: string
  /** Aborted when it is over: with the reason `time-out`, or any other when the program was told to stop. */
  readonly ending: AbortSignal
}

/** What a person types in at the address, on any device. */
export interface DeviceCode {
  readonly address: string
  readonly code: string
  readonly expiresInSeconds: number
}

/** Who signed in, with what is kept of it and one token for Azure DevOps. */
export interface SignedIn {
  /** In lower case. */
  readonly user: string
  /** The id of the tenant. */
  readonly tenant: string
  readonly clientId: string
  readonly cache: Secret
  readonly token: Secret
  readonly expiresAt: Instant
}

/** How the person is reached. */
export type Reach =
  | {
      readonly way: 'browser' /** Opens the address, or shows it. */
      readonly show: (address: string) => Promise<void>
    }
  | { readonly way: 'device-code'; readonly show: (code: DeviceCode) => void }

/**
 * Lets a person sign in, and waits until that is done, declined or over.
 *
 * `browser`: authorization code with PKCE, which the browser brings back to this computer
 * (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow). `device-code`: the person uses a browser
 * anywhere (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code).
 *
 * @throws PatrolError `sign-in-declined`, `sign-in-timed-out`, `interrupted`, or as for any other sign-in
 */
export async function signInPerson(person: PersonSignIn, reach: Reach, parts: EntraParts): Promise<SignedIn> {
  const network = parts.transport.msalNetwork()
  const clientId = person.clientId ?? azureCliClient
  const tenant = await person.tenant()
  const sent = reach.way === 'device-code' ? devicePolls(network, pauseUntil(person.ending)) : network
  const client = await openPublicClient({ clientId, tenant, host: parts, network: sent })
  const scopes = [scopeOf['azure-devops']]
  const { ending, user } = person
  try {
    ending.throwIfAborted()
    const result =
      reach.way === 'browser'
        ? await client.acquireTokenInteractive({
            scopes,
            loginHint: user,
            successTemplate: signedInPage,
            errorTemplate: notSignedInPage,
            openBrowser: async (address) => {
              // MSAL waits for the browser alone; what ends the wait must come the same way.
              ending.addEventListener('abort', () => void endLoopback(address), { once: true })
              if (ending.aborted) await endLoopback(address)
              else await reach.show(address)
            },
          })
        : await byDeviceCode(reach, ending, (request) => client.acquireTokenByDeviceCode({ scopes, ...request }))
    if (result?.account == null) throw new PatrolError('internal', 'MSAL gave neither an account nor an error')
    return signedInOf(result, result.account, clientId, keptTokens(client), parts.clock)
  } catch (thrown) {
    if (thrown instanceof PatrolError) throw thrown
    const adminConsentUrl = `${authorityOf(tenant, parts).authority}/adminconsent?client_id=${clientId}`
    const endedBy = !ending.aborted ? undefined : ending.reason === 'time-out' ? 'time-out' : 'stop'
    const attempt = { account: person.account, way: reach.way, adminConsentUrl, endedBy } as const
    throw judgePersonFailure(signInFailure(person.account, thrown, network.takeTrouble()), attempt)
  }
}

interface DeviceRequest {
  deviceCodeCallback(response: { verificationUri: string; userCode: string; expiresIn: number }): void
  cancel?: boolean
}

async function byDeviceCode(
  reach: Reach & { readonly way: 'device-code' },
  ending: AbortSignal,
  acquire: (request: DeviceRequest) => Promise<AuthenticationResult | null>,
): Promise<AuthenticationResult | null> {
  const request: DeviceRequest = {
    deviceCodeCallback: ({ verificationUri, userCode, expiresIn }) =>
      reach.show({ address: verificationUri, code: userCode, expiresInSeconds: expiresIn }),
  }
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (): void => {
    // MSAL looks at this between two polls; nobody waits for that.
    request.cancel = true
    reject(new Error('the wait was ended'))
  }
  ending.addEventListener('abort', end, { once: true })
  const acquired = acquire(request)
  acquired.catch(() => undefined)
  try {
    return await Promise.race([acquired, ended])
  } finally {
    ending.removeEventListener('abort', end)
  }
}

/** A person's time is that of the clock on the wall. */
function pauseUntil(ending: AbortSignal): (seconds: number) => Promise<unknown> {
  return (seconds) => setTimeout(seconds * 1_000, undefined, { signal: ending })
}

function signedInOf(
  result: AuthenticationResult,
  account: NonNullable<AuthenticationResult['account']>,
  clientId: string,
  cache: Secret,
  clock: Clock,
): SignedIn {
  // MSAL reckons by this computer's clock; the rest of the program by the services'.
  const remaining = (result.expiresOn?.getTime() ?? Date.now()) - Date.now()
  return {
    user: account.username.toLowerCase(),
    tenant: account.tenantId,
    clientId,
    cache,
    token: new Secret(result.accessToken),
    expiresAt: instant(clock.now() + remaining),
  }
}
