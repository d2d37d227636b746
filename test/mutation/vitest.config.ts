import { defineConfig } from 'vitest/config'

/**
 * The tests that `one-worker.ts` runs, by vitest itself: what that worker says of a change can be looked at again with
 * `npm run mutate -- --testRunner vitest --mutate FILE`, in about ten times as long.
 */
// oxlint-disable-next-line import/no-default-export -- vitest asks for one
export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts', 'test/reconcile/*.test.ts', 'test/mutation/*.storm.ts'],
    exclude: ['test/core/decisions.property.test.ts'],
    setupFiles: ['test/support/seed-properties.ts'],
    // A change must be held against the same cases as the code without it.
    env: { PATROL_SEED: '1' },
    testTimeout: 60_000,
  },
})
