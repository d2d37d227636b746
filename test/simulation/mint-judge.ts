import type { SimulatedEstate } from './estate.ts'
import type { Memory } from './memory.ts'

/** Watches what is minted: nothing whose value was lost is left behind, and what is said to be established is. */
export class MintJudge {
  readonly #memory: Memory
  readonly #estate: SimulatedEstate

  constructor(memory: Memory) {
    this.#memory = memory
    this.#estate = memory.estate
  }

  /**
   * After the program minted.
   *
   * @param lost display names of PATs that the same run minted before, without an answer: it could have read back that
   *   they are there
   */
  afterMint(lost: readonly string[]): void {
    const values = new Set(this.#memory.versions().map(({ value }) => value))
    for (const pat of this.#estate.active()) {
      if (!lost.includes(pat.displayName) || values.has(pat.value)) continue
      this.#memory.report('I4', `a run minted again, while ${pat.displayName} lives, whose value it lost`)
    }
  }

  /** After the program said that it established a new PAT. */
  afterMintDone(authorizationId: string): void {
    const pat = this.#estate.pats.find((one) => one.authorizationId === authorizationId)
    const stored = this.#memory
      .versions()
      .find((version) => pat !== undefined && this.#memory.holdsValueOf(version.value, pat))
    if (pat === undefined || stored === undefined)
      return this.#memory.report('I4', `${authorizationId} was never stored, but the program says so`)
    if (pat.revokedAt !== undefined && pat.revokedAt <= stored.storedAt) {
      this.#memory.report(
        'I4',
        `${pat.displayName} was dead before it was stored, but the program says that it is established`,
      )
    }
  }
}
