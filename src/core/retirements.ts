import { type Action, commonOf, nothing, type Plan } from './action.ts'
import { type Problem, problem } from './errors.ts'
import { currentMetadata, type Facts } from './facts.ts'
import { type Gate, revocationGate, slack, standings } from './gate.ts'
import { indexed } from './pat-index.ts'
import type { Pat } from './pat.ts'
import { after, type Instant, latest } from './time.ts'
import type { Token } from './token.ts'
import { visibleLine } from './visible-text.ts'

/** Superseded PATs and orphans: now, where their gate is open, else at the time when it opens. */
export function retirements(token: Token, facts: Facts, now: Instant): Plan {
  const gate = revocationGate(token, facts, now)
  const actions: Action[] = []
  const scheduled: Action[] = []
  const problems: Problem[] = []
  for (const { pat, standing } of standings(token, facts)) {
    const common = { ...commonOf(token), authorizationId: pat.authorizationId }
    if (standing.kind === 'stranger') {
      const message = `PAT ${pat.authorizationId} bears this token's mark under another display name (${visibleLine(pat.displayName)})`
      problems.push(
        problem(token.name, 'name-conflict', message, `If nobody uses it: patrol revoke ${pat.authorizationId}`),
      )
    } else if (standing.kind === 'orphan') {
      const message = 'revoke an orphan: its value was lost before it reached the store'
      const action = { ...common, kind: 'collect-orphan', reason: 'orphan', message } as const
      if (standing.collectAt <= now) actions.push(action)
      else scheduled.push({ ...action, at: standing.collectAt })
    } else {
      const action = { ...common, kind: 'revoke', reason: 'superseded' } as const
      const { isOpen, why, until } = retirementOf(token, pat, gate, now)
      if (isOpen) actions.push({ ...action, message: 'revoke the superseded PAT: its overlap has passed' })
      else {
        const message = `revoke the superseded PAT; not yet: ${why}`
        scheduled.push({ ...action, message, ...(until === undefined ? {} : { at: until }) })
      }
    }
  }
  return { actions, scheduled, problems }
}

/**
 * When one superseded PAT may go: when the gate is open, and no sooner than `orphanAfter` after it was minted. Until then
 * a write of the turn that minted it may still be under way, and would make a dead PAT current.
 */
function retirementOf(
  token: Token,
  pat: Pat,
  gate: Gate,
  now: Instant,
): { readonly isOpen: boolean; readonly why: string; readonly until: Instant | undefined } {
  const oldEnoughAt = after(after(pat.validFrom, token.orphanAfter), slack)
  if (gate.kind === 'open') {
    return {
      isOpen: oldEnoughAt <= now,
      why: 'it is so young that it may still be on its way into the store',
      until: oldEnoughAt,
    }
  }
  return { isOpen: false, why: gate.why, until: gate.until && latest(gate.until, oldEnoughAt) }
}

/** Enabled versions of dead PATs are no work of their own: they are tidied up when the versions were read anyway. */
export function deadVersions(token: Token, facts: Facts, now: Instant): Plan {
  const currentId = currentMetadata(facts)?.authorizationId
  const living = indexed(facts.pats)
  const actions: Action[] = []
  for (const version of facts.versions ?? []) {
    if (version.id === undefined || !version.enabled || version.reading.kind !== 'read') continue
    const { authorizationId, organization, account } = version.reading.metadata
    // Of a PAT elsewhere, where the token was before it moved, the list tells nothing.
    if (organization.toLowerCase() !== token.organization.toLowerCase() || account !== token.owner) continue
    const old = after(after(version.createdAt, token.orphanAfter), slack) <= now
    if (!old || authorizationId === currentId || living.byId(authorizationId) !== undefined) continue
    const message = 'disable an old version, whose PAT is dead'
    actions.push({
      ...commonOf(token),
      kind: 'disable-version',
      reason: 'dead',
      version: version.id,
      authorizationId,
      message,
    })
  }
  return { ...nothing, actions }
}
