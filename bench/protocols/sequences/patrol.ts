import { day, duration } from '../../../src/core/time.ts'
import { apply, propose } from '../../../src/reconcile/run.ts'
import type { SimulatedEstate } from '../../../test/simulation/estate.ts'
import type { Gate } from '../../../test/simulation/gate.ts'
import { openPorts } from '../../../test/simulation/ports.ts'
import { declaredToken } from '../../../test/simulation/tokens.ts'
import type { Sequence } from '../sequence.ts'
import { displayName, secretName } from '../services.ts'

/** What `patrol apply` does, with the built-in periods. */
const token = declaredToken({ displayName, place: { store: 'vault', secretName } })

async function applyOnce(estate: SimulatedEstate, gate: Gate): Promise<void> {
  const world = openPorts(estate, gate, { concurrency: 1, targets: [] })
  const proposals = await propose(world, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } })
  await apply(world, proposals)
}

export const patrol: Sequence = {
  name: 'Patrol: create, try, store; two days later delete',
  period: day,
  lifetime: token.lifetime,
  jobs: [{ offset: duration(0), run: applyOnce }],
}
