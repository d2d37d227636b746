/** Chance that a seed determines: the same seed gives the same numbers for ever (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.unit() * (most - least + 1))
  }

  happens(probability: number): boolean {
    return this.unit() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('nothing to pick from')
    return items[this.whole(0, items.length - 1)] as Item
  }

  characters(count: number): string {
    return Array.from({ length: count }, () => '0123456789abcdefghijklmnopqrstuvwxyz'[this.whole(0, 35)]).join('')
  }

  /** Chance of its own for a part, so that one part's draws do not shift another's. */
  fork(): Chance {
    return new Chance(Math.floor(this.unit() * 2 ** 32))
  }
}
