import { resolve } from 'node:path'
import { Secret } from '../../core/secret.ts'
import { type Fault, fault, type Path, pathKey } from './faults.ts'
import { isSecret, schemaAt } from './schema-walk.ts'
import { suggestion } from './suggestions.ts'
import { withheldIn } from './withheld-variables.ts'

/** The world as far as the configuration may see it. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>
  /** The content of a file at an absolute path: its bytes, or its text. Throws what Node's `readFileSync` throws. */
  readonly readFile: (path: string) => Uint8Array | string
  /** Where a relative path of the configuration itself begins: an absolute path. Needed for no other. */
  readonly workingDirectory?: string
}

export interface Resolved {
  /** The tree with references replaced; secret fields still hold their reference. */
  readonly tree: unknown
  readonly secrets: ReadonlyMap<string, Secret>
  /** What the secret fields refer to, as it is written. */
  readonly secretReferences: ReadonlyMap<string, string>
  /** What replaced values had been written as; messages show that in place of the value. */
  readonly written: ReadonlyMap<string, string>
  readonly faults: readonly Fault[]
  /** Those of the faults where the reference is right and only what it names is not there. */
  readonly absences: readonly Fault[]
}

type Found =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'fault' | 'absent'; readonly text: string; readonly remedy: string }

const largestFile = 65_536

/** Azure Pipelines leaves this where a variable is not defined. https://learn.microsoft.com/azure/devops/pipelines/process/variables */
const undefinedVariable = /^\s*\$\(([\w.-]+)\)\s*$/

/**
 * Replaces `${NAME}`, `${NAME:-default}`, `${file:path}` and `$${` in every text that a known key has, once: what comes
 * in is not searched again.
 *
 * @param directory where relative paths of `${file:…}` begin
 */
export function resolveReferences(tree: unknown, environment: Environment, directory: string): Resolved {
  const secrets = new Map<string, Secret>()
  const secretReferences = new Map<string, string>()
  const written = new Map<string, string>()
  const faults: Fault[] = []
  const absences: Fault[] = []
  const sources = { environment, directory }

  const replace = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => replace(item, [...path, index]))
    if (typeof value === 'object' && value !== null) {
      const copy: Record<string, unknown> = Object.create(null)
      for (const [key, item] of Object.entries(value)) copy[key] = replace(item, [...path, key])
      return copy
    }
    // A secret that is not even text is a literal, too.
    if (value === null || (typeof value !== 'string' && !isSecret(tree, path))) return value
    if (schemaAt(tree, path) === undefined) return value
    const found = isSecret(tree, path) ? secretIn(value, sources) : textIn(value as string, sources)
    if (found.kind !== 'found') {
      const told = fault(path, found.text, found.remedy)
      faults.push(told)
      if (found.kind === 'absent') absences.push(told)
      return value
    }
    if (isSecret(tree, path)) {
      secrets.set(pathKey(path), new Secret(found.value))
      if (typeof value === 'string') secretReferences.set(pathKey(path), value)
      return value
    }
    if (found.value !== value) written.set(pathKey(path), value as string)
    return found.value
  }
  return { tree: replace(tree, []), secrets, secretReferences, written, faults, absences }
}

interface Sources {
  readonly environment: Environment
  readonly directory: string
}

function secretIn(written: unknown, sources: Sources): Found {
  const remedy = 'write a reference, such as ${USER_PASSWORD} or ${file:/run/secrets/password}, and set the value there'
  if (typeof written !== 'string')
    return { kind: 'fault', text: 'is a secret and must not stand in the file itself', remedy }
  const left = undefinedVariable.exec(written)
  if (left !== null) return notDefined(left[1] ?? '')
  const inner = /^\$\{([^}]*)\}$/.exec(written)?.[1]
  if (inner === undefined) return { kind: 'fault', text: 'is a secret and must not stand in the file itself', remedy }
  if (inner.includes(':-')) return { kind: 'fault', text: 'is a secret and cannot have a default', remedy }
  return lookUp(inner, sources, true)
}

/** The variable that a secret's reference names; undefined for a file. */
export function variableOf(reference: string): string | undefined {
  return /^\$\{([A-Za-z_]\w*)\}$/.exec(reference)?.[1]
}

function textIn(written: string, sources: Sources): Found {
  const left = undefinedVariable.exec(written)
  if (left !== null) return notDefined(left[1] ?? '')
  let value = ''
  let rest = 0
  for (const match of written.matchAll(/\$\$\{|\$\{([^}]*)(\}?)/g)) {
    value += written.slice(rest, match.index)
    rest = match.index + match[0].length
    if (match[0] === '$${') {
      value += '${'
      continue
    }
    if (match[2] === '') {
      return {
        kind: 'fault',
        text: 'holds a reference that is not closed',
        remedy: 'write ${NAME}, or $${ for the two characters themselves',
      }
    }
    const found = lookUp(match[1] ?? '', sources, false)
    if (found.kind !== 'found') return found
    value += found.value
  }
  return { kind: 'found', value: value + written.slice(rest) }
}

/** @param holder the variable of the environment that holds it; else it stands in the configuration itself */
function notDefined(variable: string, holder?: string): Found {
  return {
    kind: holder === undefined ? 'fault' : 'absent',
    text: `${holder === undefined ? 'is' : `the variable ${holder} is`} $(${variable}), which Azure Pipelines leaves when the variable ${variable} is not defined`,
    remedy: `define ${variable} in the pipeline or its variable group, and hand it to the step under env:${holder === undefined ? '' : ` as ${holder}`}`,
  }
}

function lookUp(inner: string, sources: Sources, secret: boolean): Found {
  if (inner.startsWith('file:')) return fileContent(inner.slice('file:'.length), sources)
  const [, name, , fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(:-([\s\S]*))?$/.exec(inner) ?? []
  if (name === undefined) {
    return {
      kind: 'fault',
      text: `holds the reference \${${inner.length > 60 ? '…' : inner}}, which has no known form`,
      remedy: 'write ${NAME}, ${NAME:-default}, ${file:/path}, or $${ for the two characters themselves',
    }
  }
  const value = sources.environment.variables[name]
  const left = undefinedVariable.exec(value ?? '')
  if (left !== null) return notDefined(left[1] ?? '', name)
  if (value !== undefined && value !== '') return { kind: 'found', value }
  if (fallback !== undefined) return { kind: 'found', value: fallback }
  if (withheldIn(sources.environment.variables).includes(name)) {
    return {
      kind: 'absent',
      text: `the variable ${name} is not set, because patrol exec keeps it from the command that it runs`,
      remedy: `if this command may have it, pass it on in the outer call: patrol exec --pass ${name} …`,
    }
  }
  const near = suggestion(
    name,
    Object.keys(sources.environment.variables).filter((known) => known !== name),
  )
  const otherwise = secret ? '' : `, or write a default: \${${name}:-value}`
  return {
    kind: 'absent',
    text: `the variable ${name} is ${value === undefined ? 'not set' : 'empty'}`,
    remedy:
      near === undefined
        ? `set ${name} in the environment of patrol${otherwise}`
        : `set ${name} in the environment of patrol (did you mean ${near}?)${otherwise}`,
  }
}

function fileContent(path: string, sources: Sources): Found {
  if (path.trim() === '')
    return { kind: 'fault', text: 'the reference names no file', remedy: 'write ${file:/path/of/the/file}' }
  const full = resolve(sources.directory, path)
  const bad = (what: string): Found => ({
    kind: 'absent',
    text: `the file ${full} ${what}`,
    remedy:
      'correct the path (a relative one starts at the configuration file), the content or the permissions of the file',
  })
  let content: Uint8Array | string
  try {
    content = sources.environment.readFile(full)
  } catch (error) {
    return bad(`cannot be read (${reasonOf(error)})`)
  }
  if (content.length > largestFile) return bad(`is larger than ${largestFile} bytes`)
  const text = decoded(content)
  if (text === undefined) return bad('is not UTF-8 text')
  const value = text.replace(/\r?\n$/, '')
  return value === '' ? bad('is empty') : { kind: 'found', value }
}

/** The text of a file without a byte order mark; undefined when it is not UTF-8. */
export function decoded(content: Uint8Array | string): string | undefined {
  if (typeof content === 'string') return content.includes('\ufffd') ? undefined : content.replace(/^\ufeff/, '')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return undefined
  }
}

/** Why a file could not be read, without the message, which may quote anything. */
export function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is none',
    EACCES: 'permission denied',
    EPERM: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of the path is no directory',
  }
  return reasons[code] ?? (code === '' ? 'unknown reason' : code)
}
