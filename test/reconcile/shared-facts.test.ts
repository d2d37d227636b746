import { expect, test } from 'vitest'
import { day, minute, second, times } from '../../src/core/time.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const tokens = Array.from({ length: 40 }, (_, index) =>
  declaredToken({
    name: `feed-${index}`,
    displayName: `Feed ${index}`,
    place: { store: 'vault', secretName: `feed-${index}` },
  }),
)

const maxReplacements = { kind: 'default' } as const

/** A world in which all tokens are due, and where each new value takes ten seconds to be stored. */
async function slowWorld(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  const opened = world.open()
  await apply(opened, await propose(opened, { tokens, rules: [] }, { maxReplacements }))
  world.pass(times(21, day))
  return world
}

function countLists(world: SimulatedWorld): () => number {
  let lists = 0
  world.interfere = (effect, phase) => {
    if (effect === 'read:pats' && phase === 'before') lists += 1
    if (effect === 'store' && phase === 'before') world.pass(times(10, second))
  }
  return () => lists
}

test('a run that takes longer than facts last reads the list again once a minute, and not for every token', async () => {
  const world = await slowWorld()
  const opened = world.open({ concurrency: 8 })
  const lists = countLists(world)
  const proposals = await propose(opened, { tokens, rules: [] }, { maxReplacements })
  expect(lists()).toBe(1)
  const begun = world.elapsed
  const { results } = await apply(opened, proposals)
  expect(results.filter(({ status }) => status !== 'done')).toEqual([])
  expect(world.active()).toHaveLength(80)
  const minutes = (world.elapsed - begun) / minute
  expect(minutes).toBeGreaterThan(6)
  expect(lists()).toBeGreaterThan(2)
  expect(lists()).toBeLessThanOrEqual(1 + Math.ceil(minutes))
})

test('after a yes all turns look anew, and share the list that they look at', async () => {
  const world = await slowWorld()
  const opened = world.open({ concurrency: 8 })
  const proposals = await propose(opened, { tokens, rules: [] }, { maxReplacements })
  // What the person looked at is no longer so: somebody revoked one of the PATs meanwhile.
  const [revoked] = world.active()
  if (revoked !== undefined) world.revokeOutside(revoked)
  const lists = countLists(world)
  const shown = new Map(tokens.map(({ name }) => [name, new Set(['mint'] as const)]))
  const { results } = await apply(opened, proposals, { shown })
  expect(results.filter(({ status }) => status === 'done')).toHaveLength(40)
  expect(lists()).toBeGreaterThan(0)
  expect(lists()).toBeLessThan(10)
})
