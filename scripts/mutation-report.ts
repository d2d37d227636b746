// npm run mutate:report [-- FILE...]: what became of the changes that `npm run mutate` made, as docs/proof.md shows it.
// Without a file it reads all of coverage/mutation*.json, in the order of their names.
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type Mutant,
  type MutatedFile,
  merged,
  type MutationReport,
  rowOf,
  sumOf,
  survivorsOf,
  tableHead,
  tallyOf,
  withChange,
} from '../test/mutation/mutation-report.ts'
import { reasonFor, reasons } from '../test/mutation/survivors.ts'

const { positionals } = parseArgs({ allowPositionals: true })
const paths = positionals.length > 0 ? positionals : globSync('coverage/mutation*.json').toSorted()
const reports = paths.filter((path) => !path.endsWith('mutation-incremental.json'))
if (reports.length === 0) {
  console.error('There is no coverage/mutation*.json. Run npm run mutate first.')
  process.exit(1)
}

const files = merged(reports.map((path) => JSON.parse(readFileSync(path, 'utf8')) as MutationReport))
const refused = refusedByCompiler(files)
const tallies = [...files].map(([file, mutated]) => [file, tallyOf(mutated, refused)] as const)
const survivors = [...files]
  .flatMap(([file, mutated]) => survivorsOf(file, mutated))
  .filter((each) => !refused.has(each.mutant))
const unexplained = survivors.filter((survivor) => reasonFor(survivor) === undefined)

console.log(tableHead.join('\n'))
for (const [file, tally] of tallies) console.log(rowOf(`\`${file}\``, tally))
for (const folder of ['src/core', 'src/reconcile']) {
  const own = tallies.filter(([file]) => file.startsWith(`${folder}/`)).map(([, tally]) => tally)
  if (own.length > 0) console.log(rowOf(`all of \`${folder}\``, sumOf(own)))
}
console.log(rowOf('all', sumOf(tallies.map(([, tally]) => tally))))

console.log('\n| why a change survived | how many |\n| --- | ---: |')
for (const { why } of reasons) {
  console.log(`| ${why} | ${survivors.filter((survivor) => reasonFor(survivor)?.why === why).length} |`)
}
console.log(`| not explained | ${unexplained.length} |`)

for (const survivor of survivors) {
  const { file, line, at, change, covered } = survivor
  const why = reasonFor(survivor)?.why ?? (covered ? 'not explained' : 'never run')
  console.log(`\n${file}:${line}: ${why}\n  ${at}\n  ${change}`)
}

/** Tries each survivor on a copy of the code: what does not compile never runs. */
function refusedByCompiler(all: ReadonlyMap<string, MutatedFile>): ReadonlySet<Mutant> {
  const copy = 'coverage/compiled'
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  for (const folder of ['src/core', 'src/ports', 'src/reconcile']) {
    cpSync(folder, join(copy, folder), { recursive: true })
  }
  // A name that is no longer used is no fault that anybody would notice by running the code.
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, allowUnreachableCode: true }
  const project = { extends: '../../tsconfig.json', compilerOptions, include: ['src'] }
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify(project))
  for (const [file, { source }] of all) writeFileSync(join(copy, file), source)
  if (faultyFiles(copy).size > 0) throw new Error(`${copy} does not compile: the reports are of different versions.`)

  // One change of each file at a time: what a file exports states its types, so a change is refused in its own file.
  const refusedOnes = new Set<Mutant>()
  const left = new Map([...all].map(([file, mutated]) => [file, survivorsOf(file, mutated)]))
  const rounds = Math.max(0, ...[...left.values()].map(({ length }) => length))
  for (let round = 0; round < rounds; round++) {
    if (process.stderr.isTTY) process.stderr.write(`\rcompiling ${round + 1} of ${rounds}`)
    for (const [file, mutated] of all) {
      const mutant = left.get(file)?.[round]?.mutant
      writeFileSync(join(copy, file), mutant === undefined ? mutated.source : withChange(mutated, mutant))
    }
    const faulty = faultyFiles(copy)
    for (const [file, survivors] of left) {
      const mutant = survivors[round]?.mutant
      if (mutant !== undefined && faulty.has(file)) refusedOnes.add(mutant)
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\n')
  return refusedOnes
}

/** The files, below a folder, in which the compiler finds a fault. */
function faultyFiles(folder: string): ReadonlySet<string> {
  const words = ['node_modules/typescript/bin/tsc', '-p', folder, '--pretty', 'false']
  const { stdout, error } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  if (error !== undefined) throw error
  return new Set(
    stdout.split('\n').flatMap((line) => {
      const [, path] = /^(\S+\.ts)\(\d+,\d+\): error /.exec(line) ?? []
      return path === undefined ? [] : [relative(folder, path).replaceAll('\\', '/')]
    }),
  )
}
