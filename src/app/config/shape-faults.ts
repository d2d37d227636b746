import type { z } from 'zod'
import { type Fault, fault, type Path, show, valueAt } from './faults.ts'
import { metaOf } from './fields.ts'
import { keysAt, schemaAt } from './schema-walk.ts'
import { oneOf, suggestion } from './suggestions.ts'

/** How a value is shown in a message: not at all when it came from the environment. */
export type Shown = (path: Path) => string

/** What messages need to know of the file. */
export interface Context {
  readonly tree: unknown
  readonly shown: Shown
  /** How a number or truth value was written. */
  readonly spelled: (path: Path) => string | undefined
}

type Issue = z.core.$ZodIssue

/**
 * @param meant the known key that it probably stands for
 */
export function unknownKey(path: Path, tree: unknown, meant: string | undefined): Fault {
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
    ['under audit', ['audit']],
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

/** What does not fit at a key, and what would. */
export function describe(issue: Issue, context: Context): Fault {
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
