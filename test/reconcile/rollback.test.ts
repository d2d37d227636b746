import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { decodeMetadata, type Metadata } from '../../src/core/metadata.ts'
import { after, day, hour, minute, times } from '../../src/core/time.ts'
import { placeHold, releaseHold } from '../../src/reconcile/hold.ts'
import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { rollBack, type RollbackReport } from '../../src/reconcile/rollback.ts'
import type { Kept } from '../../src/reconcile/rollback-sight.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { Crash, SimulatedWorld } from '../simulation/world.ts'

const place = { store: 'vault', secretName: 'package-feed-pat' }
const token: Kept = { ...declaredToken({ targets: ['group'] }), place }

async function run(world: SimulatedWorld, declared: Kept = token, requested = false) {
  const opened = world.open({ targets: ['group'] })
  const names = new Set(requested ? [declared.name] : [])
  const limits = { maxReplacements: { kind: 'count', count: 9 }, requested: names } as const
  const proposals = await propose(opened, { tokens: [declared], rules: [] }, limits)
  return apply(opened, proposals, { requested: names })
}

/** A token in its overlap, and the values of then and now. */
async function broken(): Promise<{ world: SimulatedWorld; good: string; bad: string }> {
  const world = new SimulatedWorld()
  await run(world)
  const good = world.current(place.secretName)!.value
  world.pass(times(21, day))
  await run(world)
  const bad = world.current(place.secretName)!.value
  expect(bad).not.toBe(good)
  return { world, good, bad }
}

function back(
  world: SimulatedWorld,
  wish: Partial<Parameters<typeof rollBack>[3]> = {},
  declared = token,
): Promise<RollbackReport> {
  const opened = world.open({ targets: ['group'] })
  return rollBack(opened, new PatLists(opened), declared, { reason: '', ...wish })
}

async function refusal(work: Promise<unknown>): Promise<PatrolError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(PatrolError)
  return thrown as PatrolError
}

function metadataOf(world: SimulatedWorld): Metadata | undefined {
  const reading = decodeMetadata(world.current(place.secretName)?.tags ?? {})
  return reading.kind === 'read' ? reading.metadata : undefined
}

function patOf(world: SimulatedWorld, value: string) {
  return world.pats.find((pat) => pat.value === value)!
}

describe('a rollback', () => {
  test('makes the value before current again, gives it to every target, and proves it', async () => {
    const { world, good, bad } = await broken()
    const report = await back(world, { reason: 'the build gets 401' })
    const [old, fresh] = [patOf(world, good).authorizationId, patOf(world, bad).authorizationId]
    expect(report).toMatchObject({ to: old, from: fresh, problems: [] })
    expect(report.results).toMatchObject([
      { kind: 'rollback', status: 'done', authorizationId: old },
      { kind: 'deliver', status: 'done', authorizationId: old, target: 'group' },
    ])
    expect(report.proofs).toMatchObject([
      { kind: 'current', authorizationId: old },
      { kind: 'delivered', target: 'group', authorizationId: old },
      { kind: 'kept', authorizationId: fresh, until: report.hold?.until },
    ])
    expect(world.current(place.secretName)?.value).toBe(good)
    expect(world.held.get('group')).toBe(good)
    expect(metadataOf(world)).toMatchObject({
      authorizationId: old,
      supersedes: [fresh],
      validTo: patOf(world, good).validTo,
      hold: { stops: 'replacement', reason: 'rolled back: the build gets 401' },
    })
    expect(world.effects.filter((effect) => effect.startsWith('revoke') || effect === 'disable')).toEqual([])
  })

  test('is kept by the next runs, which revoke nothing, until the hold ends; then one makes a new value', async () => {
    const { world, good, bad } = await broken()
    const { hold } = await back(world)
    while (after(world.now, day) < hold!.until) {
      world.pass(times(20, hour))
      const { results } = await run(world)
      expect(results.filter(({ kind }) => kind !== 'deliver')).toEqual([])
      expect(world.current(place.secretName)?.value).toBe(good)
      expect(world.held.get('group')).toBe(good)
      expect(world.active()).toHaveLength(2)
    }
    world.pass(times(2, day))
    expect((await run(world)).results).toContainEqual(expect.objectContaining({ kind: 'mint', status: 'done' }))
    const newest = world.current(place.secretName)?.value
    expect([good, bad]).not.toContain(newest)
    expect(world.held.get('group')).toBe(newest)
    for (let runs = 0; runs < 6; runs++) {
      world.pass(day)
      await run(world)
    }
    expect(world.active()).toHaveLength(1)
    expect(world.currentWorks(place.secretName)).toBe(true)
  })

  test('is followed by a new value as soon as the hold is released', async () => {
    const { world, good } = await broken()
    await back(world)
    await releaseHold(world.open(), token)
    world.pass(minute)
    await run(world)
    expect(world.current(place.secretName)?.value).not.toBe(good)
    expect(world.active()).toHaveLength(3)
  })

  test('run twice says that it is so already, and changes nothing', async () => {
    const { world, good } = await broken()
    const first = await back(world)
    const before = world.effects.length
    const second = await back(world)
    expect(second).toMatchObject({ to: first.to, from: undefined, results: [], hold: first.hold })
    expect(second.proofs).toEqual(first.proofs)
    expect(world.effects.length).toBe(before)
    expect(world.current(place.secretName)?.value).toBe(good)
  })

  test('run again delivers to a target that failed, however soon, and holds a token that was released', async () => {
    const { world, good } = await broken()
    world.interfere = (effect, phase) => {
      if (effect === 'deliver:group' && phase === 'before') throw new PatrolError('target-unreachable', 'down')
    }
    const first = await back(world)
    expect(first.results).toMatchObject([{ status: 'done' }, { kind: 'deliver', status: 'failed' }])
    expect(first.proofs).toContainEqual(expect.objectContaining({ kind: 'lacking', target: 'group' }))
    world.interfere = () => undefined
    await releaseHold(world.open(), token)
    const second = await back(world)
    expect(second.results).toMatchObject([{ kind: 'deliver', status: 'done' }])
    expect(second.hold).toMatchObject({ stops: 'replacement' })
    expect(world.held.get('group')).toBe(good)
  })

  test('of a PAT that was granted other scopes says so', async () => {
    const { world, good } = await broken()
    const wider = { ...token, scopes: ['vso.packaging_write', 'vso.code'] }
    const report = await back(world, {}, wider)
    expect(report.problems).toMatchObject([
      { code: 'scopes-changed', message: expect.stringContaining('declared is vso.packaging_write vso.code') },
    ])
    world.pass(times(3, day))
    await run(world, wider)
    expect(world.current(place.secretName)?.value).toBe(good)
  })

  test('keeps a longer hold that stood before', async () => {
    const { world } = await broken()
    const until = after(world.now, times(4, day))
    await placeHold(world.open(), token, { until, stops: 'revocation', reason: 'look' })
    const { hold } = await back(world, { until: after(world.now, times(2, day)) })
    expect(hold).toMatchObject({ until, stops: 'replacement' })
  })

  test('puts nothing back behind a hold that outlasts the older PAT and was placed meanwhile', async () => {
    const { world, bad } = await broken()
    const hold = { until: after(world.now, times(9, day)), stops: 'revocation', reason: 'look' } as const
    let ours = 0
    let isPlaced = false
    world.interfere = (effect, phase) => {
      if (effect === 'hold' && phase === 'after') ours += 1
      // Ours stands in both versions then, and the facts are read anew behind it.
      if (effect !== 'read:pats' || ours < 2 || isPlaced) return
      isPlaced = true
      world.setHold(place.secretName, world.current(place.secretName)!.id, hold)
    }
    const report = await back(world)
    expect(isPlaced).toBe(true)
    expect(report.results).toMatchObject([{ kind: 'rollback', status: 'failed', error: { code: 'held' } }])
    expect(world.current(place.secretName)?.value).toBe(bad)
    expect(metadataOf(world)?.hold).toEqual(hold)
  })

  test('rolls back again after the next rotation broke something, too', async () => {
    const { world, good } = await broken()
    await back(world)
    world.pass(times(2, hour))
    await run(world, token, true)
    const third = world.current(place.secretName)!.value
    const report = await back(world)
    expect(report.from).toBe(patOf(world, third).authorizationId)
    expect(world.current(place.secretName)?.value).toBe(good)
  })
})

describe('a rollback is refused', () => {
  test.each<[string, (world: SimulatedWorld, good: string) => void, RegExp]>([
    ['when the PAT was revoked', (world, good) => void (patOf(world, good).revokedAt = world.now), /it was revoked/],
    [
      'when its version is disabled',
      (world) => void (world.secrets.get(place.secretName)![0]!.enabled = false),
      /its version is disabled/,
    ],
    [
      'when it ends before the next run could come',
      (world, good) => void (patOf(world, good).validTo = after(world.now, hour)),
      /it ends in 1h, before the next run could be sure to come/,
    ],
  ])('%s, before anything is changed', async (_when, spoil, message) => {
    const { world, good, bad } = await broken()
    spoil(world, good)
    const before = world.effects.length
    expect(await refusal(back(world))).toMatchObject({
      code: 'cannot-roll-back',
      message: expect.stringMatching(message),
      remedy: expect.stringContaining('patrol rotate package-feed'),
    })
    expect(world.effects.length).toBe(before)
    expect(world.current(place.secretName)?.value).toBe(bad)
  })

  test('when there is no earlier value, or none with the id that was named', async () => {
    const world = new SimulatedWorld()
    await run(world)
    expect((await refusal(back(world))).message).toBe('the store has no earlier value of package-feed')
    const second = await broken()
    expect((await refusal(back(second.world, { to: 'somebody' }))).message).toMatch(/no version with PAT somebody/)
  })

  test('when the value is not let in; the hold does not stay for nothing', async () => {
    const { world, good, bad } = await broken()
    patOf(world, good).value = 'another value'
    const report = await back(world)
    expect(report.results).toMatchObject([{ kind: 'rollback', status: 'failed', error: { code: 'cannot-roll-back' } }])
    expect(report.proofs).toMatchObject([{ kind: 'not-current', other: patOf(world, bad).authorizationId }])
    expect(report.hold).toBeUndefined()
    expect(world.current(place.secretName)?.value).toBe(bad)
  })

  test('and takes off its own hold alone, not one that somebody else placed meanwhile', async () => {
    const { world, good } = await broken()
    patOf(world, good).value = 'another value'
    const theirs = { until: after(world.now, times(4, day)), stops: 'revocation', reason: 'look' } as const
    let isPlaced = false
    world.interfere = (effect, phase) => {
      if (effect !== 'read:value-of-version' || phase !== 'before') return
      isPlaced = true
      for (const { id } of world.secrets.get(place.secretName)!) world.setHold(place.secretName, id, theirs)
    }
    const report = await back(world)
    expect(isPlaced).toBe(true)
    expect(report.results).toMatchObject([{ kind: 'rollback', status: 'failed', error: { code: 'cannot-roll-back' } }])
    expect(metadataOf(world)?.hold).toEqual(theirs)
  })

  test('of a paused token', async () => {
    const { world } = await broken()
    expect(await refusal(back(world, {}, { ...token, paused: true }))).toMatchObject({ code: 'paused' })
  })

  test.each([
    ['too soon', minute, '--for 2h'],
    ['too late', times(9, day), '--for 108h'],
  ])('for a hold that ends %s', async (what, length, remedy) => {
    const { world } = await broken()
    const error = await refusal(back(world, { until: after(world.now, length) }))
    expect(error).toMatchObject({
      code: 'usage',
      message: expect.stringContaining(what),
      remedy: expect.stringContaining(remedy),
    })
  })

  test('when another PAT would become current than the one that was shown', async () => {
    const { world } = await broken()
    const opened = world.open()
    const work = rollBack(opened, new PatLists(opened), token, { reason: '' }, 'another')
    expect(await refusal(work)).toMatchObject({ code: 'not-shown' })
  })
})

describe('another instance at the same time', () => {
  test('that rolls back, too, comes to the same end', async () => {
    const { world, good } = await broken()
    const reports = await Promise.all([back(world), back(world, { reason: 'it broke' })])
    for (const { results, proofs, hold } of reports) {
      expect(results.filter(({ status }) => status !== 'done')).toEqual([])
      expect(proofs[0]).toMatchObject({ kind: 'current' })
      expect(hold?.stops).toBe('replacement')
    }
    expect(world.current(place.secretName)?.value).toBe(good)
    expect(world.held.get('group')).toBe(good)
    expect(world.active()).toHaveLength(2)
  })

  test('that stores a new value before ours is told of, and revokes nothing of the token', async () => {
    const { world, good } = await broken()
    let other: Promise<unknown> | undefined
    world.interfere = (effect) => {
      if (effect === 'read:value-of-version') other ??= run(world, token, true)
    }
    const opened = world.open({ targets: ['group'] })
    const patient = {
      ...opened,
      stores: new Map([
        [
          'vault',
          {
            ...opened.stores.get('vault')!,
            readVersion: async (name: string, version: string) => {
              const value = await opened.stores.get('vault')!.readVersion(name, version)
              await other
              return value
            },
          },
        ],
      ]),
    }
    const report = await rollBack(patient, new PatLists(patient), token, { reason: '' })
    expect(report.results).toMatchObject([{ kind: 'rollback', status: 'failed', error: { code: 'moved-on' } }])
    world.interfere = () => undefined
    expect(world.current(place.secretName)?.value).not.toBe(good)
    world.pass(times(3, day))
    await run(world)
    expect(world.active()).toHaveLength(3)
    await back(world, { to: patOf(world, good).authorizationId })
    expect(world.current(place.secretName)?.value).toBe(good)
  })

  test('that is about to revoke the older PAT finds the hold, however its requests fall between ours', async () => {
    const { world, good } = await broken()
    world.pass(times(2, hour))
    await run(world)
    world.pass(times(3, day))
    const other = world.open({ targets: ['group'] })
    const limits = { maxReplacements: { kind: 'count', count: 9 } } as const
    const proposals = await propose(other, { tokens: [token], rules: [] }, limits)
    expect(proposals.proposals[0]?.plan.actions).toMatchObject([{ kind: 'revoke' }])
    // The other one goes on when our value is read, and its DELETE arrives when all of ours is done.
    const done = Promise.withResolvers<void>()
    const sending = Promise.withResolvers<void>()
    const authority = other.authorities.get('ci-bot')!
    const revoke: typeof authority.revoke = async (...given) => {
      sending.resolve()
      await done.promise
      return authority.revoke(...given)
    }
    const slow = { ...other, authorities: new Map([['ci-bot', { ...authority, revoke }]]) }
    const ours = world.open({ targets: ['group'] })
    const store = ours.stores.get('vault')!
    let applied: ReturnType<typeof apply> | undefined
    const readVersion: typeof store.readVersion = async (...given) => {
      const value = await store.readVersion(...given)
      applied = apply(slow, proposals)
      await Promise.race([sending.promise, applied])
      return value
    }
    const mine = { ...ours, stores: new Map([['vault', { ...store, readVersion }]]) }
    const report = await rollBack(mine, new PatLists(mine), token, { reason: '' })
    done.resolve()
    expect((await applied)?.results).toMatchObject([{ kind: 'revoke', status: 'skipped', error: { code: 'held' } }])
    expect(report.proofs[0]).toMatchObject({ kind: 'current' })
    expect(world.current(place.secretName)?.value).toBe(good)
    expect(world.currentWorks(place.secretName)).toBe(true)
  })
})

type Fate = 'dies before' | 'dies after' | 'lost before' | 'lost after'

/** A rollback whose requests meet their fates by number; says how many there were. */
async function troubled(world: SimulatedWorld, at: number, fate: Fate): Promise<number> {
  let count = 0
  world.interfere = (effect, phase) => {
    if (phase === 'before') count += 1
    if (count !== at) return
    const takesPlace = fate.endsWith('after') && !effect.startsWith('read:')
    if ((phase === 'before') === takesPlace) return
    if (fate.startsWith('dies')) throw new Crash()
    throw new PatrolError('service-unavailable', `${effect}: no answer`, { outcome: 'unknown' })
  }
  const opened = world.open({ targets: ['group'] })
  const work = rollBack(opened, new PatLists(opened), token, { reason: '' }).catch(() => undefined)
  await Promise.race([work, opened.crashed])
  world.interfere = () => undefined
  return count
}

describe.each([false, true])('with a run of another instance right after it: %s', (second) => {
  test.each<Fate>(['dies before', 'dies after', 'lost before', 'lost after'])(
    'a rollback that %s at any request loses nothing, and is completed by running it again',
    async (fate) => {
      let points = 0
      for (let at = 1; ; at++) {
        const { world, good, bad } = await broken()
        if ((await troubled(world, at, fate)) < at) break
        points += 1
        if (second) await run(world)
        const story = `request ${at} ${fate}`
        expect(world.currentWorks(place.secretName), story).toBe(true)
        expect([good, bad], story).toContain(world.current(place.secretName)?.value)
        const report = await back(world)
        expect(report.proofs, story).toMatchObject([{ kind: 'current' }, { kind: 'delivered' }, { kind: 'kept' }])
        expect(world.current(place.secretName)?.value, story).toBe(good)
        expect(world.held.get('group'), story).toBe(good)
        expect(world.active(), story).toHaveLength(2)
        await releaseHold(world.open(), token)
        for (let runs = 0; runs < 8; runs++) {
          world.pass(times(13, hour))
          await run(world)
          expect(world.currentWorks(place.secretName), story).toBe(true)
        }
        expect(world.active(), story).toHaveLength(1)
        expect(world.held.get('group'), story).toBe(world.current(place.secretName)?.value)
      }
      expect(points).toBeGreaterThan(20)
    },
  )

  test.each<Fate>(['dies before', 'dies after', 'lost before', 'lost after'])(
    'a rollback that %s at any request and is never run again is healed by the runs',
    async (fate) => {
      for (let at = 1; ; at++) {
        const { world } = await broken()
        if ((await troubled(world, at, fate)) < at) break
        for (let runs = 0; runs < 30; runs++) {
          if (runs > 0 || !second) world.pass(times(13, hour))
          await run(world)
          expect(world.currentWorks(place.secretName), `request ${at} ${fate}`).toBe(true)
        }
        expect(world.active(), `request ${at} ${fate}`).toHaveLength(1)
        expect(world.held.get('group')).toBe(world.current(place.secretName)?.value)
      }
    },
  )
})
