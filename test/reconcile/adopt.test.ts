import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { after, day, hour, times } from '../../src/core/time.ts'
import { adopt } from '../../src/reconcile/adopt.ts'
import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { retire, retiredToken } from '../../src/reconcile/retirement.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import type { SimulatedPat } from '../simulation/estate.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const place = { store: 'vault', secretName: 'package-feed-pat' }
const token = { ...declaredToken(), place }

async function run(world: SimulatedWorld): Promise<void> {
  const opened = world.open()
  await apply(opened, await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } }))
}

function madeByHand(world: SimulatedWorld): SimulatedPat {
  return world.createPat({
    displayName: 'Package feed',
    scopes: ['vso.packaging_write'],
    validTo: after(world.now, times(30, day)),
  })
}

function adopting(world: SimulatedWorld, pat: SimulatedPat, entry = token): ReturnType<typeof adopt> {
  return adopt(world.open(), entry, new Secret(pat.value), {
    id: pat.authorizationId,
    replaced: new Set(),
    tokens: [token],
    homes: [],
    administrations: new Map(),
  })
}

test('a PAT gets no second owner', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  await adopting(world, pat)
  const second = { ...token, name: 'second', place: { store: 'vault', secretName: 'second' } }
  await expect(adopting(world, pat, second)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('package-feed-pat'),
  })
  expect(world.current('second')).toBeUndefined()
})

test('a PAT that a token is superseding gets no owner either', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  await adopting(world, pat)
  world.pass(times(21, day))
  await run(world)
  const second = { ...token, name: 'second', place: { store: 'vault', secretName: 'second' } }
  await expect(adopting(world, pat, second)).rejects.toMatchObject({ message: expect.stringMatching(/was replaced/) })
})

test('an adoption takes the place of no value that a run stored meanwhile, and says who looks after the PAT', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  const other = world.createPat({ displayName: 'x', validTo: after(world.now, times(9, day)) })
  world.interfere = (effect) => {
    if (effect !== 'read:admit') return
    world.interfere = () => undefined
    world.plantVersion(place.secretName, other.value, {}, true)
  }
  await expect(adopting(world, pat)).rejects.toMatchObject({
    code: 'moved-on',
    remedy: expect.stringContaining(`patrol revoke ${pat.authorizationId}`),
  })
  expect(world.current(place.secretName)?.value).toBe(other.value)
})

test('a first value names what was adopted while it was made, so that this is revoked after the overlap', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  const elsewhere = new SimulatedWorld()
  const { metadata } = await adopting(elsewhere, madeByHand(elsewhere))
  expect(metadata.authorizationId).toBe(pat.authorizationId)
  world.interfere = (effect, phase) => {
    if (effect === 'mint' && phase === 'after') world.write(place.secretName, pat.value, metadata)
  }
  await run(world)
  world.interfere = () => undefined
  expect(world.versions(place.secretName)).toHaveLength(2)
  for (let hours = 0; hours < 60; hours += 10) {
    world.pass(times(10, hour))
    await run(world)
  }
  expect(world.active()).toMatchObject([{ displayName: expect.stringMatching(/^Package feed \(patrol /) }])
})

test('a retirement is not at its end while a PAT is left alone because it is young', async () => {
  const world = new SimulatedWorld()
  await run(world)
  const [old] = world.active()
  const mark = old?.displayName.slice(0, -9) ?? ''
  const young = world.createPat({ displayName: `${mark}abcdefgh)`, validTo: after(world.now, times(30, day)) })
  const end = async () => {
    const { reading } = world.versions(place.secretName)[0] ?? {}
    if (reading?.kind !== 'read') throw new Error('no metadata')
    const retired = { ...retiredToken('package-feed', 'ci-bot', place, reading.metadata), place }
    const opened = world.open()
    return retire(opened, new PatLists(opened), retired, undefined)
  }
  expect(await end()).toMatchObject({
    kind: 'ended',
    results: [{ status: 'done' }, { kind: 'collect-orphan', status: 'failed', authorizationId: young.authorizationId }],
  })
  world.pass(times(2, hour))
  const again = await end()
  expect(again.kind === 'ended' && again.results.map(({ status }) => status)).toEqual(['done'])
  expect(world.active()).toEqual([])
})
