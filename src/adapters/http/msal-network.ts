import type { INetworkModule } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration, minute } from '../../core/time.ts'
import { type HttpAnswer, jsonOf, mediaTypeOf } from './answer.ts'
import type { HttpRequest } from './exchange.ts'
import { describe } from './network-fault.ts'

/** What MSAL sends its requests through. */
export interface MsalNetwork extends INetworkModule {
  /**
   * Why the last request brought no usable answer. MSAL turns every such fault into one and the same error, so whoever
   * reports it asks here. Undefined after a request that was answered.
   */
  lastFault(): PatrolError | undefined
}

type Answered<T> = Awaited<ReturnType<INetworkModule['sendGetRequestAsync']>> & { body: T }

/** Token requests are answered in a second or two; a minute covers a slow proxy. */
const timeout: Duration = minute

/** One per sign-in, so that `lastFault` belongs to that sign-in alone. */
export function msalNetwork(send: (request: HttpRequest) => Promise<HttpAnswer>): MsalNetwork {
  let fault: PatrolError | undefined

  async function ask<T>(request: HttpRequest): Promise<Answered<T>> {
    fault = undefined
    try {
      const answer = await send(request)
      const body = jsonOf(answer)
      if (typeof body !== 'object' || body === null) throw notJson(request, answer)
      return { status: answer.status, headers: { ...answer.headers }, body: body as T }
    } catch (thrown) {
      if (thrown instanceof PatrolError) fault = thrown
      throw thrown
    }
  }

  return {
    lastFault: () => fault,
    sendGetRequestAsync<T>(
      url: string,
      options?: Parameters<INetworkModule['sendGetRequestAsync']>[1],
      limit?: number,
    ) {
      const headers = options?.headers ?? {}
      return ask<T>({ method: 'GET', url, headers, timeout: limit === undefined ? timeout : duration(limit) })
    },
    sendPostRequestAsync<T>(url: string, options?: Parameters<INetworkModule['sendPostRequestAsync']>[1]) {
      const headers = options?.headers ?? {}
      return ask<T>({ method: 'POST', url, headers, body: options?.body ?? '', timeout })
    },
  }
}

function notJson(request: HttpRequest, answer: HttpAnswer): PatrolError {
  const type = Secret.redact(mediaTypeOf(answer)) || 'no content type'
  const where = describe({ method: request.method, url: new URL(request.url) })
  return new PatrolError('service-unavailable', `${where}: answered ${answer.status} with ${type} in place of JSON`, {
    remedy:
      'Something between this computer and Microsoft Entra answers in its place: check the proxy and the address.',
    outcome: 'unknown',
  })
}
