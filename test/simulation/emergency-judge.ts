import type { Token } from '../../src/core/token.ts'
import type { SimulatedEstate, SimulatedPat, SimulatedVersion } from './estate.ts'
import type { Begun } from './begun.ts'
import type { Report } from './violation.ts'

/** Watches emergencies: what they end before its time has a successor everywhere, and in the end nothing of before works. */
export class EmergencyJudge {
  readonly #estate: SimulatedEstate
  readonly #history: (secretName: string) => readonly SimulatedVersion[]
  readonly #report: Report

  constructor(estate: SimulatedEstate, history: (secretName: string) => readonly SimulatedVersion[], report: Report) {
    this.#estate = estate
    this.#history = history
    this.#report = report
  }

  /** What an emergency ends before its time has a successor that works and that every target was given. */
  afterRevoke(token: Token, pat: SimulatedPat, secretName: string, begun: Begun): void {
    if (begun.wish?.kind !== 'emergency' || begun.wish.revoking === 'first') return
    const current = this.#estate.current(secretName)
    const successor = current && this.#estate.byValue(current.value)
    if (current !== undefined && current.storedAt >= (begun.lookedAt ?? begun.at)) return
    if (current?.enabled !== true || successor === undefined)
      return this.#report('I7', `an emergency ended ${pat.displayName} before ${secretName} had another value`)
    // Whoever revokes from outside may come at any moment.
    if (!this.#estate.isActive(successor) && !successor.revokedOutside)
      this.#report('I7', `an emergency ended ${pat.displayName}, whose successor does not work`)
    // Another instance may store a later one at the very moment.
    const history = this.#history(secretName)
    const later = history.slice(history.findLastIndex((version) => this.#estate.byValue(version.value) === pat) + 1)
    const given = (target: string, { value }: SimulatedVersion): boolean =>
      this.#estate.given.get(target)?.has(value) === true
    if (!later.some((version) => token.targets.every((target) => given(target, version))))
      this.#report('I7', `an emergency ended ${pat.displayName} before every target was given one successor of it`)
  }

  /** The PATs of a token that live and were handed out. */
  livingOf(token: Token): readonly SimulatedPat[] {
    // Of a secret that somebody deleted nobody can know what stood in it.
    const history = this.#estate.secrets.get((token.place?.secretName ?? '').toLowerCase()) ?? []
    return this.#estate.active().filter((pat) => history.some((version) => this.#estate.byValue(version.value) === pat))
  }

  /**
   * After the program said that all of an emergency was done for a token.
   *
   * @param old the PATs of it that lived when it began
   * @param at when it began
   */
  afterDone(token: Token, old: readonly SimulatedPat[], at: number): void {
    for (const pat of old) {
      // What no list showed yet nobody could see.
      const wasListed = pat.validFrom + this.#estate.createLag < at
      if (wasListed && this.#estate.isActive(pat))
        this.#report('I4', `${pat.displayName} of ${token.name} lives, although an emergency said that it is revoked`)
    }
  }
}

/** Whether a person asked this process to revoke without the overlap. */
export function isEmergency(begun: Begun | undefined): boolean {
  return begun?.wish?.kind === 'emergency' && begun.wish.revoking !== 'after-overlap'
}
