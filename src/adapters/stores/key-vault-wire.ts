import { AsyncLocalStorage } from 'node:async_hooks'
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline'
import { PatrolError, remedies } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, minute, second, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import { isVaultAnswer } from './key-vault-answer.ts'
import { refusedAnswer } from './key-vault-errors.ts'

const mostTries = 4

const readTimeout: Duration = minute

/** A wait that the service asks for is given up on when it is longer. */
const longestWait: Duration = minute

/** Faults that mean that no connection came about. */
const unsent = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])

interface Call {
  /** There for mutating calls alone. */
  readonly limits: Limits | undefined
  /** Whether a request that can take effect went out. */
  sent: boolean
  /** Whether the vault did not accept a token that it was shown. */
  unauthorized: boolean
}

/**
 * What lies between the SDK's client and the network: it decides what may be sent, when, and how often. The SDK's own
 * retries are off, because they would repeat a write.
 *
 * Reads are repeated after passing faults. A mutating request goes out once, in time, and again only after a 429.
 */
export class KeyVaultWire implements HttpClient {
  readonly #network: HttpClient
  readonly #clock: Clock
  readonly #calls = new AsyncLocalStorage<Call>()
  #opening: Promise<unknown> | undefined
  #open = false

  constructor(network: HttpClient, clock: Clock) {
    this.#network = network
    this.#clock = clock
  }

  /**
   * Runs one operation of the SDK, and makes a PatrolError of whatever it throws. Until one has got past the vault's
   * challenge, operations go one after another: the SDK mixes up the bodies of several that meet it at once.
   *
   * @param limits for a mutating operation
   */
  async run<T>(limits: Limits | undefined, operation: () => Promise<T>): Promise<T> {
    while (!this.#open && this.#opening !== undefined) await this.#opening.catch(() => undefined)
    if (this.#open) return this.#runNow(limits, operation)
    const first = this.#runNow(limits, operation)
    this.#opening = first
    try {
      return await first
    } finally {
      this.#opening = undefined
    }
  }

  async #runNow<T>(limits: Limits | undefined, operation: () => Promise<T>): Promise<T> {
    const call: Call = { limits, sent: false, unauthorized: false }
    try {
      this.#requireInTime(limits)
      return await this.#calls.run(call, operation)
    } catch (thrown) {
      throw sdkFault(thrown, call)
    }
  }

  async sendRequest(request: PipelineRequest): Promise<PipelineResponse> {
    const { method, url } = request
    const asked = `${method} ${new URL(url).origin}${new URL(url).pathname}`
    if (!request.headers.has('authorization')) {
      // The first request is to be refused and to learn from the refusal where to sign in. It needs no body for that,
      // and must not carry a value to a vault that has not yet been proved to be one.
      const { body: _, ...bare } = request
      return this.#sendRepeatedly({ ...bare, timeout: readTimeout }, asked)
    }
    this.#open = true
    const call = this.#calls.getStore()
    if (method === 'GET') return this.#sendRepeatedly({ ...request, timeout: readTimeout }, asked)
    if (call?.limits === undefined) throw new PatrolError('internal', `${asked} has no limits`)
    return this.#sendOnce(request, asked, call, call.limits)
  }

  async #sendRepeatedly(request: PipelineRequest, asked: string): Promise<PipelineResponse> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#exchange(request, asked, false)
      if (!(answer instanceof PatrolError)) return answer
      const wait = waitAfter(answer, tries)
      const passing = answer.code === 'throttled' || answer.code === 'store-unreachable'
      if (!passing || tries >= mostTries || wait > longestWait) throw answer
      await this.#clock.sleep(wait)
    }
  }

  async #sendOnce(request: PipelineRequest, asked: string, call: Call, limits: Limits): Promise<PipelineResponse> {
    for (let tries = 1; ; tries++) {
      this.#requireInTime(limits)
      call.sent = true
      const answer = await this.#exchange({ ...request, timeout: limits.timeout }, asked, true)
      if (!(answer instanceof PatrolError)) return answer
      const wait = waitAfter(answer, tries)
      const hopeful = answer.code === 'throttled' && tries < mostTries && wait <= longestWait
      if (!hopeful || this.#clock.elapsed() + wait > limits.sendBy) throw answer
      await this.#clock.sleep(wait)
    }
  }

  /** One request: its answer when it is a success or a challenge, else the error. */
  async #exchange(request: PipelineRequest, asked: string, mutating: boolean): Promise<PipelineResponse | PatrolError> {
    let answer: PipelineResponse
    try {
      answer = await this.#network.sendRequest(request)
    } catch (thrown) {
      return networkFault(thrown, asked, mutating)
    }
    if (answer.status === 401 && answer.headers.has('www-authenticate')) {
      const call = this.#calls.getStore()
      if (call !== undefined) call.unauthorized = request.headers.has('authorization')
      return answer
    }
    const body = answer.bodyAsText ?? ''
    if (answer.status < 200 || answer.status > 299) {
      const { headers, status } = answer
      return refusedAnswer({ status, header: (name) => headers.get(name), body, mutating, asked })
    }
    if (isVaultAnswer(body)) return answer
    // Not of Key Vault, but of something in between: the write may have passed it or not.
    return new PatrolError('unexpected-answer', `${asked} was answered with ${answer.status}, but not as by a vault`, {
      outcome: mutating ? 'unknown' : 'none',
      remedy: 'See whether a proxy answers in place of the vault, and try again.',
    })
  }

  #requireInTime(limits: Limits | undefined): void {
    if (limits !== undefined && this.#clock.elapsed() > limits.sendBy) {
      throw new PatrolError('turn-expired', 'nothing was sent to the vault: it is too late in the turn')
    }
  }
}

function waitAfter(fault: PatrolError, tries: number): Duration {
  return fault.retryAfter ?? times(2 ** (tries - 1), second)
}

/** A request without a whole answer. The transport says in the `cause` whether anything was sent. */
function networkFault(thrown: unknown, asked: string, mutating: boolean): PatrolError {
  const known = thrown instanceof PatrolError ? thrown : causeOf(thrown)
  if (known instanceof PatrolError) {
    const code = known.code === 'service-unavailable' ? 'store-unreachable' : known.code
    return new PatrolError(code, known.message, {
      outcome: mutating ? known.outcome : 'none',
      cause: known.cause,
      ...(known.remedy === remedies[known.code] ? {} : { remedy: known.remedy }),
    })
  }
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const said = thrown instanceof Error ? Secret.redact(thrown.message.split('\n', 1)[0] ?? '') : 'an unknown fault'
  const outcome = mutating && !unsent.has(code) ? 'unknown' : 'none'
  return new PatrolError('store-unreachable', `${asked}: ${said}`, { outcome })
}

function causeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown.cause : undefined
}

/** What the SDK throws by itself: about a challenge that it does not take, or an answer that it cannot read. */
function sdkFault(thrown: unknown, call: Call): PatrolError {
  if (thrown instanceof PatrolError) return thrown
  const said = thrown instanceof Error ? Secret.redact(thrown.message.split('\n', 1)[0] ?? '') : String(thrown)
  if (said.startsWith('The challenge')) {
    return new PatrolError('store-denied', 'the address that answered does not prove to be a Key Vault', {
      remedy:
        'Correct the url of the store. For an emulator under another domain, set verifyChallengeResource to false.',
    })
  }
  if (call.unauthorized) {
    return new PatrolError('store-denied', 'the vault did not accept the sign-in (401)', {
      remedy: "Sign in with a credential of the vault's tenant: the vault did not accept this one.",
    })
  }
  // What trips the SDK up is told in words about the SDK, which help nobody.
  const why = thrown instanceof TypeError ? 'it lacks what every such answer has' : said
  return new PatrolError('unexpected-answer', `the vault's answer could not be read: ${why}`, {
    outcome: call.sent ? 'unknown' : 'none',
  })
}
