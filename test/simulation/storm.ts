import { PatrolError } from '../../src/core/errors.ts'
import { evenHash } from '../../src/core/hash.ts'
import { type Duration, duration, hour, type Instant, minute } from '../../src/core/time.ts'
import type { Skew } from '../../src/ports/clock.ts'
import type { Event } from '../../src/ports/reporter.ts'
import { Chance } from './chance.ts'
import { SimulatedClock } from './clock.ts'
import type { Call, Gate } from './gate.ts'
import { Life, never } from './life.ts'
import { organizations } from './declared.ts'
import type { Options } from './options.ts'
import { vault } from './ports.ts'
import type { Timeline } from './timeline.ts'
import type { Weather } from './weather.ts'

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
  /**
   * A call took effect.
   *
   * @param lookedAt when its process had last read something in the vault, as of when it was sent
   */
  took(process: string, call: Call, lookedAt: Instant | undefined): void
  /** Something was done to a call. The identity is the same in every run of a seed, whatever else is left out. */
  troubled(identity: string, call: Call): void
  /** Troubles that are left out, to find the smallest set that still breaks something. */
  isLeftOut(identity: string): boolean
  said(event: Event): void
  weatherOver(service: string): Weather
  /** By how many milliseconds the clock of the process's computer is ahead of the services' now. */
  clockAhead(process: string): number
}

/** Where troubles of a process are counted that befell more than one call. */
const everywhere = '*'

/**
 * The gate of one process in bad weather. What befalls a call is drawn from the seed, the process, the kind of the call
 * and its number among those of its kind alone, so that leaving one trouble out does not shift the others, nor does a
 * request that the program learns to send besides.
 */
export class StormGate implements Gate {
  readonly life = new Life()
  readonly #timeline: Timeline
  readonly #options: () => Options
  readonly #witness: Witness
  readonly #process: string
  readonly #seed: number
  readonly #clock: SimulatedClock
  /** By kind. */
  readonly #calls = new Map<string, number>()
  #names = 0
  #lookedAt: Instant | undefined
  /** While the process is suspended, nothing reaches it. */
  #frozenUntil = 0
  /** The services calls to which met with trouble, and `everywhere` for what befell the process itself. */
  readonly #troubles = new Set<string>()

  constructor(seed: number, process: string, timeline: Timeline, options: () => Options, witness: Witness) {
    this.#seed = seed
    this.#process = process
    this.#timeline = timeline
    this.#options = options
    this.#witness = witness
    const { clockError } = options()
    this.#clock = new SimulatedClock({
      truth: () => timeline.now,
      monotonic: () => timeline.elapsed,
      ahead: () => witness.clockAhead(process),
      error: new Chance(evenHash(`${seed} ${process} clock`)).whole(-clockError, clockError),
    })
  }

  /** Whether nothing went wrong for the process and what it sent to these services, or to any when none is named. */
  isUntroubled(...services: readonly string[]): boolean {
    if (this.#clock.steps > 0) return false
    const troubled = [...this.#troubles]
    return services.length === 0
      ? troubled.length === 0
      : !troubled.some((one) => one === everywhere || services.includes(one))
  }

  pass<Answer>(call: Call, take: () => Answer): Promise<Answer> {
    const kind = kindOf(call)
    const count = (this.#calls.get(kind) ?? 0) + 1
    this.#calls.set(kind, count)
    const identity = `${this.#process}.${kind}.${count}`
    const chance = new Chance(evenHash(`${this.#seed} ${identity}`))
    if (this.life.over) return never()
    if (call.limits !== undefined && this.elapsed() > call.limits.sendBy) {
      return Promise.reject(new PatrolError('turn-expired', 'too late to send'))
    }
    const latency = chance.whole(1, this.#options().latency)
    const sentAt = this.#timeline.elapsed
    const trouble = this.#draw(identity, call, chance)
    const lookedAt = this.#lookedAt
    return new Promise<Answer>((resolve, reject) => {
      // `answeredAt` is when the service wrote its answer; undefined where none came.
      const answer = (deliver: () => void, afterMs: number, answeredAt: Instant | undefined): void => {
        const arrive = (): void => {
          if (this.life.over) return
          if (this.#frozenUntil > this.#timeline.elapsed) {
            this.#timeline.at(this.#frozenUntil, arrive)
            return
          }
          if (answeredAt !== undefined) this.#noteDate(call.to, answeredAt, sentAt)
          deliver()
        }
        this.#timeline.in(afterMs, arrive)
      }
      const fail = (error: PatrolError, afterMs: number, answeredAt?: Instant): void => {
        answer(() => reject(error), afterMs, answeredAt)
      }
      const takeEffect = (): Answer => {
        const result = take()
        if (!call.mutates && call.to === vault) this.#lookedAt = this.#timeline.now
        this.#witness.took(this.#process, call, lookedAt)
        return result
      }
      const unknown = (): PatrolError =>
        new PatrolError('service-unavailable', `${call.name}: no answer came`, { outcome: 'unknown' })
      switch (trouble) {
        case 'crash-before':
          this.life.end()
          return
        case 'turned-away': {
          const retryAfter = duration(chance.whole(1, 60) * 1_000)
          const said = new PatrolError('throttled', `${call.name}: too many requests`, { retryAfter })
          this.#timeline.in(latency / 2, () => fail(said, latency / 2, this.#timeline.now))
          return
        }
        case 'failed':
          fail(unknown(), latency)
          return
        case 'late-effect': {
          const { sendBy, timeout } = call.limits as NonNullable<Call['limits']>
          fail(unknown(), timeout)
          // The latest that an earlier turn's request may still land, by the clock of nobody in particular.
          const longest = Math.max(1, sendBy - this.#clock.elapsed() + timeout)
          const landsAt = this.#timeline.elapsed + chance.whole(1, longest)
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
        const arrivedAt = this.#timeline.now
        let result: Answer
        try {
          result = takeEffect()
        } catch (error) {
          answer(() => reject(error), latency / 2, arrivedAt)
          return
        }
        if (trouble === 'crash-after') this.life.end()
        else if (trouble === 'lost-answer') fail(unknown(), latency / 2)
        else answer(() => resolve(result), latency / 2, arrivedAt)
      })
    })
  }

  #draw(identity: string, call: Call, chance: Chance): Trouble | undefined {
    const options = this.#options()
    const weather = this.#witness.weatherOver(call.to)
    const candidates: readonly (readonly [Trouble, number])[] = [
      ['crash-before', options.crash / 2],
      ['crash-after', options.crash / 2],
      ['freeze', options.freeze],
      ['turned-away', Math.max(options.turnedAway, weather.turnedAway)],
      // What a failing service does nothing about comes first, so that one that is down does nothing at all.
      ['failed', Math.max(options.failed, weather.failed === 1 || !call.mutates ? weather.failed : weather.failed / 2)],
      ['lost-answer', call.mutates ? Math.max(options.lostAnswer, weather.failed) : 0],
      ['late-effect', call.mutates ? options.lateEffect : 0],
    ]
    const drawn = candidates.find(([, probability]) => chance.happens(probability))?.[0]
    if (drawn === undefined) return undefined
    const name = `${identity}:${drawn}`
    if (this.#witness.isLeftOut(name)) return undefined
    const where = ['crash-before', 'crash-after', 'freeze'].includes(drawn) ? everywhere : call.to
    this.#troubles.add(where)
    this.#witness.troubled(name, call)
    return drawn
  }

  /** Targets are not asked for the time. */
  #noteDate(service: string, answeredAt: Instant, sentAt: number): void {
    const isTarget = service !== vault && !(organizations as readonly string[]).includes(service)
    if (!isTarget)
      this.#clock.answered(service === vault ? vault : 'azure-devops', answeredAt, this.#timeline.elapsed - sentAt)
  }

  now(): Instant {
    return this.#clock.now()
  }

  elapsed(): number {
    return this.#clock.elapsed()
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
    return this.#clock.skew()
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

/** What a call is about, without what differs from one story to the next. */
function kindOf({ name }: Call): string {
  const [kind = '', subject = ''] = name.split(':')
  return /^(?:revoke|disable|extend)$/.test(kind) ? kind : `${kind}:${subject.split(' (patrol ')[0]}`
}

function quietly(work: () => unknown): unknown {
  try {
    return work()
  } catch {
    // Nobody waits for the answer of a request that was given up.
    return undefined
  }
}
