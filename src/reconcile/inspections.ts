import type { CopyState } from '../core/copy.ts'
import { asPatrolError } from '../core/errors.ts'
import { currentMetadata, type Facts } from '../core/facts.ts'
import { lacks, recordOf } from '../core/gate.ts'
import type { Token } from '../core/token.ts'
import type { Copy } from '../ports/target.ts'
import type { World } from '../ports/world.ts'

/**
 * What targets showed of the copies that were delivered to them. Each copy is looked at once in a run, however often its
 * token is; one that is not delivered is not looked at.
 */
export class Inspections {
  readonly #world: World
  readonly #seen = new Map<string, Promise<CopyState>>()

  constructor(world: World) {
    this.#world = world
  }

  /** The copies of a token's current value, by targets; undefined when there are none to look at. */
  async of(token: Token, facts: Facts): Promise<ReadonlyMap<string, CopyState> | undefined> {
    const metadata = currentMetadata(facts)
    if (token.paused || facts.current?.enabled !== true || metadata === undefined) return undefined
    const states = token.targets.flatMap((target): Promise<readonly [string, CopyState]>[] => {
      const record = recordOf(metadata, target)
      if (record?.deliveredAt === undefined || lacks(record)) return []
      const { name, organization } = token
      const { deliveredAt, receipt } = record
      const copy: Copy = { token: name, organization, generation: metadata.generation, receipt, deliveredAt }
      return [this.#look(target, copy).then((state) => [target, state] as const)]
    })
    return states.length === 0 ? undefined : new Map(await Promise.all(states))
  }

  #look(name: string, copy: Copy): Promise<CopyState> {
    const key = JSON.stringify([name, copy.token, copy.generation, copy.deliveredAt])
    const known = this.#seen.get(key) ?? this.#inspect(name, copy)
    this.#seen.set(key, known)
    return known
  }

  async #inspect(name: string, copy: Copy): Promise<CopyState> {
    try {
      return (await this.#world.targets.get(name)?.inspect(copy)) ?? { kind: 'unknowable' }
    } catch (error) {
      return { kind: 'unseen', failure: asPatrolError(error) }
    }
  }
}
