import { expect, test } from 'vitest'
import { PatrolError, remedies } from '../../src/core/errors.ts'
import type { Delivery } from '../../src/core/metadata.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Token } from '../../src/core/token.ts'
import type { World } from '../../src/ports/world.ts'
import { failingTargets } from '../../src/reconcile/failing-targets.ts'
import type { Observation } from '../../src/reconcile/observe.ts'
import { aDelivery, anUnreadVersion, aToken, aVersion, someFacts, start } from '../support/builders.ts'

/** Targets, and what is in the way of a delivery there now. */
class Targets {
  readonly looked: string[] = []
  readonly #obstacles: Readonly<Record<string, unknown>>

  constructor(obstacles: Readonly<Record<string, unknown>>) {
    this.#obstacles = obstacles
  }

  get world(): World {
    const targets = Object.entries(this.#obstacles).map(([name, obstacle]) => {
      const check = async (): Promise<void> => {
        this.looked.push(name)
        if (obstacle !== undefined) throw obstacle
      }
      return [name, { name, check }] as const
    })
    return { targets: new Map(targets) } as unknown as World
  }
}

function failed(target: string, failure?: Delivery['failure']): Delivery {
  return { ...aDelivery(target, start), failures: 2, ...(failure === undefined ? {} : { failure }) }
}

function seen(deliveries: readonly Delivery[], token: Partial<Token> = {}): Observation {
  const targets = ['group', 'file']
  return { token: aToken({ targets, ...token }), facts: someFacts({ current: aVersion({ deliveries }) }), beganAt: 0 }
}

test('what is in the way now is told with its own remedy and id', async () => {
  const obstacle = new PatrolError('target-denied', 'the group refuses us', {
    remedy: 'Ask the owner of the group.',
    correlationId: 'abc',
  })
  const { world } = new Targets({ group: obstacle })
  expect(await failingTargets(world, [seen([failed('group', 'target-unreachable')])])).toEqual([
    {
      token: 'feed',
      code: 'target-denied',
      message: 'the last delivery to group failed: the group refuses us',
      remedy: 'Ask the owner of the group.',
      correlationId: 'abc',
    },
  ])
})

test.each([
  { recorded: 'target-not-found', code: 'target-not-found' },
  { recorded: undefined, code: 'delivery-failed' },
] as const)('where nothing shows, the word of the record stands: $recorded', async ({ recorded, code }) => {
  const { world } = new Targets({ group: undefined })
  expect(await failingTargets(world, [seen([failed('group', recorded)])])).toEqual([
    {
      token: 'feed',
      code,
      message: 'the last delivery to group failed; what shows of the target without a delivery is in order now',
      remedy: remedies[code],
    },
  ])
})

test('each failing copy is told, and its target is looked at once, however many tokens it holds', async () => {
  const targets = new Targets({ group: new PatrolError('target-denied', 'no'), file: undefined, idle: undefined })
  const observations = [
    seen([failed('group'), failed('file', 'target-denied')]),
    seen([failed('group'), aDelivery('file', start)], { name: 'second' }),
  ]
  const problems = await failingTargets(targets.world, observations)
  expect(problems.map(({ token, message }) => [token, message.slice(0, 29)])).toEqual([
    ['feed', 'the last delivery to group fa'],
    ['feed', 'the last delivery to file fai'],
    ['second', 'the last delivery to group fa'],
  ])
  expect(targets.looked.toSorted()).toEqual(['file', 'group'])
})

test.each<{ what: string; observation: Observation }>([
  { what: 'a delivery that succeeded', observation: seen([aDelivery('group', start)]) },
  { what: 'a target without a record', observation: seen([]) },
  { what: 'a target that the entry names no more', observation: seen([failed('group')], { targets: ['file'] }) },
  { what: 'a paused token', observation: seen([failed('group')], { paused: true }) },
  {
    what: 'a token that could not be seen',
    observation: { token: aToken({ targets: ['group'] }), failure: new PatrolError('store-denied', 'no') },
  },
  {
    what: 'a secret that somebody else wrote',
    observation: {
      token: aToken({ targets: ['group'] }),
      facts: someFacts({ current: anUnreadVersion({ kind: 'foreign' }) }),
      beganAt: 0,
    },
  },
])('nothing is told of $what, and nobody looks', async ({ observation }) => {
  const targets = new Targets({ group: new PatrolError('target-denied', 'no') })
  expect(await failingTargets(targets.world, [observation])).toEqual([])
  expect(targets.looked).toEqual([])
})

test('a target that is not there any more does not stop the others from being told', async () => {
  const { world } = new Targets({ group: new PatrolError('target-denied', 'no') })
  const problems = await failingTargets(world, [seen([failed('file', 'target-denied'), failed('group')])])
  expect(problems.map(({ code, message }) => [code, message.includes('in order now')])).toEqual([
    ['target-denied', false],
    ['target-denied', true],
  ])
})

test('a fault of ours is told as one, without the secret that its message holds', async () => {
  const secret = new Secret('a-value-that-nobody-may-see')
  const { world } = new Targets({ group: new TypeError(`cannot read ${secret.reveal()}`) })
  const [problem] = await failingTargets(world, [seen([failed('group')])])
  expect(problem).toMatchObject({ code: 'internal', message: expect.stringContaining('cannot read [secret]') })
  expect(JSON.stringify(problem)).not.toContain(secret.reveal())
})
