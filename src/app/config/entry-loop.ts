import type { ConfigRule, Draft, DraftEntry } from './draft.ts'
import { type Fault, fault, type Path } from './faults.ts'

/** A rule that looks at one entry at a time. */
export function each(rule: (entry: DraftEntry, draft: Draft) => readonly Fault[]): ConfigRule {
  return (draft) => draft.entries.flatMap((entry) => rule(entry, draft))
}

/** Values of a list that stand in it twice; case does not count. */
export function repeated(draft: Draft, path: Path, values: readonly (string | undefined)[]): readonly Fault[] {
  const seen = new Set<string>()
  return values.flatMap((value, index) => {
    const key = value?.toLowerCase()
    if (key === undefined) return []
    const again = seen.has(key)
    seen.add(key)
    const at = [...path, index]
    return again ? [fault(at, `${draft.shown(at)} stands in this list twice`, 'remove it')] : []
  })
}

/** That a fault of one entry is that of others, too: told once, where it is met first. */
export function asMore(count: number): string {
  return count === 0 ? '' : ` (nor ${count === 1 ? 'does 1 more entry' : `do ${count} more entries`})`
}
