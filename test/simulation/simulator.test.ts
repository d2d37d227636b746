import { expect, test } from 'vitest'
import { simulate } from './simulator.ts'

const seeds = 200

test(`${seeds} seeds: nothing bad happens in the storm, and all is well after it`, async () => {
  let effects = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await simulate(seed)
    effects += outcome.effects
    const last = outcome.trace.slice(-20).join('\n')
    expect(outcome.violations, `npm run sim -- --seed ${seed}\n${last}`).toEqual([])
  }
  expect(effects).toBeGreaterThan(10_000)
}, 120_000)

test('the same seed is the same story', async () => {
  const [first, second] = [await simulate(7), await simulate(7)]
  expect(first.trace).toEqual(second.trace)
  expect(first.trace.length).toBeGreaterThan(20)
})
