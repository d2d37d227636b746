import { asPatrolError, PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { type Duration, duration, second, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Random } from '../../ports/random.ts'
import type { UserSignIn } from '../user-sign-in.ts'
import type { HttpAnswer } from '../http/answer.ts'
import type { Transport } from '../http/transport.ts'
import { longestWait, Pacing } from './pacing.ts'
import type { Call } from './pat-requests.ts'
import { isSignInAnswer } from './refusal.ts'

export interface SenderParts {
  readonly transport: Pick<Transport, 'send'>
  readonly signIn: UserSignIn
  /** Makes the header of what the sign-in gives; that of an access token when left out. */
  readonly authorization?: (token: Secret) => string
  readonly clock: Clock
  readonly random: Random
  readonly stopping: () => boolean
  /** Of this account; one of its own when left out. */
  readonly pacing?: Pacing
}

/** Reads what an answer means, or throws a PatrolError. */
type Judge<Value> = (answer: HttpAnswer) => Value

const tries = 4

/** The service may hold a request back for 30 seconds, and a shorter limit would make lost answers of slow ones. */
const readTimeout: Duration = times(100, second)

/** Failures that may be gone a little later. A body that cannot be understood is often one that was cut short. */
const passing: ReadonlySet<string> = new Set(['throttled', 'service-unavailable', 'unexpected-answer'])

function bearer(token: Secret): string {
  return `Bearer ${token.reveal()}`
}

/** Sends the requests of one account to Azure DevOps, with its access token, at the pace that the service asks for. */
export class Sender {
  readonly #parts: SenderParts
  readonly #pacing: Pacing

  constructor(parts: SenderParts) {
    this.#parts = parts
    this.#pacing = parts.pacing ?? new Pacing(parts.clock, parts.stopping)
  }

  /** Sends a request that changes nothing, and repeats it after passing failures, four times in all. */
  async read<Value>(call: Call, judge: Judge<Value>): Promise<Value> {
    const session = new Session(this.#parts.signIn)
    for (let attempt = 1; ; attempt++) {
      let failure: PatrolError
      try {
        const patience = { sendBy: Number.POSITIVE_INFINITY, whenStopping: 'give-up' } as const
        const send = (token: Secret): Promise<HttpAnswer> =>
          this.#pacing.pass(call, patience, () => this.#send(call, token, readTimeout))
        return judge(await session.signedIn(send))
      } catch (thrown) {
        failure = asPatrolError(thrown)
      }
      if (attempt === tries || !passing.has(failure.code)) throw failure
      await this.#wait(call, failure, attempt, Number.POSITIVE_INFINITY)
    }
  }

  /**
   * Sends a request that changes something. It is sent again only when the answer shows that nothing took place: after
   * a 429, and once with a fresh access token. Nothing is sent after `limits.sendBy`.
   */
  async change<Value>(call: Call, limits: Limits, judge: Judge<Value>): Promise<Value> {
    const session = new Session(this.#parts.signIn)
    const patience = { sendBy: limits.sendBy, whenStopping: 'give-up' } as const
    const send = (token: Secret): Promise<HttpAnswer> =>
      this.#pacing.pass(call, patience, async () => {
        const late = this.#lateness(limits)
        if (late !== undefined) throw late
        return this.#send(call, token, limits.timeout, () => this.#lateness(limits))
      })
    for (let attempt = 1; ; attempt++) {
      const answer = await session.signedIn(send)
      try {
        return judge(answer)
      } catch (thrown) {
        const failure = asPatrolError(thrown)
        const turnedAway = failure.code === 'throttled' && failure.outcome === 'none'
        if (attempt === tries || !turnedAway) throw failure
        await this.#wait(call, failure, attempt, limits.sendBy)
      }
    }
  }

  #lateness(limits: Limits): PatrolError | undefined {
    if (this.#parts.clock.elapsed() <= limits.sendBy) return undefined
    return new PatrolError('turn-expired', 'the time for this request was over; it was not sent')
  }

  #send(call: Call, token: Secret, timeout: Duration, objection?: () => PatrolError | undefined): Promise<HttpAnswer> {
    const { authorization = bearer } = this.#parts
    const headers = { ...call.headers, authorization: authorization(token) }
    return this.#parts.transport.send({ ...call, headers, timeout, objection })
  }

  /**
   * Waits before the next try: as long as the service asks, which the pace sees to for all together, or twice as long
   * each time with some chance in it.
   */
  async #wait(call: Call, failure: PatrolError, attempt: number, sendBy: number): Promise<void> {
    const { clock, random, stopping } = this.#parts
    const chance = Number.parseInt(random.characters(4), 36) / 36 ** 4
    const backoff = duration(second * 2 ** (attempt - 1) * (0.75 + chance / 2))
    const throttled = failure.code === 'throttled'
    const wait = throttled ? this.#pacing.pending(call) : (failure.retryAfter ?? backoff)
    if (wait > longestWait || clock.elapsed() + wait > sendBy || stopping()) throw failure
    if (throttled) return
    await clock.sleep(wait)
    if (stopping()) throw failure
  }
}

/** The access token over the tries of one call: replaced once, when the service does not take it. */
class Session {
  readonly #signIn: UserSignIn
  #token: Secret | undefined
  #renewed = false

  constructor(signIn: UserSignIn) {
    this.#signIn = signIn
  }

  async signedIn(send: (token: Secret) => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const token = this.#token ?? (await this.#signIn.accessToken('azure-devops')).value
    this.#token = token
    const answer = await send(token)
    if (!isSignInAnswer(answer) || this.#renewed) return answer
    this.#renewed = true
    this.#token = (await this.#signIn.accessToken('azure-devops', token)).value
    return this.#token.equals(token) ? answer : send(this.#token)
  }
}
