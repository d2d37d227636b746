/**
 * The life of one process. After its end nothing that it awaits comes back, so that no `catch` or `finally` of the
 * program runs, as with a power cut.
 */
export class Life {
  readonly ended: Promise<'crashed'>
  #resolve: (word: 'crashed') => void = () => undefined
  #over = false

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get over(): boolean {
    return this.#over
  }

  end(): void {
    this.#over = true
    this.#resolve('crashed')
  }

  /** Does work on behalf of the process, if it still lives when its turn comes. */
  async live<Answer>(work: () => Answer): Promise<Answer> {
    // Every await of the program is a place where another one can run.
    await Promise.resolve()
    if (this.#over) return never()
    try {
      return work()
    } catch (error) {
      if (this.#over) return never()
      throw error
    }
  }
}

export function never<Answer>(): Promise<Answer> {
  return new Promise(() => undefined)
}
