/** The emulator's own time: it starts where it is told, runs at the speed of the machine and can be moved. */
export class Clock {
  #startAt: number
  readonly #startedAt = performance.now()

  /** @param startAt milliseconds since the epoch */
  constructor(startAt: number) {
    this.#startAt = startAt
  }

  /** Milliseconds since the epoch, whole. */
  now(): number {
    return Math.floor(this.#startAt + (performance.now() - this.#startedAt))
  }

  /** @param ms how far to move, in milliseconds; negative moves back */
  travel(ms: number): void {
    this.#startAt += ms
  }
}
