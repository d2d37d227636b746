import type { ConfigRule, Draft } from './draft.ts'
import { writtenTargets } from './destinations.ts'
import { fault } from './faults.ts'

/** The account that opens a target; undefined where a token does, or nothing is to be opened. */
export function openingAccount(draft: Draft, name: string): string | undefined {
  const target = targetInProject(draft, name)
  if (target === undefined || draft.has(['targets', name, 'token'])) return undefined
  return target.account ?? draft.written.defaults?.account
}

/** The token that opens a target, by its name. */
function openingToken(draft: Draft, name: string): string | undefined {
  return targetInProject(draft, name)?.token
}

function targetInProject(draft: Draft, name: string) {
  const target = draft.written.targets?.[name]
  const isOne = target?.type === 'azure-devops-variable-group' || target?.type === 'azure-devops-service-connection'
  return isOne ? target : undefined
}

/**
 * A token that opens a target gets its own value to nobody through it, not even by way of others: when such a token has
 * come to an end, none of them could be delivered any more.
 */
export const noTokenOpensItsOwnTarget: ConfigRule = (draft) => {
  const opened = new Map<string, Set<string>>()
  for (const entry of draft.entries) {
    const own = entry.written.name
    if (entry.kind !== 'token' || own === undefined) continue
    for (const target of writtenTargets(draft, entry).names) {
      const opener = openingToken(draft, target)
      if (opener !== undefined) opened.set(own, (opened.get(own) ?? new Set()).add(opener))
    }
  }
  const leadsBack = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(opened.get(from) ?? [])].some((next) => {
      if (next === to) return true
      if (seen.has(next)) return false
      seen.add(next)
      return leadsBack(next, to, seen)
    })
  return Object.keys(draft.written.targets ?? {}).flatMap((name) => {
    const opener = openingToken(draft, name)
    const users = draft.entries.filter((entry) => writtenTargets(draft, entry).names.includes(name))
    const circle = users.find(
      ({ written }) =>
        opener !== undefined &&
        written.name !== undefined &&
        (written.name === opener || leadsBack(opener, written.name)),
    )
    if (circle?.written.name === undefined) return []
    const text =
      circle.written.name === opener
        ? `${opener} would open the target that it is delivered to`
        : `${opener} is delivered by way of ${circle.written.name}, which is delivered here`
    return [fault(['targets', name, 'token'], text, 'use an account, or a token that is not delivered like this')]
  })
}
