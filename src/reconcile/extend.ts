import { bridgeOver } from '../core/bridge.ts'
import { askedBeyond, isAtCeiling, lackOf, shortfallText } from '../core/ceiling.ts'
import { asPatrolError, type ErrorCode, PatrolError, type Problem, problem, unreachable } from '../core/errors.ts'
import { currentMetadata, currentPat, type Facts } from '../core/facts.ts'
import type { Pat } from '../core/pat.ts'
import type { Action } from '../core/plan.ts'
import { before, between, hour, type Instant, minute } from '../core/time.ts'
import { dueAt } from '../core/window.ts'
import { makeSure } from './make-sure.ts'
import type { Turn } from './turn.ts'
import { isLetIn } from './verify.ts'

/**
 * What came of an extension. `ceiling`: the service granted nothing that helps. `changed`: the value in the store no
 * longer works, so the service must have given the PAT a new one.
 */
export type Extension =
  | { readonly kind: 'extended'; readonly pat: Pat }
  | { readonly kind: 'ceiling'; readonly message: string }
  | { readonly kind: 'changed' }

/** Moves the expiry of the current PAT, notes the grant in the store, and sees that the stored value still works. */
export async function extend(
  turn: Turn,
  facts: Facts,
  action: Action & { readonly kind: 'extend' },
): Promise<Extension> {
  const before = currentPat(turn.token, facts)
  if (before === undefined) throw new PatrolError('pat-not-found', `PAT ${action.authorizationId} is no longer listed`)
  const answer = await turn.ceilings.afterFirst(turn.token, () => requestUnlessFutile(turn, before, action.validTo))
  if (answer.kind === 'refused') return { kind: 'ceiling', message: answer.message }
  const { pat, valueChanged } = answer
  if (pat.validTo === undefined) throw new PatrolError('unexpected-answer', `the service granted no readable expiry`)
  // The proof comes before the note: an expiry that differs from the note so always means that the proof is missing.
  if (await hasNewValue(turn, facts, pat, valueChanged)) return { kind: 'changed' }
  await noteGrant(turn, facts, pat, action.validTo)
  const grant = { validFrom: pat.validFrom, validTo: pat.validTo }
  const gained = before.validTo === undefined || pat.validTo > before.validTo + minute
  if (!gained || turn.world.clock.now() >= dueAt(turn.token.name, turn.token, grant)) {
    return { kind: 'ceiling', message: `the service extends PAT ${pat.authorizationId} no further` }
  }
  const asked = { validFrom: pat.validFrom, validTo: pat.validTo, ...askedBeyond(action.validTo, pat.validTo) }
  const lack = lackOf(turn.token, { ...asked, extendedAt: turn.world.clock.now() })
  if (lack !== undefined) {
    const message = `PAT ${pat.authorizationId} ${shortfallText(lack)}`
    turn.problems.push(problem(turn.token.name, 'policy-lifespan', message))
  }
  return { kind: 'extended', pat }
}

type Answer =
  | { readonly kind: 'granted'; readonly pat: Pat; readonly valueChanged: boolean }
  | { readonly kind: 'refused'; readonly message: string }

/** Under a short policy an extension ends a PAT before its time, so what the run has seen of policies counts first. */
async function requestUnlessFutile(turn: Turn, before: Pat, validTo: Instant): Promise<Answer> {
  if (isAtCeiling(before, turn.ceilings.longest(turn.token))) {
    return { kind: 'refused', message: `PAT ${before.authorizationId} has the longest life that is granted` }
  }
  const answer = await requestExtension(turn, before, validTo)
  if (answer.kind === 'granted' && answer.pat.validTo !== undefined && answer.pat.validTo < validTo - minute) {
    turn.ceilings.learn(turn.token, between(answer.pat.validFrom, answer.pat.validTo))
  }
  return answer
}

/**
 * Lets the PAT that is about to be superseded live through its overlap, if need be and if that is safe. Should it fail,
 * the rotation goes on: a successor that is late would be worse.
 *
 * @param successor the PAT that was just minted and proven, and not stored yet
 */
export async function bridge(turn: Turn, facts: Facts, successor: Pat): Promise<void> {
  const current = currentPat(turn.token, facts)
  const { validFrom, validTo } = successor
  if (current === undefined || validTo === undefined) return
  const plan = bridgeOver(turn.token, current, { validFrom, validTo }, turn.world.clock.now())
  switch (plan.kind) {
    case 'unneeded':
      return
    case 'impossible':
      turn.problems.push(problem(turn.token.name, 'policy-lifespan', plan.message))
      return
    case 'extend':
      turn.problems.push(...(await extendOverOverlap(turn, current, plan.validTo)))
      return
    default:
      unreachable(plan)
  }
}

/** What to say when the PAT will not live through its overlap all the same. */
async function extendOverOverlap(turn: Turn, current: Pat, validTo: Instant): Promise<readonly Problem[]> {
  const tell = (code: ErrorCode, why: string): readonly Problem[] => {
    const message = `PAT ${current.authorizationId} may expire within its overlap: ${why}`
    const remedy = 'Nothing need be done, if its consumers take the new value before that.'
    return [problem(turn.token.name, code, message, remedy)]
  }
  try {
    const answer = await requestExtension(turn, current, validTo)
    if (answer.kind === 'refused') return tell('policy-lifespan', answer.message)
    const { pat, valueChanged } = answer
    // An hour was asked for beyond what is needed.
    if (pat.validTo === undefined || pat.validTo < before(validTo, hour))
      return tell('policy-lifespan', 'it was granted less')
    return valueChanged ? tell('verification-failed', 'the service gave it a new value, so the old one is gone') : []
  } catch (error) {
    const { code, message } = asPatrolError(error)
    return tell(code, message)
  }
}

async function requestExtension(turn: Turn, before: Pat, validTo: Instant): Promise<Answer> {
  const { organization } = turn.token
  const { authorizationId } = before
  const extend = async (): Promise<Answer> => {
    try {
      const { pat, value } = await turn.mutate(
        'extend',
        (limits) => turn.authority.extend(organization, authorizationId, validTo, limits),
        authorizationId,
      )
      return { kind: 'granted', pat, valueChanged: value !== undefined }
    } catch (error) {
      const failure = asPatrolError(error)
      if (failure.code !== 'cannot-extend' && failure.code !== 'policy-lifespan') throw failure
      return { kind: 'refused', message: failure.message }
    }
  }
  return makeSure(turn, extend, async () => {
    const listed = (await turn.activePats()).find((pat) => pat.authorizationId === authorizationId)
    if (listed?.validTo === undefined || listed.validTo === before.validTo) return undefined
    return { kind: 'granted', pat: listed, valueChanged: false }
  })
}

/**
 * The store's record of the expiry follows the grant, on metadata read just before.
 *
 * @param asked until when an extension asked for; undefined when somebody else moved the expiry
 */
export async function noteGrant(turn: Turn, facts: Facts, pat: Pat, asked: Instant | undefined): Promise<void> {
  const { place } = turn.token
  const id = currentMetadata(facts)?.authorizationId
  if (place === undefined || id !== pat.authorizationId || pat.validTo === undefined) return
  const { validTo } = pat
  let writtenAt: Instant | undefined
  const note = async (): Promise<true> => {
    const stored = await turn.store.read(place.secretName)
    if (stored?.version.id === undefined || stored.version.reading.kind !== 'read') return true
    const { metadata } = stored.version.reading
    if (metadata.authorizationId !== pat.authorizationId) return true
    const version = stored.version.id
    const now = turn.world.clock.now()
    writtenAt = now
    const { askedUntil: _earlier, ...known } = metadata
    const extension = asked === undefined ? {} : { extendedAt: now, ...askedBeyond(asked, validTo) }
    const updated = { ...known, validTo, writtenAt: now, ...extension }
    await turn.mutate('record', (limits) => turn.store.updateMetadata(place.secretName, version, updated, limits))
    return true
  }
  await makeSure(turn, note, async () => {
    const current = await turn.currentVersion()
    return current?.reading.kind === 'read' && current.reading.metadata.writtenAt === writtenAt ? true : undefined
  })
}

/**
 * That an extension keeps the value is not documented. Where the store has it, it is tried; a new value that the
 * service may have sent is never stored, because an older one could be handed out meanwhile.
 */
export async function hasNewValue(turn: Turn, facts: Facts, pat: Pat, valueChanged: boolean): Promise<boolean> {
  const { place, verification } = turn.token
  if (place === undefined || currentMetadata(facts)?.authorizationId !== pat.authorizationId) {
    if (valueChanged) {
      const message = `the service gave PAT ${pat.authorizationId} a new value while extending it, and there is no store for it`
      const remedy = 'Use `method: rotate` with a store for this token: its consumers must get a new value.'
      turn.problems.push(problem(turn.token.name, 'verification-failed', message, remedy))
    }
    return false
  }
  if (valueChanged) return true
  if (verification.kind === 'listed') return false
  const stored = await turn.store.read(place.secretName)
  if (stored === undefined) return false
  turn.report('verify', pat.authorizationId)
  return !(await isLetIn(turn, { pat, value: stored.value }))
}
