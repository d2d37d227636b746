import type { Duration } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { Errand } from './errand.ts'
import type { SimulatedEstate } from './estate.ts'

/** How a request can be met by the services, who themselves are well. */
export type Manner =
  | 'as usual'
  /** The list does not show yet what was minted in the last ten minutes. */
  | 'lacks the new'
  /** The list still shows what was revoked in the last three quarters of an hour. */
  | 'shows the dead'
  /** The version has the stamp of the one before it, and that one stays current. */
  | 'stays behind'

/** How the request that an instance waits for is met. */
export type Fate =
  | Manner
  | 'refused'
  | 'lost with its sender'
  | 'sender dies after'
  | 'answer lost'
  | 'under way'
  | 'timed out'

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
  /** What a person asks each instance for in the first place, where they do. */
  readonly errands?: readonly Errand[]
  /** What each instance is told to look after, where they are not told the same; `token` is what the peace is told. */
  readonly tokens?: readonly Token[]
  /** Whether somebody outside may revoke any PAT of the token, as a fault. */
  readonly outside?: boolean
  /** Which faults a request may meet; all, where they are not named. */
  readonly fates?: readonly Fate[]
}

/** What a scenario may do to begin with. */
export interface Preparation {
  readonly estate: SimulatedEstate
  /** One untroubled run. */
  run(token?: Token): Promise<void>
  pass(length: Duration): void
}
