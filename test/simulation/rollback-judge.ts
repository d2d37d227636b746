import { type Duration, duration, instant, minute } from '../../src/core/time.ts'
import type { SimulatedEstate, SimulatedPat, SimulatedVersion } from './estate.ts'
import type { HoldJudge } from './hold-judge.ts'
import type { Begun } from './begun.ts'
import type { Report } from './violation.ts'

/** An older PAT that is to stay what its store hands out. */
interface Standing {
  readonly authorizationId: string
  /** Since when the program says so. */
  readonly since: number
  readonly until: number
}

/** What the program said of a rollback that it called done. */
export interface ClaimedRollback {
  /** The authorizationId of the older PAT. */
  readonly to: string
  readonly targets: readonly string[]
  /** When its hold ends; undefined when it saw none. */
  readonly until: number | undefined
  readonly beganAt: number
}

/** Watches rollbacks: what is put back is alive, goes to everybody, and stays until the hold ends; then it is replaced. */
export class RollbackJudge {
  readonly #estate: SimulatedEstate
  readonly #holds: HoldJudge
  readonly #history: (secretName: string) => readonly SimulatedVersion[]
  readonly #report: Report
  readonly #standing = new Map<string, Standing>()

  constructor(
    estate: SimulatedEstate,
    holds: HoldJudge,
    history: (secretName: string) => readonly SimulatedVersion[],
    report: Report,
  ) {
    this.#estate = estate
    this.#holds = holds
    this.#history = history
    this.#report = report
  }

  /**
   * After a rollback stored a version; the history does not have it yet.
   *
   * @returns whether it may hand out what is dead, because a person took off the hold of a rollback that was under way
   */
  afterPutBack(secretName: string, { value, storedAt }: SimulatedVersion, begun: Begun): boolean {
    const pat = this.#estate.byValue(value)
    const wasHandedOut = this.#history(secretName).some((one) => this.#estate.byValue(one.value) === pat)
    if (pat === undefined || !wasHandedOut) {
      this.#report('I2', `a rollback of ${secretName} stored a value that it never handed out`)
      return false
    }
    if (this.#holds.lastChange(secretName) > begun.at) return true
    if (pat.revokedAt !== undefined && !pat.revokedOutside)
      this.#report('I1', `a rollback made ${pat.displayName} current, which one of us had revoked`)
    // Nothing of the rollback can still be under way by then, so its hold lasts at least as long.
    const until = instant(begun.at + (orphanAfterOf(begun, secretName) ?? 0))
    this.#holds.wished(secretName, { until, stops: 'replacement' }, storedAt).placedAt = storedAt
    return false
  }

  /** After an instance stored a version; the history does not have it yet. */
  afterReplacement(secretName: string, { value }: SimulatedVersion, begun: Begun): void {
    const standing = this.#standing.get(secretName)
    const { now } = this.#estate
    const previous = this.#history(secretName).at(-1)
    const pat = previous && this.#estate.byValue(previous.value)
    if (standing === undefined || pat === undefined || previous === undefined) return
    const heeds = begun.at >= standing.since && this.#holds.lastChange(secretName) <= standing.since
    if (!heeds || standing.until <= now + minute || pat.authorizationId !== standing.authorizationId) return
    const works = this.#estate.isActive(pat) && pat.value === previous.value && pat.validTo > now + minute
    // Somebody may have deleted the secret, or disabled what it hands out.
    const stands = previous.enabled && this.#estate.secrets.get(secretName)?.at(-2) === previous
    if (works && stands && this.#estate.byValue(value) !== pat)
      this.#report(
        'I3',
        `${pat.displayName}, which was put back, was replaced ${standing.until - now} ms before its time`,
      )
  }

  /** After the program said that a rollback is done: the older PAT is current, and everybody has it. */
  afterDone(secretName: string, { to, targets, until, beganAt }: ClaimedRollback): void {
    const current = this.#estate.current(secretName)
    // Who stores at the same time need not have been seen.
    if (current === undefined || this.#otherStored(secretName, to, beganAt)) return
    const pat = this.#estate.byValue(current.value)
    if (pat?.authorizationId !== to || !current.enabled)
      return this.#report('I4', `${secretName} does not hand out ${to}, although a rollback said so`)
    for (const target of targets) {
      // It had been given it before, and the bad one after that.
      if ((this.#estate.givenAt(target, current.value) ?? 0) >= current.storedAt) continue
      this.#report('I4', `target ${target} was not given ${pat.displayName} again, although a rollback said so`)
    }
    if (until !== undefined) this.#standing.set(secretName, { authorizationId: to, since: this.#estate.now, until })
  }

  /** After the program said that another instance had stored a value meanwhile. */
  afterMovedOn(secretName: string, to: string, beganAt: number): void {
    if (this.#estate.current(secretName) === undefined || this.#otherStored(secretName, to, beganAt)) return
    this.#report('I4', `a rollback of ${secretName} gave way to another instance, although none stored anything`)
  }

  #otherStored(secretName: string, to: string, since: number): boolean {
    const later = this.#history(secretName).filter(({ storedAt }) => storedAt >= since)
    return later.some(({ value }) => this.#estate.byValue(value)?.authorizationId !== to)
  }

  /**
   * After the peace what was put back has a successor, unless there is time left.
   *
   * @param windowOf how long before its end a PAT of this secret must be replaced; undefined where it is extended instead
   */
  afterPeace(windowOf: (secretName: string, pat: SimulatedPat) => Duration | undefined, patience: number): void {
    for (const [secretName, { authorizationId, until }] of this.#standing) {
      const current = this.#estate.current(secretName)
      const pat = current && this.#estate.byValue(current.value)
      const window = pat === undefined ? undefined : windowOf(secretName, pat)
      if (pat?.authorizationId !== authorizationId || window === undefined) continue
      const dueAt = Math.max(until, this.#holds.lastEnd(secretName), pat.validTo - window * 0.9)
      if (this.#estate.now > dueAt + patience)
        this.#report('I3', `${pat.displayName}, which was put back, is due and has no successor`)
    }
  }

  /** The secret is gone, and with it all that stood in it. */
  lost(secretName: string): void {
    this.#standing.delete(secretName)
  }
}

function orphanAfterOf({ tokens }: Begun, secretName: string): Duration | undefined {
  const token = tokens.find(({ place }) => place?.secretName.toLowerCase() === secretName)
  return token && duration(token.orphanAfter)
}
