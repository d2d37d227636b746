import { asPatrolError, PatrolError } from '../core/errors.ts'
import { currentMetadata, currentPat, type Facts } from '../core/facts.ts'
import { standings } from '../core/gate.ts'
import { minute, second, times } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { Ceilings } from './ceilings.ts'
import type { Result } from './execute.ts'
import { observeToken } from './observe.ts'
import type { PatLists } from './pat-lists.ts'
import { revokePat, revokeSuperseded } from './retire.ts'
import { Owners } from './owners.ts'
import { Turn } from './turn.ts'

/** What a person asked for by name: revocations that wait for no gate. */

/**
 * Revokes every other active PAT of a token whose new value was just stored and delivered, without the overlap.
 *
 * @param lists the lists of the run; the facts are read anew
 */
export async function revokeOthers(world: World, lists: PatLists, token: Token): Promise<readonly Result[]> {
  const { turn, facts } = await begin(world, lists, token)
  const others = standings(token, facts).filter(({ standing }) => standing.kind !== 'stranger')
  const results: Result[] = []
  for (const { pat } of others) {
    results.push(await attempt(turn, pat.authorizationId, () => revokeSuperseded(turn, facts, pat.authorizationId)))
  }
  return results
}

/** Revokes all active PATs of a token, the current one last. The next run makes a new one, while the token is declared. */
export async function revokeToken(world: World, lists: PatLists, token: Token): Promise<readonly Result[]> {
  const others = await revokeOthers(world, lists, token)
  const { turn, facts } = await begin(world, lists, token)
  const id =
    currentPat(token, facts)?.authorizationId ??
    (facts.currentWorks === true ? currentMetadata(facts)?.authorizationId : undefined)
  if (id === undefined) return others
  return [...others, await attempt(turn, id, () => revokePat(turn, facts, id))]
}

/** Revokes a PAT that no token claims. */
export async function revokeUnclaimed(
  world: World,
  owner: Pick<Token, 'account' | 'organization' | 'owner'>,
  authorizationId: string,
): Promise<Result> {
  const label = { token: authorizationId, kind: 'revoke', authorizationId } as const
  try {
    await new Owners(world).check(owner)
    const authority = world.authorities.get(owner.account)
    if (authority === undefined) throw new PatrolError('config-invalid', `there is no account ${owner.account}`)
    world.reporter.report({ kind: 'step', token: authorizationId, step: 'revoke', authorizationId })
    const limits = { sendBy: world.clock.elapsed() + minute, timeout: times(100, second) }
    await authority.revoke(owner.organization, authorizationId, limits)
    return { ...label, status: 'done' }
  } catch (error) {
    return { ...label, status: 'failed', step: 'revoke', error: asPatrolError(error) }
  }
}

async function begin(
  world: World,
  lists: PatLists,
  token: Token,
): Promise<{ readonly turn: Turn; readonly facts: Facts }> {
  const observation = await observeToken(world, lists, token)
  if ('failure' in observation) throw observation.failure
  return {
    turn: new Turn(world, token, { lists, owners: new Owners(world), ceilings: new Ceilings() }, observation.beganAt),
    facts: observation.facts,
  }
}

async function attempt(turn: Turn, authorizationId: string, work: () => Promise<void>): Promise<Result> {
  const label = { token: turn.token.name, kind: 'revoke', authorizationId } as const
  try {
    await work()
    return { ...label, status: 'done' }
  } catch (error) {
    return { ...label, status: 'failed', step: turn.step ?? 'revoke', error: asPatrolError(error) }
  }
}
