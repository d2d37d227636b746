import { expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import type { Hold } from '../../src/core/hold.ts'
import { after, day, duration, hour, times } from '../../src/core/time.ts'
import { placeHold, releaseHold } from '../../src/reconcile/hold.ts'
import { apply, propose, type Report } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const token = declaredToken({ targets: ['group'] })
const secretName = 'package-feed-pat'

async function run(world: SimulatedWorld): Promise<Report> {
  const opened = world.open({ targets: token.targets })
  const proposals = await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } })
  return apply(opened, proposals)
}

/** A token in its overlap: two PATs work. */
async function inOverlap(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  await run(world)
  world.pass(times(21, day))
  await run(world)
  world.pass(times(2, hour))
  await run(world)
  expect(world.active()).toHaveLength(2)
  return world
}

function holdFor(world: SimulatedWorld): Hold {
  return { until: after(world.now, times(9, day)), stops: 'revocation', reason: 'the build broke' }
}

function holds(world: SimulatedWorld): readonly (Hold | undefined)[] {
  return world.versions(secretName).map(({ reading }) => (reading.kind === 'read' ? reading.metadata.hold : undefined))
}

test('a record that was read before a hold was placed, and turned away meanwhile, leaves the hold', async () => {
  const world = await inOverlap()
  world.pass(times(1, hour))
  world.held.delete('group')
  const hold = holdFor(world)
  const current = world.current(secretName)?.id ?? ''
  let turnedAway = 0
  world.interfere = (effect, phase) => {
    if (effect !== 'record' || phase !== 'before' || turnedAway++ > 0) return
    world.setHold(secretName, current, hold)
    throw new PatrolError('throttled', 'too many requests', { retryAfter: duration(30_000) })
  }
  const report = await run(world)
  expect(report.results).toMatchObject([{ kind: 'deliver', status: 'done' }])
  expect(turnedAway).toBe(2)
  expect(holds(world)).toContainEqual(hold)
  world.pass(times(4, day))
  await run(world)
  expect(world.active()).toHaveLength(2)
})

test('a hold that a late record takes out of the current version keeps the superseded PAT all the same', async () => {
  const world = await inOverlap()
  const hold = holdFor(world)
  await placeHold(world.open(), token, hold)
  expect(holds(world)).toEqual([hold, hold])
  world.setHold(secretName, world.current(secretName)?.id ?? '', undefined)
  world.pass(times(4, day))
  expect((await run(world)).results).toEqual([])
  expect(world.active()).toHaveLength(2)
  expect(await releaseHold(world.open(), token)).toBe(true)
  expect(holds(world)).toEqual([undefined, undefined])
})

test('a shorter hold takes the place of a longer one everywhere', async () => {
  const world = await inOverlap()
  await placeHold(world.open(), token, holdFor(world))
  const shorter = { ...holdFor(world), until: after(world.now, day) }
  await placeHold(world.open(), token, shorter)
  expect(holds(world)).toEqual([shorter, shorter])
})

test.each(['before', 'after'])('a hold whose answer was lost, %s it took place, is seen by looking', async (when) => {
  const world = await inOverlap()
  const hold = holdFor(world)
  let asked = 0
  world.interfere = (effect, phase) => {
    if (effect !== 'hold' || phase !== when || asked++ > 0) return
    throw new PatrolError('store-unreachable', 'no answer', { outcome: 'unknown' })
  }
  expect(await placeHold(world.open(), token, hold)).toEqual(hold)
  expect(holds(world)).toEqual([hold, hold])
})

test('a hold that never takes place is no success', async () => {
  const world = await inOverlap()
  world.interfere = (effect, phase) => {
    if (effect !== 'hold' || phase !== 'before') return
    throw new PatrolError('store-unreachable', 'no answer', { outcome: 'unknown' })
  }
  await expect(placeHold(world.open(), token, holdFor(world))).rejects.toMatchObject({ code: 'store-unreachable' })
})

test.each(['before', 'after'])(
  'a release whose answer was lost, %s it took place, is seen by looking',
  async (when) => {
    const world = await inOverlap()
    await placeHold(world.open(), token, holdFor(world))
    let asked = 0
    world.interfere = (effect, phase) => {
      if (effect !== 'hold' || phase !== when || asked++ > 0) return
      throw new PatrolError('store-unreachable', 'no answer', { outcome: 'unknown' })
    }
    expect(await releaseHold(world.open(), token)).toBe(true)
    expect(holds(world)).toEqual([undefined, undefined])
  },
)

test('a hold ends by the services’ time, which the first answer shows', async () => {
  const world = await inOverlap()
  const opened = world.open()
  let offset = times(-3, hour)
  world.interfere = (effect) => {
    if (effect === 'read:current') offset = duration(0)
  }
  const clock = { ...opened.clock, now: () => after(opened.clock.now(), offset) }
  const length = times(2, hour)
  const beganAt = opened.clock.now()
  const hold = await placeHold({ ...opened, clock }, token, (now) => {
    return { until: after(now, length), stops: 'revocation', reason: '' }
  })
  expect(hold.until).toBe(after(beganAt, length))
})

test('by a clock that is not reliable nobody places a hold', async () => {
  const world = await inOverlap()
  const opened = world.open()
  const clock = { ...opened.clock, skew: () => ({ kind: 'unreliable', message: 'two days off' }) as const }
  const placing = placeHold({ ...opened, clock }, token, holdFor(world))
  await expect(placing).rejects.toMatchObject({ code: 'clock-unreliable' })
  expect(holds(world)).toEqual([undefined, undefined])
})
