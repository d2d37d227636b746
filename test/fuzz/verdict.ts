import { documents } from '../scripts/documents.ts'
import { findLeaks } from '../support/leaks.ts'
import type { CommandLine } from './command-line.ts'

/** One call of the program that has ended, or did not. */
export interface Call {
  readonly line: CommandLine
  /** `thrown`: it ended by something that nobody caught. `endless`: it did not end. */
  readonly ended: number | 'thrown' | 'endless'
  readonly stdout: string
  readonly stderr: string
  readonly stopped: boolean
  readonly terminal: boolean
  /** Values that no output may hold. */
  readonly secrets: readonly string[]
}

const colour = new RegExp(`${String.fromCodePoint(0x1b)}\\[\\d+m`, 'g')

/** The exit codes that the README documents. */
const documented: ReadonlySet<unknown> = new Set([0, 1, 2, 3, 4, 129, 130, 143])

/** Words of a program that trips over itself; no text of ours, and nothing that is drawn, holds them. */
const stumbling: readonly (readonly [string, RegExp])[] = [
  ['a stack trace', /^\s+at .*:\d+:\d+\)?$/m],
  ['undefined', /\bundefined\b/],
  ['an object as text', /\[object /],
  ['NaN', /\bNaN\b/],
  ['an error of the language', /\b(?:Type|Range|Reference|Syntax|Eval|URI|Aggregate)Error\b/],
  ['a fault of ours', /\[internal\]|"code": ?"internal"/],
  ['a control character', /(?![\n\r\t])\p{Cc}/u],
]

/** What is wrong with a call, whatever it was; empty when nothing is. */
export function faultsOf(call: Call): readonly string[] {
  const { line, ended, stdout, stderr, secrets } = call
  const words = line.words
  const faults: string[] = []
  if (!documented.has(ended)) faults.push(`the exit code is ${ended}`)
  const asked = words.some((word) => word === '--check')
  if (ended === 3 && !asked) faults.push('the exit code is 3 without --check')
  if (Number(ended) > 128 && !call.stopped) faults.push(`the exit code is ${ended} without a signal`)
  for (const [stream, text] of Object.entries({ stdout, stderr })) {
    const plain = call.terminal ? text.replaceAll(colour, '') : text
    for (const [what, pattern] of stumbling) if (pattern.test(plain)) faults.push(`${stream} holds ${what}`)
  }
  if (line.json && !isForPeople(words)) faults.push(...documentFaults(call))
  const printed = words.includes('get') ? [stderr] : [stdout, stderr]
  faults.push(...findLeaks(secrets, { output: printed }).map((where) => `a secret of the environment: ${where}`))
  return faults
}

/** Help and the version are answered before anything else is looked at; to git the program speaks as git wants it. */
function isForPeople(words: readonly string[]): boolean {
  return words.some((word) => ['git-credential', 'help', '--help', '-h', '--version', '-V'].includes(word))
}

function documentFaults({ line, ended, stdout }: Call): readonly string[] {
  let document: unknown
  try {
    document = JSON.parse(stdout)
  } catch {
    return [`stdout is not one JSON document: ${JSON.stringify(stdout.slice(0, 80))}`]
  }
  const [command = ''] = line.words.filter((word) => !word.startsWith('-'))
  const shape = isFailure(document) ? 'failure' : command
  if (!Object.hasOwn(documents, shape)) return []
  const parsed = documents[shape as keyof typeof documents].safeParse(document)
  const unlike = parsed.success ? [] : [`the document is not a ${shape}: ${parsed.error.issues[0]?.path.join('.')}`]
  return shape === 'failure' && ended === 0 ? [...unlike, 'an error with exit code 0'] : unlike
}

function isFailure(document: unknown): boolean {
  return typeof document === 'object' && document !== null && 'error' in document
}
