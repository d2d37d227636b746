import { installationOf, markOf } from '../../src/core/names.ts'
import { duration, shortest } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { secretOf } from './begun.ts'
import type { SimulatedEstate, SimulatedPat } from './estate.ts'
import type { Memory } from './memory.ts'
import type { WishJudges } from './wish-judges.ts'

/** Watches copies, and what is left when the world has been healthy for long. */
export class PeaceJudge {
  readonly #memory: Memory
  readonly #estate: SimulatedEstate
  readonly #wishes: WishJudges

  constructor(memory: Memory, wishes: WishJudges) {
    this.#memory = memory
    this.#estate = memory.estate
    this.#wishes = wishes
  }

  /**
   * When the world has been healthy for long: one active PAT a token, two in the overlap, and no other of ours.
   *
   * @param patience milliseconds after the overlap within which some run must have revoked a superseded PAT
   */
  afterPeace(tokens: readonly Token[], mutationsOfLastRun: readonly string[], patience: number): void {
    for (const token of tokens) {
      const secretName = token.place?.secretName ?? ''
      if (!this.#estate.currentWorks(secretName))
        this.#memory.report('I4', `${secretName} does not hand out a PAT that works`)
      for (const pat of this.#leftOver(token, secretName, patience))
        this.#memory.report('I3', `${pat.displayName} is still active`)
      this.#judgeCopies(token, secretName)
    }
    this.#wishes.retirements.afterPeace()
    this.#wishes.successions.afterPeace(tokens)
    this.#wishes.rollbacks.afterPeace((secretName, { validFrom, validTo }) => {
      const token = tokens.find((one) => secretOf(one) === secretName && one.method === 'rotate')
      return token && shortest(token.renewBefore, duration((validTo - validFrom) / 3))
    }, patience)
    for (const stranger of this.#memory.strangers) {
      if (this.#wishes.successions.isReplaced(stranger)) continue
      if (stranger.revokedAt !== undefined) this.#memory.report('I2', `${stranger.displayName} was revoked`)
    }
    if (mutationsOfLastRun.length > 0)
      this.#memory.report('I3', `a converged run sent ${mutationsOfLastRun.join(', ')}`)
  }

  /**
   * After an untroubled run that began when nothing which had been under way could still land. What a target holds now it
   * holds until the next rotation, which would hide that it got a wrong value.
   */
  afterSettling(tokens: readonly Token[]): void {
    for (const token of tokens) {
      const secretName = token.place?.secretName ?? ''
      // A run that could not establish a value may leave targets what they have.
      if (this.#estate.currentWorks(secretName)) this.#judgeCopies(token, secretName)
    }
  }

  #judgeCopies(token: Token, secretName: string): void {
    const value = this.#estate.current(secretName)?.value
    for (const target of token.targets) {
      if (this.#estate.held.get(target) !== value)
        this.#memory.report('I3', `target ${target} does not hold the current value of ${token.name}`)
    }
  }

  #leftOver(token: Token, secretName: string, patience: number): readonly SimulatedPat[] {
    const versions = this.#estate.secrets.get(secretName.toLowerCase()) ?? []
    const mark = installationOf('memory:vault', secretName)
    return this.#estate.active().filter((pat) => {
      // One that was adopted bears no mark.
      const isOwn =
        markOf(pat.displayName)?.installation === mark ||
        versions.some((version) => this.#memory.holdsValueOf(version.value, pat))
      if (!isOwn || this.#memory.holdsValueOf(versions.at(-1)?.value ?? '', pat)) return false
      const last = versions.findLastIndex((version) => this.#memory.holdsValueOf(version.value, pat))
      const successor = last === -1 ? undefined : versions[last + 1]
      if (successor === undefined) return true
      const opensAt = Math.max(successor.storedAt + token.overlap, this.#memory.holds.lastEnd(secretName.toLowerCase()))
      return this.#estate.now > opensAt + patience
    })
  }
}
