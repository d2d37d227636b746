import { setImmediate } from 'node:timers/promises'
import { PatrolError } from '../../src/core/errors.ts'
import { duration, type Instant } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { type Errand, runErrand } from './errand.ts'
import type { Call, Gate } from './gate.ts'
import { Seat } from './seat.ts'

/** What came back to a process: a value, or an error that was thrown. The same number is the same answer. */
export interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: unknown
}

/** A request that a process waits for, as data: the same number is the same request. */
export interface Ask {
  readonly id: number
  readonly call: Call
  /** What it does to the estate that sits in the seat. */
  readonly take: () => unknown
  /** Whether its answer hangs on nothing that any process changes. */
  readonly constant: boolean
}

/** A run of the program after a certain history of answers: what it asks for next, or that it has ended. */
export interface Point {
  readonly id: number
  readonly beganAt: Instant
  /** The number of what is declared for it. */
  readonly declared: number
  readonly errand: Errand
  readonly asks: Ask | undefined
  /** How the run came here; undefined at its beginning. */
  readonly from: { readonly point: Point; readonly answer: Answer } | undefined
  readonly segment: Segment
}

/** What a stretch of the program between two requests took from its surroundings, and how many names it drew. */
interface Segment {
  readonly now: Instant
  sawClock: boolean
  readonly names: number
  drawn: number
}

/** One process that really runs. */
interface Running {
  readonly waiting: { readonly call: Call; readonly take: () => unknown; readonly settle: (answer: Answer) => void }[]
  segment: Segment
  ended: boolean
}

/**
 * What the real program does next after every history of answers, found by running it and remembered. Whatever it asks
 * for is determined by what it was answered, by the clock and by chance; so what it does in one order of two instances'
 * requests need not be run again in a million others.
 */
export class Behaviour {
  readonly seat = new Seat()
  readonly #began: Instant
  readonly #tokens: readonly Token[]
  readonly #points: Point[] = []
  readonly #next = new Map<string, Point[]>()
  /** Processes that wait at a point, and can go on from there once. */
  readonly #resting = new Map<Point, Running>()
  readonly #asks = new Map<string, number>()
  replays = 0

  /**
   * @param began the zero of the monotonic clock
   * @param tokens what a run may have to look after, by number
   */
  constructor(began: Instant, tokens: readonly Token[]) {
    this.#began = began
    this.#tokens = tokens
  }

  point(id: number): Point {
    return this.#points[id - 1] as Point
  }

  /** A run begins, and comes to its first request. */
  async begin(declared: number, errand: Errand, now: Instant, names: number): Promise<Point> {
    const key = `${declared} ${errand} ${now}`
    const known = this.#known(key, now, names)
    if (known !== undefined) return known
    const running = this.#start(declared, errand, { now, sawClock: false, names, drawn: 0 })
    await setImmediate()
    return this.#rest(running, key, { declared, errand, beganAt: now, from: undefined })
  }

  /** A run is answered, and comes to its next request or its end; at once where that is known. */
  answer(point: Point, answer: Answer, now: Instant, names: number): Point | Promise<Point> {
    return this.#known(`${point.id}<${answer.id}`, now, names) ?? this.#goOn(point, answer, now, names)
  }

  #known(key: string, now: Instant, names: number): Point | undefined {
    return this.#next
      .get(key)
      ?.find(
        ({ segment }) => (!segment.sawClock || segment.now === now) && (segment.drawn === 0 || segment.names === names),
      )
  }

  async #goOn(point: Point, answer: Answer, now: Instant, names: number): Promise<Point> {
    const running = this.#resting.get(point) ?? (await this.#replay(point))
    this.#resting.delete(point)
    running.segment = { now, sawClock: false, names, drawn: 0 }
    running.waiting.shift()?.settle(answer)
    await setImmediate()
    const { declared, errand, beganAt } = point
    return this.#rest(running, `${point.id}<${answer.id}`, { declared, errand, beganAt, from: { point, answer } })
  }

  /** The process that once was here has gone another way; another one is brought here. */
  async #replay(point: Point): Promise<Running> {
    this.replays += 1
    const way: Point[] = []
    for (let at: Point | undefined = point; at !== undefined; at = at.from?.point) way.unshift(at)
    const running = this.#start(point.declared, point.errand, { ...(way[0] as Point).segment, drawn: 0 })
    await setImmediate()
    for (const { from, segment } of way.slice(1)) {
      running.segment = { ...segment, drawn: 0 }
      running.waiting.shift()?.settle((from as NonNullable<Point['from']>).answer)
      await setImmediate()
    }
    return running
  }

  #rest(running: Running, key: string, run: Pick<Point, 'declared' | 'errand' | 'beganAt' | 'from'>): Point {
    const [waiting] = running.waiting
    if (waiting === undefined && !running.ended) throw new Error('the program waits for nothing that it asked for')
    const asks = waiting && this.#asked(waiting.call, waiting.take)
    const point: Point = { ...run, id: this.#points.length + 1, asks, segment: running.segment }
    this.#points.push(point)
    this.#next.set(key, [...(this.#next.get(key) ?? []), point])
    if (asks !== undefined) this.#resting.set(point, running)
    return point
  }

  #asked(call: Call, take: () => unknown): Ask {
    const { text, touched } = this.seat.describe(take)
    const key = `${call.name} ${text}`
    const id = this.#asks.get(key) ?? this.#asks.size + 1
    this.#asks.set(key, id)
    const constant = !call.mutates && touched.every((part) => part === 'signedInAs' || part === 'admit')
    return { id, call, take, constant }
  }

  #start(declared: number, errand: Errand, segment: Segment): Running {
    const token = this.#tokens[declared] as Token
    const running: Running = { waiting: [], segment, ended: false }
    const ended = (): void => {
      running.ended = true
    }
    void runErrand(this.seat.view, this.#gate(running), token, errand).then(ended, ended)
    return running
  }

  #gate(running: Running): Gate {
    const now = (): Instant => {
      running.segment.sawClock = true
      return running.segment.now
    }
    const elapsed = (): number => now() - this.#began
    return {
      pass: (call, take) => {
        if (call.limits !== undefined && elapsed() > call.limits.sendBy) {
          return Promise.reject(new PatrolError('turn-expired', 'too late to send'))
        }
        return new Promise((resolve, reject) => {
          const settle = ({ value, error }: Answer): void => {
            if (error === undefined) resolve(value as never)
            else reject(error)
          }
          running.waiting.push({ call, take, settle })
        })
      },
      now,
      elapsed,
      sleep: () => Promise.resolve(),
      skew: () => ({ kind: 'corrected', offset: duration(0) }),
      stopping: () => false,
      characters: (count) => {
        running.segment.drawn += 1
        return nameOf(running.segment.names + running.segment.drawn, count)
      },
      report: () => undefined,
    }
  }
}

/** The random part of a name; its number takes the place of chance. */
export function nameOf(number: number, count: number): string {
  return number.toString(36).padStart(count, '0')
}
