import { PatrolError } from '../core/errors.ts'
import type { Facts } from '../core/facts.ts'
import { holdInForce, holdRemedy, holdText } from '../core/hold-in-force.ts'
import { successionGate } from '../core/succession.ts'
import { makeSure } from './make-sure.ts'
import { observeToken } from './observe.ts'
import type { Turn } from './turn.ts'

/**
 * Ends a superseded PAT: first the store stops handing out its versions, then the PAT is revoked. In this order the PAT
 * that is still active makes the next run repeat what a crash left undone.
 */
export async function revokeSuperseded(turn: Turn, facts: Facts, authorizationId: string): Promise<void> {
  refuseHeld(turn, facts)
  for (const version of facts.versions ?? []) {
    const holds = version.reading.kind === 'read' && version.reading.metadata.authorizationId === authorizationId
    if (holds && version.enabled && version.id !== undefined) await disableVersion(turn, facts, version.id, true)
  }
  await revokePat(turn, facts, authorizationId)
}

/**
 * Makes the store refuse an old version, unless another instance moved on. A lost answer is resolved by the versions.
 *
 * @param heedsHold false for the version of a PAT that is dead anyway
 */
export async function disableVersion(turn: Turn, facts: Facts, version: string, heedsHold: boolean): Promise<void> {
  const { secretName } = turn.place
  const disable = async (): Promise<true> => {
    await turn.mutate('disable', async (limits) => {
      await turn.assertUnmoved(facts, heedsHold)
      await turn.store.disable(secretName, version, limits)
    })
    return true
  }
  await makeSure(turn, disable, async () => {
    const found = (await turn.store.versions(secretName)).find(({ id }) => id === version)
    return found?.enabled === false ? true : undefined
  })
}

/**
 * Revokes a PAT of this token, unless another instance moved on. A lost answer is resolved by the list.
 *
 * @param heedsHold false for an orphan, whose value nobody has
 */
export async function revokePat(turn: Turn, facts: Facts, authorizationId: string, heedsHold = true): Promise<void> {
  if (heedsHold) refuseHeld(turn, facts)
  await revokeIf(turn, authorizationId, async () => {
    if (turn.token.place !== undefined) await turn.assertUnmoved(facts, heedsHold)
    return true
  })
}

/**
 * Revokes a PAT that several tokens replace, if right before the request their PATs are still active, nothing of them
 * moved on and nobody holds one of them. Nothing is sent for one that no list shows any more.
 */
export async function revokeReplaced(turn: Turn, facts: Facts, authorizationId: string): Promise<void> {
  refuseHeld(turn, facts)
  await revokeIf(turn, authorizationId, async () => {
    await turn.assertUnmoved(facts, true)
    return isStillReplaced(turn, authorizationId)
  })
}

/**
 * The lists first and then the stores, as for any plan, and by the same rule.
 *
 * @returns false when no list shows it. Somebody else was faster, or a list lags: then nobody looked at what replaces it
 * @throws PatrolError `held` or `moved-on`
 */
async function isStillReplaced({ world, lists, token }: Turn, authorizationId: string): Promise<boolean> {
  const observation = await observeToken(world, lists, token)
  if ('failure' in observation) throw observation.failure
  const succession = observation.facts.successions?.find((one) => one.authorizationId === authorizationId)
  if (succession?.pat === undefined) return false
  const now = world.clock.now()
  for (const { token: other, facts } of [...succession.successors, ...succession.bystanders]) {
    const hold = facts && holdInForce(facts, now)
    if (hold !== undefined) {
      const remedy = holdRemedy(hold, other.name)
      throw new PatrolError('held', `${holdText(hold)}; nothing was revoked of ${other.name}`, { remedy })
    }
  }
  const gate = successionGate(succession, now)
  if (gate.kind === 'open') return true
  throw new PatrolError('moved-on', `not all that replaces PAT ${authorizationId} is in place any more; ${gate.why}`)
}

/** @param isMeant asked just before the request; what it throws keeps that from being sent, and so does `false` */
async function revokeIf(turn: Turn, authorizationId: string, isMeant: () => Promise<boolean>): Promise<void> {
  const { organization } = turn.token
  const revoke = async (): Promise<true> => {
    await turn.mutate(
      'revoke',
      async (limits) => {
        if (await isMeant()) await turn.authority.revoke(organization, authorizationId, limits)
      },
      authorizationId,
    )
    return true
  }
  await makeSure(turn, revoke, async () => {
    const still = (await turn.activePats()).some((pat) => pat.authorizationId === authorizationId)
    return still ? undefined : true
  })
}

/** Also a hold that stands in an older version counts, which the look right before the request does not see. */
function refuseHeld(turn: Turn, facts: Facts): void {
  const hold = holdInForce(facts, turn.world.clock.now())
  if (hold === undefined) return
  const { name } = turn.token
  throw new PatrolError('held', `${holdText(hold)}; nothing was revoked of ${name}`, { remedy: holdRemedy(hold, name) })
}
