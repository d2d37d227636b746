import { closest, distance } from 'fastest-levenshtein'
import type { YAMLError } from 'yaml'
import type { z } from 'zod'
import { fixtureSchema } from './fixture-schema.ts'

type Issue = z.core.$ZodIssue

/** `:3:5: …`, what goes behind the name of a file whose YAML cannot be read: where, and why, in one line. */
export function syntaxFault({ linePos, message }: YAMLError): string {
  const [at] = linePos ?? []
  const place = at === undefined ? '' : `:${at.line}:${at.col}`
  const [said = ''] = message.split('\n', 1)
  const text = /^Flow (?:sequence|map)/.test(said)
    ? 'a bracket is opened before this and never closed'
    : said.replace(/ at line \d+, column \d+:$/, '')
  return `${place}: ${text}`
}

/** What is wrong with the shape of a fixture, a line for each fault: place, cause, and what was most likely meant. */
export function shapeFaults(error: z.ZodError): readonly string[] {
  return error.issues.flatMap(faultsOf)
}

function faultsOf(issue: Issue): readonly string[] {
  if (issue.code !== 'unrecognized_keys') return [`${placeText(issue.path)}: ${causeOf(issue)}`]
  const known = keysAt(issue.path)
  return issue.keys.map((key) => {
    const near = nearest(key, known)
    const here = known.length === 0 ? '' : `; here can be ${known.join(', ')}`
    const meant = near === undefined ? here : `; did you mean ${near}?`
    return `${placeText([...issue.path, key])}: there is no such key${meant}`
  })
}

/** `users[0].mfa`, as the fixture counts; the whole of it for an empty path. */
export function placeText(path: readonly PropertyKey[]): string {
  const steps = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
  return steps.join('').replace(/^\./, '') || 'the fixture'
}

function causeOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && /received undefined/.test(issue.message)
        ? `is missing; ${issue.expected} is wanted`
        : `${issue.expected} is wanted here`
    case 'invalid_union':
      return isMissing(issue) ? 'is missing' : 'is none of the forms that fit here'
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`
    default:
      return issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
  }
}

function isMissing({ errors }: z.core.$ZodIssueInvalidUnion): boolean {
  return errors.flat().every(({ message }) => /received undefined/.test(message))
}

/** The keys that a place of the fixture may have; empty where it is not known. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let schema: unknown = fixtureSchema
  for (const step of path) {
    const inner = unwrapped(schema)
    schema = typeof step === 'number' ? fieldOf(inner, 'element') : fieldOf(fieldOf(inner, 'shape'), String(step))
  }
  const shape = fieldOf(unwrapped(schema), 'shape')
  return typeof shape === 'object' && shape !== null ? Object.keys(shape) : []
}

/** What lies in defaults, optionals and the like. */
function unwrapped(schema: unknown): unknown {
  let inner = schema
  for (;;) {
    const next = fieldOf(fieldOf(inner, 'def'), 'innerType')
    if (next === undefined) return inner
    inner = next
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}

/** The known word that is nearly this one; undefined when none is. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || written.length > 100) return undefined
  const near = closest(
    written.toLowerCase(),
    known.map((word) => word.toLowerCase()),
  )
  const match = known.find((word) => word.toLowerCase() === near)
  const room = Math.max(1, Math.floor(written.length / 3))
  return match !== undefined && distance(written.toLowerCase(), near) <= room ? match : undefined
}
