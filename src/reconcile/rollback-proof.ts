import { asPatrolError } from '../core/errors.ts'
import { lacks, recordOf } from '../core/gate.ts'
import type { Hold } from '../core/hold.ts'
import { holdInForce } from '../core/hold-in-force.ts'
import type { Place, Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { observeToken } from './observe.ts'
import type { PatLists } from './pat-lists.ts'
import type { Proof } from './proof.ts'

/**
 * What can be seen after a rollback, on facts and with a value that are read anew: whether the store hands out the older PAT
 * and whether that is let in, which targets have it by the store's record, and that the PATs in whose place it was put still
 * work. Never rejects: what could not be seen is a proof of kind `unknown`.
 *
 * @param to the authorizationId that is to be current
 */
export async function proveRollback(
  world: World,
  lists: PatLists,
  token: Token & { readonly place: Place },
  to: string,
): Promise<{ readonly proofs: readonly Proof[]; readonly hold: Hold | undefined }> {
  const about = { token: token.name, authorizationId: to }
  try {
    const observation = await observeToken(world, lists, token)
    if ('failure' in observation) throw observation.failure
    const { facts } = observation
    const hold = holdInForce(facts, world.clock.now())
    const stored = await world.stores.get(token.place.store)?.read(token.place.secretName)
    const metadata = stored?.version.reading.kind === 'read' ? stored.version.reading.metadata : undefined
    if (stored === undefined || metadata?.authorizationId !== to) {
      const other = metadata?.authorizationId
      return { proofs: [{ ...about, kind: 'not-current', ...(other === undefined ? {} : { other }) }], hold }
    }
    const probe = await world.prober.probe(token.organization, stored.value, token.verification)
    const isListed = facts.pats.some(({ authorizationId }) => authorizationId === to)
    const isIn = token.verification.kind === 'listed' ? isListed : probe.kind === 'works'
    const current: Proof = isIn
      ? { ...about, kind: 'current' }
      : { ...about, kind: 'unknown', message: 'message' in probe ? probe.message : 'it was answered as anonymous' }
    const copies = token.targets.map((target): Proof => {
      const kind = lacks(recordOf(metadata, target)) ? 'lacking' : 'delivered'
      return { ...about, kind, target }
    })
    const others = metadata.supersedes.filter((id) => facts.pats.some(({ authorizationId }) => authorizationId === id))
    const kept = others.map((authorizationId): Proof => {
      return { token: token.name, kind: 'kept', authorizationId, ...(hold === undefined ? {} : { until: hold.until }) }
    })
    return { proofs: [current, ...copies, ...kept], hold }
  } catch (thrown) {
    return { proofs: [{ ...about, kind: 'unknown', message: asPatrolError(thrown).message }], hold: undefined }
  }
}
