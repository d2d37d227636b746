import type { INetworkModule } from '@azure/msal-node'
import type { MsalNetwork } from '../http/msal-network.ts'

/** After `slow_down` so much longer: https://www.rfc-editor.org/rfc/rfc8628#section-3.5 */
const slowerBySeconds = 5

/**
 * The network of a sign-in with a device code. MSAL waits between two polls in a way that nothing ends, and takes
 * `slow_down` for a refusal; so it is told to wait no time at all, and the wait takes place here, before it gets to see
 * that it must ask again.
 *
 * @param pause resolves after so many seconds, or rejects when nobody waits any more
 */
export function devicePolls(network: MsalNetwork, pause: (seconds: number) => Promise<unknown>): INetworkModule {
  let intervalSeconds = slowerBySeconds
  return {
    sendGetRequestAsync: (url, options, limit) => network.sendGetRequestAsync(url, options, limit),
    async sendPostRequestAsync<T>(url: string, options?: Parameters<INetworkModule['sendPostRequestAsync']>[1]) {
      const answer = await network.sendPostRequestAsync<T>(url, options)
      const body: Readonly<Record<string, unknown>> = Object.assign({}, answer.body)
      if (typeof body['device_code'] === 'string') {
        if (typeof body['interval'] === 'number') intervalSeconds = body['interval']
        return { ...answer, body: { ...body, interval: 0 } as T }
      }
      const isSlower = body['error'] === 'slow_down'
      if (isSlower) intervalSeconds += slowerBySeconds
      if (!isSlower && body['error'] !== 'authorization_pending') return answer
      await pause(intervalSeconds)
      return { ...answer, body: { ...body, error: 'authorization_pending' } as T }
    },
  }
}
