import { describe, expect, test } from 'vitest'
import { type ErrorCode, PatrolError } from '../../src/core/errors.ts'
import { decodeMetadata } from '../../src/core/metadata.ts'
import { after, before, day, type Duration, duration, hour, type Instant, minute, times } from '../../src/core/time.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Rule, Token } from '../../src/core/token.ts'
import type { Authority } from '../../src/ports/authority.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

type Extended = Awaited<ReturnType<Authority['extend']>>

/** The service sends a new value with its answer. */
const withNewValue = ({ pat }: Extended): Extended => ({ pat, value: new Secret('a new value') })

const withoutEnd = ({ pat }: Extended): Extended => ({ pat: { ...pat, validTo: undefined }, value: undefined })

/** The service grants so much less than was asked for. */
function ending(sooner: Duration): (extended: Extended) => Extended {
  return ({ pat }) => ({ pat: { ...pat, validTo: pat.validTo && before(pat.validTo, sooner) }, value: undefined })
}

const stored = declaredToken({ method: 'renew' })
const secretName = 'package-feed-pat'

/** @param told how the authority tells of an extension, in place of the pat alone */
async function run(
  world: SimulatedWorld,
  tokens: readonly Token[],
  rules: readonly Rule[] = [],
  told: (extended: Extended) => Extended = (extended) => extended,
) {
  const opened = world.open()
  for (const authority of opened.authorities.values()) {
    const real = { ...authority }
    const extend: Authority['extend'] = async (...words) => told(await real.extend(...words))
    Object.assign(authority, { extend })
  }
  return apply(opened, await propose(opened, { tokens, rules }, { maxReplacements: { kind: 'default' } }))
}

/** A token that was established and is due since. */
async function due(token: Token, since = times(21, day)): Promise<{ world: SimulatedWorld; began: Instant }> {
  const world = new SimulatedWorld()
  const began = world.now
  await run(world, [token])
  world.pass(since)
  world.effects.length = 0
  world.events.length = 0
  return { world, began }
}

/** What a request for an extension meets: it fails before it takes place, or its answer is lost after. */
function meets(world: SimulatedWorld, phase: 'before' | 'after', failure: PatrolError, howOften = Infinity): void {
  let left = howOften
  world.interfere = (effect, at) => {
    if (effect !== 'extend' || at !== phase || left === 0) return
    left -= 1
    throw failure
  }
}

const record = (world: SimulatedWorld): unknown => decodeMetadata(world.current(secretName)?.tags ?? {})

describe('a PAT that is due lives longer', () => {
  test('by its lifetime, is tried, and the record follows', async () => {
    const { world } = await due(stored)
    const { results, problems } = await run(world, [stored])
    const validTo = after(world.now, times(30, day))
    expect(results).toMatchObject([{ kind: 'extend', status: 'done', validTo }])
    expect(problems).toEqual([])
    expect(world.active()).toMatchObject([{ validTo, extendedAt: world.now }])
    expect(record(world)).toMatchObject({ metadata: { validTo, extendedAt: world.now } })
    expect(world.events).toContainEqual(expect.objectContaining({ kind: 'step', step: 'verify' }))
    await run(world, [stored])
    expect(world.effects).toEqual(['extend', 'record'])
  })

  test('and is not tried where the list alone is asked to prove it', async () => {
    const listed = declaredToken({ method: 'renew', verification: { kind: 'listed' } })
    const { world } = await due(listed)
    world.events.length = 0
    expect((await run(world, [listed])).results).toMatchObject([{ kind: 'extend', status: 'done' }])
    expect(world.events).not.toContainEqual(expect.objectContaining({ kind: 'step', step: 'verify' }))
  })

  test.each<[string, number, readonly ErrorCode[]]>([
    ['and nothing is said when a minute is missing, which is the rounding of dates', minute, []],
    ['and nothing is said when no more than an hour is missing', hour, []],
    ['and it is said that a policy cut it, when more is missing', hour + minute, ['policy-lifespan']],
  ])('by as much as a policy allows, %s', async (_, missing, codes) => {
    const { world, began } = await due(stored)
    world.maximumLife = duration(times(51, day) - missing)
    const { results, problems } = await run(world, [stored])
    const validTo = after(began, duration(times(51, day) - missing))
    expect(results).toMatchObject([{ kind: 'extend', status: 'done', validTo }])
    expect(problems.map(({ code }) => code)).toEqual(codes)
    for (const { message } of problems) expect(message).toContain('"Enforce maximum personal access token lifespan"')
  })

  test('once, when the answer is lost and the list shows that it does', async () => {
    const { world } = await due(stored)
    meets(world, 'after', new PatrolError('service-unavailable', 'no answer', { outcome: 'unknown' }))
    expect((await run(world, [stored])).results).toMatchObject([
      { kind: 'extend', status: 'done', validTo: after(world.now, times(30, day)) },
    ])
    expect(world.effects).toEqual(['extend', 'record'])
  })

  test('when the request got lost and is sent again', async () => {
    const { world } = await due(stored)
    meets(world, 'before', new PatrolError('service-unavailable', 'no answer', { outcome: 'unknown' }), 2)
    expect((await run(world, [stored])).results).toMatchObject([{ kind: 'extend', status: 'done' }])
    expect(world.effects).toEqual(['extend', 'record'])
  })

  test('not, when the third request gets lost, too, and the failure is told', async () => {
    const { world } = await due(stored)
    const began = world.now
    meets(world, 'before', new PatrolError('service-unavailable', 'no answer', { outcome: 'unknown' }))
    expect((await run(world, [stored])).results).toMatchObject([
      { kind: 'extend', status: 'failed', error: { code: 'service-unavailable' } },
    ])
    expect(world.effects).toEqual([])
    expect(world.now).toBe(after(began, duration(3_000)))
  })

  test('not, when the service says that nothing took place', async () => {
    const { world } = await due(stored)
    meets(world, 'before', new PatrolError('pat-not-found', 'no such PAT', { outcome: 'none' }), 1)
    expect((await run(world, [stored])).results).toMatchObject([
      { kind: 'extend', status: 'failed', error: { code: 'pat-not-found' } },
    ])
    expect(world.effects).toEqual([])
  })
})

describe('a PAT that the service extends no further', () => {
  // Granted for 30 days, renewed 10 days before its end.
  test.each([
    ['at all', 30],
    ['by more than a minute', 30 + minute / day],
    ['beyond the time at which it is due again', 30.5],
    ['and rather ends sooner', 29],
  ])('%s is a failure that names the way out', async (_, days) => {
    const { world } = await due(stored)
    world.maximumLife = duration(days * day)
    const { results } = await run(world, [stored])
    expect(results).toMatchObject([{ kind: 'extend', status: 'failed', error: { code: 'cannot-extend' } }])
    expect(results[0]?.error?.message).toContain('no further')
    expect(world.active()).toHaveLength(1)
  })

  test('is replaced, where the entry says so', async () => {
    const rotating = declaredToken({ method: 'renew', atCeiling: 'rotate' })
    const { world } = await due(rotating)
    world.maximumLife = times(30, day)
    const { results } = await run(world, [rotating])
    expect(results).toMatchObject([
      { kind: 'extend', status: 'skipped', error: { code: 'cannot-extend' } },
      { kind: 'mint', status: 'done' },
    ])
    expect(world.currentWorks(secretName)).toBe(true)
    expect(world.active()).toHaveLength(2)
  })

  test.each<ErrorCode>(['cannot-extend', 'policy-lifespan'])(
    'because it refuses (%s) is told by its words',
    async (code) => {
      const { world } = await due(stored)
      meets(world, 'before', new PatrolError(code, 'the words of the service', { outcome: 'none' }))
      const { results } = await run(world, [stored])
      expect(results).toMatchObject([{ kind: 'extend', status: 'failed', error: { code: 'cannot-extend' } }])
      expect(results[0]?.error?.message).toContain('the words of the service')
    },
  )
})

describe('without a store', () => {
  const { name: _, organization, displayName: __, place: ___, covers: ____, rule: _____, ...terms } = declaredToken()
  const renewing: Rule = {
    ...terms,
    match: '*',
    method: 'renew',
    organizations: [organization],
    scopes: undefined,
    store: undefined,
    secretNameTemplate: '{name}',
  }

  function byHand(): SimulatedWorld {
    const world = new SimulatedWorld()
    const dates = { validFrom: before(world.now, times(21, day)), validTo: after(world.now, times(9, day)) }
    world.createPat({ displayName: 'By hand', ...dates })
    return world
  }

  test('a PAT lives longer, and nothing is stored', async () => {
    const world = byHand()
    const { results, problems } = await run(world, [], [renewing])
    expect(results).toMatchObject([{ kind: 'extend', status: 'done', validTo: after(world.now, times(30, day)) }])
    expect(problems).toEqual([])
    expect(world.effects).toEqual(['extend'])
  })

  test('a value that changed with the extension is lost, and a person is told what to do', async () => {
    const { results, problems } = await run(byHand(), [], [renewing], withNewValue)
    expect(results).toMatchObject([{ kind: 'extend', status: 'done' }])
    expect(problems).toMatchObject([
      { code: 'verification-failed', remedy: expect.stringContaining('`method: rotate` with a store') },
    ])
  })
})

describe('a PAT that would end within its overlap', () => {
  const rotated = declaredToken()

  test('lives as long as its overlap, and nothing is said', async () => {
    const { world } = await due(rotated, times(29, day))
    const { problems } = await run(world, [rotated])
    expect(problems).toEqual([])
    expect(world.effects).toEqual(['mint', 'extend', 'store'])
    world.pass(times(48, hour))
    expect(world.active()).toHaveLength(2)
  })

  test('is left alone when it lives long enough', async () => {
    const { world } = await due(rotated)
    await run(world, [rotated])
    expect(world.effects).toEqual(['mint', 'store'])
  })

  test.each<[string, (world: SimulatedWorld) => void, ErrorCode, string]>([
    [
      'the service refuses',
      (world) => meets(world, 'before', new PatrolError('cannot-extend', 'not this one', { outcome: 'none' })),
      'policy-lifespan',
      'not this one',
    ],
    [
      'the request fails',
      (world) => meets(world, 'before', new PatrolError('throttled', 'too many requests', { outcome: 'none' })),
      'throttled',
      'too many requests',
    ],
  ])('is told of when %s, and its successor is made all the same', async (_, trouble, code, words) => {
    const { world } = await due(rotated, times(29, day))
    trouble(world)
    const { results, problems } = await run(world, [rotated])
    expect(results).toMatchObject([{ kind: 'mint', status: 'done' }])
    expect(problems.map((problem) => problem.code)).toEqual([code])
    expect(problems[0]?.message).toContain('may expire within its overlap')
    expect(problems[0]?.message).toContain(words)
    expect(world.currentWorks(secretName)).toBe(true)
  })

  test.each<[string, (extended: Extended) => Extended, readonly ErrorCode[], string]>([
    ['when its value changed', withNewValue, ['verification-failed'], 'gave it a new value'],
    ['when it was granted less', ending(duration(hour + 1)), ['policy-lifespan'], 'granted less'],
    ['not when the hour is missing that was asked for beyond what is needed', ending(hour), [], ''],
    ['when nobody can tell how long it lives', withoutEnd, ['policy-lifespan'], 'granted less'],
  ])('is told of %s', async (_, told, codes, words) => {
    const { world } = await due(rotated, times(29, day))
    const { results, problems } = await run(world, [rotated], [], told)
    expect(results).toMatchObject([{ kind: 'mint', status: 'done' }])
    expect(problems.map(({ code }) => code)).toEqual(codes)
    for (const { message } of problems) expect(message).toContain(words)
  })
})

describe('an extension whose answer', () => {
  test('tells no readable end is a failure', async () => {
    const { world } = await due(stored)
    expect((await run(world, [stored], [], withoutEnd)).results).toMatchObject([
      { kind: 'extend', status: 'failed', error: { code: 'unexpected-answer' } },
    ])
  })

  test('holds a new value is followed by a mint, and that value is never stored', async () => {
    const { world } = await due(stored)
    const { results } = await run(world, [stored], [], withNewValue)
    expect(results.map(({ kind, status }) => [kind, status])).toEqual([
      ['extend', 'done'],
      ['mint', 'done'],
    ])
    expect(world.secrets.get(secretName)?.map(({ value }) => value)).not.toContain('a new value')
  })
})
