import { decodeMetadata } from '../../src/core/metadata.ts'
import { duration, instant, shortest } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { type Begun, ownOf } from './begun.ts'
import { isEmergency } from './emergency-judge.ts'
import type { SimulatedEstate, SimulatedPat, SimulatedVersion } from './estate.ts'
import type { Memory } from './memory.ts'
import type { WishJudges } from './wish-judges.ts'

/** Watches what is revoked and switched off: nothing that is in use, held, or within its overlap. */
export class RevocationJudge {
  readonly #memory: Memory
  readonly #estate: SimulatedEstate
  readonly #wishes: WishJudges

  constructor(memory: Memory, wishes: WishJudges) {
    this.#memory = memory
    this.#estate = memory.estate
    this.#wishes = wishes
  }

  /** After a PAT was revoked by the program. */
  afterRevoke(authorizationId: string, begun: Begun | undefined): void {
    const pat = this.#estate.pats.find((one) => one.authorizationId === authorizationId)
    if (pat !== undefined && this.#wishes.successions.isReplaced(pat)) this.#wishes.successions.afterRevoke(pat, begun)
    if (pat === undefined || pat.revokedAt !== this.#estate.now) return
    if (begun?.wish?.kind === 'retirement') this.#wishes.retirements.afterRevoke(pat)
    if (this.#memory.strangers.has(pat) && !this.#wishes.successions.isReplaced(pat))
      return this.#memory.report('I2', `revoked ${pat.displayName}, which is not managed`)
    for (const [secretName, declared] of this.#memory.tokens) {
      const token = ownOf(declared, begun)
      const versions = this.#estate.secrets.get(secretName) ?? []
      const current = versions.at(-1)
      if (current?.enabled === true && this.#memory.holdsValueOf(current.value, pat)) {
        // An emergency does not wait until nothing of before can land any more; the next run makes it good.
        const isLate = isEmergency(begun) && current.storedAt >= (begun?.lookedAt ?? begun?.at ?? 0)
        if (isLate) this.#memory.excused.set(secretName, this.#estate.now)
        else if (begun?.wish?.kind !== 'retirement' || !this.#wishes.retirements.mayEnd(secretName))
          this.#memory.report('I1', `revoked what ${secretName} hands out`)
      }
      this.#judgeHold(pat, secretName, begun)
      this.#judgeOverlap(token, pat, secretName, begun)
      const readable = versions.some(
        (one) => this.#memory.holdsValueOf(one.value, pat) && one.enabled && one.storedAt < (begun?.at ?? 0),
      )
      const forgotten = readable && current !== undefined && !this.#memory.holdsValueOf(current.value, pat)
      if (forgotten && !this.#isEndedElsewhere(pat, secretName)) {
        this.#memory.report(
          'I4',
          `revoked ${pat.displayName} while a version of it is enabled: after a crash no run would see it`,
        )
      }
      for (const target of this.#targetsOf(token, current, begun)) {
        // Whoever meddled with it since the run looked cannot have been seen.
        const seen = (this.#estate.meddledAt(target) ?? 0) < (begun?.at ?? 0)
        const holds = this.#memory.holdsValueOf(this.#estate.held.get(target) ?? '', pat)
        // In an emergency it counts that it was given the new value: that no older one can land on it nobody waits for.
        if (holds && seen && !isEmergency(begun) && begun?.wish?.kind !== 'retirement')
          this.#memory.report('I7', `revoked what target ${target} holds`)
      }
    }
  }

  /** Also one that the configuration does not name any more, if the record said when the run began that it lacks the value. */
  #targetsOf(token: Token, current: SimulatedVersion | undefined, begun: Begun | undefined): ReadonlySet<string> {
    const reading = current === undefined ? undefined : decodeMetadata(current.tags)
    const noted = reading?.kind === 'read' && reading.metadata.writtenAt < (begun?.at ?? 0)
    const waiting = noted
      ? reading.metadata.deliveries.filter((one) => one.deliveredAt === undefined || one.failures > 0)
      : []
    return new Set([...token.targets, ...waiting.map(({ target }) => target)])
  }

  /** Where two persons adopted one PAT for two tokens, it is ended for one of them, and its secret is the one that counts. */
  #isEndedElsewhere(pat: SimulatedPat, secretName: string): boolean {
    return [...this.#memory.tokens.keys()].some((other) => {
      const held = (this.#estate.secrets.get(other) ?? []).filter(({ value }) => this.#memory.holdsValueOf(value, pat))
      return other !== secretName && held.length > 0 && held.every(({ enabled }) => !enabled)
    })
  }

  /** While somebody holds a token, nothing of it is revoked that anybody was ever handed out. */
  #judgeHold(pat: SimulatedPat, secretName: string, begun: Begun | undefined): void {
    const { now } = this.#estate
    const wasHandedOut = this.#memory
      .history(secretName)
      .some((version) => this.#memory.holdsValueOf(version.value, pat))
    if (!wasHandedOut || begun === undefined) return
    const hold = this.#memory.holds.inForce(secretName, instant(begun.lookedAt ?? begun.at), now)
    if (hold !== undefined)
      this.#memory.report('I2', `${pat.displayName} went ${hold.until - now} ms before the hold of ${secretName} ends`)
  }

  #judgeOverlap(token: Token, pat: SimulatedPat, secretName: string, begun: Begun | undefined): void {
    const history = this.#memory.history(secretName)
    for (const [index, version] of history.entries()) {
      const successor = history[index + 1]
      if (
        !this.#memory.holdsValueOf(version.value, pat) ||
        successor === undefined ||
        this.#memory.holdsValueOf(successor.value, pat)
      )
        continue
      const { validFrom, validTo } = this.#estate.byValue(successor.value) ?? pat
      const overlap = shortest(token.overlap, token.renewBefore, duration((validTo - validFrom) / 3))
      const lasted = this.#estate.now - successor.storedAt
      if (lasted >= overlap) continue
      // The ends of retired tokens have a time of their own.
      if (begun?.wish?.kind === 'retirement') continue
      if (begun !== undefined && isEmergency(begun)) this.#wishes.emergencies.afterRevoke(token, pat, secretName, begun)
      else
        this.#memory.report(
          'I7',
          `${pat.displayName} went ${lasted} ms after it was superseded, overlap is ${overlap} ms`,
        )
    }
  }

  /** After a version was disabled by the program. */
  afterDisable(id: string, begun: Begun | undefined): void {
    for (const [secretName, declared] of this.#memory.tokens) {
      const token = ownOf(declared, begun)
      const versions = this.#estate.secrets.get(secretName) ?? []
      const version = versions.find((one) => one.id === id)
      if (version === undefined) continue
      if (version === versions.at(-1)) this.#judgeCurrentDisabled(secretName, begun)
      const pat = this.#estate.byValue(version.value)
      if (pat === undefined || !this.#estate.isActive(pat)) continue
      this.#judgeHold(pat, secretName, begun)
      this.#judgeOverlap(token, pat, secretName, begun)
    }
  }

  #judgeCurrentDisabled(secretName: string, begun: Begun | undefined): void {
    if (begun?.wish?.kind === 'emergency' && begun.wish.revoking === 'first')
      this.#memory.gaps.set(secretName, this.#estate.now)
    else if (begun?.wish?.kind !== 'retirement' || !this.#wishes.retirements.mayEnd(secretName))
      this.#memory.report('I1', `disabled what ${secretName} hands out`)
  }
}
