import { expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const tokens = ['first', 'second'].map((name) =>
  declaredToken({ name, displayName: name, place: { store: 'vault', secretName: name } }),
)

async function run(world: SimulatedWorld) {
  const opened = world.open()
  const proposals = await propose(opened, { tokens, rules: [] }, { maxReplacements: { kind: 'default' } })
  return apply(opened, proposals)
}

test.each(['read:signed-in-user', 'read:revoked-pats'])(
  'a question (%s) that found no answer for one token is asked again for the next',
  async (question) => {
    const world = new SimulatedWorld()
    let asked = 0
    world.interfere = (effect) => {
      if (effect === question && asked++ === 0) throw new PatrolError('service-unavailable', 'a bad minute')
    }
    const { results } = await run(world)
    expect(results).toMatchObject([
      { token: 'first', status: 'failed', error: { code: 'service-unavailable' } },
      { token: 'second', kind: 'mint', status: 'done' },
    ])
    expect(asked).toBe(2)
    expect(world.currentWorks('second')).toBe(true)
  },
)

test('who is signed in is asked once, also when it is somebody else', async () => {
  const world = new SimulatedWorld()
  let asked = 0
  world.interfere = (effect) => {
    if (effect === 'read:signed-in-user') asked++
  }
  world.signedInAs = 'somebody@contoso.example'
  const { results } = await run(world)
  expect(results.map(({ error }) => error?.code)).toEqual(['wrong-account', 'wrong-account'])
  expect(asked).toBe(1)
})
