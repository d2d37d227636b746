import { type Action, commonOf, nothing, type Plan, split, withoutTime } from './action.ts'
import { type Problem, problem } from './errors.ts'
import { currentMetadata, type Facts, type Version } from './facts.ts'
import { isSettled, lacks, recordOf, settlesAt } from './gate.ts'
import type { Metadata } from './metadata.ts'
import { currentGrant } from './policy.ts'
import type { Instant } from './time.ts'
import type { Token } from './token.ts'

/** The group of a target: the later ones wait for the earlier ones. */
export function groupOf(token: Token, target: string): number {
  return token.groups?.get(target) ?? 1
}

/** Which targets get the current value, now or later, and what is wrong with those that cannot be helped. */
export function deliveries(token: Token, facts: Facts, now: Instant): Plan {
  const { current } = facts
  const metadata = currentMetadata(facts)
  if (current?.enabled !== true || metadata === undefined) return nothing
  // A target that was passed over may still hold an older value that works; a dead one in its place would only harm.
  if (isDead(token, facts, now)) return nothing
  const planned = token.targets
    .map((target) => delivery(token, facts, current, metadata, target))
    .filter((action) => action !== undefined)
  const { held, free } = byGroup(token, metadata, planned, now)
  const plan = split(free, now)
  return { ...plan, scheduled: [...plan.scheduled, ...held], problems: problemsOf(token, facts, metadata) }
}

/** Whether the current PAT is known not to work. One that the list merely lacks is not. */
function isDead(token: Token, facts: Facts, now: Instant): boolean {
  const grant = currentGrant(token, facts)
  const isOver = grant !== undefined && grant.validTo <= now && facts.currentWorks !== true
  return facts.currentWorks === false || isOver
}

type Delivery = Action & { readonly kind: 'deliver' }

function delivery(
  token: Token,
  facts: Facts,
  current: Version,
  metadata: Metadata,
  target: string,
): Delivery | undefined {
  const common = { ...commonOf(token), kind: 'deliver', target, authorizationId: metadata.authorizationId } as const
  const record = recordOf(metadata, target)
  if (record !== undefined && record.failures > 0) {
    const at = record.nextAttemptAt ?? current.createdAt
    const count = record.failures === 1 ? 'once' : `${record.failures} times`
    return { ...common, reason: 'failed-before', at, message: `deliver to ${target}, which failed ${count}` }
  }
  if (record?.deliveredAt === undefined) {
    const message = `deliver the current value to ${target}`
    return { ...common, reason: 'undelivered', at: current.createdAt, message }
  }
  const copy = facts.copies?.get(target)
  if (copy?.kind === 'overwritten' || copy?.kind === 'gone') {
    const message = `deliver to ${target} again: ${copy.message}`
    return { ...common, reason: 'drifted', at: current.createdAt, message }
  }
  if (isSettled(token, current, record)) return undefined
  const message = `deliver to ${target} once more, now that no older value can still land on top of it`
  return { ...common, reason: 'unsettled', at: settlesAt(token, current), message }
}

/** Those that wait because a target of an earlier group lacks the value and is not tried now. */
function byGroup(
  token: Token,
  metadata: Metadata,
  planned: readonly Delivery[],
  now: Instant,
): { readonly held: readonly Delivery[]; readonly free: readonly Delivery[] } {
  const lacking = planned.filter(({ target }) => lacks(recordOf(metadata, target)))
  const waiting = lacking.filter(({ at }) => at !== undefined && at > now)
  const first = Math.min(...waiting.map(({ target }) => groupOf(token, target)))
  const isHeld = (action: Delivery): boolean => lacking.includes(action) && groupOf(token, action.target) > first
  const held = planned.filter(isHeld).map((action): Delivery => {
    return { ...withoutTime(action), message: `${action.message}, when group ${first} has it` }
  })
  return { held, free: planned.filter((action) => !isHeld(action)) }
}

function problemsOf(token: Token, facts: Facts, metadata: Metadata): readonly Problem[] {
  const unseen = [...(facts.copies ?? [])].flatMap(([target, copy]) => {
    if (copy.kind !== 'unseen') return []
    const { code, message, remedy } = copy.failure
    return [
      problem(token.name, code, `whether ${target} still has the current value could not be seen: ${message}`, remedy),
    ]
  })
  const left = metadata.deliveries.filter((record) => !token.targets.includes(record.target) && lacks(record))
  const undeclared = left.map(({ target }) => {
    const message = `${target} is no longer a target of ${token.name}, and the last delivery to it failed, so that nothing is revoked`
    return problem(token.name, 'target-undeclared', message)
  })
  return [...unseen, ...(metadata.supersedes.length > 0 ? undeclared : [])]
}
