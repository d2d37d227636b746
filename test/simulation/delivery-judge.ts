import type { Begun } from './begun.ts'
import type { SimulatedEstate } from './estate.ts'
import type { Memory } from './memory.ts'

/** Watches the order in which targets are given a value. */
export class DeliveryJudge {
  readonly #memory: Memory
  readonly #estate: SimulatedEstate

  constructor(memory: Memory) {
    this.#memory = memory
    this.#estate = memory.estate
  }

  /** After the program gave a value to a target for the first time: those of earlier groups were given it before. */
  afterDeliver(target: string, value: string, begun: Begun | undefined): void {
    const token = begun?.tokens.find(({ targets }) => targets.includes(target))
    if (token === undefined) return
    const group = (name: string): number => token.groups?.get(name) ?? 1
    const earlier = token.targets.filter((name) => group(name) < group(target))
    for (const name of earlier) {
      if (this.#estate.given.get(name)?.has(value) === true) continue
      this.#memory.report('I3', `target ${target} got a value that ${name}, of an earlier group, never got`)
    }
  }
}
