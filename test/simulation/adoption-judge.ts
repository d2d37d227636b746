import type { SimulatedEstate, SimulatedVersion } from './estate.ts'
import type { Begun } from './begun.ts'
import type { Report } from './violation.ts'

/** Watches adoptions: nobody's value is overwritten, and no PAT gets a second owner. */
export class AdoptionJudge {
  readonly #estate: SimulatedEstate
  readonly #history: (secretName: string) => readonly SimulatedVersion[]
  readonly #report: Report

  constructor(estate: SimulatedEstate, history: (secretName: string) => readonly SimulatedVersion[], report: Report) {
    this.#estate = estate
    this.#history = history
    this.#report = report
  }

  /** A PAT that is adopted has one owner, and the token had no value before. */
  afterStore(secretName: string, { value }: SimulatedVersion, begun: Begun, tokens: Iterable<string>): void {
    const pat = this.#estate.byValue(value)
    const earlier = this.#history(secretName).at(-1)
    const stood = this.#estate.secrets.get(secretName)?.at(-2)
    if (
      earlier !== undefined &&
      earlier === stood &&
      earlier.storedAt < begun.at &&
      this.#estate.byValue(earlier.value) !== pat
    )
      this.#report('I2', `an adoption took the place of a value that ${secretName} had`)
    for (const other of tokens) {
      const current = other === secretName ? undefined : this.#estate.current(other)
      if (current?.enabled === true && current.storedAt < begun.at && this.#estate.byValue(current.value) === pat)
        this.#report('I2', `${pat?.displayName} was adopted for ${secretName}, and is the value of ${other}`)
    }
  }
}
