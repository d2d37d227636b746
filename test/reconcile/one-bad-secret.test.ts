import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { after, before, day, hour, minute, times } from '../../src/core/time.ts'
import type { Rule, Token } from '../../src/core/token.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

async function run(world: SimulatedWorld, tokens: readonly Token[], rules: readonly Rule[] = []) {
  const opened = world.open()
  const proposals = await propose(opened, { tokens, rules }, { maxReplacements: { kind: 'default' } })
  return apply(opened, proposals)
}

const damaged = new PatrolError('store-corrupt', 'the file is damaged')

const tokens = ['first', 'second', 'third'].map((name) =>
  declaredToken({ name, displayName: name, place: { store: 'vault', secretName: name } }),
)

const { name: _, organization, displayName: __, place: ___, covers: ____, rule: _____, ...terms } = declaredToken()
const rotating: Rule = {
  ...terms,
  match: 'Nightly*',
  organizations: [organization],
  scopes: undefined,
  store: 'vault',
  secretNameTemplate: '{name}',
}
const renewing: Rule = { ...rotating, match: '*', method: 'renew', store: undefined, lifetime: times(60, day) }

/** A PAT made by hand that is due. */
function duePat(world: SimulatedWorld, displayName: string) {
  const dates = { validFrom: before(world.now, times(27, day)), validTo: after(world.now, times(3, day)) }
  return world.createPat({ displayName, ...dates })
}

describe('one secret that cannot be read', () => {
  test('fails its token by name, and every other token of the store is served', async () => {
    const world = new SimulatedWorld()
    await run(world, tokens)
    const values = tokens.map(({ name }) => world.current(name)?.value)
    world.pass(times(21, day))
    world.unreadable.set('second', damaged)
    const { results, problems } = await run(world, tokens)
    expect(results).toMatchObject([
      { token: 'first', kind: 'mint', status: 'done' },
      { token: 'third', kind: 'mint', status: 'done' },
      { token: 'second', kind: 'observe', status: 'failed', error: { code: 'store-corrupt' } },
    ])
    expect(problems.filter(({ code }) => code === 'store-corrupt').map(({ token }) => token)).toEqual(['second'])
    expect(tokens.map(({ name }) => world.current(name)?.value === values.shift())).toEqual([false, true, false])
    world.unreadable.clear()
    expect((await run(world, tokens)).results).toMatchObject([{ token: 'second', kind: 'mint', status: 'done' }])
    expect(tokens.every(({ name }) => world.currentWorks(name))).toBe(true)
  })

  test('of a rule is named, and the rule goes on with all others, new ones among them', async () => {
    const world = new SimulatedWorld()
    for (const name of ['Nightly one', 'Nightly two']) duePat(world, name)
    await run(world, [], [rotating])
    world.pass(times(21, day))
    duePat(world, 'Nightly three')
    world.unreadable.set('nightly-one', damaged)
    const { results } = await run(world, [], [rotating])
    expect(results.map(({ token, kind, status }) => [token, kind, status])).toEqual([
      ['nightly-two', 'mint', 'done'],
      ['nightly-three', 'mint', 'done'],
      ['nightly-one', 'observe', 'failed'],
    ])
    expect(results.at(-1)?.error).toBe(damaged)
  })

  test('keeps the PAT that it replaced from every rule, and PATs without a successor are still renewed', async () => {
    const world = new SimulatedWorld()
    const old = duePat(world, 'Nightly build')
    await run(world, [], [rotating])
    const other = duePat(world, 'By hand')
    const extendedBefore = old.extendedAt
    world.unreadable.set('nightly-build', damaged)
    for (const rules of [
      [rotating, renewing],
      [renewing, rotating],
      [renewing, { ...rotating, secretNameTemplate: 'pat-{name}' }],
      [{ ...rotating, secretNameTemplate: 'pat-{name}' }, renewing],
    ]) {
      const { results } = await run(world, [], rules)
      expect(results.filter(({ token }) => token !== 'by-hand')).toMatchObject([
        { token: 'nightly-build', kind: 'observe', status: 'failed' },
      ])
    }
    expect(other.extendedAt).toBe(world.now)
    expect(old.extendedAt).toBe(extendedBefore)
    expect(world.active()).toHaveLength(3)
    world.unreadable.clear()
    world.pass(times(48 * 60 + 5, minute))
    await run(world, [], [rotating, renewing])
    expect(old.revokedAt).toBe(world.now)
  })

  test('of an entry keeps the PAT that it replaced from the rules as well', async () => {
    const world = new SimulatedWorld()
    const old = duePat(world, 'Nightly build')
    await run(world, [], [rotating])
    const entry = declaredToken({
      name: 'nightly',
      displayName: 'Nightly',
      scopes: undefined,
      place: { store: 'vault', secretName: 'nightly-build' },
    })
    const extendedBefore = old.extendedAt
    world.unreadable.set('nightly-build', damaged)
    const { results } = await run(world, [entry], [renewing])
    expect(results).toMatchObject([{ token: 'nightly', kind: 'observe', status: 'failed' }])
    expect(old.extendedAt).toBe(extendedBefore)
  })
})

test('a second reading of the store, for the tokens of rules, takes nothing from those that were read before', async () => {
  const world = new SimulatedWorld()
  duePat(world, 'Nightly build')
  let readings = 0
  world.interfere = (effect) => {
    if (effect === 'read:current' && ++readings === 2) throw new PatrolError('store-unreachable', 'the vault is down')
  }
  const { results } = await run(world, [tokens[0]!], [rotating])
  expect(results).toMatchObject([
    { token: 'first', kind: 'mint', status: 'done' },
    { token: 'nightly-build', kind: 'observe', status: 'failed', error: { code: 'store-unreachable' } },
  ])
})

test('a secret that cannot be read any more when its versions are asked for fails its token alone', async () => {
  const world = new SimulatedWorld()
  await run(world, tokens)
  world.pass(times(21, day))
  await run(world, tokens)
  world.pass(hour)
  world.interfere = (effect) => {
    if (effect === 'read:versions') world.unreadable.set('second', damaged)
  }
  const { results } = await run(world, tokens)
  expect(results).toMatchObject([{ token: 'second', status: 'failed', error: { code: 'store-corrupt' } }])
})
