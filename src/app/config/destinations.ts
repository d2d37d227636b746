import type { Terms } from '../../core/token.ts'
import { type Draft, type DraftEntry, storeOf } from './draft.ts'

/** The names of the targets of an entry, as far as they are sound. */
export interface WrittenTargets {
  readonly names: readonly string[]
  /** False when some of what was written is not sound. */
  readonly isWhole: boolean
}

/** The targets of an entry: its own list, or that of `defaults` where it has a store whose values could be copied. */
export function writtenTargets(draft: Draft, entry: DraftEntry): WrittenTargets {
  const own = [...entry.path, 'targets']
  if (draft.has(own)) return sound(entry.written.targets)
  const store = storeOf(draft, entry)
  if (store === 'absent') return { names: [], isWhole: true }
  if (!draft.has(['defaults', 'targets'])) return { names: [], isWhole: store !== 'faulty' }
  return sound(draft.written.defaults?.targets)
}

function sound(written: readonly (string | undefined)[] | undefined): WrittenTargets {
  if (written === undefined) return { names: [], isWhole: false }
  const names = written.filter((name) => name !== undefined)
  return { names, isWhole: names.length === written.length }
}

/** Where the values of an entry go, and in which order. */
export function destinationsOf(draft: Draft, entry: DraftEntry): Pick<Terms, 'targets' | 'groups'> {
  const groupOf = (name: string): number => Number(draft.written.targets?.[name]?.group ?? 1)
  const targets = writtenTargets(draft, entry).names.toSorted((one, other) => groupOf(one) - groupOf(other))
  const later = targets.filter((name) => groupOf(name) > 1)
  if (later.length === 0) return { targets }
  return { targets, groups: new Map(targets.map((name) => [name, groupOf(name)])) }
}
