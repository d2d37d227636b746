import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { counterExamples } from '../simulation/counter-examples.ts'
import { rowOf, sumOf, type Tally, tableHead } from '../mutation/mutation-report.ts'
import { reasons } from '../mutation/survivors.ts'
import { protocolMutants } from '../simulation/protocol-mutants.ts'
import { scenarios } from '../simulation/scenarios.ts'
import { root } from './workshop.ts'

const page = readFileSync(join(root, 'docs/proof.md'), 'utf8')
const source = (path: string): string => readFileSync(join(root, path), 'utf8')
const scripts = (JSON.parse(source('package.json')) as { readonly scripts: Readonly<Record<string, string>> }).scripts

/** The first cells of the rows of a table between two marks. */
function rowsBetween(text: string, name: string): readonly (readonly string[])[] {
  const [, table = ''] = new RegExp(`<!-- ${name} table -->\\n([\\s\\S]*?)<!-- end ${name} -->`).exec(text) ?? []
  return table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** The names that the table of troubles explains. */
function troublesOf(text: string): readonly string[] {
  const [, section = ''] = /### Troubles\n([\s\S]*?)\n#/.exec(text) ?? []
  return [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name = '']) => name)
}

/** The troubles that the simulator knows, of requests and of the world, by the names that its traces give them. */
function troublesInCode(): readonly string[] {
  const [, union = ''] = /export type Trouble =([\s\S]*?)\n\n/.exec(source('test/simulation/storm.ts')) ?? []
  const simulator = source('test/simulation/simulator.ts')
  const [events = '', wishes = ''] = [
    ...simulator.matchAll(/const (?:events|wishes): .* = \[\n([\s\S]*?)\n {4}\]/g),
  ].map(([, list = '']) => list)
  const ofRequests = [...union.matchAll(/'([a-z-]+)'/g)]
  const ofTheWorld = [...`${events}\n${wishes}`.matchAll(/\[\s*'([a-z-]+)',/g)]
  const ofMints = [
    ...source('test/simulation/processes.ts').matchAll(/troubles\.push\(`\$\{displayName\}:([a-z-]+)`\)/g),
  ]
  const ofDeliveries = [
    ...source('test/simulation/outside.ts').matchAll(/const identity = `\$\{target\} \$\{generation\}:([a-z-]+)`/g),
  ]
  return [...ofRequests, ...ofTheWorld, ...ofMints, ...ofDeliveries].map(([, name = '']) => name)
}

/** The invariants that the judge and those who ask it report. */
function judged(): ReadonlySet<string> {
  const judges = readdirSync(join(root, 'test/simulation')).filter((file) => file.endsWith('judge.ts'))
  const texts = [...judges, 'processes.ts', 'person.ts'].map((file) => source(`test/simulation/${file}`))
  return new Set(texts.flatMap((text) => [...text.matchAll(/'(I\d)'/g)].map(([, name = '']) => name)))
}

describe('docs/proof.md', () => {
  it('has a row for every protocol mutant, in the order of the code, and none for others', () => {
    expect(rowsBetween(page, 'mutants').map(([name]) => name)).toEqual(protocolMutants.map(({ name }) => name))
  })

  it('counts the protocol mutants that no seed found', () => {
    const seeds = rowsBetween(page, 'mutants').map(([, seed]) => seed ?? '')
    for (const seed of seeds) expect(seed).toMatch(/^(?:\d+|none of \d+)$/)
    const [, counted] = /\n(\w+) are found by none of/.exec(page) ?? []
    const words = [
      'None',
      'One',
      'Two',
      'Three',
      'Four',
      'Five',
      'Six',
      'Seven',
      'Eight',
      'Nine',
      'Ten',
      'Eleven',
      'Twelve',
      'Thirteen',
      'Fourteen',
      'Fifteen',
    ]
    expect(counted).toBe(words[seeds.filter((seed) => seed.startsWith('none')).length])
  })

  it('tells of every way that the search found, and how long it is', () => {
    expect(rowsBetween(page, 'counter-examples')).toEqual(
      counterExamples.map(({ mutant, scenario, schedule }) => [mutant, scenario, String(schedule.length)]),
    )
  })

  it('has a row for every scenario of the exhaustive search, and none in which something broke', () => {
    const rows = rowsBetween(page, 'exhaustive')
    expect(rows.map(([name]) => name)).toEqual(scenarios.map(({ name }) => name))
    for (const row of rows) expect(row.at(-1)).toBe('')
  })

  it('shows what became of changed code as `npm run mutate:report` prints it, with sums and scores that are right', () => {
    const [, table = ''] = /<!-- mutation table -->\n([\s\S]*?)<!-- end mutation -->/.exec(page) ?? []
    const [head, line, ...rows] = table.trim().split('\n')
    expect([head, line]).toEqual(tableHead)
    const read = rowsBetween(page, 'mutation').map(([name = '', , ...cells]): readonly [string, Tally] => {
      const [killed = 0, timeout = 0, survived = 0, uncovered = 0, refused = 0, fixed = 0] = cells.map(Number)
      return [name, { killed, timeout, survived, uncovered, refused, fixed }]
    })
    expect(read.map(([name, tally]) => rowOf(name, tally))).toEqual(rows)
    const files = read.filter(([name]) => name.startsWith('`src/'))
    expect(files.length).toBeGreaterThan(60)
    for (const folder of ['src/core', 'src/reconcile']) {
      const own = files.filter(([name]) => name.startsWith(`\`${folder}/`)).map(([, tally]) => tally)
      expect(read.find(([name]) => name === `all of \`${folder}\``)?.[1]).toEqual(sumOf(own))
    }
    expect(read.at(-1)).toEqual(['all', sumOf(files.map(([, tally]) => tally))])
  })

  it('gives every reason why a change may survive, and counts as many survivors as the table', () => {
    const rows = rowsBetween(page, 'survivors')
    expect(rows.map(([why]) => why)).toEqual([...reasons.map(({ why }) => why), 'not explained'])
    const counted = rows.reduce((sum, [, count]) => sum + Number(count), 0)
    const [, , , , survived, uncovered] = rowsBetween(page, 'mutation').at(-1) ?? []
    expect(counted).toBe(Number(survived) + Number(uncovered))
  })

  it('explains every trouble of the simulator, and none that there is not', () => {
    expect(troublesInCode().length).toBeGreaterThanOrEqual(15)
    expect(troublesOf(page).toSorted()).toEqual(troublesInCode().toSorted())
  })

  it('claims for the simulator the invariants that the judge judges', () => {
    const rows = [...page.matchAll(/^\| (I\d) \|[^|]+\|([^|]*)\|/gm)]
    expect(rows).toHaveLength(8)
    const claimed = rows.filter(([, , where = '']) => where.trim() !== '').map(([, name]) => name)
    expect(new Set(claimed)).toEqual(judged())
  })

  it('names only scripts that there are', () => {
    const named = [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name = '']) => name)
    expect(named.length).toBeGreaterThan(8)
    for (const name of named) expect(Object.keys(scripts)).toContain(name)
  })

  it('is found out when a table lacks a row', () => {
    const [first] = protocolMutants
    const shorter = page.replace(new RegExp(`^\\| ${first?.name} \\|.*\\n`, 'm'), '')
    expect(rowsBetween(shorter, 'mutants')).toHaveLength(protocolMutants.length - 1)
    expect(troublesOf(page.replace(/^\| `freeze` .*\n/m, ''))).not.toContain('freeze')
  })
})
