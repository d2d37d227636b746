import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { population, refusals } from '../../bench/protocols/consumers.ts'
import type { HandedOut } from '../../bench/protocols/handed-out.ts'
import { measure, measureAll } from '../../bench/protocols/measure.ts'
import { play } from '../../bench/protocols/play.ts'
import type { Sequence } from '../../bench/protocols/sequence.ts'
import { displayName, secretName } from '../../bench/protocols/services.ts'
import { sequences } from '../../bench/protocols/sequences/all.ts'
import { patrol } from '../../bench/protocols/sequences/patrol.ts'
import { pointsOf, tablesOf } from '../../bench/protocols/table.ts'
import { duration, instant } from '../../src/core/time.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { SimulatedEstate } from '../simulation/estate.ts'
import { openPorts } from '../simulation/ports.ts'
import { declaredToken } from '../simulation/tokens.ts'

const root = join(import.meta.dirname, '../..')
const measurements = await measureAll(sequences)
const ours = measurements.find(({ sequence }) => sequence === patrol)

/** What stands between two comments, on the one page that has the first of them. */
function between(pages: readonly string[], begin: string, end: string): string {
  const having = pages.map((path) => readFileSync(join(root, path), 'utf8')).filter((text) => text.includes(begin))
  expect(having).toHaveLength(1)
  return (having[0]?.split(begin)[1]?.split(end)[0] ?? '').trim()
}

describe('the tables', () => {
  test('of the README are what the bench prints', () => {
    expect(between(['README.md'], '<!-- protocols table -->', '<!-- end protocols -->')).toBe(tablesOf(measurements))
  })

  test('of the points, in the docs, are what the bench prints', () => {
    const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
    const text = between(
      pages.map((name) => join('docs', name)),
      '<!-- protocol points -->',
      '<!-- end protocol points -->',
    )
    expect(text).toBe(pointsOf(measurements))
  })

  test('come out the same in a second measurement', async () => {
    expect(tablesOf(await measureAll(sequences))).toBe(tablesOf(measurements))
  })
})

describe('the faults', () => {
  test('strike at both boundaries of every request of the rotation, and at the answer of every change', async () => {
    for (const { kills, lostAnswers } of measurements) {
      const before = kills.filter(({ where }) => where.startsWith('before ')).length
      expect(before).toBe(kills.length / 2)
      expect(lostAnswers.length).toBeGreaterThanOrEqual(3)
      expect(lostAnswers.length).toBeLessThan(before)
    }
  })

  test('take place once and end only the run that they strike', async () => {
    const calm = await play(patrol, 60)
    const first = calm.runs.findIndex(({ calls }) => calls.length > 0)
    const struck = await play(patrol, 60, { fault: { kind: 'kill', nth: 3 }, first, last: first + 5 })
    expect(struck.runs.filter(({ disturbed }) => disturbed !== undefined)).toHaveLength(1)
    // The third boundary stands before the second request.
    expect(struck.runs[first]?.calls).toHaveLength(1)
    expect(struck.runs).toHaveLength(60)
  })
})

describe('Patrol', () => {
  test('loses nothing at any point, and the next run has put everything right', () => {
    for (const verdict of [...(ours?.kills ?? []), ...(ours?.lostAnswers ?? [])]) {
      expect(verdict).toMatchObject({ deadAtOnce: false, deadLater: false, orphans: 0, leftToExpire: 0 })
      expect(verdict.runsToConverge).toBeLessThanOrEqual(1)
    }
    expect(ours?.kills.length).toBeGreaterThan(40)
    expect(ours?.refusals.map(({ mean }) => mean)).toEqual([0, 0, 0, 0])
    expect(ours?.deadByRefusal).toBe(false)
  })

  test('has something to put right after a kill between mint and store', () => {
    const between = ours?.kills.filter(({ where }) => ['after mint', 'before store'].includes(where)) ?? []
    expect(between.map(({ runsToConverge }) => runsToConverge)).toEqual([1, 1])
  })

  test.each([
    ['orphans', 'collect-orphan', 'orphans'],
    ['superseded PATs', 'revoke', 'leftToExpire'],
  ] as const)('is found out when it does not end %s', async (_, left, harm) => {
    const { kills } = await measure(patrolWithout(left))
    expect(kills.filter((verdict) => verdict[harm] > 0).length).toBeGreaterThan(0)
  })
})

/** The real reconciler, but one kind of action is never taken. */
function patrolWithout(left: 'collect-orphan' | 'revoke'): Sequence {
  const token = declaredToken({ displayName, place: { store: 'vault', secretName } })
  const kinds = (['mint', 'revoke', 'disable-version', 'collect-orphan', 'update-metadata'] as const).filter(
    (kind) => kind !== left,
  )
  const shown = new Map([[token.name, new Set(kinds)]])
  return {
    ...patrol,
    jobs: [
      {
        offset: duration(0),
        run: async (estate, gate) => {
          const world = openPorts(estate, gate, { concurrency: 1, targets: [] })
          const declared = { tokens: [token], rules: [] }
          const proposals = await propose(world, declared, { maxReplacements: { kind: 'default' } })
          await apply(world, proposals, { shown })
        },
      },
    ],
  }
}

describe('consumers', () => {
  const estate = new SimulatedEstate()
  const began = estate.now
  /** Three PATs: the first ends while it is handed out, the second ends in the caches, the third is current. */
  const story: readonly HandedOut[] = (
    [
      [0, 2_600, 2_500],
      [2_600, 6_000, 6_700],
      [6_000, Number.POSITIVE_INFINITY, 99_000],
    ] as const
  ).map(([from, to, end]) => {
    const pat = estate.createPat({ displayName, validTo: instant(began + end) })
    return { pat, from: began + from, to: began + to }
  })

  test.each([0, 300, 1_000])('that keep a value for %i ms suffer what a count of every use shows', (cacheTime) => {
    const { mean, share } = refusals(story, duration(cacheTime))
    const counted = countUses(story, began, cacheTime)
    expect(mean).toBeCloseTo(counted.refusedMs / (population * 2), -1)
    expect(share).toBeCloseTo(counted.hits / (population * 2), 2)
    expect(mean).toBeGreaterThan(0)
  })

  test('that read the value in time suffer nothing', () => {
    const late = story.slice(1).map((one) => ({ ...one, to: Math.min(one.to, began + 5_000) }))
    expect(refusals(late, duration(1_000))).toEqual({ share: 0, mean: 0 })
  })
})

/** Every consumer uses its value once a millisecond, and looks whether it is refused. */
function countUses(story: readonly HandedOut[], began: number, cacheTime: number): { refusedMs: number; hits: number } {
  let refusedMs = 0
  let hits = 0
  for (let consumer = 0; consumer < population; consumer++) {
    const phase = ((consumer + 0.5) / population) * cacheTime
    const refusedBy = new Set<HandedOut>()
    for (let use = 1_000; use < 9_000; use++) {
      const at = began + use
      const readAt = cacheTime === 0 ? at : at - ((at - phase) % cacheTime)
      const held = story.find(({ from, to }) => from <= readAt && readAt < to)
      if (held === undefined || at < held.pat.validTo) continue
      refusedMs += 1
      refusedBy.add(held)
    }
    hits += refusedBy.size
  }
  return { refusedMs, hits }
}
