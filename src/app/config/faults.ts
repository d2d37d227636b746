import { Secret } from '../../core/secret.ts'

/** Where something stands in the configuration: keys, and indexes of list entries. */
export type Path = readonly (string | number)[]

/** Something wrong with what was written, before it is known at which line that stands. */
export interface Fault {
  readonly path: Path
  /** `key`: the key itself is at fault, not its value. */
  readonly at: 'key' | 'value'
  /** Lower case, without the place; never holds a secret or a value that came from the environment. */
  readonly text: string
  /** What to write instead. */
  readonly remedy: string
  readonly severity: 'error' | 'warning'
  /** A warning about something that works and was perhaps chosen: told to who looks, not by every run, and no fault for --strict. */
  readonly isAdvice?: true
}

export function fault(path: Path, text: string, remedy: string, at: 'key' | 'value' = 'value'): Fault {
  return { path, at, text, remedy, severity: 'error' }
}

export function warning(path: Path, text: string, remedy: string): Fault {
  return { path, at: 'value', text, remedy, severity: 'warning' }
}

/** A warning that `patrol validate` and `patrol doctor` show, and no run repeats. */
export function advice(path: Path, text: string, remedy: string): Fault {
  return { ...warning(path, text, remedy), isAdvice: true }
}

/** A path as the key of a Map or Set. */
export function pathKey(path: Path): string {
  return JSON.stringify(path)
}

/** What stands at a path of plain data; undefined when nothing does. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

/** Whether a set of path keys holds the path, or anything that it is part of. */
export function covers(keys: ReadonlySet<string>, path: Path): boolean {
  if (keys.size === 0) return false
  for (let length = 0; length <= path.length; length++) if (keys.has(pathKey(path.slice(0, length)))) return true
  return false
}

const longestShown = 80

/** A value for a message: in one line, not too long, and without anything that looks like a credential. */
export function show(value: unknown): string {
  if (typeof value === 'string') {
    const clean = Secret.redact(value)
    const short = clean.length > longestShown ? `${clean.slice(0, longestShown)}…` : clean
    return /^[\w./:@*?%+~${}-]+$/.test(short) ? short : JSON.stringify(short)
  }
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return 'a mapping'
  return String(value)
}
