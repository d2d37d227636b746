import { day, duration, hour, minute, times } from '../../src/core/time.ts'
import type { Scenario } from './scenario.ts'
import { declaredToken } from './tokens.ts'

/** A token whose whole life fits into half a day, so that little time makes much happen. */
const short = declaredToken({
  lifetime: times(12, hour),
  renewBefore: times(4, hour),
  overlap: times(30, minute),
  orphanAfter: hour,
  turnLimit: times(15, minute),
})
const withTarget = { ...short, targets: ['group'] }

const common = { runs: [2, 2], faults: 2, passes: [duration(70 * minute)], mostPasses: 1 }

/** Where the search begins. */
export const scenarios: readonly Scenario[] = [
  { ...common, name: 'nothing exists yet', token: short, prepare: async () => undefined },
  {
    ...common,
    name: 'due',
    token: short,
    prepare: async (world) => {
      await world.run()
      world.pass(times(9, hour))
    },
  },
  {
    ...common,
    name: 'the overlap has passed',
    token: short,
    prepare: async (world) => {
      await world.run()
      world.pass(times(9, hour))
      await world.run()
      world.pass(times(2, hour))
    },
  },
  {
    ...common,
    name: 'revoked outside',
    token: short,
    prepare: async (world) => {
      await world.run()
      world.pass(hour)
      const pat = world.estate.active().at(-1)
      if (pat !== undefined) world.estate.revokeOutside(pat)
    },
  },
  {
    ...common,
    name: 'due, with a target',
    token: withTarget,
    runs: [2, 1],
    faults: 1,
    prepare: async (world) => {
      await world.run()
      world.pass(times(2, hour))
      await world.run()
      world.pass(times(7, hour))
    },
  },
  {
    ...common,
    name: 'the scopes were changed right after a rotation',
    token: { ...short, scopes: ['vso.code'] },
    passes: [duration(32 * minute)],
    mostPasses: 2,
    faults: 1,
    prepare: async (world) => {
      await world.run(short)
      world.pass(times(2, minute))
    },
  },
  {
    ...common,
    name: 'revoked outside at any moment',
    token: { ...short, lifetime: times(30, day), renewBefore: times(10, day) },
    outside: true,
    prepare: async (world) => {
      await world.run()
      world.pass(hour)
    },
  },
  {
    ...common,
    name: 'rotated twice by hand, with an overlap shorter than a turn',
    token: { ...short, overlap: times(5, minute) },
    faults: 1,
    errands: ['rotation', 'rotation'],
    passes: [times(7, minute)],
    prepare: async (world) => {
      await world.run()
      world.pass(hour)
    },
  },
  {
    ...common,
    name: 'due, and its end is near',
    token: short,
    passes: [duration(40 * minute)],
    faults: 1,
    prepare: async (world) => {
      await world.run()
      world.pass(duration(11.7 * hour))
    },
  },
  {
    ...common,
    name: 'nothing exists yet, with a target, and PATs are revoked outside',
    token: withTarget,
    runs: [1, 1],
    outside: true,
    prepare: async () => undefined,
  },
  {
    ...common,
    name: 'the first value is made twice, who delivered dies, and a PAT is revoked outside',
    token: withTarget,
    runs: [1, 1],
    mostPasses: 0,
    outside: true,
    fates: ['sender dies after'],
    prepare: async () => undefined,
  },
  {
    ...common,
    name: 'one of two instances no longer knows the target',
    token: short,
    runs: [1, 2],
    tokens: [withTarget, short],
    faults: 1,
    prepare: async (world) => {
      await world.run(withTarget)
      world.pass(times(2, hour))
      await world.run(withTarget)
      world.pass(times(7, hour))
    },
  },
  {
    ...common,
    name: 'rolled back, when the overlap has passed',
    token: { ...short, lifetime: times(30, day), renewBefore: times(10, day) },
    runs: [1, 1],
    errands: ['rollback', 'run'],
    prepare: async (world) => {
      await world.run()
      world.pass(times(21, day))
      await world.run()
      world.pass(times(2, hour))
    },
  },
  {
    ...common,
    name: 'just rotated',
    token: { ...short, overlap: times(5, minute) },
    passes: [duration(7 * minute)],
    prepare: async (world) => {
      await world.run()
      world.pass(times(9, hour))
      await world.run()
      world.pass(minute)
    },
  },
]
