import { minute } from '../../src/core/time.ts'
import { decodeMetadata } from '../../src/core/metadata.ts'
import { installationOf, markOf } from '../../src/core/names.ts'
import type { Token } from '../../src/core/token.ts'
import type { SimulatedEstate, SimulatedPat, SimulatedVersion } from './estate.ts'
import type { Report } from './violation.ts'

/** A token that no configuration declares any more, and that a person ends. */
export interface Retired {
  readonly token: Token
  /** How long its consumers have, in milliseconds; 0 when they were given no time. */
  readonly grace: number
  /** When the person first asked for its end. */
  readonly askedAt: number
}

/** Watches the ends of tokens: nobody is cut off before the time that was given, and in the end nothing is left. */
export class RetirementJudge {
  readonly #estate: SimulatedEstate
  readonly #report: Report
  /** By the lower-case names of their secrets. */
  readonly #retired = new Map<string, Retired>()

  constructor(estate: SimulatedEstate, report: Report) {
    this.#estate = estate
    this.#report = report
  }

  begins(secretName: string, retired: Retired): void {
    this.#retired.set(secretName, retired)
  }

  /** Whether the time is over that the consumers of this secret were given, give or take a minute of somebody's clock. */
  mayEnd(secretName: string): boolean {
    const retired = this.#retired.get(secretName)
    return retired !== undefined && this.#estate.now >= retired.askedAt + retired.grace - minute
  }

  /** After a retirement revoked a PAT. */
  afterRevoke(pat: SimulatedPat): void {
    const secretName = this.#secretOf(pat)
    if (secretName === undefined)
      this.#report('I2', `a retirement revoked ${pat.displayName}, which is of no token that is retired`)
    else if (!this.mayEnd(secretName))
      this.#report('I7', `a retirement revoked ${pat.displayName}, while consumers of ${secretName} had time left`)
  }

  /**
   * After the program said that a retirement came to its end.
   *
   * @param beganAt when that process began: what came into being since it may not have seen
   */
  afterEnd(secretName: string, beganAt: number): void {
    const seen = (pat: SimulatedPat): boolean => pat.validFrom + this.#estate.createLag < beganAt
    for (const pat of this.#livingOf(secretName).filter(seen))
      this.#report('I4', `${pat.displayName} lives, although ${secretName} was said to be at its end`)
  }

  /** After the peace nothing is left of what was retired. */
  afterPeace(): void {
    for (const secretName of this.#retired.keys()) {
      const versions = this.#estate.secrets.get(secretName) ?? []
      // Whoever deletes a secret takes away all that tells whose PATs these were.
      if (versions.length === 0) continue
      for (const pat of this.#livingOf(secretName))
        this.#report('I3', `${pat.displayName} of ${secretName} is still active`)
      if (versions.some(({ enabled }) => enabled))
        this.#report('I3', `${secretName}, which was retired, is still handed out`)
      for (const target of this.#deliveredTo(versions)) this.#judgeCopy(secretName, target, versions.at(-1)?.value)
    }
  }

  /** Who died between a delivery and its record, or failed to repeat it, left nothing that could tell of the copy. */
  #deliveredTo(versions: readonly SimulatedVersion[]): readonly string[] {
    const reading = decodeMetadata(versions.at(-1)?.tags ?? {})
    if (reading.kind !== 'read') return []
    return reading.metadata.deliveries.flatMap(({ target, receipt }) => (receipt === undefined ? [] : [target]))
  }

  /** A copy of the last value is gone, where its target can tell which one it is; of any other the person is told. */
  #judgeCopy(secretName: string, target: string, value: string | undefined): void {
    if (this.#estate.blindTargets.has(target) || this.#estate.meddledAt(target) !== undefined) return
    if (this.#estate.held.get(target) === value)
      this.#report('I3', `target ${target} still holds a copy of ${secretName}`)
  }

  #livingOf(secretName: string): readonly SimulatedPat[] {
    return this.#estate.active().filter((pat) => this.#isOf(secretName, pat) && !this.#isElsewhere(secretName, pat))
  }

  #secretOf(pat: SimulatedPat): string | undefined {
    return [...this.#retired.keys()].find((secretName) => this.#isOf(secretName, pat))
  }

  #isOf(secretName: string, pat: SimulatedPat): boolean {
    const isMinted = markOf(pat.displayName)?.installation === installationOf('memory:vault', secretName)
    const versions = this.#estate.secrets.get(secretName) ?? []
    return isMinted || versions.some(({ value }) => this.#estate.byValue(value) === pat)
  }

  /** Another token hands it out, so it is not this one's any more. */
  #isElsewhere(secretName: string, pat: SimulatedPat): boolean {
    return [...this.#estate.secrets.keys()].some((other) => {
      const current = this.#estate.current(other)
      return other !== secretName && current?.enabled === true && this.#estate.byValue(current.value) === pat
    })
  }
}
