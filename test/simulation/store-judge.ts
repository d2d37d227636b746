import { duration, hour, instant, minute, shortest } from '../../src/core/time.ts'
import { type Begun, secretOf } from './begun.ts'
import type { SimulatedEstate, SimulatedVersion } from './estate.ts'
import type { Memory } from './memory.ts'
import type { WishJudges } from './wish-judges.ts'

/** Watches what is stored: a new value is needed, is not held back, and does not cut off the one before it. */
export class StoreJudge {
  readonly #memory: Memory
  readonly #estate: SimulatedEstate
  readonly #wishes: WishJudges

  constructor(memory: Memory, wishes: WishJudges) {
    this.#memory = memory
    this.#estate = memory.estate
    this.#wishes = wishes
  }

  /**
   * After the program stored a version.
   *
   * @param begun its run: what was stored since then it need not have seen
   */
  afterStore(secretName: string, begun: Begun | undefined): void {
    const key = secretName.toLowerCase()
    const version = this.#estate.current(key)
    if (version === undefined) return
    const history = this.#memory.history(key)
    const repeated = history.at(-1)?.value === version.value
    if (begun !== undefined && !repeated && begun.wish === undefined) {
      this.#judgeNeed(key, history.at(-1), begun)
      this.#judgeReplacement(key, history.at(-1), begun)
    }
    if (begun !== undefined && !repeated) this.#judgeEnd(key, history.at(-1), version, begun)
    if (begun?.wish?.kind === 'rollback' && this.#wishes.rollbacks.afterPutBack(key, version, begun))
      this.#memory.excused.set(key, this.#estate.now)
    if (begun !== undefined && begun.wish === undefined) this.#wishes.rollbacks.afterReplacement(key, version, begun)
    if (begun?.wish?.kind === 'adoption')
      this.#wishes.adoptions.afterStore(key, version, begun, this.#memory.tokens.keys())
    this.#memory.stored(key, version)
  }

  /** A new value while the old one works and is not due is a change that a converged world must not see. */
  #judgeNeed(secretName: string, previous: SimulatedVersion | undefined, begun: Begun): void {
    const token = begun.tokens.find((one) => secretOf(one) === secretName)
    const pat = previous && this.#estate.byValue(previous.value)
    if (token === undefined || pat === undefined || previous === undefined || previous.storedAt >= begun.at) return
    if (!this.#estate.isActive(pat) || !previous.enabled || this.#estate.secrets.get(secretName)?.at(-2) !== previous)
      return
    // Its extension gave it a value that nobody knows.
    if (pat.value !== previous.value) return
    // It was due, and extended over its overlap just now.
    if (pat.extendedAt !== undefined && pat.extendedAt >= begun.at) return
    const scopesChanged = token.scopes?.join(' ') !== pat.scopes.join(' ')
    const window = Math.min(token.renewBefore, (pat.validTo - pat.validFrom) / 3)
    if (scopesChanged || this.#estate.now > pat.validTo - window * 1.2) return
    this.#memory.report('I3', `${secretName} got a new value, although ${pat.displayName} works and is not due`)
  }

  /** While somebody holds its rotation, a token gets no new value as long as the old one works. */
  #judgeReplacement(secretName: string, previous: SimulatedVersion | undefined, begun: Begun): void {
    const { now } = this.#estate
    const hold = this.#memory.holds.inForce(secretName, instant(begun.at), now)
    const pat = previous && this.#estate.byValue(previous.value)
    if (hold?.stops !== 'replacement' || previous?.enabled !== true || pat === undefined) return
    const works = this.#estate.isActive(pat) && pat.value === previous.value && pat.validTo > now + minute
    if (works && previous.storedAt < begun.at)
      this.#memory.report(
        'I3',
        `${secretName} got a new value, ${hold.until - now} ms before the hold of its rotation ends`,
      )
  }

  /** A PAT that ends within its overlap is extended before it is superseded, where nothing stands in the way. */
  #judgeEnd(secretName: string, previous: SimulatedVersion | undefined, current: SimulatedVersion, begun: Begun): void {
    const token = begun.tokens.find((one) => one.place?.secretName.toLowerCase() === secretName)
    const pat = previous && this.#estate.byValue(previous.value)
    const successor = this.#estate.byValue(current.value)
    if (token === undefined || pat === undefined || successor === undefined || previous === undefined) return
    const seen = previous.storedAt < begun.at && pat.validFrom + this.#estate.createLag <= begun.at
    if (begun.troubled || !seen || !previous.enabled || !this.#estate.isActive(pat) || pat.stillborn) return
    // Under a short policy, or a successor of a shorter life than it has by now, extending it may end it sooner.
    const life = duration(successor.validTo - successor.validFrom)
    if (this.#estate.secrets.get(secretName)?.at(-2) !== previous) return
    const limited = this.#estate.maximumLife !== undefined || pat.shortened || life < token.lifetime - hour
    if (limited || pat.validFrom + life < pat.validTo - minute) return
    const overlap = shortest(token.overlap, token.renewBefore, duration(life / 3))
    // What ends any moment counts as ended for a clock that is a little ahead.
    const left = pat.validTo - this.#estate.now
    if (left > minute && left < overlap - 5 * minute)
      this.#memory.report('I7', `${pat.displayName} was superseded although it ends within its overlap`)
  }
}
