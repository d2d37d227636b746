import { type Call, faultsOf } from './verdict.ts'

/** Something that the program must not do, with the call that showed it. */
export interface Finding {
  readonly fault: string
  readonly words: readonly string[]
  readonly stdout: string
  readonly stderr: string
}

/** What came of one seed. */
export interface Fuzzed {
  /** How each call ended. */
  readonly ended: readonly Call['ended'][]
  readonly findings: readonly Finding[]
}

export function findingsOf(call: Call): readonly Finding[] {
  const { line, stdout, stderr } = call
  return faultsOf(call).map((fault) => ({ fault, words: line.words, stdout, stderr }))
}

/** A finding in a few lines, for whoever mends it. */
export function findingText({ fault, words, stdout, stderr }: Finding): string {
  const shown = [...excerpt('> ', stdout), ...excerpt('! ', stderr)]
  return [`  ${fault}`, `  $ patrol ${words.map((word) => JSON.stringify(word)).join(' ')}`, ...shown].join('\n')
}

function excerpt(mark: string, text: string): readonly string[] {
  const lines = text.split('\n').slice(0, 12)
  return text === '' ? [] : lines.map((line) => `  ${mark}${line.slice(0, 200)}`)
}
