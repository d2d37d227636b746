import { describe, expect, it } from 'vitest'
import {
  type Mutant,
  type MutatedFile,
  merged,
  rowOf,
  sumOf,
  survivorsOf,
  tableHead,
  tallyOf,
  withChange,
} from './mutation-report.ts'

const source = 'export function older(one: number, other: number): boolean {\n  return one < other\n}\n'

/** A change of `one < other`, in the second line. */
function aMutant(status: string, difference: Partial<Mutant> = {}): Mutant {
  const location = { start: { line: 2, column: 10 }, end: { line: 2, column: 21 } }
  return { mutatorName: 'EqualityOperator', replacement: 'one <= other', status, location, ...difference }
}

function aFile(...mutants: readonly Mutant[]): MutatedFile {
  return { source, mutants }
}

describe('the report of changed code', () => {
  it('makes the change that Stryker made', () => {
    expect(withChange(aFile(), aMutant('Survived'))).toBe(source.replace('one < other', 'one <= other'))
  })

  it('tells of a survivor by the line and the piece that was changed', () => {
    const survivor = aMutant('Survived')
    expect(survivorsOf('src/core/a.ts', aFile(aMutant('Killed'), survivor, aMutant('Ignored')))).toEqual([
      {
        file: 'src/core/a.ts',
        line: 2,
        at: 'return one < other',
        change: 'one < other → one <= other',
        covered: true,
        mutant: survivor,
      },
    ])
  })

  it('counts what no test ran as a survivor, and says so', () => {
    expect(survivorsOf('a.ts', aFile(aMutant('NoCoverage'))).map(({ covered }) => covered)).toEqual([false])
  })

  it('puts a change of many lines on one, cut where it is long', () => {
    const location = { start: { line: 1, column: 60 }, end: { line: 3, column: 2 } }
    const [block] = survivorsOf('a.ts', aFile(aMutant('Survived', { location, replacement: '{}' })))
    expect(block?.change).toBe('{ return one < other } → {}')
    const [long] = survivorsOf('a.ts', aFile(aMutant('Survived', { replacement: 'x'.repeat(200) })))
    expect(long?.change).toBe(`one < other → ${'x'.repeat(99)}…`)
  })

  it('gives each change one place in the tally, and what the compiler refuses a place of its own', () => {
    const refused = aMutant('Survived')
    const fixed = aMutant('Ignored', { statusReason: 'Static mutant (and "ignoreStatic" was enabled)' })
    const file = aFile(
      ...['Killed', 'Killed', 'RuntimeError', 'Timeout', 'Survived', 'NoCoverage', 'CompileError', 'Ignored'].map(
        (status) => aMutant(status),
      ),
      refused,
      fixed,
    )
    expect(tallyOf(file, new Set([refused]))).toEqual({
      killed: 3,
      timeout: 1,
      refused: 2,
      survived: 1,
      uncovered: 1,
      fixed: 1,
    })
  })

  it('scores what was noticed of what could be, and leaves out what the compiler refuses', () => {
    const tally = { killed: 6, timeout: 1, refused: 10, survived: 2, uncovered: 1, fixed: 5 }
    expect(rowOf('all', tally)).toBe('| all | 20 | 6 | 1 | 2 | 1 | 10 | 5 | 70.0 % |')
    expect(rowOf('all', tally).split('|')).toHaveLength(tableHead[0].split('|').length)
  })

  it('gives no score to a file in which nothing could be changed', () => {
    expect(rowOf('pat.ts', sumOf([]))).toBe('| pat.ts | 0 | 0 | 0 | 0 | 0 | 0 | 0 |  |')
  })

  it('adds up files', () => {
    const one = { killed: 1, timeout: 2, refused: 3, survived: 4, uncovered: 5, fixed: 6 }
    expect(sumOf([one, one])).toEqual({ killed: 2, timeout: 4, refused: 6, survived: 8, uncovered: 10, fixed: 12 })
  })

  it('takes a file from the last run that changed it, and sorts files by name', () => {
    const [first, last, other] = [aFile(aMutant('Survived')), aFile(aMutant('Killed')), aFile()]
    const files = merged([{ files: { 'b.ts': first } }, { files: { 'b.ts': last, 'a.ts': other } }])
    expect([...files]).toEqual([
      ['a.ts', other],
      ['b.ts', last],
    ])
  })
})
