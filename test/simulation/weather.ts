/** How a service fares for a while, beside what befalls single calls. */
export interface Weather {
  /** How likely a call is turned away for the rate, from 0 to 1. */
  readonly turnedAway: number
  /** How likely it gets no answer; what changes something may take effect all the same. */
  readonly failed: number
}

export type Spell = 'throttles' | 'fails' | 'is-down'

const spells: Readonly<Record<Spell, Weather>> = {
  throttles: { turnedAway: 0.8, failed: 0 },
  fails: { turnedAway: 0, failed: 0.8 },
  'is-down': { turnedAway: 0, failed: 1 },
}

const fair: Weather = { turnedAway: 0, failed: 0 }

/** The bad weather over each service: an organization, the vault or a target. Others go on as if there were none. */
export class Skies {
  readonly #until = new Map<string, { readonly weather: Weather; readonly until: number }>()

  /** @param until milliseconds since the beginning; a later spell takes the place of an earlier one */
  darken(service: string, spell: Spell, until: number): void {
    this.#until.set(service, { weather: spells[spell], until })
  }

  clear(): void {
    this.#until.clear()
  }

  over(service: string, elapsed: number): Weather {
    const spell = this.#until.get(service)
    return spell === undefined || spell.until <= elapsed ? fair : spell.weather
  }
}
