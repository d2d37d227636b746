import type { AccountInfo, INetworkModule, PublicClientApplication } from '@azure/msal-node'
import { Secret } from '../../core/secret.ts'
import { authorityOf, type EntraHost } from './entra-authority.ts'

export interface PublicClient {
  readonly clientId: string
  /** Id or domain. */
  readonly tenant: string
  readonly host: EntraHost
  readonly network: INetworkModule
}

/** A client of MSAL for users, without any tokens yet. The library is loaded here. */
export async function openPublicClient(options: PublicClient): Promise<PublicClientApplication> {
  const { PublicClientApplication } = await import('@azure/msal-node')
  return new PublicClientApplication({
    auth: { clientId: options.clientId, ...authorityOf(options.tenant, options.host) },
    system: { networkClient: options.network },
  })
}

/**
 * What of a client's tokens is kept between runs: the refresh token and whose it is. Access tokens live for an hour and
 * identity tokens say nothing that a run needs; neither leaves the memory.
 */
export function keptTokens(client: PublicClientApplication): Secret {
  const cache: Readonly<Record<string, unknown>> = { ...JSON.parse(client.getTokenCache().serialize()) }
  knowSecretsIn(cache['RefreshToken'])
  return new Secret(JSON.stringify({ ...cache, AccessToken: {}, IdToken: {} }))
}

/** Gives a client what `keptTokens` took; @returns whose tokens they are, undefined when there are none */
export async function restoreTokens(client: PublicClientApplication, kept: Secret): Promise<AccountInfo | undefined> {
  const cache: Readonly<Record<string, unknown>> = { ...JSON.parse(kept.reveal()) }
  knowSecretsIn(cache['RefreshToken'])
  client.getTokenCache().deserialize(kept.reveal())
  return (await client.getTokenCache().getAllAccounts())[0]
}

/** The text as a whole is a secret already; a refresh token by itself is redacted, too, wherever somebody repeats it. */
function knowSecretsIn(tokens: unknown): void {
  for (const token of Object.values({ ...(tokens as object | undefined) })) {
    const secret: unknown = typeof token === 'object' && token !== null && 'secret' in token ? token.secret : undefined
    if (typeof secret === 'string') void new Secret(secret)
  }
}
