const firstCapacity = 1 << 16

/**
 * Numbers tuples of whole numbers in the order in which they are met, each once. Millions fit, because they stand in flat
 * arrays; and none is taken for another, because they are kept and compared whole.
 */
export class StateTable {
  readonly #width: number
  #tuples: Int32Array
  #slots: Int32Array
  #size = 0

  constructor(width: number) {
    this.#width = width
    this.#tuples = new Int32Array(firstCapacity * width)
    this.#slots = new Int32Array(firstCapacity * 2).fill(-1)
  }

  get size(): number {
    return this.#size
  }

  /** The number of a tuple. It is new when the number is the size that the table had. */
  intern(tuple: readonly number[]): number {
    if (this.#size * 2 >= this.#slots.length) this.#grow()
    const mask = this.#slots.length - 1
    for (let slot = hashOf(tuple, 0, this.#width) & mask; ; slot = (slot + 1) & mask) {
      const known = this.#slots[slot] ?? -1
      if (known === -1) {
        this.#slots[slot] = this.#size
        this.#tuples.set(tuple, this.#size * this.#width)
        this.#size += 1
        return this.#size - 1
      }
      if (this.#equals(known, tuple)) return known
    }
  }

  /** The tuple with this number. */
  at(index: number): readonly number[] {
    return Array.from(this.#tuples.subarray(index * this.#width, (index + 1) * this.#width))
  }

  #equals(index: number, tuple: readonly number[]): boolean {
    const from = index * this.#width
    for (let at = 0; at < this.#width; at++) if (this.#tuples[from + at] !== tuple[at]) return false
    return true
  }

  #grow(): void {
    const tuples = new Int32Array(this.#tuples.length * 2)
    tuples.set(this.#tuples)
    this.#tuples = tuples
    const slots = new Int32Array(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let index = 0; index < this.#size; index++) {
      let slot = hashOf(tuples, index * this.#width, this.#width) & mask
      while (slots[slot] !== -1) slot = (slot + 1) & mask
      slots[slot] = index
    }
    this.#slots = slots
  }
}

/** FNV-1a over whole numbers, and a last mixing, because neighbours differ in few bits. */
function hashOf(numbers: ArrayLike<number>, from: number, width: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < from + width; at++) hash = Math.imul(hash ^ (numbers[at] ?? 0), 0x01000193) ^ (hash >>> 15)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
