import type { Document, Position } from './document.ts'
import { type Fault, type Path, valueAt } from './faults.ts'

/** A fault with its place in the file: what `patrol validate` shows. Line and column count from 1. */
export interface ConfigProblem {
  readonly code: 'config-invalid'
  readonly message: string
  readonly remedy: string
  /** Undefined for flags. */
  readonly file: string | undefined
  readonly line: number
  readonly column: number
  readonly severity: 'error' | 'warning'
  /** No run repeats it. */
  readonly isAdvice?: true
}

/** A path as people read it: `tokens[package-feed].lifetime`, or `tokens[#3].lifetime` where the entry has no name. */
export function label(path: Path, tree: unknown): string {
  let text = ''
  for (const [index, step] of path.entries()) {
    if (typeof step === 'number') {
      const entry = path.slice(0, index + 1)
      const name =
        path[0] === 'tokens' && index === 1
          ? (valueAt(tree, [...entry, 'name']) ?? valueAt(tree, [...entry, 'match']))
          : undefined
      text += typeof name === 'string' && /^[\w*?. -]{1,60}$/.test(name) ? `[${name}]` : `[#${step + 1}]`
    } else {
      const plain = /^[\w-]{1,60}$/.test(step) ? step : JSON.stringify(step.slice(0, 60))
      text += text === '' ? plain : `.${plain}`
    }
  }
  return text
}

/** A problem at a place of a file. */
export function problemAt(
  { line, column }: Position,
  { text, remedy, severity, isAdvice }: Pick<Fault, 'text' | 'remedy' | 'severity' | 'isAdvice'>,
  file: string | undefined,
): ConfigProblem {
  const problem = { code: 'config-invalid', message: text, remedy, file, line, column, severity } as const
  return isAdvice === undefined ? problem : { ...problem, isAdvice }
}

/** Gives a fault its place. */
export function located(found: Fault, document: Document): ConfigProblem {
  const where = label(found.path, document.tree)
  const text = where === '' ? found.text : `${where}: ${found.text}`
  return problemAt(document.locate(found.path, found.at), { ...found, text }, document.file)
}

/** In the order of the file, and each once: a fault of `defaults` would else be told for every token. */
export function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  const once = new Map(problems.map((problem) => [`${problem.line}:${problem.column}:${problem.message}`, problem]))
  return [...once.values()].sort(
    (one, other) =>
      one.line - other.line || one.column - other.column || one.message.localeCompare(other.message, 'en'),
  )
}
