import type { Token } from '../../src/core/token.ts'
import { secretOf } from './begun.ts'
import type { SimulatedEstate, SimulatedPat } from './estate.ts'
import type { Memory } from './memory.ts'
import type { WishJudges } from './wish-judges.ts'

/** Watches what stores hand out: once a token is established it works, unless the world leaves no way. */
export class HandoutJudge {
  readonly #memory: Memory
  readonly #estate: SimulatedEstate
  readonly #wishes: WishJudges
  /** When a run that met no trouble last looked at each token; expiry is excused while there was none. */
  readonly #cleanRuns = new Map<string, { readonly token: Token; readonly at: number; readonly elsewhere: boolean }>()

  constructor(memory: Memory, wishes: WishJudges) {
    this.#memory = memory
    this.#estate = memory.estate
    this.#wishes = wishes
  }

  /** Goes on with what another judge saw. */
  learnFrom(other: HandoutJudge): void {
    for (const [key, run] of other.#cleanRuns) this.#cleanRuns.set(key, run)
  }

  /**
   * A run to which nothing happened that concerns this token.
   *
   * @param token as that run's configuration declares it
   * @param at when it began
   * @param elsewhere whether there was trouble that does not concern this token
   */
  afterCleanRun(token: Token, at: number, elsewhere: boolean): void {
    const secretName = secretOf(token)
    this.#cleanRuns.set(`${secretName}\n${token.renewBefore}\n${elsewhere}`, { token, at, elsewhere })
    if ((this.#memory.gaps.get(secretName) ?? at) < at)
      this.#memory.report('I4', `a run left ${secretName} without a value, which a person had revoked before it`)
  }

  /** After anything at all: whatever an established token's store hands out works. */
  afterAnything(): void {
    for (const secretName of this.#memory.tokens.keys()) {
      const current = this.#estate.current(secretName)
      if (current === undefined) continue
      const pat = this.#estate.byValue(current.value)
      if (pat === undefined) {
        this.#memory.report('I1', `${secretName} hands out a value that was never minted`)
        continue
      }
      const works = this.#estate.isActive(pat) && pat.value === current.value && !pat.stillborn
      if (current.enabled && works) {
        this.#memory.established.add(secretName)
        this.#memory.excused.delete(secretName)
        this.#memory.gaps.delete(secretName)
        continue
      }
      if (this.#memory.gaps.has(secretName) || this.#wishes.retirements.mayEnd(secretName)) continue
      if (!this.#memory.established.has(secretName) || this.#memory.excused.has(secretName)) continue
      if (pat.revokedOutside || pat.shortened || pat.value !== current.value)
        this.#memory.excused.set(secretName, this.#estate.now)
      else if (pat.revokedAt === undefined && pat.validTo <= this.#estate.now) this.#judgeExpiry(secretName, pat)
      else this.#memory.report('I1', `${secretName} hands out ${pat.displayName}, which does not work`)
    }
  }

  /** A PAT may only expire under its token while no untroubled run came in its window. */
  #judgeExpiry(secretName: string, pat: SimulatedPat): void {
    const runs = [...this.#cleanRuns.values()].filter(({ token, at }) => {
      const window = Math.min(token.renewBefore, (pat.validTo - pat.validFrom) / 3)
      const from = pat.validTo - window
      if (this.#memory.holds.mayHaveStopped(secretName, from, pat.validTo)) return false
      return secretOf(token) === secretName && at > from + window / 100 && at < pat.validTo
    })
    if (runs.some(({ elsewhere }) => !elsewhere))
      this.#memory.report('I1', `${secretName} let ${pat.displayName} expire, although a run came in its window`)
    else if (runs.length > 0)
      this.#memory.report('I6', `${secretName} let ${pat.displayName} expire, because a run had trouble elsewhere`)
    this.#memory.excused.set(secretName, this.#estate.now)
  }
}
