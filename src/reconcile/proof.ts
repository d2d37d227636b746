import type { Secret } from '../core/secret.ts'
import { type Duration, type Instant, second, times } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import type { Result } from './execute.ts'
import { forEachFair } from './fair-lanes.ts'
import { lanesOf } from './lanes.ts'
import type { PatLists } from './pat-lists.ts'

/** A value that works before its PAT is revoked, to be tried when it should not work any more. */
export interface Witness {
  readonly token: string
  readonly authorizationId: string
  readonly value: Secret
}

/**
 * What was seen after a revocation, or of a copy. `refused`: a real call with the old value was turned away. `unlisted`:
 * nobody has the value to try it, or no address tells, but the list no longer shows the PAT. `accepted`: it still works.
 *
 * After a rollback, `current`: the store hands out the older PAT, and a real call with it was let in; `not-current`: it hands
 * out another one, or none; `lacking`: a target does not have it yet; `kept`: a PAT in whose place it was put still works, and
 * a hold keeps it until then. Of a copy, the id is that of the PAT that is no new one.
 */
export type Proof = { readonly token: string } & (
  | { readonly kind: 'delivered'; readonly target: string; readonly authorizationId?: string }
  | { readonly kind: 'lacking'; readonly target: string; readonly authorizationId: string }
  | { readonly kind: 'current'; readonly authorizationId: string }
  | { readonly kind: 'not-current'; readonly authorizationId: string; readonly other?: string }
  | { readonly kind: 'kept'; readonly authorizationId: string; readonly until?: Instant }
  | { readonly kind: 'refused' | 'unlisted' | 'accepted'; readonly authorizationId: string }
  | { readonly kind: 'unknown'; readonly authorizationId: string; readonly message: string }
)

/**
 * The current values of tokens, as far as their stores hand them out and a real call lets them in: one that is turned
 * away beforehand proves nothing when it is turned away afterwards.
 */
export async function findWitnesses(world: World, tokens: readonly Token[]): Promise<readonly Witness[]> {
  const found: Witness[] = []
  const lanes = lanesOf(world, (token: Token) => token)
  await forEachFair(tokens, lanes, async (token) => {
    const { place, organization, verification } = token
    // Proof is a service to the person; what a store refuses here fails where it is needed.
    const stored =
      place &&
      (await world.stores
        .get(place.store)
        ?.read(place.secretName)
        .catch(() => undefined))
    if (stored?.version.reading.kind !== 'read') return
    const { authorizationId } = stored.version.reading.metadata
    const { kind } = await world.prober.probe(organization, stored.value, verification)
    if (kind === 'works') found.push({ token: token.name, authorizationId, value: stored.value })
  })
  return found
}

/** Azure DevOps needs a while until every server knows of a revocation. */
const waits: readonly Duration[] = [0, 1, 2, 4, 8, 15, 30, 60].map((count) => times(count, second))

/**
 * Proves what an emergency was for: each revoked PAT is refused, tried by a real call until it is, for two minutes at
 * most; and each target took the new value.
 */
export async function prove(
  world: World,
  lists: PatLists,
  tokens: readonly Token[],
  witnesses: readonly Witness[],
  results: readonly Result[],
): Promise<readonly Proof[]> {
  const byName = new Map(tokens.map((token) => [token.name, token]))
  const proofs: Proof[] = results.flatMap(({ token, kind, status, target }) =>
    kind === 'deliver' && status === 'done' && target !== undefined ? [{ token, kind: 'delivered', target }] : [],
  )
  const ended = results.flatMap(({ token: name, kind, status, authorizationId }) => {
    const token = byName.get(name)
    return kind === 'revoke' && status === 'done' && token !== undefined && authorizationId !== undefined
      ? [{ token, authorizationId }]
      : []
  })
  await forEachFair(
    ended,
    lanesOf(world, (one: (typeof ended)[number]) => one.token),
    async ({ token, authorizationId }) => {
      const witness = witnesses.find((one) => one.authorizationId === authorizationId)
      proofs.push(await proofOf(world, lists, token, authorizationId, witness))
    },
  )
  return proofs
}

async function proofOf(
  world: World,
  lists: PatLists,
  token: Token,
  authorizationId: string,
  witness: Witness | undefined,
): Promise<Proof> {
  const about = { token: token.name, authorizationId }
  let last: Proof = { ...about, kind: 'unknown', message: 'it was not tried' }
  for (const wait of waits) {
    if (world.stopping()) break
    if (wait > 0) {
      world.reporter.report({ kind: 'waiting', token: token.name, why: 'the revoked PAT is still let in', ms: wait })
      await world.clock.sleep(wait)
    }
    last = witness === undefined ? await listed(lists, token, authorizationId) : await tried(world, token, witness)
    if (last.kind === 'refused' || last.kind === 'unlisted') break
  }
  return last
}

async function tried(world: World, token: Token, { authorizationId, value }: Witness): Promise<Proof> {
  const about = { token: token.name, authorizationId }
  const probe = await world.prober.probe(token.organization, value, token.verification)
  switch (probe.kind) {
    case 'works':
      return { ...about, kind: 'accepted' }
    case 'refused':
    case 'anonymous':
      return { ...about, kind: 'refused' }
    case 'unknown':
      return { ...about, kind: 'unknown', message: probe.message }
  }
}

async function listed(lists: PatLists, token: Token, authorizationId: string): Promise<Proof> {
  const about = { token: token.name, authorizationId }
  try {
    const active = await lists.active(token.account, token.organization, lists.moment())
    return { ...about, kind: active.some((pat) => pat.authorizationId === authorizationId) ? 'accepted' : 'unlisted' }
  } catch {
    return { ...about, kind: 'unknown', message: 'the list of PATs could not be read' }
  }
}
