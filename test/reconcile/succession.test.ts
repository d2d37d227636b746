import { describe, expect, test } from 'vitest'
import { withReplaced } from '../../src/app/config/replaced-pats.ts'
import { PatrolError } from '../../src/core/errors.ts'
import { day, hour, instant, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { Crash, SimulatedWorld } from '../simulation/world.ts'

const contoso = declaredToken({
  name: 'ci-contoso',
  displayName: 'CI',
  place: { store: 'vault', secretName: 'contoso' },
})
const fabrikam = declaredToken({
  name: 'ci-fabrikam',
  displayName: 'CI',
  organization: 'fabrikam',
  place: { store: 'vault', secretName: 'fabrikam' },
  targets: ['app'],
})

/** An account with a PAT for all organizations, and two tokens that replace it. */
function migration(revokeReplaced = true) {
  const world = new SimulatedWorld()
  const old = world.createPat({ displayName: 'CI', allOrganizations: true, validTo: instant(world.now + 300 * day) })
  const written = { replaces: [old.authorizationId], revokeReplaced }
  return { world, old, tokens: withReplaced([written, written], [contoso, fabrikam]) }
}

async function run(world: SimulatedWorld, tokens: readonly Token[], only: (name: string) => boolean = () => true) {
  const opened = world.open({ targets: ['app'] })
  const work = async () => {
    const proposals = await propose(opened, { tokens, rules: [] }, { only, maxReplacements: { kind: 'default' } })
    return apply(opened, proposals)
  }
  return Promise.race([work(), opened.crashed.then(() => Promise.reject(new Crash()))])
}

const revocations = (world: SimulatedWorld): readonly string[] =>
  world.effects.filter((effect) => effect.startsWith('revoke:'))

describe('a PAT for all organizations that two tokens replace', () => {
  test('is revoked once, when both are in place and the overlap has passed, and nothing is sent afterwards', async () => {
    const { world, old, tokens } = migration()
    await run(world, tokens)
    for (let passed = 0; passed < 8; passed++) {
      world.pass(times(6, hour))
      await run(world, tokens)
      expect(revocations(world)).toEqual([])
    }
    world.pass(times(3, hour))
    await run(world, tokens)
    expect(revocations(world)).toEqual([`revoke:${old.authorizationId}`])
    const sent = world.effects.length
    await run(world, tokens)
    expect(world.effects).toHaveLength(sent)
    expect(world.active()).toHaveLength(2)
  })

  test('works on while a target of one of them fails', async () => {
    const { world, old, tokens } = migration()
    world.interfere = (effect, phase) => {
      if (effect === 'deliver:app' && phase === 'before') throw new PatrolError('target-unreachable', 'it is down')
    }
    for (let days = 0; days < 6; days++) {
      await run(world, tokens)
      world.pass(day)
    }
    expect(world.isActive(old)).toBe(true)
    world.interfere = () => undefined
    for (let days = 0; days < 5; days++) {
      await run(world, tokens)
      world.pass(day)
    }
    expect(world.isActive(old)).toBe(false)
  })

  test('is judged by all of them also when a run is about one alone', async () => {
    const { world, old, tokens } = migration()
    const onlyFirst = (name: string): boolean => name === 'ci-contoso'
    await run(world, tokens, onlyFirst)
    world.pass(times(4, day))
    await run(world, tokens, onlyFirst)
    expect(world.isActive(old)).toBe(true)
    await run(world, tokens)
    world.pass(times(4, day))
    await run(world, tokens, onlyFirst)
    expect(world.isActive(old)).toBe(false)
  })

  test('works on when another instance changes the value of the other token just before', async () => {
    const { world, old, tokens } = migration()
    await run(world, tokens)
    world.pass(times(4, day))
    let reads = 0
    world.interfere = (effect, phase) => {
      if (phase !== 'before' || effect !== 'read:current' || ++reads < 2) return
      const version = world.secrets.get('fabrikam')?.at(-1)
      if (version !== undefined) version.enabled = false
    }
    const report = await run(world, tokens)
    expect(report.results).toMatchObject([{ kind: 'revoke', reason: 'replaced', status: 'failed' }])
    expect(report.results[0]?.error?.code).toBe('moved-on')
    expect(world.isActive(old)).toBe(true)
  })

  test.each(['before', 'after'] as const)('is gone after a crash %s its revocation and a further run', async (when) => {
    const { world, old, tokens } = migration()
    await run(world, tokens)
    world.pass(times(4, day))
    world.interfere = (effect, phase) => {
      if (effect === `revoke:${old.authorizationId}` && phase === when) throw new Crash()
    }
    await expect(run(world, tokens)).rejects.toThrow(Crash)
    world.interfere = () => undefined
    world.pass(minute)
    await run(world, tokens)
    expect(world.isActive(old)).toBe(false)
    expect(world.active()).toHaveLength(2)
  })

  test('works on without the word of the entries, and a person is told', async () => {
    const { world, old, tokens } = migration(false)
    await run(world, tokens)
    world.pass(times(4, day))
    const report = await run(world, tokens)
    expect(world.isActive(old)).toBe(true)
    expect(report.problems.map(({ code }) => code)).toContain('replaced-still-works')
  })
})
