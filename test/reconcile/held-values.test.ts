import { expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { day, times } from '../../src/core/time.ts'
import { heldValues } from '../../src/reconcile/held-values.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const first = declaredToken({ name: 'first', displayName: 'First', place: { store: 'vault', secretName: 'first-pat' } })
const second = declaredToken({
  name: 'second',
  displayName: 'Second',
  place: { store: 'vault', secretName: 'second-pat' },
})
const tokens = [first, second]

async function run(world: SimulatedWorld): Promise<void> {
  const opened = world.open()
  await apply(opened, await propose(opened, { tokens, rules: [] }, { maxReplacements: { kind: 'default' } }))
}

/** Both tokens in their overlap: each secret has an older version that is enabled. */
async function inOverlap(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  await run(world)
  world.pass(times(21, day))
  await run(world)
  return world
}

/** The versions of a secret, the oldest first. */
function versionsOf(world: SimulatedWorld, secretName: string) {
  return world.secrets.get(secretName) ?? []
}

function valuesOf(world: SimulatedWorld, secretName: string): readonly [older: Secret, current: Secret] {
  const [older, current] = versionsOf(world, secretName).map(({ value }) => new Secret(value))
  if (older === undefined || current === undefined) throw new Error('there are no two versions')
  return [older, current]
}

/** Which requests a search sends. */
function requests(world: SimulatedWorld): string[] {
  const seen: string[] = []
  world.interfere = (effect, phase) => {
    if (phase === 'before') seen.push(effect)
  }
  return seen
}

test('what the stores hand out is found without a look at older versions', async () => {
  const world = await inOverlap()
  const current = versionsOf(world, 'second-pat')[1]
  const pat = world.byValue(current?.value ?? '')
  const [, value] = valuesOf(world, 'second-pat')
  const sent = requests(world)
  const { holdings, disabled, failures } = await heldValues(world.open(), tokens, [value])
  expect([...holdings]).toMatchObject([
    [
      0,
      {
        token: second,
        authorizationId: pat?.authorizationId,
        generation: pat?.displayName.slice(-13, -1),
        storedAt: current?.createdAt,
        isCurrent: true,
      },
    ],
  ])
  expect({ disabled, failures }).toEqual({ disabled: 0, failures: [] })
  expect(sent).toEqual(['read:value', 'read:value'])
  expect(world.events).toContainEqual({ kind: 'observing', what: 'what the stores hand out' })
})

test('a superseded value is found in its older version, and the search ends there', async () => {
  const world = await inOverlap()
  const [value] = valuesOf(world, 'first-pat')
  const sent = requests(world)
  const { holdings } = await heldValues(world.open(), tokens, [value])
  expect(holdings.get(0)).toMatchObject({
    token: first,
    storedAt: versionsOf(world, 'first-pat')[0]?.createdAt,
    isCurrent: false,
  })
  expect(sent.filter((each) => each === 'read:value-of-version')).toHaveLength(1)
  expect(world.events).toContainEqual({ kind: 'observing', what: 'older versions in the stores' })
})

test('each value is told by its own place, and one that stands nowhere has none', async () => {
  const world = await inOverlap()
  const [older, current] = valuesOf(world, 'second-pat')
  const [, ofFirst] = valuesOf(world, 'first-pat')
  const { holdings, disabled } = await heldValues(world.open(), tokens, [
    older,
    new Secret('a value that nobody stored'),
    ofFirst,
    current,
  ])
  const told = [...holdings].map(([place, { token, isCurrent }]) => `${place}: ${token.name} ${isCurrent}`)
  expect(new Set(told)).toEqual(new Set(['0: second false', '2: first true', '3: second true']))
  expect(disabled).toBe(0)
})

test('a value that stands in two secrets is that of the first', async () => {
  const world = await inOverlap()
  const [, value] = valuesOf(world, 'first-pat')
  const tags = versionsOf(world, 'first-pat')[1]?.tags ?? {}
  world.plantVersion('second-pat', value.reveal(), tags, true)
  const { holdings } = await heldValues(world.open(), tokens, [value])
  expect(holdings.get(0)?.token).toBe(first)
})

test('the current version is not read twice', async () => {
  const world = await inOverlap()
  const read: string[] = []
  const opened = world.open()
  const store = opened.stores.get('vault')
  if (store === undefined) throw new Error('no store')
  const counting = {
    ...store,
    readVersion: async (name: string, id: string) => {
      read.push(id)
      return store.readVersion(name, id)
    },
  }
  await heldValues({ ...opened, stores: new Map([['vault', counting]]) }, tokens, [new Secret('nobody stored this')])
  expect(read.toSorted()).toEqual(
    ['first-pat', 'second-pat'].map((name) => versionsOf(world, name)[0]?.id ?? '').toSorted(),
  )
})

test('disabled versions are compared with nothing, and are counted while a value is open', async () => {
  const world = await inOverlap()
  const [older, current] = valuesOf(world, 'first-pat')
  for (const name of ['first-pat', 'second-pat']) world.disable(name, versionsOf(world, name)[0]?.id ?? '')
  const open = await heldValues(world.open(), tokens, [older])
  expect([open.holdings.size, open.disabled]).toEqual([0, 2])
  const known = await heldValues(world.open(), tokens, [current])
  expect([known.holdings.size, known.disabled]).toEqual([1, 0])
})

test('a disabled version is not counted when all values were found in others after all', async () => {
  const world = await inOverlap()
  world.disable('first-pat', versionsOf(world, 'first-pat')[0]?.id ?? '')
  const [older] = valuesOf(world, 'second-pat')
  const { holdings, disabled } = await heldValues(world.open(), tokens, [older])
  expect([holdings.size, disabled]).toEqual([1, 0])
})

test('a secret whose current version is disabled still has older ones', async () => {
  const world = await inOverlap()
  const [older, current] = valuesOf(world, 'first-pat')
  world.disable('first-pat', versionsOf(world, 'first-pat')[1]?.id ?? '')
  const { holdings, disabled } = await heldValues(world.open(), tokens, [older, current])
  expect([...holdings.keys()]).toEqual([0])
  expect(disabled).toBe(1)
})

test('what somebody else wrote is compared with nothing', async () => {
  const world = await inOverlap()
  world.plantVersion('first-pat', 'the value of somebody else', {}, true)
  const sent = requests(world)
  const { holdings, disabled } = await heldValues(world.open(), [first], [new Secret('the value of somebody else')])
  expect([holdings.size, disabled]).toEqual([0, 0])
  expect(sent.filter((each) => each === 'read:value-of-version')).toHaveLength(2)
})

test('an older version that somebody else wrote is not read at all', async () => {
  const world = new SimulatedWorld()
  world.plantVersion('first-pat', 'the value of somebody else', {}, true)
  world.plantVersion('first-pat', 'another value', {}, true)
  const sent = requests(world)
  await heldValues(world.open(), [first], [new Secret('the value of somebody else')])
  expect(sent).toEqual(['read:value', 'read:versions'])
})

test('a secret that cannot be read is told by its token, once, and the others are compared', async () => {
  const world = await inOverlap()
  const [older] = valuesOf(world, 'second-pat')
  const denied = new PatrolError('store-denied', 'no permission')
  world.unreadable.set('first-pat', denied)
  const { holdings, failures } = await heldValues(world.open(), tokens, [older])
  expect(holdings.get(0)?.token).toBe(second)
  expect(failures).toEqual([{ token: 'first', failure: denied }])
})

test('older versions that cannot be read are told, too', async () => {
  const world = await inOverlap()
  world.interfere = (effect) => {
    if (effect === 'read:versions') throw new PatrolError('store-unreachable', 'no answer')
  }
  const { failures } = await heldValues(world.open(), [first], [new Secret('nobody stored this')])
  expect(failures).toMatchObject([{ token: 'first', failure: { code: 'store-unreachable' } }])
})

test.each([
  ['without a store', { place: undefined }],
  ['whose store is not there', { place: { store: 'elsewhere', secretName: 'first-pat' } }],
] as const)('a token %s is left out', async (_, difference) => {
  const world = await inOverlap()
  const [older, current] = valuesOf(world, 'first-pat')
  const sent = requests(world)
  const search = await heldValues(world.open(), [{ ...first, ...difference }], [older, current])
  expect(search).toEqual({ holdings: new Map(), disabled: 0, failures: [] })
  expect(sent).toEqual([])
})

test('who is told to stop reads no older version any more', async () => {
  const world = await inOverlap()
  const [older] = valuesOf(world, 'first-pat')
  world.stopped = true
  const sent = requests(world)
  const { holdings } = await heldValues(world.open(), tokens, [older])
  expect(holdings.size).toBe(0)
  expect(sent).not.toContain('read:value-of-version')
})

test('no value comes out in what is reported', async () => {
  const world = await inOverlap()
  const values = [...valuesOf(world, 'first-pat'), ...valuesOf(world, 'second-pat')]
  const search = await heldValues(world.open(), tokens, values)
  expect(search.holdings.size).toBe(4)
  const told = JSON.stringify([[...search.holdings], world.events])
  for (const value of values) expect(told).not.toContain(`"${value.reveal()}"`)
})
