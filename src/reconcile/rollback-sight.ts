import { PatrolError } from '../core/errors.ts'
import type { Facts } from '../core/facts.ts'
import type { Refusal } from '../core/predecessor.ts'
import { planRollback, type RollbackPlan, type RollbackWish } from '../core/rollback.ts'
import type { Place, Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { observeToken } from './observe.ts'
import type { PatLists } from './pat-lists.ts'
import { turnOf } from './revocations.ts'

/** A token of which older values can be had. */
export type Kept = Token & { readonly place: Place }

/** What a rollback would do as of now, with the facts it rests on. Changes nothing. */
export interface RollbackSight {
  readonly facts: Facts
  readonly beganAt: number
  readonly plan: RollbackPlan
}

/** @throws PatrolError why the token could not be looked at */
export async function sightRollback(
  world: World,
  lists: PatLists,
  token: Kept,
  wish: RollbackWish,
): Promise<RollbackSight> {
  const { facts, beganAt } = await look(world, lists, token)
  return { facts, beganAt, plan: planRollback(token, facts, world.clock.now(), wish) }
}

/** Facts with all versions, also where no run would read them. */
export async function look(
  world: World,
  lists: PatLists,
  token: Kept,
): Promise<{ readonly facts: Facts; readonly beganAt: number }> {
  const observation = await observeToken(world, lists, token)
  if ('failure' in observation) throw observation.failure
  const { facts, beganAt } = observation
  if (facts.versions !== undefined) return { facts, beganAt }
  const versions = await turnOf(world, lists, token, beganAt).store.versions(token.place.secretName)
  return { facts: { ...facts, versions }, beganAt }
}

/** A refusal as what a command ends with. */
export function refusalError({ code, message, remedy }: Refusal, name: string): PatrolError {
  const usual =
    code === 'cannot-roll-back'
      ? `Nothing was put back. Make a new PAT instead: \`patrol rotate ${name}\`; \`patrol explain ${name}\` shows which PATs work.`
      : undefined
  const told = remedy ?? usual
  return new PatrolError(code, message, told === undefined ? {} : { remedy: told })
}
