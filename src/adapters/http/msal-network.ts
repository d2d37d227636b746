import type { INetworkModule } from '@azure/msal-node'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration, minute } from '../../core/time.ts'
import { type HttpAnswer, jsonOf, mediaTypeOf } from './answer.ts'
import type { HttpRequest } from './exchange.ts'
import { describe } from './network-fault.ts'

/** Why MSAL got no token, as the network saw it. MSAL itself makes one and the same error of many of these. */
export interface SignInTrouble {
  /** The last request brought no usable answer. */
  readonly fault?: PatrolError
  /** The last request was answered with a failure. */
  readonly refusal?: HttpAnswer
}

/** What MSAL sends its requests through. */
export interface MsalNetwork extends INetworkModule {
  /** What went wrong since this was asked last; empty when every request was answered with a success, or none was sent. */
  takeTrouble(): SignInTrouble
}

type Answered<T> = Awaited<ReturnType<INetworkModule['sendGetRequestAsync']>> & { body: T }

/** Token requests are answered in a second or two; a minute covers a slow proxy. */
const timeout: Duration = minute

/** One per sign-in, so that the trouble belongs to that sign-in alone. */
export function msalNetwork(send: (request: HttpRequest) => Promise<HttpAnswer>): MsalNetwork {
  let trouble: SignInTrouble = {}

  async function ask<T>(request: HttpRequest): Promise<Answered<T>> {
    trouble = {}
    try {
      const answer = await send(request)
      const body = jsonOf(answer)
      if (typeof body !== 'object' || body === null) throw unusable(request, answer, 'in place of JSON')
      const refused = answer.status >= 400
      // MSAL looks at the body alone, and would take a failure that names no error for a success without a token.
      if (refused && !('error' in body)) throw unusable(request, answer, 'and no reason')
      if (refused) trouble = { refusal: answer }
      else if (request.method === 'POST' && !grants(body)) throw unusable(request, answer, 'and no token')
      return { status: answer.status, headers: { ...answer.headers }, body: body as T }
    } catch (thrown) {
      if (thrown instanceof PatrolError) trouble = { fault: thrown }
      throw thrown
    }
  }

  return {
    takeTrouble() {
      const taken = trouble
      trouble = {}
      return taken
    },
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

/**
 * Whether a success brings what was asked for: a token (https://www.rfc-editor.org/rfc/rfc6749#section-5.1), or a code for
 * another device (https://www.rfc-editor.org/rfc/rfc8628#section-3.2).
 */
function grants(body: object): boolean {
  if ('device_code' in body && typeof body.device_code === 'string' && body.device_code !== '') return true
  return 'access_token' in body && typeof body.access_token === 'string' && body.access_token !== ''
}

function unusable(request: HttpRequest, answer: HttpAnswer, how: string): PatrolError {
  const type = Secret.redact(mediaTypeOf(answer)) || 'no content type'
  const where = describe({ method: request.method, url: new URL(request.url) })
  return new PatrolError('service-unavailable', `${where}: answered ${answer.status} with ${type} ${how}`, {
    remedy:
      answer.status >= 500
        ? 'Microsoft Entra, or a proxy before it, fails. Try again later; if it stays, check the proxy and the address.'
        : 'Something between this computer and Microsoft Entra answers in its place: check the proxy and the address.',
    outcome: 'unknown',
  })
}
