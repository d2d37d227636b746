import { day, duration, instant, shortest, times } from '../../src/core/time.ts'
import type { Replaced, Token } from '../../src/core/token.ts'
import type { SimulatedEstate, SimulatedPat, SimulatedVersion } from './estate.ts'
import type { HoldJudge } from './hold-judge.ts'
import type { Begun } from './begun.ts'
import type { Report } from './violation.ts'

/** What the judge remembers of each secret. */
type History = (secretName: string) => readonly SimulatedVersion[]

/** Watches PATs that are replaced: each goes once, and only when all that replaces it is in place. */
export class SuccessionJudge {
  readonly #estate: SimulatedEstate
  readonly #holds: HoldJudge
  readonly #history: History
  readonly #report: Report
  #replaced: SimulatedPat | undefined
  #revokedBy: string | undefined

  constructor(estate: SimulatedEstate, holds: HoldJudge, history: History, report: Report) {
    this.#estate = estate
    this.#holds = holds
    this.#history = history
    this.#report = report
  }

  begins(replaced: SimulatedPat): void {
    this.#replaced = replaced
  }

  isReplaced(pat: SimulatedPat): boolean {
    return this.#replaced === pat
  }

  /** After a replaced PAT was asked to be revoked; it may have been dead by then. */
  afterRevoke(pat: SimulatedPat, begun: Begun | undefined): void {
    const { now, revokeLag } = this.#estate
    if (begun === undefined || pat.revokedAt === undefined) return
    if (pat.revokedAt !== now) {
      const isRepeated = begun.process !== undefined && begun.process === this.#revokedBy && !begun.troubled
      if (pat.revokedAt + revokeLag < begun.at || isRepeated)
        this.#report('I3', `${pat.displayName}, which was replaced, was revoked again`)
      return
    }
    this.#revokedBy = begun.process
    const successors = begun.tokens.filter((token) => nameOf(token, pat) !== undefined)
    if (successors.length === 0 || successors.some((token) => nameOf(token, pat)?.revoke !== true))
      return this.#report('I2', `revoked ${pat.displayName}, of which not every entry says so`)
    for (const token of successors) this.#judgeSuccessor(pat, token, begun)
  }

  #judgeSuccessor(pat: SimulatedPat, token: Token, begun: Begun): void {
    const { now, revokeLag } = this.#estate
    const secretName = (token.place?.secretName ?? '').toLowerCase()
    const hold = this.#holds.inForce(secretName, instant(begun.lookedAt ?? begun.at), now)
    if (hold !== undefined) this.#report('I2', `revoked ${pat.displayName}, while somebody holds ${secretName}`)
    const current = this.#estate.current(secretName)
    const successor = current && this.#estate.byValue(current.value)
    // What ended since it looked, or what lists still show, it need not know of.
    const diedAt = Math.min((successor?.revokedAt ?? Number.POSITIVE_INFINITY) + revokeLag, successor?.validTo ?? 0)
    const isDead = current?.enabled !== true || diedAt < (begun.lookedAt ?? begun.at)
    if (successor === undefined || successor === pat || isDead)
      return this.#report('I7', `revoked ${pat.displayName}, although ${secretName} hands out nothing in its place`)
    const [first] = this.#history(secretName).filter(({ value }) => this.#estate.byValue(value) !== pat)
    const { validFrom, validTo } = successor
    const overlap = shortest(token.overlap, token.renewBefore, duration((validTo - validFrom) / 3))
    const lasted = now - (first?.storedAt ?? now)
    if (lasted < overlap)
      this.#report('I7', `${pat.displayName} went ${lasted} ms after ${secretName} could replace it`)
    if (current.storedAt >= begun.at) return
    for (const target of token.targets) {
      if (this.#estate.given.get(target)?.has(current.value) === true) continue
      this.#report('I7', `revoked ${pat.displayName} before target ${target} was given its successor`)
    }
  }

  /**
   * After the peace it is gone, if every entry says so.
   *
   * @param tokens what is declared
   */
  afterPeace(tokens: readonly Token[]): void {
    const pat = this.#replaced
    if (pat === undefined || !this.#estate.isActive(pat)) return
    // Of tokens that live for hours one or the other is in an overlap of its own at nearly any time.
    if (tokens.some((token) => nameOf(token, pat) !== undefined && token.lifetime < times(7, day))) return
    // It can be revoked in its own organization alone.
    const isReached = ({ organization }: Token): boolean => pat.allOrganizations || organization === pat.organization
    const names = tokens.flatMap((token) => nameOf(token, pat) ?? [])
    if (
      tokens.some((token) => isReached(token) && nameOf(token, pat) !== undefined) &&
      names.every(({ revoke }) => revoke)
    )
      this.#report('I3', `${pat.displayName}, all of whose successors are in place, is still active`)
  }
}

function nameOf({ replaces = [] }: Token, { authorizationId }: SimulatedPat): Replaced | undefined {
  return replaces.find((one) => one.authorizationId === authorizationId.toLowerCase())
}
