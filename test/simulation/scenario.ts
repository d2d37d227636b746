import type { Duration } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { SimulatedEstate } from './estate.ts'

/** A small world to be searched through: who runs how often, how time may pass, and how much may go wrong. */
export interface Scenario {
  readonly name: string
  readonly token: Token
  /** Brings the estate to where the search begins. */
  readonly prepare: (world: Preparation) => Promise<void>
  /** How many runs each instance makes. */
  readonly runs: readonly number[]
  readonly faults: number
  /** Time may pass in these portions, between runs for nothing, and within one as a fault: the process was suspended. */
  readonly passes: readonly Duration[]
  /** At most so many of them. */
  readonly mostPasses: number
  /** A person asks for a new value in the first run of each instance. */
  readonly requested?: boolean
  /** What each instance is told to look after, where they are not told the same; `token` is what the peace is told. */
  readonly tokens?: readonly Token[]
  /** Whether somebody outside may revoke any PAT of the token, as a fault. */
  readonly outside?: boolean
}

/** What a scenario may do to begin with. */
export interface Preparation {
  readonly estate: SimulatedEstate
  /** One untroubled run. */
  run(token?: Token): Promise<void>
  pass(length: Duration): void
}
