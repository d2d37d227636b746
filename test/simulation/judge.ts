import { decodeMetadata } from '../../src/core/metadata.ts'
import { markOf } from '../../src/core/names.ts'
import { duration, hour, instant, minute, shortest } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { installationOf } from '../../src/core/names.ts'
import type { SimulatedEstate, SimulatedPat, SimulatedVersion } from './estate.ts'
import { AdoptionJudge } from './adoption-judge.ts'
import { EmergencyJudge, isEmergency } from './emergency-judge.ts'
import { HoldJudge } from './hold-judge.ts'
import { RetirementJudge } from './retirement-judge.ts'
import { SuccessionJudge } from './succession-judge.ts'
import type { Wish } from './wish.ts'

export type Report = (invariant: Invariant, message: string) => void

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8'

export interface Violation {
  readonly invariant: Invariant
  readonly message: string
}

/** What a run began with. */
export interface Begun {
  readonly at: number
  readonly tokens: readonly Token[]
  /** When it last looked into the store before it sent what is judged; absent where that cannot be told. */
  readonly lookedAt?: number
  /** Whether anything has gone wrong in it so far; such a run may leave work to the next one. */
  readonly troubled: boolean
  /** What a person asked for; absent for a run of an instance. */
  readonly wish?: Wish
}

/**
 * Watches the estate and knows nothing of how the program works: what must never happen, whoever runs and whatever goes
 * wrong. It is told of every effect right after it took place.
 */
export class Judge {
  readonly violations: Violation[] = []
  readonly holds = new HoldJudge()
  readonly emergencies: EmergencyJudge
  readonly retirements: RetirementJudge
  readonly successions: SuccessionJudge
  readonly #adoptions: AdoptionJudge
  readonly #estate: SimulatedEstate
  /** Every token that was ever declared, by the lower-case name of its secret. */
  readonly #tokens = new Map<string, Token>()
  /** PATs that Patrol does not manage. */
  readonly #strangers: ReadonlySet<SimulatedPat>
  /** Since when a token's store hands out what does not work, and may do so for a reason that lies outside. */
  readonly #excused = new Map<string, number>()
  readonly #established = new Set<string>()
  /** Since when a token's store hands out nothing, because a person asked for a revocation before there is a new value. */
  readonly #gaps = new Map<string, number>()
  /** Every version that was ever stored, by the secret's name, whatever became of the secret. */
  readonly #history = new Map<string, readonly SimulatedVersion[]>()
  /** When a run that met no trouble last looked at each token; expiry is excused while there was none. */
  readonly #cleanRuns = new Map<string, { readonly token: Token; readonly at: number; readonly elsewhere: boolean }>()

  constructor(estate: SimulatedEstate, tokens: readonly Token[], strangers: readonly SimulatedPat[]) {
    this.#estate = estate
    this.#strangers = new Set(strangers)
    const report: Report = (invariant, message) => this.#report(invariant, message)
    this.retirements = new RetirementJudge(estate, report)
    const history = (secretName: string) => this.#history.get(secretName) ?? []
    this.emergencies = new EmergencyJudge(estate, history, report)
    this.#adoptions = new AdoptionJudge(estate, history, report)
    this.successions = new SuccessionJudge(estate, this.holds, history, report)
    this.declare(tokens)
  }

  /** A judge of a copy of the estate, who remembers the same. */
  ofCopy(estate: SimulatedEstate): Judge {
    const strangers = new Set([...this.#strangers].map(({ authorizationId }) => authorizationId))
    const copies = estate.pats.filter(({ authorizationId }) => strangers.has(authorizationId))
    const judge = new Judge(estate, [...this.#tokens.values()], copies)
    for (const [secretName, history] of this.#history) {
      const versions = new Map(estate.secrets.get(secretName)?.map((version) => [version.id, version]))
      judge.#history.set(
        secretName,
        history.map((version) => versions.get(version.id) ?? version),
      )
    }
    for (const secretName of this.#established) judge.#established.add(secretName)
    for (const [secretName, since] of this.#excused) judge.#excused.set(secretName, since)
    judge.violations.push(...this.violations)
    for (const [key, run] of this.#cleanRuns) judge.#cleanRuns.set(key, run)
    return judge
  }

  /** All that the judge remembers, as text. */
  fingerprint(): string {
    const history = [...this.#history].map(([secretName, versions]) => [secretName, versions.map(({ id }) => id)])
    return JSON.stringify([history, [...this.#established], [...this.#excused.keys()], this.violations])
  }

  isStranger(pat: SimulatedPat): boolean {
    return this.#strangers.has(pat)
  }

  declare(tokens: readonly Token[]): void {
    for (const token of tokens) this.#tokens.set(secretOf(token), token)
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
    if ((this.#gaps.get(secretName) ?? at) < at)
      this.#report('I4', `a run left ${secretName} without a value, which a person had revoked before it`)
  }

  /** After a PAT was revoked by the program. */
  afterRevoke(authorizationId: string, begun: Begun | undefined): void {
    const pat = this.#estate.pats.find((one) => one.authorizationId === authorizationId)
    if (pat !== undefined && this.successions.isReplaced(pat)) this.successions.afterRevoke(pat, begun)
    if (pat === undefined || pat.revokedAt !== this.#estate.now) return
    if (begun?.wish?.kind === 'retirement') this.retirements.afterRevoke(pat)
    if (this.#strangers.has(pat) && !this.successions.isReplaced(pat))
      return this.#report('I2', `revoked ${pat.displayName}, which is not managed`)
    for (const [secretName, declared] of this.#tokens) {
      const token = ownOf(declared, begun)
      const versions = this.#estate.secrets.get(secretName) ?? []
      const current = versions.at(-1)
      if (current?.enabled === true && this.#holds(current.value, pat)) {
        // An emergency does not wait until nothing of before can land any more; the next run makes it good.
        const isLate = isEmergency(begun) && current.storedAt >= (begun?.lookedAt ?? begun?.at ?? 0)
        if (isLate) this.#excused.set(secretName, this.#estate.now)
        else if (begun?.wish?.kind !== 'retirement' || !this.retirements.mayEnd(secretName))
          this.#report('I1', `revoked what ${secretName} hands out`)
      }
      this.#judgeHold(pat, secretName, begun)
      this.#judgeOverlap(token, pat, secretName, begun)
      const readable = versions.some(
        (one) => this.#holds(one.value, pat) && one.enabled && one.storedAt < (begun?.at ?? 0),
      )
      if (readable && current !== undefined && !this.#holds(current.value, pat)) {
        this.#report(
          'I4',
          `revoked ${pat.displayName} while a version of it is enabled: after a crash no run would see it`,
        )
      }
      for (const target of this.#targetsOf(token, current, begun)) {
        // Whoever meddled with it since the run looked cannot have been seen.
        const seen = (this.#estate.meddledAt(target) ?? 0) < (begun?.at ?? 0)
        const holds = this.#holds(this.#estate.held.get(target) ?? '', pat)
        // In an emergency it counts that it was given the new value: that no older one can land on it nobody waits for.
        if (holds && seen && !isEmergency(begun) && begun?.wish?.kind !== 'retirement')
          this.#report('I7', `revoked what target ${target} holds`)
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

  /** While somebody holds a token, nothing of it is revoked that anybody was ever handed out. */
  #judgeHold(pat: SimulatedPat, secretName: string, begun: Begun | undefined): void {
    const { now } = this.#estate
    const wasHandedOut = (this.#history.get(secretName) ?? []).some((version) => this.#holds(version.value, pat))
    if (!wasHandedOut || begun === undefined) return
    const hold = this.holds.inForce(secretName, instant(begun.lookedAt ?? begun.at), now)
    if (hold !== undefined)
      this.#report('I2', `${pat.displayName} went ${hold.until - now} ms before the hold of ${secretName} ends`)
  }

  #judgeOverlap(token: Token, pat: SimulatedPat, secretName: string, begun: Begun | undefined): void {
    const history = this.#history.get(secretName) ?? []
    for (const [index, version] of history.entries()) {
      const successor = history[index + 1]
      if (!this.#holds(version.value, pat) || successor === undefined || this.#holds(successor.value, pat)) continue
      const { validFrom, validTo } = this.#estate.byValue(successor.value) ?? pat
      const overlap = shortest(token.overlap, token.renewBefore, duration((validTo - validFrom) / 3))
      const lasted = this.#estate.now - successor.storedAt
      if (lasted >= overlap) continue
      // The ends of retired tokens have a time of their own.
      if (begun?.wish?.kind === 'retirement') continue
      if (begun !== undefined && isEmergency(begun)) this.emergencies.afterRevoke(token, pat, secretName, begun)
      else this.#report('I7', `${pat.displayName} went ${lasted} ms after it was superseded, overlap is ${overlap} ms`)
    }
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
    const history = this.#history.get(key) ?? []
    const repeated = history.at(-1)?.value === version.value
    if (begun !== undefined && !repeated && begun.wish === undefined) {
      this.#judgeNeed(key, history.at(-1), begun)
      this.#judgeReplacement(key, history.at(-1), begun)
    }
    if (begun !== undefined && !repeated) this.#judgeEnd(key, history.at(-1), version, begun)
    if (begun?.wish?.kind === 'adoption') this.#adoptions.afterStore(key, version, begun, this.#tokens.keys())
    this.#history.set(key, [...history, version])
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
    this.#report('I3', `${secretName} got a new value, although ${pat.displayName} works and is not due`)
  }

  /** While somebody holds its rotation, a token gets no new value as long as the old one works. */
  #judgeReplacement(secretName: string, previous: SimulatedVersion | undefined, begun: Begun): void {
    const { now } = this.#estate
    const hold = this.holds.inForce(secretName, instant(begun.at), now)
    const pat = previous && this.#estate.byValue(previous.value)
    if (hold?.stops !== 'replacement' || previous?.enabled !== true || pat === undefined) return
    const works = this.#estate.isActive(pat) && pat.value === previous.value && pat.validTo > now + minute
    if (works && previous.storedAt < begun.at)
      this.#report('I3', `${secretName} got a new value, ${hold.until - now} ms before the hold of its rotation ends`)
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
      this.#report('I7', `${pat.displayName} was superseded although it ends within its overlap`)
  }

  /** Somebody removed a secret with all its versions. */
  afterLoss(secretName: string): void {
    this.#estate.secrets.delete(secretName.toLowerCase())
    this.holds.lost(secretName.toLowerCase())
    this.#established.delete(secretName.toLowerCase())
  }

  /**
   * After the program minted.
   *
   * @param lost display names of PATs that the same run minted before, without an answer: it could have read back that
   *   they are there
   */
  afterMint(lost: readonly string[]): void {
    const values = new Set([...this.#history.values()].flat().map(({ value }) => value))
    for (const pat of this.#estate.active()) {
      if (!lost.includes(pat.displayName) || values.has(pat.value)) continue
      this.#report('I4', `a run minted again, while ${pat.displayName} lives, whose value it lost`)
    }
  }

  /** After the program said that it established a new PAT. */
  afterMintDone(authorizationId: string): void {
    const pat = this.#estate.pats.find((one) => one.authorizationId === authorizationId)
    const stored = [...this.#history.values()]
      .flat()
      .find((version) => pat !== undefined && this.#holds(version.value, pat))
    if (pat === undefined || stored === undefined)
      return this.#report('I4', `${authorizationId} was never stored, but the program says so`)
    if (pat.revokedAt !== undefined && pat.revokedAt <= stored.storedAt) {
      this.#report(
        'I4',
        `${pat.displayName} was dead before it was stored, but the program says that it is established`,
      )
    }
  }

  /** After the program gave a value to a target for the first time: those of earlier groups were given it before. */
  afterDeliver(target: string, value: string, begun: Begun | undefined): void {
    const token = begun?.tokens.find(({ targets }) => targets.includes(target))
    if (token === undefined) return
    const group = (name: string): number => token.groups?.get(name) ?? 1
    const earlier = token.targets.filter((name) => group(name) < group(target))
    for (const name of earlier) {
      if (this.#estate.given.get(name)?.has(value) === true) continue
      this.#report('I3', `target ${target} got a value that ${name}, of an earlier group, never got`)
    }
  }

  #holds(value: string, pat: SimulatedPat): boolean {
    return this.#estate.byValue(value) === pat
  }

  /** After a version was disabled by the program. */
  afterDisable(id: string, begun: Begun | undefined): void {
    for (const [secretName, declared] of this.#tokens) {
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
      this.#gaps.set(secretName, this.#estate.now)
    else if (begun?.wish?.kind !== 'retirement' || !this.retirements.mayEnd(secretName))
      this.#report('I1', `disabled what ${secretName} hands out`)
  }

  /** After anything at all: whatever an established token's store hands out works. */
  afterAnything(): void {
    for (const secretName of this.#tokens.keys()) {
      const current = this.#estate.current(secretName)
      if (current === undefined) continue
      const pat = this.#estate.byValue(current.value)
      if (pat === undefined) {
        this.#report('I1', `${secretName} hands out a value that was never minted`)
        continue
      }
      const works = this.#estate.isActive(pat) && pat.value === current.value && !pat.stillborn
      if (current.enabled && works) {
        this.#established.add(secretName)
        this.#excused.delete(secretName)
        this.#gaps.delete(secretName)
        continue
      }
      if (this.#gaps.has(secretName) || this.retirements.mayEnd(secretName)) continue
      if (!this.#established.has(secretName) || this.#excused.has(secretName)) continue
      if (pat.revokedOutside || pat.shortened || pat.value !== current.value)
        this.#excused.set(secretName, this.#estate.now)
      else if (pat.revokedAt === undefined && pat.validTo <= this.#estate.now) this.#judgeExpiry(secretName, pat)
      else this.#report('I1', `${secretName} hands out ${pat.displayName}, which does not work`)
    }
  }

  /** A PAT may only expire under its token while no untroubled run came in its window. */
  #judgeExpiry(secretName: string, pat: SimulatedPat): void {
    const runs = [...this.#cleanRuns.values()].filter(({ token, at }) => {
      const window = Math.min(token.renewBefore, (pat.validTo - pat.validFrom) / 3)
      const from = pat.validTo - window
      if (this.holds.mayHaveStopped(secretName, from, pat.validTo)) return false
      return secretOf(token) === secretName && at > from + window / 100 && at < pat.validTo
    })
    if (runs.some(({ elsewhere }) => !elsewhere))
      this.#report('I1', `${secretName} let ${pat.displayName} expire, although a run came in its window`)
    else if (runs.length > 0)
      this.#report('I6', `${secretName} let ${pat.displayName} expire, because a run had trouble elsewhere`)
    this.#excused.set(secretName, this.#estate.now)
  }

  /**
   * When the world has been healthy for long: one active PAT a token, two in the overlap, and no other of ours.
   *
   * @param patience milliseconds after the overlap within which some run must have revoked a superseded PAT
   */
  afterPeace(tokens: readonly Token[], mutationsOfLastRun: readonly string[], patience: number): void {
    for (const token of tokens) {
      const secretName = token.place?.secretName ?? ''
      if (!this.#estate.currentWorks(secretName)) this.#report('I4', `${secretName} does not hand out a PAT that works`)
      for (const pat of this.#leftOver(token, secretName, patience))
        this.#report('I3', `${pat.displayName} is still active`)
      this.#judgeCopies(token, secretName)
    }
    this.retirements.afterPeace()
    this.successions.afterPeace(tokens)
    for (const stranger of this.#strangers) {
      if (this.successions.isReplaced(stranger)) continue
      if (stranger.revokedAt !== undefined) this.#report('I2', `${stranger.displayName} was revoked`)
    }
    if (mutationsOfLastRun.length > 0) this.#report('I3', `a converged run sent ${mutationsOfLastRun.join(', ')}`)
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
        this.#report('I3', `target ${target} does not hold the current value of ${token.name}`)
    }
  }

  #leftOver(token: Token, secretName: string, patience: number): readonly SimulatedPat[] {
    const versions = this.#estate.secrets.get(secretName.toLowerCase()) ?? []
    const mark = installationOf('memory:vault', secretName)
    return this.#estate.active().filter((pat) => {
      // One that was adopted bears no mark.
      const isOwn =
        markOf(pat.displayName)?.installation === mark || versions.some((version) => this.#holds(version.value, pat))
      if (!isOwn || this.#holds(versions.at(-1)?.value ?? '', pat)) return false
      const last = versions.findLastIndex((version) => this.#holds(version.value, pat))
      const successor = last === -1 ? undefined : versions[last + 1]
      if (successor === undefined) return true
      const opensAt = Math.max(successor.storedAt + token.overlap, this.holds.lastEnd(secretName.toLowerCase()))
      return this.#estate.now > opensAt + patience
    })
  }

  /** Text that the program gave out. */
  afterSpeech(text: string): void {
    // Most of what is said holds nothing that looks like a value, and PATs are many.
    if (!text.includes('value-')) return
    const spoken = this.#estate.pats.find((pat) => new RegExp(`${pat.value}\\b`).test(text))
    if (spoken !== undefined) this.#report('I5', `the value of ${spoken.displayName} was given out`)
  }

  report(invariant: Invariant, message: string): void {
    this.#report(invariant, message)
  }

  #report(invariant: Invariant, message: string): void {
    if (!this.violations.some((one) => one.invariant === invariant && one.message === message))
      this.violations.push({ invariant, message })
  }
}

function secretOf(token: Token): string {
  return (token.place?.secretName ?? '').toLowerCase()
}

/** The token as the run declares it that did something: with its overlap and its targets. */
function ownOf(declared: Token, begun: Begun | undefined): Token {
  return begun?.tokens.find((one) => secretOf(one) === secretOf(declared)) ?? declared
}
