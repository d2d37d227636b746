import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { rollBack } from '../../src/reconcile/rollback.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import type { Token } from '../../src/core/token.ts'
import type { SimulatedEstate } from './estate.ts'
import type { Gate } from './gate.ts'
import { openPorts } from './ports.ts'

/** What a process of a small world is begun for: a run, one in which a person asks for a new value, or a rollback. */
export type Errand = 'run' | 'rotation' | 'rollback'

/** One process of the program, as `patrol apply`, `patrol rotate` and `patrol rollback` make it. */
export async function runErrand(estate: SimulatedEstate, gate: Gate, token: Token, errand: Errand): Promise<void> {
  const world = openPorts(estate, gate, { concurrency: 1, targets: token.targets })
  if (errand === 'rollback') {
    if (token.place === undefined) throw new Error('a token without a store has no value of before')
    await rollBack(world, new PatLists(world), { ...token, place: token.place }, { reason: '' })
    return
  }
  const requested = new Set(errand === 'rotation' ? [token.name] : [])
  const maxReplacements = { kind: 'count', count: 9 } as const
  const proposals = await propose(world, { tokens: [token], rules: [] }, { maxReplacements, requested })
  await apply(world, proposals, { requested })
}
