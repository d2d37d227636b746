import { defineConfig } from 'vitest/config'

/**
 * The fast tests of what decides and acts, for the mutants of `stryker.config.json`. Properties are left out: each draws
 * thousands of cases for each mutant.
 */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts', 'test/reconcile/*.test.ts', 'test/mutation/*.storm.ts'],
    exclude: ['test/core/**/*.property.test.ts'],
    setupFiles: ['test/support/seed-properties.ts'],
    // A change must be held against the same cases as the code without it.
    env: { PATROL_SEED: '1' },
    testTimeout: 60_000,
  },
})
