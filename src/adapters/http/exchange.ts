import type { Dispatcher } from 'undici'
import type { PatrolError } from '../../core/errors.ts'
import { type Duration, duration } from '../../core/time.ts'
import type { HttpAnswer } from './answer.ts'
import { networkFault } from './network-fault.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** From the call to the last byte of the answer; 0 for no limit. */
  readonly timeout: Duration
  readonly signal?: AbortSignal | undefined
  /**
   * Asked once more when a connection stands and the request is about to leave, which may be long after the call: the
   * computer may have slept in between. An error it gives is what the request fails with, and nothing is sent.
   */
  readonly objection?: (() => PatrolError | undefined) | undefined
}

/** Answers of the services are small; whatever is larger is not one of theirs. */
const largestBody = 16 * 1024 * 1024

/** A timer of Node.js that is set for longer ends at once. */
const longestTimer = 2 ** 31 - 1

interface Received {
  readonly answer: HttpAnswer
  /** From sending to the arrival of the headers. */
  readonly took: Duration
}

/**
 * Sends one request exactly once and reads the whole answer: no redirect, no retry, no decompression. The network lives in
 * this computer's time, so its timers and its monotonic clock measure here, and not the clock of the run, which is made
 * of what this function brings.
 *
 * Rejects with `service-unavailable`. Its outcome is `none` when the network library never got as far as writing the
 * request to a connection (no name, no route, no TLS, refused by the proxy, out of time before), and else `unknown`.
 */
export function exchange(
  dispatcher: Dispatcher,
  url: URL,
  request: HttpRequest,
  onHeaders: (headers: HttpAnswer['headers'], took: Duration) => void,
): Promise<Received> {
  const { method } = request
  return new Promise((resolve, reject) => {
    let sent = false
    let settled = false
    let startedAt = 0
    let took = duration(0)
    let status = 0
    let headers: HttpAnswer['headers'] = {}
    let abort: ((reason: Error) => void) | undefined
    const chunks: Uint8Array[] = []
    let size = 0

    const settle = (): boolean => {
      if (settled) return false
      settled = true
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', onAbort)
      return true
    }
    const fail = (reason: Error): void => {
      if (!settle()) return
      reject(networkFault(reason, { method, url, sent }))
      abort?.(reason)
    }
    const onAbort = (): void => fail(coded('ABORT_ERR', 'the request was given up'))
    const onTimeout = (): void => fail(coded('ETIMEDOUT', `no answer within ${request.timeout} ms`))
    const timer = request.timeout > 0 ? setTimeout(onTimeout, Math.min(request.timeout, longestTimer)) : undefined
    if (request.signal?.aborted === true) {
      onAbort()
      return
    }
    request.signal?.addEventListener('abort', onAbort)

    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: request.headers ?? {},
          body: request.body ?? null,
          // The one limit above covers the whole exchange.
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        {
          onRequestStart(controller) {
            // The library puts a request back into its queue when a connection breaks in certain ways. Once written is
            // once too often to write it again, and after the time-out nothing must leave any more.
            if (settled || sent) {
              controller.abort(coded('ECONNRESET', 'the connection broke while the request was sent'))
              return
            }
            const objection = request.objection?.()
            if (objection !== undefined) {
              if (settle()) reject(objection)
              controller.abort(objection)
              return
            }
            sent = true
            startedAt = performance.now()
            abort = (reason) => controller.abort(reason)
          },
          onResponseStart(_controller, statusCode, received) {
            if (statusCode < 200) return
            took = duration(performance.now() - startedAt)
            status = statusCode
            headers = joined(received)
            onHeaders(headers, took)
          },
          onResponseData(_controller, chunk) {
            size += chunk.length
            if (size > largestBody) fail(coded('EMSGSIZE', `the answer is larger than ${largestBody} bytes`))
            else chunks.push(chunk)
          },
          onResponseEnd() {
            if (settle()) resolve({ answer: { status, headers, body: Buffer.concat(chunks) }, took })
          },
          onResponseError(_controller, error) {
            fail(error)
          },
        },
      )
    } catch (thrown) {
      fail(thrown instanceof Error ? thrown : coded('UND_ERR_INVALID_ARG', 'refused by the network library'))
    }
  })
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): HttpAnswer['headers'] {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return result
}
