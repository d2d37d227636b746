import type { z } from 'zod'
import { covers, type Fault, fault, type Path, pathKey, show, valueAt } from './faults.ts'
import { metaOf } from './fields.ts'
import { configSchema, type Written } from './schema.ts'
import { keysAt, schemaAt } from './schema-walk.ts'
import { oneOf, suggestion } from './suggestions.ts'

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

/** How a value is shown in a message: not at all when it came from the environment. */
export type Shown = (path: Path) => string

type Issue = z.core.$ZodIssue

/**
 * Compares a file with the schema, key by key.
 *
 * @param known paths that earlier stages have found at fault
 * @param spelled how numbers and truth values were written
 */
export function checkShape(
  tree: unknown,
  known: ReadonlySet<string>,
  shown: Shown,
  spelled: (path: Path) => string | undefined,
): Shaped {
  const faulty = new Set(known)
  const faults: Fault[] = []
  const context: Context = { tree, shown, spelled }
  const issues = configSchema.safeParse(tree).error?.issues ?? []
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

interface Context {
  readonly tree: unknown
  readonly shown: Shown
  readonly spelled: (path: Path) => string | undefined
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

function unknownKey(path: Path, tree: unknown, meant: string | undefined): Fault {
  const key = String(path.at(-1))
  const around = path.slice(0, -1)
  if (meant !== undefined) return fault(path, 'there is no such key', `did you mean ${meant}?`, 'key')
  const known = keysAt(tree, around)
  const elsewhere = homesOf(key)
  const remedy =
    elsewhere.length > 0
      ? `the key belongs ${oneOf(elsewhere)}; here can be ${oneOf(known)}`
      : `remove it; here can be ${oneOf(known)}`
  return fault(path, 'there is no such key', remedy, 'key')
}

/** Where else a key would be right. */
function homesOf(key: string): readonly string[] {
  const homes: readonly (readonly [string, Path])[] = [
    ['at the top level', []],
    ['under defaults', ['defaults']],
    ['in an entry of tokens', ['tokens', 0]],
    ['in an account', ['accounts', '']],
    ['under limits', ['limits']],
    ['under tls', ['tls']],
    ['under endpoints', ['endpoints']],
    ['under signIn of an account', ['accounts', '', 'signIn']],
  ]
  return homes
    .filter(
      ([, path]) => schemaAt(null, [...path, key]) !== undefined && !(path[0] === 'accounts' && path.length === 1),
    )
    .map(([home]) => home)
}

function describe(issue: Issue, context: Context): Fault {
  const path = issue.path as Path
  const value = valueAt(context.tree, path)
  const schema = schemaAt(context.tree, path)
  const phrase = phraseOf(issue)
  const howTo = schema === undefined ? undefined : metaOf(schema)?.howTo
  const hint = typeof value === 'string' && schema !== undefined ? hintOf(schema, path, value, context) : undefined
  if (issue.code === 'invalid_key') {
    const remedy = 'write lower-case letters, digits and hyphens, with a letter or digit at both ends'
    return fault(path, `is not ${issue.issues[0]?.message ?? 'a name'}`, remedy, 'key')
  }
  if (value === undefined) return fault(path, 'is missing', howTo ?? `write ${phrase}`)
  if (value === null)
    return fault(
      path,
      'has no value',
      howTo ?? `write ${phrase}, or remove the ${typeof path.at(-1) === 'number' ? 'entry' : 'key'}`,
    )
  const wanted = issue.code === 'invalid_type' ? issue.expected : ''
  if (wanted === 'object' || wanted === 'record' || wanted === 'array') {
    return fault(
      path,
      `is ${kindOf(value)}, not ${phrase}`,
      `write ${phrase}${wanted === 'array' ? ', each entry on a line of its own after "- "' : ', one key per line'}`,
    )
  }
  if (issue.code === 'too_small' && Array.isArray(value)) return fault(path, 'is empty', `write ${phrase}`)
  if (typeof value === 'object') return fault(path, `is ${kindOf(value)}, not ${phrase}`, `write ${phrase}`)
  if (typeof value === 'string' && schema?.safeParse(Number(value)).success === true) {
    return fault(path, `${context.shown(path)} is a text, not ${phrase}`, `write ${Number(value)} without quotes`)
  }
  if (typeof value === 'string') {
    const remedy = hint ?? nearChoice(issue, value) ?? `write ${phrase}`
    return fault(path, `${context.shown(path)} is not ${phrase}`, remedy)
  }
  const spelled = context.spelled(path) ?? show(value)
  const kind = typeof value === 'number' ? 'a number' : 'a truth value'
  return fault(path, `${show(spelled)} is ${kind}, not ${phrase}`, asText(schema, spelled) ?? `write ${phrase}`)
}

function hintOf(schema: z.ZodType, path: Path, value: string, context: Context): string | undefined {
  // The hint of a key that depends on its neighbours (`method`) stands at the mapping around it.
  const metas = [metaOf(schema), metaOf(schemaAt(context.tree, path.slice(0, -1)) ?? schema)]
  if (/^(?:yes|no|on|off)$/i.test(value) && schema.safeParse(true).success) {
    return `write ${/^(?:yes|on)$/i.test(value) ? 'true' : 'false'}: YAML 1.2 takes ${value} for a text`
  }
  if (context.shown(path) !== show(value)) return undefined
  return metas.map((meta) => meta?.hint?.(value)).find((hint) => hint !== undefined)
}

/** How a number is written where a text belongs. */
function asText(schema: z.ZodType | undefined, spelled: string): string | undefined {
  if (schema === undefined) return undefined
  if (schema.safeParse(`${spelled}d`).success && !schema.safeParse(spelled).success)
    return `write the unit, too: ${spelled}d`
  return schema.safeParse(spelled).success ? `put it in quotes: "${spelled}"` : undefined
}

function nearChoice(issue: Issue, value: string): string | undefined {
  const choices = /^one of ([\w, :<>-]+)/.exec(issue.message)?.[1]?.split(', ')
  const near = choices === undefined ? undefined : suggestion(value, choices)
  return near === undefined ? undefined : `did you mean ${near}?`
}

function phraseOf(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    if (issue.expected === 'object') return 'a mapping'
    if (issue.expected === 'record') return 'a mapping of names'
  }
  return issue.message
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'a mapping' : 'a single value'
}
