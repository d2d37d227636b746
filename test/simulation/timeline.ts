import { setImmediate } from 'node:timers/promises'
import { type Instant, instant } from '../../src/core/time.ts'

interface Entry {
  readonly at: number
  readonly order: number
  readonly what: () => void
}

/**
 * Virtual time. What is to happen stands in a queue; the next thing happens when everything that the last one set off
 * has come to rest. Nothing else moves time, so a run is the same whenever and wherever it is run.
 */
export class Timeline {
  readonly #began: Instant
  readonly #heap: Entry[] = []
  #now = 0
  #order = 0

  readonly #moved: (now: Instant) => void

  /** @param moved told of each new time before anything happens at it */
  constructor(began: Instant, moved: (now: Instant) => void) {
    this.#began = began
    this.#moved = moved
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return this.#now
  }

  get now(): Instant {
    return instant(this.#began + this.#now)
  }

  /** @param elapsed milliseconds since the beginning; what lies in the past happens next */
  at(elapsed: number, what: () => void): void {
    this.#order += 1
    this.#heap.push({ at: Math.max(elapsed, this.#now), order: this.#order, what })
    this.#rise(this.#heap.length - 1)
  }

  in(ms: number, what: () => void): void {
    this.at(this.#now + ms, what)
  }

  /** Lets things happen until the given time; `look` is called after each. Stops early when it returns true. */
  async drive(until: number, look: () => boolean): Promise<void> {
    // What was set off just now asks for its first event before time moves.
    await setImmediate()
    for (;;) {
      const next = this.#heap[0]
      if (next === undefined || next.at > until) break
      this.#pop()
      this.#now = next.at
      this.#moved(this.now)
      next.what()
      await setImmediate()
      if (look()) return
    }
    this.#now = Math.max(this.#now, until)
    this.#moved(this.now)
  }

  #rise(index: number): void {
    let at = index
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #pop(): void {
    const last = this.#heap.pop()
    if (last === undefined || this.#heap.length === 0) return
    this.#heap[0] = last
    let at = 0
    for (;;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#heap.length && this.#before(child, least)) least = child
      }
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #before(left: number, right: number): boolean {
    const [one, other] = [this.#heap[left], this.#heap[right]]
    if (one === undefined || other === undefined) return false
    return one.at < other.at || (one.at === other.at && one.order < other.order)
  }

  #swap(left: number, right: number): void {
    const [one, other] = [this.#heap[left], this.#heap[right]]
    if (one === undefined || other === undefined) return
    this.#heap[left] = other
    this.#heap[right] = one
  }
}
