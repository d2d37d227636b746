import { PatrolError } from '../../src/core/errors.ts'
import { evenHash } from '../../src/core/hash.ts'
import { type Duration, duration, hour, type Instant, instant, minute } from '../../src/core/time.ts'
import type { Skew } from '../../src/ports/clock.ts'
import type { Event } from '../../src/ports/reporter.ts'
import { Chance } from './chance.ts'
import type { Call, Gate } from './gate.ts'
import { Life, never } from './life.ts'
import type { Options } from './options.ts'
import type { Timeline } from './timeline.ts'

export type Trouble =
  | 'crash-before'
  | 'crash-after'
  | 'freeze'
  | 'turned-away'
  | 'failed'
  | 'lost-answer'
  | 'late-effect'

/** What the gate tells of. */
export interface Witness {
  /** A call took effect. */
  took(process: string, call: Call): void
  /** Something was done to a call. The identity is the same in every run of a seed, whatever else is left out. */
  troubled(identity: string, call: Call): void
  /** Troubles that are left out, to find the smallest set that still breaks something. */
  isLeftOut(identity: string): boolean
  said(event: Event): void
}

/**
 * The gate of one process in bad weather. What befalls a call is drawn from the seed, the process and the number of the
 * call alone, so that leaving one trouble out does not shift the others.
 */
export class StormGate implements Gate {
  readonly life = new Life()
  readonly #timeline: Timeline
  readonly #options: () => Options
  readonly #witness: Witness
  readonly #process: string
  readonly #seed: number
  readonly #clockError: number
  #calls = 0
  #names = 0
  /** While the process is suspended, nothing reaches it. */
  #frozenUntil = 0
  troubles = 0

  constructor(seed: number, process: string, timeline: Timeline, options: () => Options, witness: Witness) {
    this.#seed = seed
    this.#process = process
    this.#timeline = timeline
    this.#options = options
    this.#witness = witness
    const { clockError } = options()
    this.#clockError = new Chance(evenHash(`${seed} ${process} clock`)).whole(-clockError, clockError)
  }

  pass<Answer>(call: Call, take: () => Answer): Promise<Answer> {
    this.#calls += 1
    const identity = `${this.#process}.${this.#calls}`
    const chance = new Chance(evenHash(`${this.#seed} ${identity}`))
    if (this.life.over) return never()
    if (call.limits !== undefined && this.elapsed() > call.limits.sendBy) {
      return Promise.reject(new PatrolError('turn-expired', 'too late to send'))
    }
    const latency = chance.whole(1, this.#options().latency)
    const trouble = this.#draw(identity, call, chance)
    return new Promise<Answer>((resolve, reject) => {
      const answer = (deliver: () => void, afterMs: number): void => {
        const arrive = (): void => {
          if (this.life.over) return
          if (this.#frozenUntil > this.#timeline.elapsed) this.#timeline.at(this.#frozenUntil, arrive)
          else deliver()
        }
        this.#timeline.in(afterMs, arrive)
      }
      const fail = (error: PatrolError, afterMs: number): void => {
        // The prober never rejects.
        if (call.name === 'read:probe')
          answer(() => resolve({ kind: 'unknown', message: error.message } as Answer), afterMs)
        else answer(() => reject(error), afterMs)
      }
      const takeEffect = (): Answer => {
        const result = take()
        this.#witness.took(this.#process, call)
        return result
      }
      const unknown = new PatrolError('service-unavailable', `${call.name}: no answer came`, { outcome: 'unknown' })
      switch (trouble) {
        case 'crash-before':
          this.life.end()
          return
        case 'turned-away': {
          const retryAfter = duration(chance.whole(1, 60) * 1_000)
          fail(new PatrolError('throttled', `${call.name}: too many requests`, { retryAfter }), latency)
          return
        }
        case 'failed':
          fail(unknown, latency)
          return
        case 'late-effect': {
          const { sendBy, timeout } = call.limits as NonNullable<Call['limits']>
          fail(unknown, timeout)
          // The latest that an earlier turn's request may still land.
          const landsAt = chance.whole(
            this.#timeline.elapsed + 1,
            Math.max(this.#timeline.elapsed + 1, sendBy + timeout),
          )
          this.#timeline.at(landsAt, () => void quietly(takeEffect))
          return
        }
        case 'freeze':
          this.#frozenUntil = this.#timeline.elapsed + chance.whole(minute, 5 * hour)
          break
        case 'crash-after':
        case 'lost-answer':
        case undefined:
          break
      }
      this.#timeline.in(latency / 2, () => {
        // A request that was sent arrives, whatever becomes of its sender.
        let result: Answer
        try {
          result = takeEffect()
        } catch (error) {
          answer(() => reject(error), latency / 2)
          return
        }
        if (trouble === 'crash-after') this.life.end()
        else if (trouble === 'lost-answer') fail(unknown, latency / 2)
        else answer(() => resolve(result), latency / 2)
      })
    })
  }

  #draw(identity: string, call: Call, chance: Chance): Trouble | undefined {
    const options = this.#options()
    const candidates: readonly (readonly [Trouble, number])[] = [
      ['crash-before', options.crash / 2],
      ['crash-after', options.crash / 2],
      ['freeze', options.freeze],
      ['turned-away', options.turnedAway],
      ['failed', options.failed],
      ['lost-answer', call.mutates ? options.lostAnswer : 0],
      ['late-effect', call.mutates ? options.lateEffect : 0],
    ]
    const drawn = candidates.find(([, probability]) => chance.happens(probability))?.[0]
    if (drawn === undefined) return undefined
    const name = `${identity}:${drawn}`
    if (this.#witness.isLeftOut(name)) return undefined
    this.troubles += 1
    this.#witness.troubled(name, call)
    return drawn
  }

  now(): Instant {
    return instant(this.#timeline.now + this.#clockError)
  }

  elapsed(): number {
    return this.#timeline.elapsed
  }

  sleep(length: Duration): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        if (this.life.over) return
        if (this.#frozenUntil > this.#timeline.elapsed) this.#timeline.at(this.#frozenUntil, wake)
        else resolve()
      }
      this.#timeline.in(length, wake)
    })
  }

  skew(): Skew {
    return { kind: 'corrected', offset: duration(0) }
  }

  stopping(): boolean {
    return false
  }

  characters(count: number): string {
    this.#names += 1
    return new Chance(evenHash(`${this.#seed} ${this.#process} name ${this.#names}`)).characters(count)
  }

  report(event: Event): void {
    this.#witness.said(event)
  }
}

function quietly(work: () => unknown): unknown {
  try {
    return work()
  } catch {
    // Nobody waits for the answer of a request that was given up.
    return undefined
  }
}
