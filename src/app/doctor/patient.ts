import type { UserSignIn } from '../../adapters/user-sign-in.ts'
import type { StoreTrial } from '../../ports/store-trial.ts'
import type { Vantage } from '../../ports/vantage.ts'
import type { World } from '../../ports/world.ts'
import type { Wanted } from '../config/wanted.ts'

/** What is examined: a configuration, the world that it names, and the way there. */
export interface Patient {
  readonly wanted: Wanted
  readonly world: World
  /** By the account's name. */
  readonly signIns: ReadonlyMap<string, UserSignIn>
  readonly vantage: Vantage
  readonly trialOf: (store: string) => Promise<StoreTrial>
  /** Absolute paths of the files that the configuration takes values from. */
  readonly secretFiles: readonly string[]
}

export interface Order {
  /** Of which account; undefined for all. */
  readonly account: string | undefined
  /** Whether something may be made, which is then removed again. */
  readonly write: boolean
}
