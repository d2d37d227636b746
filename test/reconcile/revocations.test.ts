import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { day, duration, hour, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { isRotated, revokeById, revokeOthers, revokeToken } from '../../src/reconcile/revocations.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const token = declaredToken()
const owner = { account: 'ci-bot', organization: 'contoso', owner: 'ci-bot@contoso.example' }

async function run(world: SimulatedWorld, tokens: readonly Token[] = [token], requested = new Set<string>()) {
  const opened = world.open()
  const proposals = await propose(
    opened,
    { tokens, rules: [] },
    { maxReplacements: { kind: 'count', count: 9 }, requested },
  )
  return apply(opened, proposals, { requested })
}

/** A token in its overlap: two PATs work. */
async function inOverlap(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  await run(world)
  world.pass(times(21, day))
  await run(world)
  expect(world.active()).toHaveLength(2)
  return world
}

describe('a rotation that was asked for', () => {
  test('is none when it was interrupted, so nothing may be revoked for it', async () => {
    const world = await inOverlap()
    world.stopped = true
    const { results } = await run(world, [token], new Set(['package-feed']))
    expect(results).toMatchObject([{ kind: 'mint', status: 'skipped' }])
    expect(isRotated(token, results)).toBe(false)
  })

  test('is one when the new value is stored', async () => {
    const world = await inOverlap()
    const { results } = await run(world, [token], new Set(['package-feed']))
    expect(isRotated(token, results)).toBe(true)
  })

  test('of a paused token fails by name', async () => {
    const world = new SimulatedWorld()
    const paused = declaredToken({ paused: true })
    const { results } = await run(world, [paused], new Set(['package-feed']))
    expect(results).toMatchObject([{ token: 'package-feed', status: 'failed', error: { code: 'paused' } }])
    expect(isRotated(paused, results)).toBe(false)
  })
})

describe('revoking the others of a token', () => {
  test('ends the superseded PAT and disables its version', async () => {
    const world = await inOverlap()
    const opened = world.open()
    const results = await revokeOthers(opened, new PatLists(opened), token)
    expect(results).toMatchObject([{ kind: 'revoke', status: 'done' }])
    expect(world.active()).toHaveLength(1)
    expect(world.currentWorks('package-feed-pat')).toBe(true)
    expect(world.secrets.get('package-feed-pat')?.map(({ enabled }) => enabled)).toEqual([false, true])
  })

  test('leaves a young generation alone, which another process may be about to store', async () => {
    const world = await inOverlap()
    const mark = /\(patrol (....)/.exec(world.active()[0]?.displayName ?? '')?.[1]
    const young = world.createPat({
      displayName: `Package feed (patrol ${mark}abcdefgh)`,
      validTo: duration(world.now + 30 * day) as unknown as typeof world.now,
    })
    const opened = world.open()
    await revokeOthers(opened, new PatLists(opened), token)
    expect(young.revokedAt).toBeUndefined()
    world.pass(duration(hour + 2 * minute))
    const later = world.open()
    await revokeOthers(later, new PatLists(later), token)
    expect(young.revokedAt).toBe(world.now)
  })

  test('begins nothing after a signal', async () => {
    const world = await inOverlap()
    world.stopped = true
    const opened = world.open()
    const results = await revokeOthers(opened, new PatLists(opened), token)
    expect(results).toMatchObject([{ status: 'skipped', error: { code: 'interrupted' } }])
    expect(world.active()).toHaveLength(2)
  })

  test('that cannot look says so as a result, not in place of what was done before', async () => {
    const world = await inOverlap()
    world.interfere = (effect) => {
      if (effect === 'read:pats') throw new PatrolError('service-unavailable', 'down')
    }
    const opened = world.open()
    const results = await revokeOthers(opened, new PatLists(opened), token)
    expect(results).toMatchObject([{ kind: 'observe', status: 'failed', error: { code: 'service-unavailable' } }])
  })
})

test('an emergency leaves the old PATs alone while a target lacks what another instance stored last', async () => {
  const copied = declaredToken({ targets: ['group'] })
  const world = await inOverlap()
  const opened = world.open({ targets: copied.targets })
  const results = await revokeOthers(opened, new PatLists(opened), copied, false)
  expect(results).toMatchObject([{ kind: 'revoke', status: 'failed', error: { code: 'moved-on' } }])
  expect(world.active()).toHaveLength(2)
})

describe('revoking a token', () => {
  test('ends all of its PATs, and the store hands out none of them any more', async () => {
    const world = await inOverlap()
    const opened = world.open()
    const results = await revokeToken(opened, new PatLists(opened), token)
    expect(results.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(world.active()).toEqual([])
    expect(world.current('package-feed-pat')?.enabled).toBe(false)
  })

  test('is followed by a new one, while it is declared', async () => {
    const world = await inOverlap()
    const opened = world.open()
    await revokeToken(opened, new PatLists(opened), token)
    await run(world)
    expect(world.currentWorks('package-feed-pat')).toBe(true)
  })
})

describe('revoking a PAT by its id', () => {
  test('whose answer is lost is resolved by the list', async () => {
    const world = new SimulatedWorld()
    const pat = world.createPat({
      displayName: 'By hand',
      validTo: duration(world.now + day) as unknown as typeof world.now,
    })
    let lost = 0
    world.interfere = (effect, phase) => {
      if (effect.startsWith('revoke:') && phase === 'after' && lost++ === 0) {
        throw new PatrolError('service-unavailable', 'lost', { outcome: 'unknown' })
      }
    }
    const opened = world.open()
    const result = await revokeById(opened, new PatLists(opened), owner, pat.authorizationId, undefined)
    expect(result).toMatchObject({ status: 'done', authorizationId: pat.authorizationId })
    expect(pat.revokedAt).toBe(world.now)
  })

  test('that is a token’s current one takes it out of the store first', async () => {
    const world = new SimulatedWorld()
    await run(world)
    const [pat] = world.active()
    const opened = world.open()
    const result = await revokeById(opened, new PatLists(opened), owner, pat?.authorizationId ?? '', token)
    expect(result.status).toBe('done')
    expect(world.current('package-feed-pat')?.enabled).toBe(false)
    expect(world.effects.slice(-2)).toEqual(['disable', `revoke:${pat?.authorizationId}`])
  })

  test('of somebody else’s account sends nothing', async () => {
    const world = new SimulatedWorld()
    world.signedInAs = 'somebody@contoso.example'
    const opened = world.open()
    const result = await revokeById(opened, new PatLists(opened), owner, 'some-id', undefined)
    expect(result).toMatchObject({ status: 'failed', error: { code: 'wrong-account' } })
    expect(world.effects).toEqual([])
  })
})
