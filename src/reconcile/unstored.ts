import { PatrolError } from '../core/errors.ts'
import { spokenDuration } from '../core/time.ts'
import type { Minted } from '../ports/authority.ts'
import type { Turn } from './turn.ts'

/**
 * What became of a PAT that the store did not take. `revoked`: nothing of it can land in the store, and it is gone.
 * `left`: so it is, but it could not be revoked. `unknown`: a write may still land, so nobody may revoke it yet.
 */
export type Fate = 'revoked' | 'left' | 'unknown'

/**
 * A failure of the store, told with what it left behind: somebody who reads of a request alone would not know of the PAT,
 * or whether consumers still have a value that works.
 *
 * @param replaced the PAT whose value the store handed out before, if there was one
 */
export async function unstored(
  turn: Turn,
  failure: PatrolError,
  minted: Minted,
  fate: Fate,
  replaced: string | undefined,
): Promise<PatrolError> {
  const { code, message, remedy, outcome, cause, retryAfter, correlationId } = failure
  const works = await isActive(turn, replaced)
  const rest = works ? ', and the value from before goes on working' : ''
  return new PatrolError(code, `${fateText(turn, minted, fate)}${rest}: ${message}`, {
    remedy,
    outcome,
    cause,
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

function fateText({ token }: Turn, { pat }: Minted, fate: Fate): string {
  const later = `a run more than ${spokenDuration(token.orphanAfter)} from now revokes it`
  switch (fate) {
    case 'revoked':
      return `the new PAT ${pat.authorizationId} could not be stored, so it was revoked again`
    case 'left':
      return `the new PAT ${pat.authorizationId} could not be stored; ${later}`
    case 'unknown':
      return `whether the new PAT ${pat.authorizationId} was stored is not known; if it was not, ${later}`
  }
}

/** Whether the list, as of now, still shows it; what cannot be seen is not promised. */
async function isActive(turn: Turn, authorizationId: string | undefined): Promise<boolean> {
  if (authorizationId === undefined) return false
  const active = await turn.activePats().catch(() => [])
  return active.some((pat) => pat.authorizationId === authorizationId)
}
