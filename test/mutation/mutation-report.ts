/** A change of the code, as the report of Stryker tells of it. */
export interface Mutant {
  readonly mutatorName: string
  readonly replacement?: string
  readonly status: string
  readonly statusReason?: string
  readonly location: { readonly start: Place; readonly end: Place }
}

/** Both count from 1. */
interface Place {
  readonly line: number
  readonly column: number
}

export interface MutatedFile {
  readonly source: string
  readonly mutants: readonly Mutant[]
}

/** The part of https://github.com/stryker-mutator/mutation-testing-elements/blob/master/packages/report-schema/src/mutation-testing-report-schema.json that is read here. */
export interface MutationReport {
  readonly files: Readonly<Record<string, MutatedFile>>
}

/** A change that no test noticed. */
export interface Survivor {
  readonly file: string
  /** Counts from 1. */
  readonly line: number
  /** The changed line as it was, with the piece that was changed: lines move, and this stays. */
  readonly at: string
  /** What it was changed from and to. */
  readonly change: string
  /** Whether a test ran the changed code at all. */
  readonly covered: boolean
  readonly mutant: Mutant
}

/** What became of the changes of one file, or of several. */
export interface Tally {
  readonly killed: number
  /** Noticed, for the tests did not come to an end. */
  readonly timeout: number
  /** Code that the compiler refuses, which no test need notice. */
  readonly refused: number
  readonly survived: number
  readonly uncovered: number
  /** Not tried: tables and constants, which are made once, before any test runs. */
  readonly fixed: number
}

/** Files of several runs as of one; a file that was changed in more than one counts as in the last. */
export function merged(reports: readonly MutationReport[]): ReadonlyMap<string, MutatedFile> {
  const files = reports.flatMap(({ files: ofRun }) => Object.entries(ofRun))
  return new Map(files.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** The changes of a file that no test noticed, in their order. */
export function survivorsOf(file: string, { source, mutants }: MutatedFile): readonly Survivor[] {
  const lines = source.split('\n')
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .toSorted((one, other) => one.location.start.line - other.location.start.line)
    .map((mutant) => {
      const { start } = mutant.location
      const change = `${short(textOf(source, mutant))} → ${short(mutant.replacement ?? '')}`
      const covered = mutant.status === 'Survived'
      return { file, line: start.line, at: lines[start.line - 1]?.trim() ?? '', change, covered, mutant }
    })
}

/** The source with one change made. */
export function withChange({ source }: MutatedFile, { location, replacement = '' }: Mutant): string {
  const [start, end] = [offsetOf(source, location.start), offsetOf(source, location.end)]
  return source.slice(0, start) + replacement + source.slice(end)
}

/** @param refused Those among the survivors that the compiler refuses. */
export function tallyOf({ mutants }: MutatedFile, refused: ReadonlySet<Mutant>): Tally {
  const count = (status: string): number =>
    mutants.filter((each) => each.status === status && !refused.has(each)).length
  return {
    killed: count('Killed') + count('RuntimeError'),
    timeout: count('Timeout'),
    refused: count('CompileError') + mutants.filter((each) => refused.has(each)).length,
    survived: count('Survived'),
    uncovered: count('NoCoverage'),
    fixed: mutants.filter(({ statusReason }) => statusReason?.startsWith('Static mutant') === true).length,
  }
}

export function sumOf(tallies: readonly Tally[]): Tally {
  const none: Tally = { killed: 0, timeout: 0, refused: 0, survived: 0, uncovered: 0, fixed: 0 }
  return tallies.reduce<Tally>(
    (sum, tally) => ({
      killed: sum.killed + tally.killed,
      timeout: sum.timeout + tally.timeout,
      refused: sum.refused + tally.refused,
      survived: sum.survived + tally.survived,
      uncovered: sum.uncovered + tally.uncovered,
      fixed: sum.fixed + tally.fixed,
    }),
    none,
  )
}

/** The head of the table, two lines of Markdown. */
export const tableHead = [
  '| file | changes | killed | timed out | survived | never run | refused | fixed | score |',
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
] as const

/** One row of the table. The score leaves out what the compiler refuses; `changes` leaves out what is fixed, too. */
export function rowOf(name: string, tally: Tally): string {
  const { killed, timeout, survived, uncovered, refused, fixed } = tally
  const noticed = killed + timeout
  const tried = noticed + survived + uncovered
  const score = tried === 0 ? '' : `${((noticed / tried) * 100).toFixed(1)} %`
  return `| ${[name, tried + refused, killed, timeout, survived, uncovered, refused, fixed, score].join(' | ')} |`
}

function textOf(source: string, { location }: Mutant): string {
  return source.slice(offsetOf(source, location.start), offsetOf(source, location.end))
}

function offsetOf(source: string, { line, column }: Place): number {
  const before = source.split('\n').slice(0, line - 1)
  return before.reduce((length, text) => length + text.length + 1, 0) + column - 1
}

/** On one line, and cut where it is long. */
function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 100 ? `${line.slice(0, 99)}…` : line
}
