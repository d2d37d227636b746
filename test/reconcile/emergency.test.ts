import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { after, before, day, minute, times } from '../../src/core/time.ts'
import type { Rule, Token } from '../../src/core/token.ts'
import type { Probe } from '../../src/ports/prober.ts'
import type { World } from '../../src/ports/world.ts'
import { type Revoking, rotateNow } from '../../src/reconcile/emergency.ts'
import { apply, type PlanOptions, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const token = declaredToken({ targets: ['group'] })
const secretName = 'package-feed-pat'
const all: PlanOptions = { maxReplacements: { kind: 'default' }, allow: 1 }

/** A token that is established, with what its store hands out. */
async function established(one: Token = token): Promise<{ world: SimulatedWorld; old: string; value: string }> {
  const world = new SimulatedWorld()
  for (let runs = 0; runs < 2; runs++) {
    const opened = world.open({ targets: one.targets })
    await apply(opened, await propose(opened, { tokens: [one], rules: [] }, all))
    world.pass(times(2, day))
  }
  world.effects.length = 0
  return { world, old: world.active()[0]?.authorizationId ?? '', value: world.current(secretName)?.value ?? '' }
}

async function rotated(
  opened: World,
  revoking: Revoking,
  declared: { readonly tokens?: readonly Token[]; readonly rules?: readonly Rule[] } = { tokens: [token] },
) {
  const { tokens = [], rules = [] } = declared
  const proposals = await propose(opened, { tokens, rules }, { ...all, requested: { has: () => true } })
  return rotateNow(opened, proposals, revoking)
}

/** What became of each effect, as words. */
function told({ results }: Awaited<ReturnType<typeof rotated>>): readonly string[] {
  return results.map(({ kind, status, error }) => [kind, status, error?.code].filter(Boolean).join(' '))
}

/** The world, where every call with one value gets another answer. */
function answering(world: SimulatedWorld, value: string, answer: (real: Probe) => Probe): World {
  const opened = world.open({ targets: token.targets })
  const probe: World['prober']['probe'] = async (organization, tried, verification) => {
    const real = await opened.prober.probe(organization, tried, verification)
    return tried.reveal() === value ? answer(real) : real
  }
  return { ...opened, prober: { ...opened.prober, probe } }
}

describe('a new value for everybody', () => {
  test('leaves the old one its overlap, when nothing else is asked for', async () => {
    const { world } = await established()
    const report = await rotated(world.open({ targets: ['group'] }), 'after-overlap')
    expect(told(report)).toEqual(['mint done', 'deliver done'])
    expect(report.proofs).toEqual([])
    expect(world.active()).toHaveLength(2)
  })

  test('ends the old one as soon as every target has the new one, and proves both', async () => {
    const { world, old } = await established()
    const report = await rotated(world.open({ targets: ['group'] }), 'when-delivered')
    expect(told(report)).toEqual(['mint done', 'deliver done', 'revoke done'])
    expect(world.effects).toEqual(['mint', 'store', 'deliver:group', 'record', 'disable', `revoke:${old}`])
    expect(report.proofs).toEqual([
      { token: 'package-feed', kind: 'delivered', target: 'group' },
      { token: 'package-feed', kind: 'refused', authorizationId: old },
    ])
    expect(world.currentWorks(secretName)).toBe(true)
  })

  test('leaves the old one alone while a target lacks the new one, and says so', async () => {
    const { world } = await established()
    world.interfere = (effect, phase) => {
      if (effect === 'deliver:group' && phase === 'before') throw new PatrolError('target-unreachable', 'no answer')
    }
    const report = await rotated(world.open({ targets: ['group'] }), 'when-delivered')
    expect(told(report)).toEqual(['mint done', 'deliver failed target-unreachable', 'revoke skipped not-rotated'])
    expect(report.proofs).toEqual([])
    expect(world.active()).toHaveLength(2)
  })
})

describe('an end to what leaked, before there is anything new', () => {
  test('revokes first, and proves it', async () => {
    const { world, old } = await established()
    const report = await rotated(world.open({ targets: ['group'] }), 'first')
    expect(told(report)).toEqual(['revoke done', 'mint done', 'deliver done'])
    expect(world.effects.slice(0, 3)).toEqual(['disable', `revoke:${old}`, 'mint'])
    expect(report.proofs).toContainEqual({ token: 'package-feed', kind: 'refused', authorizationId: old })
    expect(world.active()).toHaveLength(1)
  })

  test('gives the successor of a PAT that a rule covers the same scopes', async () => {
    const { name: _, organization, displayName: __, place: ___, covers: ____, rule: _____, ...terms } = declaredToken()
    const rule = { ...terms, match: '*', organizations: [organization], store: 'vault', secretNameTemplate: '{name}' }
    const world = new SimulatedWorld()
    const dates = { validFrom: before(world.now, times(5, day)), validTo: after(world.now, times(25, day)) }
    world.createPat({ displayName: 'By hand', scopes: ['vso.build', 'vso.code'], ...dates })
    const report = await rotated(world.open(), 'first', { rules: [{ ...rule, scopes: undefined }] })
    expect(told(report)).toEqual(['revoke done', 'mint done'])
    expect(world.active()).toMatchObject([{ scopes: ['vso.build', 'vso.code'] }])
  })

  test('revokes nothing of a token for which nothing new could be made', async () => {
    const { world } = await established()
    const paused = declaredToken({ paused: true })
    const report = await rotated(world.open(), 'first', { tokens: [paused] })
    expect(told(report)).toEqual(['observe failed paused'])
    expect(world.effects).toEqual([])
  })

  test('changes nothing while a clock forbids it', async () => {
    const { world } = await established()
    const opened = world.open({ targets: ['group'] })
    const skew = (): ReturnType<World['clock']['skew']> => ({ kind: 'unreliable', message: 'a day off' })
    const late = { ...opened, clock: { ...opened.clock, skew } }
    await expect(rotated(late, 'first')).rejects.toMatchObject({ code: 'clock-unreliable' })
    expect(world.effects).toEqual([])
  })
})

describe('the proof that an old value is refused', () => {
  test('is waited for, and each wait is told', async () => {
    const { world, value } = await established()
    let calls = 0
    const opened = answering(world, value, (real) => (++calls < 4 ? { kind: 'works', ownerId: 'x' } : real))
    const report = await rotated(opened, 'when-delivered')
    expect(report.proofs).toContainEqual(expect.objectContaining({ kind: 'refused' }))
    const waits = world.events.flatMap((event) => (event.kind === 'waiting' ? [[event.ms, event.atMostMs]] : []))
    expect(waits).toEqual([
      [1_000, undefined],
      [2_000, 120_000],
    ])
  })

  test('is given up after two minutes, and then it is said that it is still let in', async () => {
    const { world, value, old } = await established()
    const opened = answering(world, value, () => ({ kind: 'works', ownerId: 'x' }))
    const began = world.now
    const report = await rotated(opened, 'when-delivered')
    const accepted = { token: 'package-feed', kind: 'accepted', authorizationId: old, listed: false }
    expect(report.proofs).toContainEqual(accepted)
    expect(world.now - began).toBe(times(2, minute))
    const told = world.events.filter((event) => event.kind === 'waiting' && event.atMostMs !== undefined)
    expect(told).toHaveLength(1)
  })

  test('of a value that a person stored for the wrong PAT tells that it is of another one', async () => {
    const { world, old } = await established()
    const other = world.createPat({ displayName: 'Other hand', validTo: after(world.now, times(30, day)) })
    const [stored] = world.versions(secretName)
    if (stored?.reading.kind !== 'read') throw new Error('no metadata')
    world.write(secretName, other.value, stored.reading.metadata)
    const report = await rotated(world.open({ targets: ['group'] }), 'first')
    expect(report.proofs).toContainEqual({
      token: 'package-feed',
      kind: 'accepted',
      authorizationId: old,
      listed: false,
    })
  })

  test.each<[string, Probe, string]>([
    ['an answer as anonymous refuses it, too', { kind: 'anonymous' }, 'refused'],
    ['no answer proves nothing', { kind: 'unknown', message: 'no answer' }, 'unknown'],
  ])('%s', async (_, answer, kind) => {
    const { world, value, old } = await established()
    let calls = 0
    const report = await rotated(
      answering(world, value, (real) => (++calls === 1 ? real : answer)),
      'when-delivered',
    )
    const message = kind === 'unknown' ? { message: 'no answer' } : {}
    expect(report.proofs).toContainEqual({ token: 'package-feed', kind, authorizationId: old, ...message })
  })

  test('is the list, where the value was refused before: that it is refused afterwards would prove nothing', async () => {
    const { world, value, old } = await established()
    const opened = answering(world, value, () => ({ kind: 'refused', message: 'HTTP 401' }))
    const report = await rotated(opened, 'when-delivered')
    expect(report.proofs).toContainEqual({ token: 'package-feed', kind: 'unlisted', authorizationId: old })
  })
})
