import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import { PatrolError } from '../../core/errors.ts'
import { type Duration, duration, minute } from '../../core/time.ts'
import type { HttpAnswer } from './answer.ts'
import type { HttpRequest } from './exchange.ts'
import { networkCodeOf } from './network-fault.ts'

/** For requests without a limit of their own. */
const longestWait: Duration = duration(2 * minute)

/**
 * The transport as the Azure SDKs want it, so that proxies and certificate authorities count for them as well. It sends
 * once; retries are the pipeline's. A fault becomes an error with the code that the pipeline's retry policy looks for,
 * and has the PatrolError with the outcome as its `cause`.
 */
export function azureClient(send: (request: HttpRequest) => Promise<HttpAnswer>): HttpClient {
  return {
    async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
      const { createHttpHeaders, RestError } = await import('@azure/core-rest-pipeline')
      const aborted = (): boolean => request.abortSignal?.aborted === true
      const abort = new AbortController()
      const onAbort = (): void => abort.abort()
      if (aborted()) onAbort()
      request.abortSignal?.addEventListener('abort', onAbort)
      try {
        const body = bodyOf(request)
        const answer = await send({
          method: request.method,
          url: request.url,
          headers: request.headers.toJSON({ preserveCase: true }),
          ...(body === undefined ? {} : { body }),
          timeout: request.timeout > 0 ? duration(request.timeout) : longestWait,
          signal: abort.signal,
        })
        return {
          request,
          status: answer.status,
          headers: createHttpHeaders({ ...answer.headers }),
          bodyAsText: new TextDecoder().decode(answer.body),
        }
      } catch (thrown) {
        if (!(thrown instanceof PatrolError)) throw thrown
        if (aborted())
          throw Object.assign(new Error('the request was given up', { cause: thrown }), { name: 'AbortError' })
        const code = networkCodeOf(thrown) ?? RestError.REQUEST_SEND_ERROR
        throw Object.assign(new RestError(thrown.message, { code }), { cause: thrown })
      } finally {
        request.abortSignal?.removeEventListener('abort', onAbort)
      }
    },
  }
}

function bodyOf(request: PipelineRequest): string | Uint8Array | undefined {
  const body = typeof request.body === 'function' ? request.body() : request.body
  if (body === undefined || body === null) return undefined
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  throw new PatrolError('internal', `a body of type ${body.constructor.name} cannot be sent`)
}
