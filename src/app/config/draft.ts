import type { Secret } from '../../core/secret.ts'
import { covers, type Fault, type Path, pathKey, valueAt } from './faults.ts'
import type { Written, WrittenEntry } from './schema.ts'
import type { Sound } from './shape.ts'
import type { Shown } from './shape-faults.ts'

/** An entry of `tokens`, as far as it is sound. */
export interface DraftEntry {
  readonly path: Path
  readonly written: Sound<WrittenEntry>
  /** Undefined when it has both a name and a pattern, or neither. */
  readonly kind: 'token' | 'rule' | undefined
  /** Undefined when what stands there is no method. */
  readonly method: 'rotate' | 'renew' | undefined
}

/** All that the rules look at. */
export interface Draft {
  readonly written: Sound<Written>
  readonly entries: readonly DraftEntry[]
  readonly secrets: ReadonlyMap<string, Secret>
  /** What the secret fields refer to, as it is written. */
  readonly secretReferences: ReadonlyMap<string, string>
  /** The directory at which relative paths begin. */
  readonly directory: string
  readonly shown: Shown
  /** A path as messages name it. */
  readonly label: (path: Path) => string
  /** As that of `Environment`. */
  readonly readFile: (path: string) => Uint8Array | string
  /** Whether anything stands at the path, right or wrong. */
  readonly has: (path: Path) => boolean
  /** Whether what stands at the path, or around it, was already found wrong. */
  readonly isFaulty: (path: Path) => boolean
  /** The names in a section, right or wrong: a reference to any of them needs no second fault. */
  readonly names: (section: 'accounts' | 'stores' | 'targets') => readonly string[]
}

/** A cross-field rule: what it finds over whatever parsed. */
export type ConfigRule = (draft: Draft) => readonly Fault[]

/** A value and the place that says it; no place when it is built in. */
export interface Sourced<T> {
  readonly value: T
  readonly path: Path | undefined
}

export type Inherited = Sourced<string> | 'absent' | 'faulty'

export function draftOf(
  parts: Pick<Draft, 'written' | 'secrets' | 'secretReferences' | 'directory' | 'shown' | 'label' | 'readFile'>,
  tree: unknown,
  faulty: ReadonlySet<string>,
): Draft {
  const has = (path: Path): boolean => valueAt(tree, path) !== undefined || faulty.has(pathKey(path))
  const entries = (parts.written.tokens ?? []).flatMap((written, index): DraftEntry[] => {
    if (written === undefined) return []
    const path: Path = ['tokens', index]
    const named = has([...path, 'name'])
    const kind = named === has([...path, 'match']) ? undefined : named ? 'token' : 'rule'
    const method = written.method ?? (faulty.has(pathKey([...path, 'method'])) ? undefined : 'rotate')
    return [{ path, written, kind, method }]
  })
  return {
    ...parts,
    entries,
    has,
    isFaulty: (path) => covers(faulty, path),
    names: (section) => {
      const names = valueAt(tree, [section])
      return typeof names === 'object' && names !== null ? Object.keys(names) : []
    },
  }
}

type InheritedKey = 'account' | 'organization' | 'lifetime' | 'renewBefore' | 'overlap' | 'orphanAfter' | 'turnLimit'

/** What an entry says, or else `defaults`. */
export function inherited(draft: Draft, entry: DraftEntry, key: InheritedKey | 'store'): Inherited {
  const own = at(draft, [...entry.path, key], entry.written[key])
  return own === 'absent' ? at(draft, ['defaults', key], draft.written.defaults?.[key]) : own
}

/** The store of an entry: `defaults.store` serves only entries that rotate. */
export function storeOf(draft: Draft, entry: DraftEntry): Inherited {
  const own = at(draft, [...entry.path, 'store'], entry.written.store)
  if (own !== 'absent' || entry.method === 'renew') return own
  return entry.method === undefined ? 'faulty' : at(draft, ['defaults', 'store'], draft.written.defaults?.store)
}

/** The organizations of an entry; empty when it says none or something wrong. */
export function organizationsOf(draft: Draft, entry: DraftEntry): readonly string[] {
  if (entry.written.organizations !== undefined) {
    return entry.written.organizations.filter((organization) => organization !== undefined)
  }
  const one = inherited(draft, entry, 'organization')
  return typeof one === 'string' ? [] : [one.value]
}

/** The organizations of all entries of an account, in their order, each once. */
export function organizationsOfAccount(draft: Draft, account: string): readonly string[] {
  const own = draft.entries.filter((entry) => {
    const named = inherited(draft, entry, 'account')
    return typeof named === 'object' && named.value === account
  })
  return [...new Set(own.flatMap((entry) => organizationsOf(draft, entry)))]
}

function at(draft: Draft, path: Path, value: string | undefined): Inherited {
  if (value !== undefined) return { value, path }
  return draft.isFaulty(path) ? 'faulty' : 'absent'
}
