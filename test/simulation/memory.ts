import type { Token } from '../../src/core/token.ts'
import { secretOf } from './begun.ts'
import type { SimulatedEstate, SimulatedPat, SimulatedVersion } from './estate.ts'
import { HoldJudge } from './hold-judge.ts'
import type { Invariant, Report, Violation } from './violation.ts'

/** What all judges of one estate remember together. */
export class Memory {
  readonly estate: SimulatedEstate
  readonly violations: Violation[] = []
  readonly holds = new HoldJudge()
  /** Every token that was ever declared, by the lower-case name of its secret. */
  readonly tokens = new Map<string, Token>()
  /** PATs that Patrol does not manage. */
  readonly strangers: ReadonlySet<SimulatedPat>
  /** Since when a token's store hands out what does not work, and may do so for a reason that lies outside. */
  readonly excused = new Map<string, number>()
  readonly established = new Set<string>()
  /** Since when a token's store hands out nothing, because a person asked for a revocation before there is a new value. */
  readonly gaps = new Map<string, number>()
  /** Every version that was ever stored, by the secret's name, whatever became of the secret. */
  readonly #history = new Map<string, readonly SimulatedVersion[]>()

  constructor(estate: SimulatedEstate, tokens: readonly Token[], strangers: readonly SimulatedPat[]) {
    this.estate = estate
    this.strangers = new Set(strangers)
    this.declare(tokens)
  }

  declare(tokens: readonly Token[]): void {
    for (const token of tokens) this.tokens.set(secretOf(token), token)
  }

  readonly report: Report = (invariant: Invariant, message: string): void => {
    if (!this.violations.some((one) => one.invariant === invariant && one.message === message))
      this.violations.push({ invariant, message })
  }

  readonly history = (secretName: string): readonly SimulatedVersion[] => this.#history.get(secretName) ?? []

  /** Every version of every secret. */
  versions(): readonly SimulatedVersion[] {
    return [...this.#history.values()].flat()
  }

  stored(secretName: string, version: SimulatedVersion): void {
    this.#history.set(secretName, [...this.history(secretName), version])
  }

  /** Whether a value is or was that of a PAT. */
  holdsValueOf(value: string, pat: SimulatedPat): boolean {
    return this.estate.byValue(value) === pat
  }

  /** Somebody removed a secret with all its versions. */
  lost(secretName: string): void {
    this.holds.lost(secretName)
    this.established.delete(secretName)
  }

  /** The same of a copy of the estate. */
  ofCopy(estate: SimulatedEstate): Memory {
    const strangers = new Set([...this.strangers].map(({ authorizationId }) => authorizationId))
    const copies = estate.pats.filter(({ authorizationId }) => strangers.has(authorizationId))
    const memory = new Memory(estate, [...this.tokens.values()], copies)
    for (const [secretName, history] of this.#history) {
      const versions = new Map(estate.secrets.get(secretName)?.map((version) => [version.id, version]))
      memory.#history.set(
        secretName,
        history.map((version) => versions.get(version.id) ?? version),
      )
    }
    memory.holds.learnFrom(this.holds)
    for (const secretName of this.established) memory.established.add(secretName)
    for (const [secretName, since] of this.excused) memory.excused.set(secretName, since)
    memory.violations.push(...this.violations)
    return memory
  }

  /** All of it, as text. */
  fingerprint(): string {
    const history = [...this.#history].map(([secretName, versions]) => [secretName, versions.map(({ id }) => id)])
    const { established, excused, violations, holds } = this
    return JSON.stringify([history, [...established], [...excused.keys()], violations, holds.known()])
  }
}
