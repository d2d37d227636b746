import { asPatrolError, PatrolError } from '../core/errors.ts'
import { currentMetadata, currentPat, type Facts } from '../core/facts.ts'
import { lacks, recordOf, standings } from '../core/gate.ts'
import { between, hour, minute, times } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { Ceilings } from './ceilings.ts'
import type { Result } from './execute.ts'
import { observeToken } from './observe.ts'
import { Owners } from './owners.ts'
import type { PatLists } from './pat-lists.ts'
import { disableVersion, revokePat, revokeSuperseded } from './retire.ts'
import { Turn } from './turn.ts'

// What a person asked for by name: revocations that wait for no gate.

/** Whether a rotation was asked for and came to its end: a new PAT is stored and every target has it. */
export function isRotated(token: Token, results: readonly Result[]): boolean {
  const own = results.filter((result) => result.token === token.name)
  return own.some(({ kind }) => kind === 'mint') && own.every(({ status }) => status === 'done')
}

/**
 * Revokes every other active PAT of a token whose new value was just stored and delivered, without the overlap. A young
 * orphan is left alone: another process may be about to store it.
 *
 * @param lists the lists of the run; the facts are read anew
 * @param evenUndelivered also when a target lacks what the store hands out by now, because an outage is the lesser evil
 */
export async function revokeOthers(
  world: World,
  lists: PatLists,
  token: Token,
  evenUndelivered = true,
): Promise<readonly Result[]> {
  const looked = await look(world, lists, token)
  if ('failed' in looked) return [looked.failed]
  const { turn, facts } = looked
  const lacking = evenUndelivered ? undefined : lackingTarget(token, facts)
  if (lacking !== undefined) {
    const message = `another instance stored a newer value of ${token.name}, which ${lacking} lacks, so its old PATs were left alone`
    const error = new PatrolError('moved-on', message, { remedy: 'Give the same command again.' })
    return [{ token: token.name, kind: 'revoke', status: 'failed', step: 'observe', error }]
  }
  const now = world.clock.now()
  const results: Result[] = []
  for (const { pat, standing } of standings(token, facts)) {
    const ends = standing.kind === 'superseded' || (standing.kind === 'orphan' && standing.collectAt <= now)
    if (ends)
      results.push(await attempt(turn, pat.authorizationId, () => revokeSuperseded(turn, facts, pat.authorizationId)))
  }
  return results
}

/** A target that still holds an older value: the one that was delivered last may be among those to be revoked. */
function lackingTarget(token: Token, facts: Facts): string | undefined {
  const metadata = currentMetadata(facts)
  return metadata && token.targets.find((target) => lacks(recordOf(metadata, target)))
}

/**
 * PATs of a token that nobody looks after any more, and that are so young that a run which still knew it may be about to
 * store them. They are left alone, and told of as failures, because nobody but the person who ends the token would return to
 * them.
 */
export async function youngOrphans(world: World, lists: PatLists, token: Token): Promise<readonly Result[]> {
  const looked = await look(world, lists, token)
  if ('failed' in looked) return [looked.failed]
  return standings(token, looked.facts).flatMap(({ pat: { authorizationId }, standing }): readonly Result[] => {
    if (standing.kind !== 'orphan') return []
    const minutes = Math.max(1, Math.ceil(between(world.clock.now(), standing.collectAt) / minute))
    const message = `a run that still knew ${token.name} made PAT ${authorizationId}, and may be about to store it`
    const remedy = `Give the same command again in ${minutes} minutes; it revokes that PAT, too.`
    const error = new PatrolError('moved-on', message, { remedy })
    return [{ token: token.name, kind: 'collect-orphan', status: 'failed', step: 'observe', authorizationId, error }]
  })
}

/**
 * Revokes all active PATs of a token, the current one last; the store no longer hands out its value then. The next run
 * makes a new one, while the token is declared.
 */
export async function revokeToken(world: World, lists: PatLists, token: Token): Promise<readonly Result[]> {
  const others = await revokeOthers(world, lists, token)
  const looked = await look(world, lists, token)
  if ('failed' in looked) return [...others, looked.failed]
  const { facts } = looked
  const listed = currentPat(token, facts)?.authorizationId
  const id = listed ?? (facts.currentWorks === true ? currentMetadata(facts)?.authorizationId : undefined)
  return id === undefined ? others : [...others, await endCurrent(world, lists, token, looked.turn, facts, id)]
}

/** First the store stops handing out the value, then the PAT is revoked, on facts that know of the first. */
async function endCurrent(
  world: World,
  lists: PatLists,
  token: Token,
  turn: Turn,
  facts: Facts,
  id: string,
): Promise<Result> {
  if (token.place === undefined) return attempt(turn, id, () => revokePat(turn, facts, id))
  const disabled = await attempt(turn, id, () => disableVersionsOf(turn, facts, id))
  if (disabled.status !== 'done') return disabled
  const again = await look(world, lists, token)
  return 'failed' in again ? again.failed : attempt(again.turn, id, () => revokePat(again.turn, again.facts, id))
}

/** All enabled versions of a PAT, the current one last, because the facts no longer hold after that. */
async function disableVersionsOf(turn: Turn, facts: Facts, authorizationId: string): Promise<void> {
  const versions = await turn.store.versions(turn.place.secretName)
  const current = await turn.currentVersion()
  const holding = versions.filter(
    ({ reading, enabled }) =>
      enabled && reading.kind === 'read' && reading.metadata.authorizationId === authorizationId,
  )
  for (const version of holding.toSorted(
    (left, right) => Number(left.id === current?.id) - Number(right.id === current?.id),
  )) {
    if (version.id !== undefined) await disableVersion(turn, facts, version.id, true)
  }
}

/** Revokes one PAT by its id: with the versions that hold it, where a token claims it. */
export async function revokeById(
  world: World,
  lists: PatLists,
  owner: Pick<Token, 'account' | 'organization' | 'owner'>,
  authorizationId: string,
  claimedBy: Token | undefined,
): Promise<Result> {
  if (claimedBy !== undefined) {
    const looked = await look(world, lists, claimedBy)
    if ('failed' in looked) return looked.failed
    const { turn, facts } = looked
    if (currentMetadata(facts)?.authorizationId === authorizationId) {
      return endCurrent(world, lists, claimedBy, turn, facts, authorizationId)
    }
    return attempt(turn, authorizationId, () => revokeSuperseded(turn, facts, authorizationId))
  }
  const token = unclaimed(owner, authorizationId)
  const facts: Facts = {
    observedAt: world.clock.now(),
    pats: [],
    current: undefined,
    versions: undefined,
    currentWorks: undefined,
    storeId: undefined,
  }
  const turn = turnOf(world, lists, token, world.clock.elapsed())
  return attempt(turn, authorizationId, () => revokePat(turn, facts, authorizationId))
}

/** A PAT that no token claims, as far as a turn needs to know. */
export function unclaimed(owner: Pick<Token, 'account' | 'organization' | 'owner'>, authorizationId: string): Token {
  return {
    ...owner,
    name: authorizationId,
    displayName: authorizationId,
    method: 'renew',
    scopes: undefined,
    place: undefined,
    rule: undefined,
    covers: authorizationId,
    lifetime: hour,
    renewBefore: hour,
    overlap: hour,
    orphanAfter: hour,
    turnLimit: times(15, minute),
    atCeiling: 'report',
    verification: { kind: 'listed' },
    targets: [],
    paused: false,
  }
}

type Looked = { readonly turn: Turn; readonly facts: Facts } | { readonly failed: Result }

/** With all versions, also where no run would read them: nothing that stands in one shall be left. */
async function look(world: World, lists: PatLists, token: Token): Promise<Looked> {
  const failed = (error: PatrolError): Looked => {
    return { failed: { token: token.name, kind: 'observe', status: 'failed', step: 'observe', error } }
  }
  const observation = await observeToken(world, lists, token)
  if (!('facts' in observation)) return failed(observation.failure)
  const { facts, beganAt } = observation
  const turn = turnOf(world, lists, token, beganAt)
  if (token.place === undefined || facts.versions !== undefined) return { turn, facts }
  try {
    return { turn, facts: { ...facts, versions: await turn.store.versions(token.place.secretName) } }
  } catch (thrown) {
    return failed(asPatrolError(thrown))
  }
}

/** A turn of one token that a person asked for, outside of a run. */
export function turnOf(world: World, lists: PatLists, token: Token, beganAt: number): Turn {
  return new Turn(world, token, { lists, owners: new Owners(world), ceilings: new Ceilings() }, beganAt)
}

async function attempt(turn: Turn, authorizationId: string, work: () => Promise<void>): Promise<Result> {
  const label = { token: turn.token.name, kind: 'revoke', authorizationId } as const
  if (turn.world.stopping()) {
    const error = new PatrolError('interrupted', 'told to stop before this was begun')
    return { ...label, status: 'skipped', error }
  }
  try {
    await work()
    return { ...label, status: 'done' }
  } catch (error) {
    return { ...label, status: 'failed', step: turn.step ?? 'revoke', error: asPatrolError(error) }
  }
}
