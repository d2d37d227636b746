import type { Secret } from '../core/secret.ts'
import { type Duration, type Instant, second, times } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import type { Store } from '../ports/store.ts'
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
 * the value was not at hand, or no address tells, but the list no longer shows the PAT. `accepted`: it still works; `listed`
 * is false when the list no longer shows the PAT, so that the value is most likely that of another one.
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
  | { readonly kind: 'refused' | 'unlisted'; readonly authorizationId: string }
  | { readonly kind: 'accepted'; readonly authorizationId: string; readonly listed?: boolean }
  | { readonly kind: 'unknown'; readonly authorizationId: string; readonly message: string }
)

/**
 * The values of tokens, current and older, as far as their stores hand them out and a real call lets them in: one that is
 * turned away beforehand proves nothing when it is turned away afterwards. What is revoked is disabled first, so this has to
 * be done before that.
 */
export async function findWitnesses(world: World, tokens: readonly Token[]): Promise<readonly Witness[]> {
  const found: Witness[] = []
  const lanes = lanesOf(world, (token: Token) => token)
  await forEachFair(tokens, lanes, async (token) => {
    const { organization, verification } = token
    for await (const { version, value } of handedOut(world, token)) {
      if (version.reading.kind !== 'read') continue
      const { authorizationId } = version.reading.metadata
      if (found.some((witness) => witness.authorizationId === authorizationId)) continue
      const { kind } = await world.prober.probe(organization, value, verification)
      if (kind === 'works') found.push({ token: token.name, authorizationId, value })
    }
  })
  return found
}

type Stored = NonNullable<Awaited<ReturnType<Store['read']>>>

/** The current version first. Proof is a service to the person; what a store refuses here fails where it is needed. */
async function* handedOut(world: World, { place }: Token): AsyncGenerator<Stored> {
  const store = place && world.stores.get(place.store)
  if (store === undefined || place === undefined) return
  try {
    const current = await store.read(place.secretName)
    if (current === undefined) return
    yield current
    for (const { id, enabled, reading } of await store.versions(place.secretName)) {
      if (world.stopping()) return
      const mayWork = enabled && reading.kind === 'read' && reading.metadata.validTo > world.clock.now()
      if (!mayWork || id === undefined || id === current.version.id) continue
      const older = await store.readVersion(place.secretName, id)
      if (older !== undefined) yield older
    }
  } catch {}
}

/** Azure DevOps needs a while until every server knows of a revocation. */
const waits: readonly Duration[] = [0, 1, 2, 4, 8, 15, 30, 60].map((count) => times(count, second))
const longest = waits.reduce((sum, wait) => sum + wait, 0)

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
  const waiting = new Waiting(world)
  await forEachFair(
    ended,
    lanesOf(world, (one: (typeof ended)[number]) => one.token),
    async ({ token, authorizationId }) => {
      const witness = witnesses.find((one) => one.authorizationId === authorizationId)
      proofs.push(await proofOf(world, lists, token, authorizationId, witness, waiting))
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
  waiting: Waiting,
): Promise<Proof> {
  const about = { token: token.name, authorizationId }
  let last: Proof = { ...about, kind: 'unknown', message: 'it was not tried' }
  for (const wait of waits) {
    if (world.stopping()) break
    if (wait > 0) await waiting.pass(token, wait)
    last = witness === undefined ? await listed(lists, token, authorizationId) : await tried(world, token, witness)
    if (last.kind === 'refused' || last.kind === 'unlisted') break
  }
  if (last.kind !== 'accepted' || witness === undefined) return last
  const { kind } = await listed(lists, token, authorizationId)
  return kind === 'unknown' ? last : { ...last, listed: kind === 'accepted' }
}

/** Waits between tries, and tells once how long that may take, also where nobody sees progress. */
class Waiting {
  readonly #world: World
  #isTold = false

  constructor(world: World) {
    this.#world = world
  }

  async pass({ name }: Token, wait: Duration): Promise<void> {
    const isLong = wait > second && !this.#isTold
    this.#isTold ||= isLong
    this.#world.reporter.report({
      kind: 'waiting',
      token: name,
      why: 'the revoked PAT is still let in',
      ms: wait,
      ...(isLong ? { atMostMs: longest } : {}),
    })
    await this.#world.clock.sleep(wait)
  }
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
