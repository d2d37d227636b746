import type { z } from 'zod'
import { covers, type Fault, type Path, pathKey, valueAt } from './faults.ts'
import { configSchema, type Written } from './schema.ts'
import { keysAt } from './schema-walk.ts'
import { type Context, describe, unknownKey } from './shape-faults.ts'
import { suggestion } from './suggestions.ts'

/** What is left of a file when everything that does not fit is taken out: anything may be missing, all else is right. */
export type Sound<T> = T extends readonly (infer Entry)[]
  ? readonly (Sound<Entry> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Sound<T[Key]> | undefined }
    : T

export interface Shaped {
  readonly sound: Sound<Written>
  /** Paths that hold nothing sound, those of earlier stages included. */
  readonly faulty: ReadonlySet<string>
  readonly faults: readonly Fault[]
}

type Issue = z.core.$ZodIssue

/**
 * Compares a file with the schema, key by key.
 *
 * @param known paths that earlier stages have found at fault
 */
export function checkShape(context: Context, known: ReadonlySet<string>): Shaped {
  const { tree } = context
  const faulty = new Set(known)
  const faults: Fault[] = []
  const issues = configSchema.safeParse(tree, { jitless: true }).error?.issues ?? []
  // Unknown keys first: one that was meant for a key that is missing says all about that, too.
  const ordered = issues
    .flatMap((issue) => plainIssues(issue, []))
    .sort((one, other) => Number(other.code === 'unrecognized_keys') - Number(one.code === 'unrecognized_keys'))
  for (const issue of ordered) {
    const told = covers(faulty, issue.path as Path)
    // Without its discriminator nothing in a mapping could be compared with anything.
    if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
      faulty.add(pathKey((issue.path as Path).slice(0, -1)))
    }
    if (told) continue
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const path = [...(issue.path as Path), key]
        if (covers(faulty, path)) continue
        const meant = suggestion(key, keysAt(tree, issue.path as Path))
        faults.push(unknownKey(path, tree, meant))
        faulty.add(pathKey(path))
        const place = [...(issue.path as Path), meant ?? key]
        if (valueAt(tree, place) === undefined) faulty.add(pathKey(place))
      }
      continue
    }
    faults.push(describe(issue, context))
    faulty.add(pathKey(issue.path as Path))
  }
  return { sound: soundTree(tree, faulty), faulty, faults }
}

function soundTree(tree: unknown, faulty: ReadonlySet<string>): Sound<Written> {
  const kept = prune(tree, [], faulty)
  return typeof kept === 'object' && kept !== null ? kept : {}
}

/** Issues within the alternative of a union that was meant: the one whose kind (text or mapping) was written. */
function plainIssues(issue: Issue, above: Path): readonly Issue[] {
  const path: PropertyKey[] = [...above, ...issue.path]
  if (issue.code === 'invalid_union' && issue.discriminator === undefined) {
    const meant = issue.errors.find((issues) =>
      issues.every((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'),
    )
    if (meant !== undefined) return meant.flatMap((inner) => plainIssues(inner, path as Path))
  }
  return [{ ...issue, path }]
}

function prune(value: unknown, path: Path, faulty: ReadonlySet<string>): unknown {
  if (faulty.size > 0 && faulty.has(pathKey(path))) return undefined
  if (Array.isArray(value)) return value.map((item, index) => prune(item, [...path, index], faulty))
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = Object.create(null)
  for (const [key, item] of Object.entries(value)) {
    const kept = prune(item, [...path, key], faulty)
    if (kept !== undefined) copy[key] = kept
  }
  return copy
}
