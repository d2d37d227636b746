import { readFileSync } from 'node:fs'
import {
  ConfidentialClientApplication,
  type Configuration,
  type INetworkModule,
  PublicClientApplication,
} from '@azure/msal-node'
import { Agent, fetch } from 'undici'
import type { Emulator } from '../../src/emulator/emulator.ts'
import { OWN_CLIENT, TENANT } from './caller.ts'

/** MSAL has no option for an own authority of certificates, but takes a network client. */
export function networkClient(caFile: string): INetworkModule {
  const dispatcher = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } })
  const send = async (url: string, method: string, options: { headers?: object; body?: string } = {}) => {
    const response = await fetch(url, {
      dispatcher,
      method,
      headers: { ...options.headers } as Record<string, string>,
      ...(options.body === undefined ? {} : { body: options.body }),
    })
    const headers = Object.fromEntries(response.headers)
    return { status: response.status, headers, body: (await response.json()) as never }
  }
  return {
    sendGetRequestAsync: (url, options) => send(url, 'GET', options),
    sendPostRequestAsync: (url, options) => send(url, 'POST', options),
  }
}

type Auth = Partial<Configuration['auth']>

function configuration(emulator: Emulator, auth: Auth, cache?: string): Configuration {
  const { entra } = emulator.endpoints
  return {
    auth: { clientId: OWN_CLIENT, authority: `${entra}/${TENANT}`, knownAuthorities: [new URL(entra).host], ...auth },
    system: { networkClient: networkClient(emulator.caFile) },
    ...(cache === undefined
      ? {}
      : {
          cache: {
            cachePlugin: {
              beforeCacheAccess: async ({ tokenCache }) => tokenCache.deserialize(cache),
              afterCacheAccess: async () => undefined,
            },
          },
        }),
  }
}

/** @param cache what `getTokenCache().serialize()` of another one gave */
export function publicClient(emulator: Emulator, auth: Auth = {}, cache?: string): PublicClientApplication {
  return new PublicClientApplication(configuration(emulator, auth, cache))
}

export function confidentialClient(emulator: Emulator, auth: Auth): ConfidentialClientApplication {
  return new ConfidentialClientApplication(configuration(emulator, auth))
}
