import { expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { after, before, day, times } from '../../src/core/time.ts'
import type { Rule } from '../../src/core/token.ts'
import { apply, type PlanOptions, propose } from '../../src/reconcile/run.ts'
import type { Declared } from '../../src/reconcile/observe.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const { name: _, organization, displayName: __, place: ___, covers: ____, rule: _____, ...terms } = declaredToken()
const renewing: Rule = {
  ...terms,
  method: 'renew',
  match: '*',
  organizations: [organization],
  scopes: undefined,
  store: undefined,
  secretNameTemplate: '{name}',
  lifetime: times(60, day),
}
const rotating: Rule = { ...renewing, method: 'rotate', match: 'Nightly*', store: 'vault', lifetime: times(30, day) }

const limits: PlanOptions = { maxReplacements: { kind: 'default' } }

/** A PAT made by hand that is due. */
function duePat(world: SimulatedWorld, displayName: string) {
  const dates = { validFrom: before(world.now, times(27, day)), validTo: after(world.now, times(3, day)) }
  return world.createPat({ displayName, ...dates })
}

function planOf(world: SimulatedWorld, declared: Declared, only: (name: string) => boolean = () => true) {
  return propose(world.open(), declared, { ...limits, only })
}

async function run(world: SimulatedWorld, declared: Declared, only?: (name: string) => boolean) {
  return apply(world.open(), await planOf(world, declared, only))
}

const feed = declaredToken({ name: 'feed', place: { store: 'vault', secretName: 'feed' } })

test('a PAT that bears the display name of an entry is left alone, whichever tokens a run is about', async () => {
  const world = new SimulatedWorld()
  const stranger = duePat(world, 'Package feed')
  const declared = { tokens: [feed], rules: [renewing] }
  for (const only of [undefined, (name: string) => name.startsWith('package'), (name: string) => name !== 'feed']) {
    await run(world, declared, only)
    expect(stranger.extendedAt).toBeUndefined()
  }
})

test('a token of a rule has the same name whichever tokens a run is about', async () => {
  const world = new SimulatedWorld()
  const other = declaredToken({ name: 'nightly', displayName: 'Other', place: { store: 'vault', secretName: 'other' } })
  const pat = duePat(world, 'Nightly')
  const declared = { tokens: [other, feed], rules: [renewing] }
  const names = (await planOf(world, declared)).proposals.map(({ observation }) => observation.token.name)
  expect(names).toEqual(['nightly', 'feed', 'nightly@contoso'])
  const { results } = await run(world, declared, (name) => name.startsWith('nightly@'))
  expect(results).toMatchObject([{ token: 'nightly@contoso', kind: 'extend', authorizationId: pat.authorizationId }])
})

test('a PAT that the secret of an entry replaces is left alone by rules, also when the run is not about the entry', async () => {
  const world = new SimulatedWorld()
  const old = duePat(world, 'Nightly build')
  await run(world, { tokens: [], rules: [rotating] })
  const extendedBefore = old.extendedAt
  const entry = declaredToken({
    name: 'nightly',
    displayName: 'Nightly',
    scopes: undefined,
    place: { store: 'vault', secretName: 'nightly-build' },
  })
  for (const only of [undefined, (name: string) => name !== 'nightly']) {
    await run(world, { tokens: [entry], rules: [renewing] }, only)
    expect(old.extendedAt).toBe(extendedBefore)
  }
})

test('what one token is and what is due for it does not hang on the selection', async () => {
  const world = new SimulatedWorld()
  for (const name of ['Nightly', 'Nightly build', 'Package feed', 'Package mirror', 'Feed']) duePat(world, name)
  const nightly = declaredToken({
    name: 'nightly',
    displayName: 'By name',
    place: { store: 'vault', secretName: 'own' },
  })
  const declared = { tokens: [nightly, feed], rules: [rotating, renewing] }
  await run(world, declared, (name) => name === 'nightly-build')
  const whole = (await planOf(world, declared)).proposals
  expect(whole.length).toBe(6)
  for (const expected of whole) {
    const { name } = expected.observation.token
    const { proposals } = await planOf(world, declared, (one) => one === name)
    expect(proposals.map(({ observation }) => observation.token)).toEqual([expected.observation.token])
    expect(proposals[0]?.plan).toEqual(expected.plan)
  }
})

test('tokens that a run is not about are neither looked at nor do they fail it', async () => {
  const world = new SimulatedWorld()
  const elsewhere = declaredToken({ name: 'elsewhere', organization: 'fabrikam' })
  world.unreadable.set('package-feed-pat', new PatrolError('store-corrupt', 'the file is damaged'))
  const lists: string[] = []
  world.interfere = (effect) => {
    if (effect.startsWith('read:')) lists.push(effect)
  }
  const { snapshot, problems } = await planOf(
    world,
    { tokens: [elsewhere, feed], rules: [] },
    (name) => name === 'feed',
  )
  expect(snapshot.pats.map(({ organization: one }) => one)).toEqual(['contoso'])
  expect(lists.filter((effect) => effect === 'read:pats')).toHaveLength(1)
  expect(problems).toEqual([])
})
