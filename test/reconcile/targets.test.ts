import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { day, hour, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { apply, propose, type Report } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { Crash, SimulatedWorld } from '../simulation/world.ts'

const two = declaredToken({ targets: ['first', 'second'], groups: new Map([['second', 2]]) })
const one = declaredToken({ targets: ['group'] })

async function run(world: SimulatedWorld, token: Token, proofs = {}): Promise<Report> {
  const opened = world.open({ targets: token.targets, proofs: new Map(Object.entries(proofs)) })
  const work = async (): Promise<Report> => {
    const proposals = await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } })
    return apply(opened, proposals)
  }
  return Promise.race([work(), opened.crashed.then(() => Promise.reject(new Crash()))])
}

const told = ({ results }: Report): readonly unknown[] =>
  results.map(({ kind, reason, status, target }) => [kind, reason, status, target].filter((part) => part !== undefined))

/** A token whose first value every target has, settled. */
async function settled(token: Token): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  await run(world, token)
  world.pass(times(2, hour))
  await run(world, token)
  return world
}

/** A token that was rotated, too: two PATs live, and every target has the new value, settled. */
async function inOverlap(token: Token): Promise<SimulatedWorld> {
  const world = await settled(token)
  world.pass(times(21, day))
  await run(world, token)
  world.pass(times(2, hour))
  await run(world, token)
  return world
}

/** Watches the requests of a run. */
function requests(world: SimulatedWorld, kind: string): { readonly count: number } {
  const seen = { count: 0 }
  world.interfere = (effect) => void (seen.count += effect.startsWith(kind) ? 1 : 0)
  return seen
}

describe('drift', () => {
  test.each(['overwritten', 'deleted'])(
    'a copy that was %s is delivered again, and the old PAT waits for it',
    async (how) => {
      const world = await inOverlap(one)
      const old = world.active().find(({ value }) => value !== world.current('package-feed-pat')?.value)
      world.pass(times(3, day))
      if (how === 'deleted') world.held.delete('group')
      else world.held.set('group', old?.value ?? '')
      expect(told(await run(world, one))).toEqual([['deliver', 'drifted', 'done', 'group']])
      expect(world.held.get('group')).toBe(world.current('package-feed-pat')?.value)
      expect(world.active()).toHaveLength(2)
      world.pass(times(2, day))
      expect(told(await run(world, one))).toEqual([])
      world.pass(times(2, minute))
      expect(told(await run(world, one))).toEqual([['revoke', 'superseded', 'done']])
    },
  )

  test('is looked for once a run, however often the token is observed', async () => {
    const world = await inOverlap(one)
    world.pass(times(3, day))
    const opened = world.open({ targets: ['group'] })
    const proposals = await propose(opened, { tokens: [one], rules: [] }, { maxReplacements: { kind: 'default' } })
    const seen = requests(world, 'read:inspect')
    await apply(opened, proposals, { shown: new Map([['package-feed', new Set(['revoke'] as const)]]) })
    expect(seen.count).toBe(0)
    expect(world.active()).toHaveLength(1)
  })

  test('is not looked for before a delivery, nor of a paused token', async () => {
    const world = new SimulatedWorld()
    const seen = requests(world, 'read:inspect')
    await run(world, one)
    await run(world, { ...one, paused: true })
    expect(seen.count).toBe(0)
    await run(world, one)
    expect(seen.count).toBe(1)
  })

  test('a target that gives no answer fails nothing, is told, and holds back the revocation for as long', async () => {
    const world = await inOverlap(one)
    world.pass(times(3, day))
    world.interfere = (effect) => {
      if (effect === 'read:inspect:group') throw new PatrolError('target-unreachable', 'nobody there')
    }
    const report = await run(world, one)
    expect(report.results).toEqual([])
    expect(report.problems).toMatchObject([
      { token: 'package-feed', code: 'target-unreachable', message: expect.stringContaining('nobody there') },
    ])
    expect(world.active()).toHaveLength(2)
    world.interfere = () => undefined
    expect(told(await run(world, one))).toEqual([['revoke', 'superseded', 'done']])
  })

  test('a delivery that fails after it was seen closes the gate until it succeeds', async () => {
    const world = await inOverlap(one)
    world.pass(times(3, day))
    world.held.delete('group')
    world.interfere = (effect) => {
      if (effect === 'deliver:group') throw new PatrolError('target-denied', 'no')
    }
    expect(told(await run(world, one))).toEqual([['deliver', 'drifted', 'failed', 'group']])
    world.pass(times(4, day))
    expect(told(await run(world, one))).toEqual([['deliver', 'failed-before', 'failed', 'group']])
    expect(world.active()).toHaveLength(2)
  })
})

describe('groups', () => {
  test('a later one gets nothing while the first fails, and everything when it does not', async () => {
    const world = new SimulatedWorld()
    world.interfere = (effect) => {
      if (effect === 'deliver:first') throw new PatrolError('delivery-failed', 'down')
    }
    expect(told(await run(world, two))).toEqual([
      ['mint', 'absent', 'done'],
      ['deliver', 'failed', 'first'],
      ['deliver', 'skipped', 'second'],
    ])
    expect(world.held.size).toBe(0)
    // Its next attempt is not due, so that neither is tried.
    expect(told(await run(world, two))).toEqual([])
    world.pass(times(6, minute))
    expect(told(await run(world, two))).toEqual([
      ['deliver', 'failed-before', 'failed', 'first'],
      ['deliver', 'undelivered', 'skipped', 'second'],
    ])
    world.interfere = () => undefined
    world.pass(times(11, minute))
    expect(told(await run(world, two))).toEqual([
      ['deliver', 'failed-before', 'done', 'first'],
      ['deliver', 'undelivered', 'done', 'second'],
    ])
  })
})

test('a later group waits also when the first could not even be read for', async () => {
  const world = new SimulatedWorld()
  world.interfere = (effect) => {
    if (effect === 'deliver:first') throw new PatrolError('delivery-failed', 'down')
  }
  await run(world, two)
  world.pass(times(6, minute))
  let refused = 0
  world.interfere = (effect) => {
    if (effect === 'read:value' && refused++ === 0) throw new PatrolError('store-unreachable', 'no answer')
  }
  expect(told(await run(world, two))).toEqual([
    ['deliver', 'failed-before', 'failed', 'first'],
    ['deliver', 'undelivered', 'skipped', 'second'],
  ])
  expect(world.held.size).toBe(0)
})

describe('proof', () => {
  test('a failing one keeps the delivery open, and the old PAT alive', async () => {
    const world = await settled(one)
    world.pass(times(21, day))
    const proofs = { group: { kind: 'scope', probe: 'feeds' } }
    let delivered = false
    world.interfere = (effect, phase) => {
      delivered ||= effect === 'deliver:group' && phase === 'after'
      if (delivered && effect === 'read:probe') world.useLag = times(10, day)
    }
    const report = await run(world, one, proofs)
    expect(told(report)).toEqual([
      ['mint', 'due', 'done'],
      ['deliver', 'failed', 'group'],
    ])
    expect(report.results[1]?.error).toMatchObject({
      code: 'proof-failed',
      message: expect.stringContaining('HTTP 401'),
    })
    expect(world.held.get('group')).toBe(world.current('package-feed-pat')?.value)
    world.pass(times(4, day))
    await run(world, one, proofs)
    expect(world.active()).toHaveLength(2)
    world.interfere = () => undefined
    world.useLag = times(0, day)
    world.pass(times(1, day))
    expect(told(await run(world, one, proofs))).toEqual([['deliver', 'failed-before', 'done', 'group']])
    world.pass(times(2, day))
    world.pass(times(2, minute))
    expect(told(await run(world, one, proofs))).toEqual([['revoke', 'superseded', 'done']])
  })
})

test('a target that left the configuration after a failed delivery holds back the revocation, and is told', async () => {
  const world = new SimulatedWorld()
  await run(world, one)
  world.pass(times(21, day))
  world.interfere = (effect) => {
    if (effect === 'deliver:group') throw new PatrolError('delivery-failed', 'down')
  }
  await run(world, one)
  world.pass(times(4, day))
  const without = { ...one, targets: [] }
  const report = await run(world, without)
  expect(report.results).toEqual([])
  expect(report.problems).toMatchObject([{ code: 'target-undeclared', message: expect.stringContaining('group') }])
  expect(world.active()).toHaveLength(2)
  world.interfere = () => undefined
  expect(told(await run(world, one))).toEqual([['deliver', 'failed-before', 'done', 'group']])
})

describe('an older value that lands late, in a target that cannot tell what it holds,', () => {
  /** A run dies while its delivery is under way; the secret is purged, and the next run makes a first value of it again. */
  async function landsLate() {
    const world = new SimulatedWorld()
    world.blindTargets.add('group')
    world.interfere = (effect, phase) => {
      if (effect === 'deliver:group' && phase === 'before') throw new Crash()
    }
    await expect(run(world, one)).rejects.toThrow(Crash)
    world.interfere = () => undefined
    const [old] = world.active()
    world.secrets.delete('package-feed-pat')
    world.pass(minute)
    expect(told(await run(world, one))).toEqual([
      ['mint', 'value-lost', 'done'],
      ['deliver', 'done', 'group'],
    ])
    world.held.set('group', old?.value ?? '')
    return { world, old }
  }

  test('is put right before its PAT goes, also when the store lists no other version', async () => {
    const { world, old } = await landsLate()
    expect(world.versions('package-feed-pat')).toHaveLength(1)
    world.pass(times(3, day))
    expect(told(await run(world, one))).toEqual([['deliver', 'unsettled', 'done', 'group']])
    expect(world.held.get('group')).toBe(world.current('package-feed-pat')?.value)
    expect(world.active()).toContain(old)
    world.pass(times(3, day))
    expect(told(await run(world, one))).toEqual([['revoke', 'superseded', 'done']])
  })

  test('is put right also when its PAT was revoked by somebody else, and nothing points at it any more', async () => {
    const { world, old } = await landsLate()
    if (old !== undefined) world.revokeOutside(old)
    world.pass(times(2, hour))
    expect(told(await run(world, one))).toEqual([['deliver', 'unsettled', 'done', 'group']])
    expect(world.held.get('group')).toBe(world.current('package-feed-pat')?.value)
    const sent = world.effects.length
    await run(world, one)
    expect(world.effects).toHaveLength(sent)
  })
})
