import type { INetworkModule } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import type { MsalNetwork } from '../http/msal-network.ts'

/** After `slow_down` or a lost poll so much longer: https://www.rfc-editor.org/rfc/rfc8628#section-3.5 */
const slowerBySeconds = 5

/** Of polls that get lost in a row; the next one ends the sign-in. */
const mostLost = 5

type Post = INetworkModule['sendPostRequestAsync']

/**
 * The network of a sign-in with a device code. MSAL waits between two polls in a way that nothing ends, takes `slow_down`
 * for a refusal, and gives up on a person who is typing when a single poll gets lost; so it is told to wait no time at
 * all, and the wait takes place here, before it gets to see that it must ask again.
 *
 * @param pause resolves after so many seconds, or rejects when nobody waits any more
 */
export function devicePolls(network: MsalNetwork, pause: (seconds: number) => Promise<unknown>): INetworkModule {
  let intervalSeconds = slowerBySeconds
  let isShown = false
  let lost = 0

  async function again<T>(
    isSlower: boolean,
    body: object = {},
  ): Promise<Awaited<ReturnType<typeof network.sendPostRequestAsync<T>>>> {
    if (isSlower) intervalSeconds += slowerBySeconds
    await pause(intervalSeconds)
    return { status: 400, headers: {}, body: { ...body, error: 'authorization_pending' } as T }
  }

  return {
    sendGetRequestAsync: (url, options, limit) => network.sendGetRequestAsync(url, options, limit),
    async sendPostRequestAsync<T>(url: string, options?: Parameters<Post>[1]) {
      const answer = await network.sendPostRequestAsync<T>(url, options).catch((thrown: unknown) => {
        if (isShown && isPassing(thrown) && ++lost <= mostLost) return undefined
        throw thrown
      })
      if (answer === undefined) return again<T>(true)
      const body: Readonly<Record<string, unknown>> = Object.assign({}, answer.body)
      if (typeof body['device_code'] === 'string') {
        isShown = true
        if (typeof body['interval'] === 'number') intervalSeconds = body['interval']
        return { ...answer, body: { ...body, interval: 0 } as T }
      }
      if (isShown && (answer.status >= 500 || answer.status === 429) && ++lost <= mostLost) return again<T>(true, body)
      const isSlower = body['error'] === 'slow_down'
      if (!isSlower && body['error'] !== 'authorization_pending') return answer
      lost = 0
      return again<T>(isSlower, body)
    },
  }
}

/** Nothing was answered that tells of the sign-in. */
function isPassing(thrown: unknown): boolean {
  return thrown instanceof PatrolError && thrown.code === 'service-unavailable'
}
