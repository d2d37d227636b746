import { asPatrolError, PatrolError, unreachable } from '../core/errors.ts'
import { currentPat, type Facts } from '../core/facts.ts'
import { holdInForce } from '../core/hold-in-force.ts'
import type { Action, ActionKind, Plan } from '../core/plan.ts'
import type { Instant } from '../core/time.ts'
import type { Step } from '../ports/reporter.ts'
import { type Delivered, deliver } from './deliver.ts'
import { extend, hasNewValue, noteGrant } from './extend.ts'
import { mintAndStore } from './mint.ts'
import { disableVersion, revokePat, revokeReplaced, revokeSuperseded } from './retire.ts'
import type { Turn } from './turn.ts'

/** What became of one action. */
export interface Result {
  readonly token: string
  /** `observe`: the token could not even be looked at. `rollback`: an older PAT was made current again, by a person's word. */
  readonly kind: ActionKind | 'observe' | 'rollback'
  /** Why it was planned; absent for what came of another action. */
  readonly reason?: Action['reason']
  readonly status: 'done' | 'failed' | 'skipped'
  /** Where it failed. */
  readonly step?: Step
  readonly authorizationId?: string
  readonly validTo?: Instant
  /** Of a delivery. */
  readonly target?: string
  readonly error?: PatrolError
}

/** After these, the rest of the plan rests on facts that no longer hold, or on a sign-in or time that is gone. */
const endsTurn: ReadonlySet<string> = new Set(['moved-on', 'turn-expired', 'interrupted', 'wrong-account'])

/**
 * Walks a plan, one action after the other. One that fails does not stop the others, unless it shows that the facts no
 * longer hold; then the rest is skipped and left to the next run.
 */
export async function execute(turn: Turn, facts: Facts, plan: Plan): Promise<readonly Result[]> {
  const results: Result[] = []
  let stop: PatrolError | undefined
  for (const action of plan.actions) {
    if (stop === undefined && turn.world.stopping()) {
      stop = new PatrolError('interrupted', 'told to stop before this was begun')
    }
    if (stop !== undefined) {
      results.push({ ...labelOf(action), status: 'skipped', error: stop })
      continue
    }
    turn.step = undefined
    try {
      results.push(...(await perform(turn, facts, action)))
    } catch (error) {
      const failure = asPatrolError(error)
      const where = turn.step === undefined ? {} : { step: turn.step }
      const status = failure.code === 'held' ? 'skipped' : 'failed'
      results.push({ ...labelOf(action), ...where, status, error: failure })
      if (endsTurn.has(failure.code)) stop = failure
    }
  }
  return results
}

function labelOf(action: Action): Pick<Result, 'token' | 'kind' | 'reason' | 'authorizationId' | 'target'> {
  const { token, kind, reason, authorizationId } = action
  return {
    token,
    kind,
    reason,
    ...(authorizationId === undefined ? {} : { authorizationId }),
    ...(action.kind === 'deliver' ? { target: action.target } : {}),
  }
}

async function perform(turn: Turn, facts: Facts, action: Action): Promise<readonly Result[]> {
  const done: Result = { ...labelOf(action), status: 'done' }
  switch (action.kind) {
    case 'mint':
      return mintAndDeliver(turn, facts, action.reason)
    case 'extend':
      return extendOrRotate(turn, facts, action)
    case 'deliver': {
      const [delivered] = await deliver(turn, [action.target])
      if (delivered?.isHeldBack === true && delivered.failure !== undefined)
        return [{ ...done, status: 'skipped', error: delivered.failure }]
      if (delivered?.failure !== undefined) throw delivered.failure
      return [done]
    }
    case 'revoke':
      await (action.reason === 'replaced' ? revokeReplaced : revokeSuperseded)(turn, facts, action.authorizationId)
      return [done]
    case 'collect-orphan':
      await revokePat(turn, facts, action.authorizationId, false)
      return [done]
    case 'disable-version':
      await disableVersion(turn, facts, action.version, false)
      return [done]
    case 'update-metadata': {
      const pat = currentPat(turn.token, facts)
      if (pat === undefined) return [done]
      // Whoever moved the expiry may have died before the value was tried.
      if (await hasNewValue(turn, facts, pat, false))
        return [done, ...(await mintAndDeliver(turn, facts, 'value-lost'))]
      await noteGrant(turn, facts, pat, undefined)
      return [done]
    }
    default:
      return unreachable(action)
  }
}

/** A new value, and then its copies. The mint counts as done when the store has it: a target that fails is tried again. */
async function mintAndDeliver(
  turn: Turn,
  facts: Facts,
  reason: (Action & { readonly kind: 'mint' })['reason'],
): Promise<readonly Result[]> {
  const { token } = turn
  const { authorizationId, validTo } = await mintAndStore(turn, facts, reason === 'requested')
  const minted: Result = { token: token.name, kind: 'mint', reason, status: 'done', authorizationId, validTo }
  try {
    const delivered = await deliver(turn, token.targets)
    return [minted, ...delivered.map((one) => deliveryResult(token.name, authorizationId, one))]
  } catch (error) {
    const failed = { token: token.name, kind: 'deliver', authorizationId, status: 'failed', step: 'deliver' } as const
    return [minted, { ...failed, error: asPatrolError(error) }]
  }
}

/** What became of one target, as a result. */
export function deliveryResult(
  token: string,
  authorizationId: string,
  { target, failure, isHeldBack }: Delivered,
): Result {
  const common = { token, kind: 'deliver', authorizationId, target } as const
  if (failure === undefined) return { ...common, status: 'done' }
  if (isHeldBack) return { ...common, status: 'skipped', error: failure }
  return { ...common, status: 'failed', step: 'deliver', error: failure }
}

/** An extension that brings nothing is a failure, unless the entry says to rotate then. */
async function extendOrRotate(
  turn: Turn,
  facts: Facts,
  action: Action & { readonly kind: 'extend' },
): Promise<readonly Result[]> {
  const label = labelOf(action)
  const extension = await extend(turn, facts, action)
  switch (extension.kind) {
    case 'extended': {
      const { validTo } = extension.pat
      return [{ ...label, status: 'done', ...(validTo === undefined ? {} : { validTo }) }]
    }
    case 'changed':
      return [{ ...label, status: 'done' }, ...(await mintAndDeliver(turn, facts, 'value-lost'))]
    case 'ceiling': {
      const failure = new PatrolError('cannot-extend', extension.message)
      const stays = holdInForce(facts, turn.world.clock.now())?.stops === 'replacement'
      if (turn.token.atCeiling === 'rotate' && turn.token.place !== undefined && turn.mayMint && !stays) {
        return [{ ...label, status: 'skipped', error: failure }, ...(await mintAndDeliver(turn, facts, 'due'))]
      }
      throw failure
    }
    default:
      return unreachable(extension)
  }
}
