import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import type { Hold } from '../../src/core/hold.ts'
import { after, day, minute, times } from '../../src/core/time.ts'
import { placeHold } from '../../src/reconcile/hold.ts'
import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { isRotated, revokeById, revokeOthers, revokeToken, youngOrphans } from '../../src/reconcile/revocations.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const token = declaredToken()
const secretName = 'package-feed-pat'
const owner = { account: 'ci-bot', organization: 'contoso', owner: 'ci-bot@contoso.example' }

async function run(world: SimulatedWorld): Promise<void> {
  const opened = world.open()
  await apply(opened, await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } }))
}

/** A token in its overlap: two PATs work. */
async function inOverlap(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  await run(world)
  world.pass(times(21, day))
  await run(world)
  expect(world.active()).toHaveLength(2)
  world.effects.length = 0
  return world
}

function others(world: SimulatedWorld): ReturnType<typeof revokeOthers> {
  const opened = world.open()
  return revokeOthers(opened, new PatLists(opened), token)
}

function all(world: SimulatedWorld): ReturnType<typeof revokeToken> {
  const opened = world.open()
  return revokeToken(opened, new PatLists(opened), token)
}

function holdFor(world: SimulatedWorld): Hold {
  return { until: after(world.now, day), stops: 'revocation', reason: '' }
}

/** Fails the first request of a kind whose turn it is, and counts all of them. */
function losing(world: SimulatedWorld, kind: string, when: 'before' | 'after'): { count: number } {
  const sent = { count: 0 }
  world.interfere = (effect, phase) => {
    if (effect.split(':')[0] !== kind) return
    if (phase === 'before') sent.count += 1
    if (phase === when && sent.count === 1) {
      throw new PatrolError('service-unavailable', 'no answer', { outcome: 'unknown' })
    }
  }
  return sent
}

describe('a hold keeps a superseded PAT', () => {
  test('also where it stands in an older version alone', async () => {
    const world = await inOverlap()
    await placeHold(world.open(), token, holdFor(world))
    world.setHold(secretName, world.current(secretName)?.id ?? '', undefined)
    world.effects.length = 0
    expect(await others(world)).toMatchObject([{ kind: 'revoke', status: 'failed', error: { code: 'held' } }])
    expect(world.effects).toEqual([])
    expect(world.active()).toHaveLength(2)
  })

  test.each([
    { what: 'its version is disabled', moment: 'read:signed-in-user', phase: 'before', left: [] },
    { what: 'it is revoked', moment: 'disable', phase: 'after', left: ['disable'] },
  ] as const)('when it is placed right before $what', async ({ moment, phase, left }) => {
    const world = await inOverlap()
    world.interfere = (effect, at) => {
      if (effect === moment && at === phase)
        world.setHold(secretName, world.current(secretName)?.id ?? '', holdFor(world))
    }
    expect(await others(world)).toMatchObject([{ status: 'failed', error: { code: 'held' } }])
    expect(world.effects).toEqual(left)
    expect(world.active()).toHaveLength(2)
  })
})

describe.each(['disable', 'revoke'])('a request to %s whose answer is lost', (kind) => {
  test.each([
    { when: 'after', times: 1 },
    { when: 'before', times: 2 },
  ] as const)('$when it took place is sent $times times', async ({ when, times: count }) => {
    const world = await inOverlap()
    const sent = losing(world, kind, when)
    expect(await others(world)).toMatchObject([{ status: 'done' }])
    expect(sent.count).toBe(count)
    expect(world.active()).toHaveLength(1)
    expect(world.secrets.get(secretName)?.map(({ enabled }) => enabled)).toEqual([false, true])
  })
})

describe('revoking a whole token', () => {
  test('disables every version of the current PAT, the one that the store hands out last', async () => {
    const world = new SimulatedWorld()
    await run(world)
    const { value = '', tags = {} } = world.current(secretName) ?? {}
    for (let count = 0; count < 5; count++) world.plantVersion(secretName, value, tags, true)
    expect(await all(world)).toMatchObject([{ status: 'done' }])
    expect(world.secrets.get(secretName)?.some(({ enabled }) => enabled)).toBe(false)
    expect(world.active()).toEqual([])
  })

  test('leaves its current PAT alone while the store could not be kept from handing it out', async () => {
    const world = new SimulatedWorld()
    await run(world)
    world.interfere = (effect, phase) => {
      if (effect === 'disable' && phase === 'before') throw new PatrolError('store-denied', 'no permission')
    }
    expect(await all(world)).toMatchObject([{ status: 'failed', step: 'disable', error: { code: 'store-denied' } }])
    expect(world.active()).toHaveLength(1)
    expect(world.currentWorks(secretName)).toBe(true)
  })

  test('ends a current PAT that the list does not show yet', async () => {
    const world = new SimulatedWorld()
    await run(world)
    world.createLag = day
    expect(await all(world)).toMatchObject([{ status: 'done' }])
    expect(world.active()).toEqual([])
  })

  test('tells what it did before it could look no more', async () => {
    const world = await inOverlap()
    world.interfere = (effect, phase) => {
      if (!effect.startsWith('revoke:') || phase !== 'after') return
      world.interfere = (later) => {
        if (later === 'read:pats') throw new PatrolError('service-unavailable', 'down')
      }
    }
    expect(await all(world)).toMatchObject([
      { kind: 'revoke', status: 'done' },
      { kind: 'observe', status: 'failed', error: { code: 'service-unavailable' } },
    ])
  })

  test('without a store revokes the one that its rule covers', async () => {
    const world = new SimulatedWorld()
    const pat = world.createPat({ displayName: 'By hand', validTo: after(world.now, day) })
    const covered = declaredToken({ method: 'renew', place: undefined, covers: pat.authorizationId })
    const opened = world.open()
    const results = await revokeToken(opened, new PatLists(opened), covered)
    expect(results).toMatchObject([{ kind: 'revoke', status: 'done', authorizationId: pat.authorizationId }])
    expect(world.effects).toEqual([`revoke:${pat.authorizationId}`])
  })
})

describe('a PAT of a token by its id', () => {
  test('that is superseded goes with its versions, and the current one stays', async () => {
    const world = await inOverlap()
    const [old] = world.active()
    const opened = world.open()
    const id = old?.authorizationId ?? ''
    expect(await revokeById(opened, new PatLists(opened), owner, id, token)).toMatchObject({ status: 'done' })
    expect(world.effects).toEqual(['disable', `revoke:${id}`])
    expect(world.currentWorks(secretName)).toBe(true)
  })

  test('is left alone when nobody can look', async () => {
    const world = await inOverlap()
    world.interfere = (effect) => {
      if (effect === 'read:current') throw new PatrolError('store-unreachable', 'down')
    }
    const opened = world.open()
    const result = await revokeById(opened, new PatLists(opened), owner, 'any-id', token)
    expect(result).toMatchObject({ kind: 'observe', status: 'failed', error: { code: 'store-unreachable' } })
    expect(world.effects).toEqual([])
  })
})

describe('a young PAT that nobody will return to', () => {
  test('is told with the minutes after which the same command revokes it', async () => {
    const world = new SimulatedWorld()
    await run(world)
    const mark = world.active()[0]?.displayName.slice(0, -9)
    const young = world.createPat({ displayName: `${mark}abcdefgh)`, validTo: after(world.now, times(30, day)) })
    world.pass(times(20, minute))
    const opened = world.open()
    const [result, ...rest] = await youngOrphans(opened, new PatLists(opened), token)
    expect(rest).toEqual([])
    expect(result).toMatchObject({
      kind: 'collect-orphan',
      status: 'failed',
      authorizationId: young.authorizationId,
      error: { code: 'moved-on', remedy: expect.stringMatching(/^Give the same command again in 4\d minutes; /) },
    })
  })

  test('may be there when nobody can look, so that is told', async () => {
    const world = new SimulatedWorld()
    world.interfere = (effect) => {
      if (effect === 'read:pats') throw new PatrolError('service-unavailable', 'down')
    }
    const opened = world.open()
    expect(await youngOrphans(opened, new PatLists(opened), token)).toMatchObject([
      { kind: 'observe', status: 'failed', error: { code: 'service-unavailable' } },
    ])
  })
})

test.each([
  { what: 'another token', result: { token: 'other', kind: 'mint', status: 'done' }, rotated: false },
  {
    what: 'the token, but no new PAT',
    result: { token: 'package-feed', kind: 'deliver', status: 'done' },
    rotated: false,
  },
  { what: 'a new PAT of the token', result: { token: 'package-feed', kind: 'mint', status: 'done' }, rotated: true },
] as const)('a result of $what is a rotation of it: $rotated', ({ result, rotated }) => {
  expect(isRotated(token, [result])).toBe(rotated)
})
