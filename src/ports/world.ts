import type { Authority } from './authority.ts'
import type { Clock } from './clock.ts'
import type { Prober } from './prober.ts'
import type { Random } from './random.ts'
import type { Reporter } from './reporter.ts'
import type { Store } from './store.ts'
import type { Target } from './target.ts'
import type { Tempo } from './tempo.ts'

/**
 * Every way in which the program touches the world. The words: an *account* owns PATs; its *authority* mints, extends,
 * lists and revokes them; a *store* keeps values in versions; a *target* gets copies; a *prober* tries a PAT with a
 * real call.
 */
export interface World {
  readonly clock: Clock
  readonly random: Random
  readonly reporter: Reporter
  readonly prober: Prober
  /** By the account's name. */
  readonly authorities: ReadonlyMap<string, Authority>
  /** By the store's name. */
  readonly stores: ReadonlyMap<string, Store>
  /** By the target's name. */
  readonly targets: ReadonlyMap<string, Target>
  /** Turns at once, those not counted that wait for a service. */
  readonly concurrency: number
  /** Absent where nothing limits the rate. */
  readonly tempo?: Tempo
  /** True from the moment at which the program was told to stop: nothing new is begun, what was begun is made safe. */
  stopping(): boolean
}
