import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { encodeMetadata } from '../../src/core/metadata.ts'
import { after, day, type Duration, hour, times } from '../../src/core/time.ts'
import { placeHold } from '../../src/reconcile/hold.ts'
import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { retire, type Retirement, retiredToken } from '../../src/reconcile/retirement.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import type { SimulatedVersion } from '../simulation/estate.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'
import { aMetadata } from '../support/builders.ts'

const place = { store: 'vault', secretName: 'package-feed-pat' }
const grace = times(3, day)

async function run(world: SimulatedWorld, targets: readonly string[]): Promise<void> {
  const token = declaredToken({ place, targets })
  const opened = world.open({ targets })
  await apply(opened, await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } }))
}

/** A token in its overlap, so that two PATs work, whose entry is removed now. */
async function inOverlap(targets: readonly string[] = []): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  await run(world, targets)
  world.pass(times(21, day))
  await run(world, targets)
  world.pass(times(2, hour))
  await run(world, targets)
  expect(world.active()).toHaveLength(2)
  world.effects.length = 0
  world.events.length = 0
  return world
}

function metadataIn(world: SimulatedWorld) {
  const { reading } =
    world.versions(place.secretName).find(({ id }) => id === world.current(place.secretName)?.id) ?? {}
  if (reading?.kind !== 'read') throw new Error('no metadata')
  return reading.metadata
}

interface How {
  readonly grace?: Duration
  /** Those that the configuration still declares. */
  readonly targets?: readonly string[]
}

function retiring(world: SimulatedWorld, { grace: consumersHave, targets = [] }: How = {}): Promise<Retirement> {
  const opened = world.open({ targets })
  const token = { ...retiredToken('package-feed', 'ci-bot', place, metadataIn(world)), place }
  return retire(opened, new PatLists(opened), token, consumersHave)
}

function enabledVersions(world: SimulatedWorld): number {
  return world.versions(place.secretName).filter(({ enabled }) => enabled).length
}

/** The oldest version, of a PAT that died long ago. */
function plantAncient(world: SimulatedWorld): SimulatedVersion {
  const metadata = { ...metadataIn(world), authorizationId: 'dead-long-ago', generation: 'ancient00000' }
  world.plantVersion(place.secretName, 'a value of long ago', encodeMetadata(metadata), true)
  const versions = world.secrets.get(place.secretName) ?? []
  const ancient = versions.at(-1)
  if (ancient === undefined) throw new Error('no version')
  world.secrets.set(place.secretName, [ancient, ...versions.slice(0, -1)])
  return ancient
}

test('a retired token is what its secret tells of it', () => {
  const metadata = aMetadata({ displayName: 'Feed of old', organization: 'fabrikam', account: 'ann@contoso.example' })
  expect(retiredToken('feed', 'ci-bot', place, metadata)).toMatchObject({
    name: 'feed',
    account: 'ci-bot',
    organization: 'fabrikam',
    owner: 'ann@contoso.example',
    displayName: 'Feed of old',
    place,
    method: 'rotate',
    overlap: hour,
    verification: { kind: 'connection-data' },
    covers: undefined,
    rule: undefined,
    targets: [],
    paused: false,
  })
})

describe('consumers that have some time', () => {
  test('keep all that works until it is over, and the time stands in the store', async () => {
    const world = await inOverlap(['group'])
    const until = after(world.now, grace)
    const copy = world.held.get('group')
    expect(await retiring(world, { grace, targets: ['group'] })).toEqual({ kind: 'waiting', until, copies: [] })
    expect(metadataIn(world).hold).toEqual({ until, stops: 'retirement', reason: '' })
    expect(world.active()).toHaveLength(2)
    expect(enabledVersions(world)).toBe(2)
    expect(world.held.get('group')).toBe(copy)
    expect(new Set(world.effects)).toEqual(new Set(['hold']))
  })

  test('get no more of it by the same command, and no less by one that gives less', async () => {
    const world = await inOverlap()
    const until = after(world.now, grace)
    await retiring(world, { grace })
    world.pass(day)
    world.effects.length = 0
    expect(await retiring(world, { grace })).toMatchObject({ kind: 'waiting', until })
    expect(await retiring(world, { grace: hour })).toMatchObject({ kind: 'waiting', until })
    expect(world.effects).toEqual([])
  })

  test('have had it when it is over: then the same command ends the token', async () => {
    const world = await inOverlap(['group'])
    await retiring(world, { grace, targets: ['group'] })
    world.pass(grace)
    const end = await retiring(world, { grace, targets: ['group'] })
    expect(end).toMatchObject({ kind: 'ended', copies: [{ target: 'group', kind: 'removed' }] })
    expect(end.kind === 'ended' && end.results.map(({ kind, status }) => [kind, status])).toEqual([
      ['revoke', 'done'],
      ['revoke', 'done'],
    ])
    expect(world.active()).toEqual([])
    expect(enabledVersions(world)).toBe(0)
    expect(world.held.has('group')).toBe(false)
  })

  test('have none any more when nobody gives them any, and what was noted is taken off', async () => {
    const world = await inOverlap()
    await retiring(world, { grace })
    expect(await retiring(world)).toMatchObject({ kind: 'ended' })
    expect(world.active()).toEqual([])
    expect(metadataIn(world).hold).toBeUndefined()
  })

  test('need none where the store hands out nothing', async () => {
    const world = await inOverlap()
    world.disable(place.secretName, world.current(place.secretName)?.id ?? '')
    expect(await retiring(world, { grace })).toMatchObject({ kind: 'ended' })
    expect(world.effects).not.toContain('hold')
    expect(world.active()).toEqual([])
  })

  test('hear of copies that only a person can take away, and of no others', async () => {
    const world = await inOverlap(['group', 'gone'])
    const { deliveredAt } = metadataIn(world).deliveries.find(({ target }) => target === 'gone') ?? {}
    const gone = { target: 'gone', kind: 'undeclared', deliveredAt }
    expect(deliveredAt).toBeDefined()
    expect(await retiring(world, { grace, targets: ['group'] })).toMatchObject({ kind: 'waiting', copies: [gone] })
    expect(await retiring(world, { grace, targets: ['group'] })).toMatchObject({ kind: 'waiting', copies: [gone] })
  })
})

describe('a token that somebody holds', () => {
  test.each([undefined, grace])('is not retired, and nothing of it changes (time for consumers: %s)', async (given) => {
    const world = await inOverlap(['group'])
    const hold = { until: after(world.now, day), stops: 'revocation', reason: 'the build broke' } as const
    await placeHold(world.open(), { name: 'package-feed', place }, hold)
    world.effects.length = 0
    const how = { targets: ['group'], ...(given === undefined ? {} : { grace: given }) }
    await expect(retiring(world, how)).rejects.toMatchObject({
      code: 'held',
      message: 'somebody holds it: the build broke; package-feed is not retired',
      remedy: expect.stringContaining('patrol'),
    })
    expect(world.effects).toEqual([])
    world.pass(times(2, day))
    expect(await retiring(world, { targets: ['group'] })).toMatchObject({ kind: 'ended' })
  })

  test('gets time for its consumers when the hold is over', async () => {
    const world = await inOverlap()
    const hold = { until: after(world.now, day), stops: 'revocation', reason: '' } as const
    await placeHold(world.open(), { name: 'package-feed', place }, hold)
    world.pass(times(2, day))
    const until = after(world.now, grace)
    expect(await retiring(world, { grace })).toMatchObject({ kind: 'waiting', until })
    expect(metadataIn(world).hold?.stops).toBe('retirement')
  })
})

/** A record that was read before the hold was placed, and comes late, takes it out of the current version. */
function lateRecord(world: SimulatedWorld): void {
  world.setHold(place.secretName, world.current(place.secretName)?.id ?? '', undefined)
  world.effects.length = 0
}

describe('what stands in an older version alone, because a late record took it out of the current one,', () => {
  test.each(['revocation', 'replacement'] as const)('is a hold all the same, of %s', async (stops) => {
    const world = await inOverlap(['group'])
    const copy = world.held.get('group')
    const hold = { until: after(world.now, day), stops, reason: 'the build broke' }
    await placeHold(world.open(), { name: 'package-feed', place }, hold)
    lateRecord(world)
    await expect(retiring(world, { targets: ['group'] })).rejects.toMatchObject({ code: 'held' })
    await expect(retiring(world, { grace, targets: ['group'] })).rejects.toMatchObject({ code: 'held' })
    expect(world.effects).toEqual([])
    expect(world.held.get('group')).toBe(copy)
    expect(world.active()).toHaveLength(2)
  })

  test('and is time for consumers does not keep somebody who gives them none from ending it', async () => {
    const world = await inOverlap()
    await retiring(world, { grace })
    lateRecord(world)
    const end = await retiring(world)
    expect(end.kind === 'ended' && end.results.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(world.active()).toEqual([])
  })

  test('and is time for consumers is noted once more where they are given some', async () => {
    const world = await inOverlap()
    await retiring(world, { grace })
    lateRecord(world)
    world.pass(hour)
    const until = after(world.now, grace)
    expect(await retiring(world, { grace })).toMatchObject({ kind: 'waiting', until })
    expect(metadataIn(world).hold?.stops).toBe('retirement')
  })
})

describe('copies', () => {
  test('are taken away, or it is told why they are still there', async () => {
    const targets = ['taken', 'blind', 'empty', 'broken', 'undeclared']
    const world = await inOverlap(targets)
    world.blindTargets.add('blind')
    world.held.delete('empty')
    const failure = new PatrolError('target-denied', 'no permission')
    let removals = 0
    world.interfere = (effect, phase) => {
      if (effect !== 'remove' || phase !== 'before') return
      removals += 1
      if (removals === targets.indexOf('broken') + 1) throw failure
    }
    const { copies } = await retiring(world, { targets: targets.slice(0, -1) })
    expect(new Map(copies.map((copy) => [copy.target, copy]))).toEqual(
      new Map<string, unknown>([
        ['taken', { target: 'taken', kind: 'removed' }],
        ['blind', { target: 'blind', kind: 'kept', why: 'this target takes nothing back' }],
        ['empty', { target: 'empty', kind: 'absent' }],
        ['broken', { target: 'broken', kind: 'failed', error: failure }],
        ['undeclared', { target: 'undeclared', kind: 'undeclared', deliveredAt: expect.any(Number) }],
      ]),
    )
    expect(removals).toBe(4)
    expect(world.active()).toEqual([])
    expect(enabledVersions(world)).toBe(0)
  })

  test('that no delivery ever put there are not looked for', async () => {
    const world = new SimulatedWorld()
    world.interfere = (effect, phase) => {
      if (effect === 'deliver:group' && phase === 'before') throw new PatrolError('target-denied', 'no')
    }
    await run(world, ['group'])
    let removals = 0
    world.interfere = (effect) => void (removals += effect === 'remove' ? 1 : 0)
    expect((await retiring(world, { targets: ['group'] })).copies).toEqual([{ target: 'group', kind: 'absent' }])
    expect(removals).toBe(0)
  })

  test('are those that the target was given last, so what somebody else put there is kept', async () => {
    const world = await inOverlap(['group'])
    world.meddle('group', 'what somebody else put there')
    expect((await retiring(world, { targets: ['group'] })).copies).toMatchObject([{ target: 'group', kind: 'kept' }])
    expect(world.held.get('group')).toBe('what somebody else put there')
  })
})

describe('the end', () => {
  test('revokes the current PAT last, and disables every version that Patrol wrote, and no other', async () => {
    const world = await inOverlap()
    const [old, current] = world.active()
    const revoked: string[] = []
    world.interfere = (effect, phase) => {
      if (phase === 'before' && effect.startsWith('revoke:')) revoked.push(effect)
    }
    await retiring(world)
    expect(revoked).toEqual([`revoke:${old?.authorizationId}`, `revoke:${current?.authorizationId}`])
    expect(enabledVersions(world)).toBe(0)
    expect(world.currentWorks(place.secretName)).toBe(false)
  })

  test('disables versions of PATs that died long ago, too, the oldest first', async () => {
    const world = await inOverlap()
    const ids = world.secrets.get(place.secretName)?.map(({ id }) => id) ?? []
    for (const pat of world.active()) world.revokeOutside(pat)
    const disabled: string[] = []
    const opened = world.open()
    const store = opened.stores.get('vault')
    if (store === undefined) throw new Error('no store')
    const disable: typeof store.disable = async (name, id, limits) => {
      disabled.push(id)
      return store.disable(name, id, limits)
    }
    const watched = { ...opened, stores: new Map([['vault', { ...store, disable }]]) }
    const token = { ...retiredToken('package-feed', 'ci-bot', place, metadataIn(world)), place }
    await retire(watched, new PatLists(watched), token, undefined)
    expect(disabled).toEqual(ids)
    expect(disabled).toHaveLength(2)
    expect(world.events).toContainEqual({
      kind: 'step',
      token: 'package-feed',
      step: 'disable',
      authorizationId: 'vault/package-feed-pat',
    })
  })

  test('leaves a version alone that somebody else wrote', async () => {
    const world = await inOverlap()
    const [foreign] = world.secrets.get(place.secretName) ?? []
    if (foreign === undefined) throw new Error('no version')
    foreign.tags = {}
    await retiring(world)
    expect(foreign.enabled).toBe(true)
    expect(enabledVersions(world)).toBe(1)
  })

  test('disables nothing more while a PAT could not be revoked, so that the next one returns to it', async () => {
    const world = await inOverlap()
    const [old] = world.active()
    const refusal = new PatrolError('service-unavailable', 'no answer')
    world.interfere = (effect, phase) => {
      if (effect === `revoke:${old?.authorizationId}` && phase === 'before') throw refusal
    }
    const ancient = plantAncient(world)
    const end = await retiring(world)
    expect(end.kind === 'ended' && end.results.map(({ status }) => status)).toEqual(['failed', 'done'])
    expect(ancient.enabled).toBe(true)
    world.interfere = () => undefined
    const again = await retiring(world)
    expect(again.kind === 'ended' && again.results.every(({ status }) => status === 'done')).toBe(true)
    expect(world.active()).toEqual([])
    expect(enabledVersions(world)).toBe(0)
  })

  test('may be repeated: there is nothing left to do then', async () => {
    const world = await inOverlap(['group'])
    await retiring(world, { targets: ['group'] })
    world.effects.length = 0
    expect(await retiring(world, { targets: ['group'] })).toEqual({
      kind: 'ended',
      copies: [{ target: 'group', kind: 'absent' }],
      results: [],
    })
    expect(world.effects.filter((effect) => effect !== 'remove')).toEqual([])
  })

  test.each(['hold', 'remove', 'disable', 'revoke'])(
    'comes by the same command when the answer to %s is lost, before or after it took place',
    async (step) => {
      for (const when of ['before', 'after']) {
        const world = await inOverlap(['group'])
        if (step === 'hold') await retiring(world, { grace, targets: ['group'] })
        let lost = 0
        world.interfere = (effect, phase) => {
          if (effect.split(':')[0] !== step || phase !== when || lost++ > 0) return
          throw new PatrolError('service-unavailable', 'no answer', { outcome: 'unknown' })
        }
        await retiring(world, { targets: ['group'] }).catch((thrown: unknown) => {
          expect(thrown).toMatchObject({ code: 'service-unavailable' })
        })
        expect(lost).toBeGreaterThan(0)
        expect(await retiring(world, { targets: ['group'] })).toMatchObject({ kind: 'ended' })
        expect(world.active()).toEqual([])
        expect(enabledVersions(world)).toBe(0)
        expect(world.held.has('group')).toBe(false)
      }
    },
  )
})

test('two that end a token at once end it once, and neither fails in a way that stays', async () => {
  const world = await inOverlap(['group'])
  const ends = await Promise.allSettled([1, 2].map(() => retiring(world, { grace, targets: ['group'] })))
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  expect(world.active()).toHaveLength(2)
  world.pass(times(4, day))
  await Promise.allSettled([1, 2].map(() => retiring(world, { grace, targets: ['group'] })))
  expect(await retiring(world, { grace, targets: ['group'] })).toMatchObject({ kind: 'ended' })
  expect(world.active()).toEqual([])
  expect(enabledVersions(world)).toBe(0)
})

test('a token whose store is declared no more is not retired', async () => {
  const world = await inOverlap()
  const opened = world.open()
  const token = { ...retiredToken('package-feed', 'ci-bot', place, metadataIn(world)), place }
  const retirement = retire({ ...opened, stores: new Map() }, new PatLists(opened), token, grace)
  await expect(retirement).rejects.toMatchObject({ code: 'config-invalid', message: 'there is no store vault' })
})

test('no value comes out in how a retirement ends', async () => {
  const world = await inOverlap(['group', 'undeclared'])
  const values = world.active().map(({ value }) => value)
  world.interfere = (effect, phase) => {
    if (effect === 'remove' && phase === 'before') throw new Error(`cannot remove ${values.join(' and ')}`)
  }
  const end = await retiring(world, { targets: ['group'] })
  expect(end.copies).toContainEqual(
    expect.objectContaining({ kind: 'failed', error: expect.objectContaining({ code: 'internal' }) }),
  )
  const told = JSON.stringify([end, world.events, end.copies.map((copy) => 'error' in copy && copy.error.message)])
  expect(told).toContain('cannot remove [secret] and [secret]')
})
