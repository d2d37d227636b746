import { PatrolError } from '../../core/errors.ts'
import { type Duration, duration, formatDuration, minute, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HttpAnswer } from '../http/answer.ts'
import { strainOf } from './strain.ts'

/** Whoever is asked to wait longer than this fails and says so, in place of looking as if it hung. */
export const longestWait: Duration = times(5, minute)

/** Above so many requests at once nothing needs to be counted: no run has as many. */
const unlimited = 64

/** Where a request goes, as far as the service's limits know it. */
export interface Destination {
  readonly url: string
  readonly organization: string
}

export interface Patience {
  /** When it is too late, on the scale of `Clock.elapsed()`. */
  readonly sendBy: number
  /** Whether a request that waits when the program is told to stop is sent at once rather than given up. */
  readonly whenStopping: 'send' | 'give-up'
}

/** What is known of one host and organization. Instants are on the scale of `Clock.elapsed()`. */
interface Road {
  readonly host: string
  readonly organization: string
  notBefore: number
  /** While somebody waits for that. */
  sleep: Promise<void> | undefined
  /** Requests at once. */
  width: number
  underWay: number
  readonly line: (() => void)[]
  /** Answers without strain since the width changed last. */
  calm: number
  narrowedAt: number
  /** Refusals in a row. */
  refusals: number
}

/**
 * The pace of one account's requests, for each host and organization by itself. What the service asks for by headers
 * delays the next request, whosever it is, and answers under strain halve how many go at once; as long as there is
 * none, one more goes after every round. https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
 */
export class Pacing {
  readonly #clock: Clock
  readonly #stopping: () => boolean
  readonly #onHold: () => void
  readonly #roads = new Map<string, Road>()

  /** @param onHold told whenever requests begin to wait */
  constructor(clock: Clock, stopping: () => boolean, onHold: () => void = () => undefined) {
    this.#clock = clock
    this.#stopping = stopping
    this.#onHold = onHold
  }

  /** Whether requests for the organization wait now. */
  isHeld(organization: string): boolean {
    const name = organization.toLowerCase()
    return [...this.#roads.values()].some(
      (road) => road.organization === name && (this.#pendingOf(road) > 0 || road.line.length > 0),
    )
  }

  /** How long the service still asks us to wait. */
  pending(destination: Destination): Duration {
    return this.#pendingOf(this.#roadOf(destination))
  }

  /**
   * Sends a request when its turn has come.
   *
   * @param send sends it exactly once; called after all waiting
   * @throws PatrolError `throttled` when that would be too late or too long a wait, `interrupted` when told to stop;
   *   nothing was sent then
   */
  async pass(destination: Destination, patience: Patience, send: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const road = this.#roadOf(destination)
    await this.#enter(road)
    try {
      await this.#admit(road, patience)
      const sentAt = this.#clock.elapsed()
      const answer = await send()
      this.#note(road, answer, sentAt)
      return answer
    } finally {
      this.#leave(road)
    }
  }

  async #enter(road: Road): Promise<void> {
    if (road.underWay < road.width && road.line.length === 0) {
      road.underWay += 1
      return
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    road.line.push(resolve)
    if (road.line.length === 1) this.#onHold()
    await promise
  }

  #leave(road: Road): void {
    road.underWay -= 1
    while (road.underWay < road.width) {
      const next = road.line.shift()
      if (next === undefined) return
      road.underWay += 1
      next()
    }
  }

  async #admit(road: Road, { sendBy, whenStopping }: Patience): Promise<void> {
    for (let wait = this.#pendingOf(road); wait > 0; wait = this.#pendingOf(road)) {
      if (wait > longestWait || this.#clock.elapsed() + wait > sendBy) {
        const message = `${road.host} asks to wait for ${formatDuration(wait)} before the next request`
        throw new PatrolError('throttled', message, { retryAfter: wait })
      }
      await this.#sleep(road, wait)
      if (!this.#stopping()) continue
      if (whenStopping === 'send') return
      throw new PatrolError('interrupted', `told to stop while ${road.host} asked to wait`)
    }
  }

  /** All who wait wake up together. */
  #sleep(road: Road, wait: Duration): Promise<void> {
    road.sleep ??= this.#clock.sleep(wait).finally(() => (road.sleep = undefined))
    return road.sleep
  }

  #note(road: Road, answer: HttpAnswer, sentAt: number): void {
    const now = this.#clock.elapsed()
    road.refusals = answer.status === 429 ? road.refusals + 1 : 0
    const { wait, strained } = strainOf(answer, road.refusals)
    if (strained) this.#narrow(road, sentAt, now)
    else this.#widen(road)
    if (wait === undefined || now + wait <= road.notBefore) return
    const begins = road.notBefore <= now
    road.notBefore = now + wait
    if (begins) this.#onHold()
  }

  /** Requests that were under way together all tell of the same strain; it counts once. */
  #narrow(road: Road, sentAt: number, now: number): void {
    road.calm = 0
    if (sentAt < road.narrowedAt) return
    road.narrowedAt = now
    road.width = Math.max(1, Math.floor(Math.min(road.width, road.underWay) / 2))
  }

  #widen(road: Road): void {
    if (road.width === Number.POSITIVE_INFINITY) return
    road.calm += 1
    if (road.calm < road.width) return
    road.calm = 0
    road.width = road.width >= unlimited ? Number.POSITIVE_INFINITY : road.width + 1
  }

  #pendingOf(road: Road): Duration {
    return duration(Math.max(0, Math.ceil(road.notBefore - this.#clock.elapsed())))
  }

  #roadOf({ url, organization }: Destination): Road {
    const { host } = new URL(url)
    const name = organization.toLowerCase()
    const key = `${host}\n${name}`
    const known = this.#roads.get(key)
    if (known !== undefined) return known
    const road: Road = {
      host,
      organization: name,
      notBefore: 0,
      sleep: undefined,
      width: Number.POSITIVE_INFINITY,
      underWay: 0,
      line: [],
      calm: 0,
      narrowedAt: Number.NEGATIVE_INFINITY,
      refusals: 0,
    }
    this.#roads.set(key, road)
    return road
  }
}
