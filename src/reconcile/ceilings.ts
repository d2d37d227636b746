import type { Duration } from '../core/time.ts'
import { type Home, homeKey } from './homes.ts'

/**
 * The longest lives that a run has seen granted, by account and organization. Nobody can ask for the policy, and an
 * extension under a short one can end a PAT before its time; so the first extension goes alone, and what it shows
 * spares the others.
 */
export class Ceilings {
  readonly #longest = new Map<string, Duration>()
  readonly #first = new Map<string, Promise<unknown>>()

  /** A grant of this length was given where more had been asked for. */
  learn(home: Home, life: Duration): void {
    const key = homeKey(home)
    this.#longest.set(key, Math.min(this.#longest.get(key) ?? life, life) as Duration)
  }

  longest(home: Home): Duration | undefined {
    return this.#longest.get(homeKey(home))
  }

  /** Waits until the first extension of this account and organization has ended, or is it. */
  async afterFirst<Answer>(home: Home, extend: () => Promise<Answer>): Promise<Answer> {
    const key = homeKey(home)
    const first = this.#first.get(key)
    if (first !== undefined) {
      await first.catch(() => undefined)
      return extend()
    }
    const going = extend()
    this.#first.set(key, going)
    return going
  }
}
