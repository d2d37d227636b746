import type { Hold } from '../../src/core/hold.ts'
import { type Instant, minute } from '../../src/core/time.ts'

/** A hold that a person asked for. */
export interface WishedHold extends Pick<Hold, 'until' | 'stops'> {
  /** From here on it may stand in the store. */
  readonly wishedAt: Instant
  /** From here on the program said that it stands; undefined when it never did. */
  placedAt: Instant | undefined
  /** From here on somebody asked for another hold, or for none. */
  changedAt: Instant | undefined
}

/** What the judge knows of holds: those that the program said are placed, and those that may stand somewhere. */
export class HoldJudge {
  readonly #holds = new Map<string, WishedHold[]>()
  readonly #changes = new Map<string, Instant>()

  /** A person begins to ask for a hold. */
  wished(secretName: string, { until, stops }: Pick<Hold, 'until' | 'stops'>, now: Instant): WishedHold {
    const wished: WishedHold = { until, stops, wishedAt: now, placedAt: undefined, changedAt: undefined }
    this.#holds.set(secretName, [...this.#of(secretName), wished])
    return wished
  }

  /** A person begins to change what was held so far; whether that succeeds nobody knows yet. */
  changed(secretName: string, now: Instant): void {
    for (const hold of this.#of(secretName)) hold.changedAt ??= now
    this.#changes.set(secretName, now)
  }

  /** When a person last began to ask for a hold, or for none; 0 when nobody ever did. */
  lastChange(secretName: string): number {
    return this.#changes.get(secretName) ?? 0
  }

  /** Goes on with what another judge knows. */
  learnFrom(other: HoldJudge): void {
    for (const [secretName, holds] of other.#holds)
      this.#holds.set(
        secretName,
        holds.map((hold) => ({ ...hold })),
      )
    for (const [secretName, at] of other.#changes) this.#changes.set(secretName, at)
  }

  /** All that it knows, as data. */
  known(): unknown {
    return [[...this.#holds], [...this.#changes]]
  }

  /** The secret is gone, and with it all that stood in it. */
  lost(secretName: string): void {
    this.#holds.delete(secretName)
  }

  /**
   * What a process must heed that began to look at this time.
   *
   * @param now a hold that ends within a minute may be over for a clock that is a little ahead
   */
  inForce(secretName: string, beganAt: Instant, now: Instant): WishedHold | undefined {
    return this.#of(secretName).find(
      ({ placedAt, changedAt, until }) =>
        placedAt !== undefined && placedAt < beganAt && changedAt === undefined && until > now + minute,
    )
  }

  /** When the last hold ends that may stand somewhere. */
  lastEnd(secretName: string): number {
    return Math.max(0, ...this.#of(secretName).map(({ until }) => until))
  }

  /** Whether a hold may have kept somebody from replacing what works, at any moment between these. */
  mayHaveStopped(secretName: string, from: number, to: number): boolean {
    return this.#of(secretName).some(
      ({ stops, wishedAt, until }) => stops === 'replacement' && wishedAt < to && until > from,
    )
  }

  #of(secretName: string): readonly WishedHold[] {
    return this.#holds.get(secretName) ?? []
  }
}
