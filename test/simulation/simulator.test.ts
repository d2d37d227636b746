import { describe, expect, test } from 'vitest'
import { day, hour } from '../../src/core/time.ts'
import { Chance } from './chance.ts'
import { drawOptions, healthy, type Options } from './options.ts'
import { simulate } from './simulator.ts'

const seeds = 200

test(`${seeds} seeds: nothing bad happens in the storm, and all is well after it`, async () => {
  let effects = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await simulate(seed)
    effects += outcome.effects
    const last = outcome.trace.slice(-20).join('\n')
    expect(outcome.violations, `npm run sim -- --seed ${seed}\n${last}`).toEqual([])
  }
  expect(effects).toBeGreaterThan(10_000)
}, 480_000)

test('the same seed is the same story', async () => {
  const [first, second] = [await simulate(7), await simulate(7)]
  expect(first.trace).toEqual(second.trace)
  expect(first.trace.length).toBeGreaterThan(20)
})

describe('each trouble alone', () => {
  /** A world in which nothing goes wrong, with something to do for everybody. */
  const calm: Options = {
    ...healthy(drawOptions(new Chance(1))),
    tokens: 2,
    organizations: 2,
    instances: 2,
    targets: 1,
    difference: 'none',
    clockWrong: 0,
    clockError: 0,
    methodRenew: false,
  }
  const play = (changes: Partial<Options>) => simulate(11, { options: { ...calm, ...changes } })

  test('when there is none, nothing is troubled', async () => {
    const { violations, troubles, effects, trace } = await play({})
    expect({ violations, troubles }).toEqual({ violations: [], troubles: [] })
    expect(effects).toBeGreaterThan(10)
    expect(trace.join('\n')).not.toMatch(/scopes-differ|of deliver|clock of/)
  })

  test.each<[Partial<Options>, RegExp]>([
    [{ crash: 0.05 }, /crashed/],
    [{ freeze: 0.05 }, /:freeze of /],
    [{ lateEffect: 0.2 }, /:late-effect of /],
    [{ targetsDown: 1 }, /:failed of deliver:target/],
    [{ drift: 1, blindTargets: false }, /plans deliver of token-\d: drifted/],
    [{ lies: 0.5, blindTargets: false }, /says yes to \w+ and keeps[\s\S]*plans deliver of token-\d: drifted/],
    [{ targets: 2, inGroups: true, targetsDown: 1 }, /:failed of deliver:target-\d-0/],
    [{ throttling: 1 }, /:turned-away of read:pats/],
    [{ failing: 1 }, /:failed of read:pats/],
    [{ clockSteps: 1 }, /the clock of [12] is set by -?\d+ ms/],
    [{ difference: 'scopes' }, /plans mint of token-0: scopes-differ/],
    [{ difference: 'tokens' }, /plans mint of token-1/],
    [{ configurationChanges: 1 }, /configuration/],
    [{ secretsLost: 1 }, /secret-lost/],
    [{ stillborn: 0.5 }, /is stillborn/],
    [{ foundEarly: 0.5 }, /was found and revoked/],
    [{ revokedOutside: 1 }, /revoked-outside/],
    [{ holds: 1 }, /is held against replacement[\s\S]*is held against revocation/],
    [{ emergencies: 1 }, /"revoking":"first"[\s\S]*person\.\d+ disable/],
    [{ emergencies: 1, crash: 0.05 }, /"kind":"emergency"[\s\S]*person\.\d+ crashed/],
    [{ retirements: 1, tokens: 3 }, /"kind":"retirement"[\s\S]*person\.\d+ remove:target/],
    [{ adoptions: 1 }, /person\.\d+ store:adopted-1-a/],
    [{ rollbacks: 1, runEvery: 2 * hour }, /has its value of before again/],
    [{ rollbacks: 1, emergencies: 0.5, holds: 0.5, crash: 0.05 }, /"kind":"rollback"[\s\S]*person\.\d+ crashed/],
    [{ successions: 1 }, /plans revoke of token-\d: replaced/],
  ])('%o is seen, and breaks nothing', async (changes, sign) => {
    const { violations, trace } = await play(changes)
    expect(trace.join('\n')).toMatch(sign)
    expect(violations).toEqual([])
  })

  test('an instance whose clock is off by more than a day changes nothing', async () => {
    const { trace } = await simulate(11, { options: { ...calm, instances: 1, clockSteps: 1 } })
    let ahead = 0
    const changedWhile = { right: 0, wrong: 0 }
    for (const line of trace) {
      const [, by] = / the clock of 1 is set by (-?\d+) ms/.exec(line) ?? []
      if (by !== undefined) ahead += Number(by)
      if (!/ 1\.\d+ (?:mint|store|deliver|record|disable|revoke):/.test(line)) continue
      if (Math.abs(ahead) > day) changedWhile.wrong += 1
      else changedWhile.right += 1
    }
    expect(changedWhile).toEqual({ right: expect.any(Number), wrong: 0 })
    expect(changedWhile.right).toBeGreaterThan(5)
    expect(trace.join('\n')).toMatch(/set by -?172800000 ms/)
  })
})
