import { asPatrolError } from '../core/errors.ts'
import type { Pat } from '../core/pat.ts'
import type { Turn } from './turn.ts'

/**
 * Revokes a generation that never reached the store. Should that fail, it is an orphan, which a later run collects; the
 * failure that led here matters more.
 *
 * @returns whether it was revoked
 */
export async function discard(turn: Turn, pat: Pat): Promise<boolean> {
  try {
    const { organization } = turn.token
    await turn.mutate(
      'revoke',
      (limits) => turn.authority.revoke(organization, pat.authorizationId, limits),
      pat.authorizationId,
    )
    return true
  } catch (error) {
    const message = `the unused PAT ${pat.authorizationId} could not be revoked and is collected later: ${asPatrolError(error).message}`
    turn.world.reporter.report({ kind: 'warning', message })
    return false
  }
}
