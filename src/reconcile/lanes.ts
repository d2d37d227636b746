import type { World } from '../ports/world.ts'
import type { Lanes } from './fair-lanes.ts'
import { type Home, homeKey } from './homes.ts'

/**
 * The lanes of a run: accounts in organizations share them evenly, and one that a service holds back takes up none.
 *
 * @param homeOf where a piece of work belongs, as far as the services limit its rate
 */
export function lanesOf<Item>(
  { concurrency, tempo }: Pick<World, 'concurrency' | 'tempo'>,
  homeOf: (item: Item) => Home,
): Lanes<Item> {
  return {
    limit: concurrency,
    groupOf: (item) => homeKey(homeOf(item)),
    isHeld: (item) => {
      const { account, organization } = homeOf(item)
      return tempo?.isHeld(account, organization) ?? false
    },
    onHold: (listener) => tempo?.onHold(listener) ?? (() => undefined),
  }
}
