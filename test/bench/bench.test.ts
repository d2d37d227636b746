import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { columns, labelOf } from '../../bench/run/table.ts'
import { fewestRequests, tinyWorkloads, workloads } from '../../bench/run/workloads.ts'

const root = join(import.meta.dirname, '../..')
const run = promisify(execFile)

/** The cells of the tables in a text, row by row, without the lines that align them. */
function rowsIn(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\|(?: -+:? \|)+$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

function between(from: string, to: string): string {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [, behind = ''] = readme.split(from)
  return behind.split(to)[0] ?? ''
}

async function printed(file: string, ...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'bench', file), ...words])
  return stdout
}

describe('the bench of runs', () => {
  test('prints rows that have the columns of the table in the README, and sends no request without need', async () => {
    const [head, ...rows] = rowsIn(await printed('bench.ts', 'tiny'))
    expect(head).toEqual(columns)
    expect(rows.map((row) => row.slice(0, 4))).toEqual(tinyWorkloads.map(labelOf))
    for (const row of rows) {
      expect(row).toHaveLength(columns.length)
      const [requests, fewest] = row.slice(4, 6)
      expect(requests, row.join(' ')).toBe(fewest)
    }
    const tableOfReadme = rowsIn(between('<!-- bench table -->', '<!-- end bench -->'))
    expect(tableOfReadme[0]).toEqual(head)
    for (const row of tableOfReadme) expect(row).toHaveLength(columns.length)
  })

  test('has measured all its workloads for the README', () => {
    const [, ...rows] = rowsIn(between('<!-- bench table -->', '<!-- end bench -->'))
    expect(rows.map((row) => row.slice(0, 4))).toEqual(workloads.map(labelOf))
  })

  test('shows in the README what was aimed at: few requests, and none without need', () => {
    const [, ...rows] = rowsIn(between('<!-- bench table -->', '<!-- end bench -->'))
    for (const [index, row] of rows.entries()) {
      const workload = workloads[index]
      if (workload === undefined) throw new Error('a row has no workload')
      const [requests, fewest] = row.slice(4, 6).map((cell) => Number(cell.replaceAll(',', '')))
      expect(fewest, row.join(' ')).toBe(fewestRequests(workload))
      expect(requests, row.join(' ')).toBeLessThanOrEqual(Math.ceil(fewestRequests(workload) * 1.3))
    }
  })
})

test('the bench of the start prints the rows of the table in the README', async () => {
  const [head, ...rows] = rowsIn(await printed('startup.ts', '2'))
  const [headOfReadme, ...rowsOfReadme] = rowsIn(between('<!-- start-up table -->', '<!-- end -->'))
  expect(rowsOfReadme.map(([command]) => command)).toEqual(rows.map(([command]) => command))
  expect(headOfReadme?.map((cell) => cell.replace(/\d+/, ''))).toEqual(head?.map((cell) => cell.replace(/\d+/, '')))
  for (const row of [...rows, ...rowsOfReadme]) expect(row).toHaveLength(3)
})
