import { expect, test } from 'vitest'
import { simulate } from '../simulation/simulator.ts'

// A mutant is met by so many seeds, each a test of its own, so that the first that breaks something ends the search.
test.each(Array.from({ length: 12 }, (_, index) => index + 1))('seed %i breaks no invariant', async (seed) => {
  const { violations, effects } = await simulate(seed)
  expect(violations).toEqual([])
  expect(effects).toBeGreaterThan(0)
})
