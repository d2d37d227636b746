import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { decodeMetadata } from '../../src/core/metadata.ts'
import { after, before, day, duration, hour, minute, times } from '../../src/core/time.ts'
import type { Rule, Token } from '../../src/core/token.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import type { World } from '../../src/ports/world.ts'
import { Crash, SimulatedWorld } from '../simulation/world.ts'

async function turn(world: SimulatedWorld, tokens: readonly Token[], rules: readonly Rule[] = [], allow?: number) {
  const opened = world.open({ targets: tokens.flatMap((token) => token.targets) })
  const crash = opened.crashed.then(() => Promise.reject(new Crash()))
  return Promise.race([run(opened, tokens, rules, allow), crash])
}

async function run(opened: World, tokens: readonly Token[], rules: readonly Rule[], allow?: number) {
  const maxReplacements = { kind: 'default' } as const
  const proposals = await propose(
    opened,
    { tokens, rules },
    { maxReplacements, ...(allow === undefined ? {} : { allow }) },
  )
  return apply(opened, proposals)
}

/** Runs until one sends nothing, or says how many were not enough. */
async function converge(world: SimulatedWorld, tokens: readonly Token[], step = times(6, hour), most = 40) {
  for (let runs = 1; runs <= most; runs++) {
    const before = world.effects.length
    await turn(world, tokens)
    if (world.effects.length === before && world.active().length <= tokens.length) return runs
    world.pass(step)
  }
  throw new Error(
    `not converged after ${most} runs: ${world
      .active()
      .map((pat) => pat.displayName)
      .join(', ')}`,
  )
}

const token = declaredToken()

describe('a token that was never established', () => {
  test('is minted, verified and stored in one run, and a further run sends nothing', async () => {
    const world = new SimulatedWorld()
    const report = await turn(world, [token])
    expect(report.results).toMatchObject([{ token: 'package-feed', kind: 'mint', status: 'done' }])
    expect(world.effects).toEqual(['mint', 'store'])
    expect(world.currentWorks('package-feed-pat')).toBe(true)
    await turn(world, [token])
    expect(world.effects).toEqual(['mint', 'store'])
  })

  test('bears its mark, its lifetime and its scopes', async () => {
    const world = new SimulatedWorld()
    await turn(world, [token])
    const [pat] = world.active()
    expect(pat?.displayName).toMatch(/^Package feed \(patrol [0-9a-z]{12}\)$/)
    expect(pat?.validTo).toBe(world.now + 30 * day)
    expect(pat?.scopes).toEqual(['vso.packaging_write'])
  })
})

describe('a token that is due', () => {
  test('gets a new value at once and loses the old one only after the overlap', async () => {
    const world = new SimulatedWorld()
    await turn(world, [token])
    const [first] = world.active()
    world.pass(times(21, day))
    await turn(world, [token])
    expect(world.active()).toHaveLength(2)
    expect(world.current('package-feed-pat')?.value).not.toBe(first?.value)
    world.pass(times(47, hour))
    await turn(world, [token])
    expect(world.active()).toHaveLength(2)
    world.pass(times(2, hour))
    const report = await turn(world, [token])
    expect(report.results).toMatchObject([{ kind: 'revoke', authorizationId: first?.authorizationId, status: 'done' }])
    expect(world.active()).toHaveLength(1)
    expect(world.effects.slice(-2)).toEqual(['disable', `revoke:${first?.authorizationId}`])
    await turn(world, [token])
    expect(world.effects).toHaveLength(6)
  })

  test('is extended before its successor is stored when it would expire within its overlap', async () => {
    const world = new SimulatedWorld()
    await turn(world, [token])
    world.pass(times(29, day))
    await turn(world, [token])
    expect(world.effects.slice(2)).toEqual(['mint', 'extend', 'store'])
    world.pass(times(47, hour))
    expect(world.active()).toHaveLength(2)
  })

  test('is not extended under a policy that came since, which would end it at once', async () => {
    const world = new SimulatedWorld()
    await turn(world, [token])
    world.pass(times(29, day))
    world.maximumLife = times(7, day)
    const report = await turn(world, [token])
    expect(world.effects.slice(2)).toEqual(['mint', 'store'])
    expect(report.problems.map(({ code }) => code)).toEqual(['policy-lifespan', 'policy-lifespan'])
    expect(world.active()).toHaveLength(2)
  })
})

describe('the first orphan, lost before anything was stored', () => {
  test('is collected after the overlap of its successor', async () => {
    const world = new SimulatedWorld()
    world.interfere = (effect, phase) => {
      if (effect === 'mint' && phase === 'after') throw new Crash()
    }
    await expect(crashing(turn(world, [token]))).resolves.toBe('crashed')
    world.interfere = () => undefined
    await converge(world, [token])
    expect(world.active()).toHaveLength(1)
    expect(world.currentWorks('package-feed-pat')).toBe(true)
  })
})

test('a lost answer to a mint leaves no PAT that nobody holds', async () => {
  const world = new SimulatedWorld()
  let lost = 0
  world.interfere = (effect, phase) => {
    if (effect === 'mint' && phase === 'after' && lost++ === 0) throw unknown()
  }
  await turn(world, [token])
  expect(world.active()).toHaveLength(1)
  expect(world.currentWorks('package-feed-pat')).toBe(true)
})

test('a lost answer of the store is resolved by looking, not by another PAT', async () => {
  const world = new SimulatedWorld()
  let lost = 0
  world.interfere = (effect, phase) => {
    if (effect === 'store' && phase === 'after' && lost++ === 0) throw unknown()
  }
  const report = await turn(world, [token])
  expect(report.results).toMatchObject([{ kind: 'mint', status: 'done' }])
  expect(world.effects).toEqual(['mint', 'store'])
})

test('a PAT that is revoked before it reaches the store is replaced in the same turn, though lists still show it', async () => {
  const world = new SimulatedWorld()
  world.revokeLag = hour
  let found = 0
  world.interfere = (effect, phase) => {
    if (effect === 'store' && phase === 'before' && found++ === 0) world.revokeOutside(world.pats[0]!)
  }
  const report = await turn(world, [token])
  expect(report.results).toMatchObject([{ kind: 'mint', status: 'done' }])
  expect(world.currentWorks('package-feed-pat')).toBe(true)
  expect(world.effects).toEqual(['mint', 'store', 'mint', 'store'])
})

test('a store that refuses costs no PAT', async () => {
  const world = new SimulatedWorld()
  world.interfere = (effect, phase) => {
    if (effect === 'store' && phase === 'before') throw new PatrolError('store-denied', 'no permission to set')
  }
  const report = await turn(world, [token])
  expect(report.results).toMatchObject([
    {
      kind: 'mint',
      status: 'failed',
      step: 'revoke',
      error: {
        code: 'store-denied',
        message: `the new PAT ${world.pats[0]?.authorizationId} could not be stored, so it was revoked again: no permission to set`,
      },
    },
  ])
  expect(world.active()).toHaveLength(0)
})

test('a rotation that the store does not take tells of the PAT that it made, and that the old value works', async () => {
  const world = new SimulatedWorld()
  await turn(world, [token])
  world.pass(times(21, day))
  world.interfere = (effect, phase) => {
    if (effect === 'store' && phase === 'before') throw unknown()
  }
  const [failed] = (await turn(world, [token])).results
  const made = world.pats[1]?.authorizationId
  expect(failed?.error).toMatchObject({ code: unknown().code, remedy: unknown().remedy, outcome: 'unknown' })
  expect(failed?.error?.message).toBe(
    `whether the new PAT ${made} was stored is not known; if it was not, a run more than 1h from now revokes it, and the value from before goes on working: ${unknown().message}`,
  )
  expect(world.active()).toHaveLength(2)
  expect(world.currentWorks('package-feed-pat')).toBe(true)
})

test('a PAT that can neither be stored nor revoked is said to stay for a later run', async () => {
  const world = new SimulatedWorld()
  world.interfere = (effect, phase) => {
    if (phase !== 'before') return
    if (effect === 'store') throw new PatrolError('store-denied', 'no permission to set')
    if (effect.startsWith('revoke:')) throw new PatrolError('throttled', 'too many requests')
  }
  const [failed] = (await turn(world, [token])).results
  expect(failed?.error?.message).toBe(
    `the new PAT ${world.pats[0]?.authorizationId} could not be stored; a run more than 1h from now revokes it: no permission to set`,
  )
  world.interfere = () => undefined
  world.pass(times(2, hour))
  await converge(world, [token])
})

test('after two unverified generations no third is minted', async () => {
  const world = new SimulatedWorld()
  world.interfere = (effect) => {
    if (effect === 'store') throw new PatrolError('store-denied', 'no permission to set')
  }
  const codes: (string | undefined)[] = []
  for (let run = 0; run < 3; run++) {
    const { results } = await turn(world, [token])
    codes.push(results[0]?.error?.code)
    world.pass(hour)
  }
  expect(codes).toEqual(['store-denied', 'store-denied', 'minting-paused'])
  expect(world.pats).toHaveLength(2)
})

test('what somebody revoked outside is replaced by the next run', async () => {
  const world = new SimulatedWorld()
  await turn(world, [token])
  const [first] = world.active()
  if (first !== undefined) first.revokedAt = world.now
  world.pass(hour)
  const opened = world.open()
  const { proposals } = await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } })
  expect(proposals[0]?.plan.actions).toMatchObject([{ kind: 'mint', reason: 'revoked-outside' }])
  await turn(world, [token])
  expect(world.currentWorks('package-feed-pat')).toBe(true)
})

test('a current PAT that the list does not show yet is tried, and left alone when it works', async () => {
  const world = new SimulatedWorld()
  world.createLag = times(10, minute)
  await turn(world, [token])
  const effects = world.effects.length
  await turn(world, [token])
  expect(world.effects).toHaveLength(effects)
})

test('the wrong user is stopped before the first mutation', async () => {
  const world = new SimulatedWorld()
  world.signedInAs = 'somebody@contoso.example'
  const report = await turn(world, [token])
  expect(report.results).toMatchObject([{ status: 'failed', error: { code: 'wrong-account' } }])
  expect(world.effects).toEqual([])
})

test('a wrong vault does not mint a thousand tokens', async () => {
  const world = new SimulatedWorld()
  const tokens = Array.from({ length: 40 }, (_, index) =>
    declaredToken({
      name: `feed-${index}`,
      displayName: `Feed ${index}`,
      place: { store: 'vault', secretName: `feed-${index}` },
    }),
  )
  await turn(world, tokens)
  expect(world.active()).toHaveLength(40)
  world.secrets.clear()
  await expect(turn(world, tokens)).rejects.toMatchObject({ code: 'too-many-changes' })
  expect(world.active()).toHaveLength(40)
  await turn(world, tokens, [], 40)
  expect(world.active()).toHaveLength(80)
})

test('a token that fails delays no other', async () => {
  const world = new SimulatedWorld()
  const bad = declaredToken({ name: 'bad', displayName: 'Bad', place: { store: 'nowhere', secretName: 'bad' } })
  const report = await turn(world, [bad, token])
  expect(report.results).toMatchObject([
    { token: 'package-feed', kind: 'mint', status: 'done' },
    { token: 'bad', kind: 'observe', status: 'failed' },
  ])
})

describe('rules', () => {
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

  test('a PAT whose successor is in a store is not extended by a rule that has none', async () => {
    const world = new SimulatedWorld()
    const pat = world.createPat({
      displayName: 'Nightly build',
      validFrom: before(world.now, times(27, day)),
      validTo: after(world.now, times(3, day)),
    })
    await turn(world, [], [rotating, renewing])
    const report = await turn(world, [], [rotating, renewing])
    expect(report.results).toEqual([])
    world.pass(duration(2 * day + 5 * minute))
    await turn(world, [], [rotating, renewing])
    expect(pat.revokedAt).toBe(world.now)
    expect(world.active()).toHaveLength(1)
  })

  test('while its store cannot be read, a rule still keeps its PATs from the rules below it', async () => {
    const world = new SimulatedWorld()
    world.createPat({
      displayName: 'Nightly build',
      validFrom: before(world.now, times(27, day)),
      validTo: after(world.now, times(3, day)),
    })
    world.interfere = (effect) => {
      if (effect === 'read:managed') throw new PatrolError('store-unreachable', 'the vault is down')
    }
    const report = await turn(world, [], [rotating, renewing])
    expect(report.results).toMatchObject([{ token: 'Nightly*', kind: 'observe', status: 'failed' }])
    expect(world.effects).toEqual([])
  })
})

describe('a token that is renewed in a store', () => {
  const renewed = declaredToken({ method: 'renew' })

  test('whose value changed with its extension is rotated in the same turn', async () => {
    const world = new SimulatedWorld()
    await turn(world, [renewed])
    world.pass(times(21, day))
    world.extensionChangesValue = true
    const report = await turn(world, [renewed])
    expect(report.results.map(({ kind, status }) => [kind, status])).toEqual([
      ['extend', 'done'],
      ['mint', 'done'],
    ])
    expect(world.currentWorks('package-feed-pat')).toBe(true)
  })

  test('and whose run died before the value was tried is tried by the next run', async () => {
    const world = new SimulatedWorld()
    await turn(world, [renewed])
    world.pass(times(21, day))
    world.extensionChangesValue = true
    world.interfere = (effect, phase) => {
      if (effect === 'extend' && phase === 'after') throw new Crash()
    }
    await crashing(turn(world, [renewed]))
    world.interfere = () => undefined
    expect(world.currentWorks('package-feed-pat')).toBe(false)
    await turn(world, [renewed])
    expect(world.currentWorks('package-feed-pat')).toBe(true)
  })
})

test('a secret that Patrol did not write fails its token by name, and no other', async () => {
  const world = new SimulatedWorld()
  world.plantVersion('package-feed-pat', 'somebody’s', {}, true)
  const other = declaredToken({ name: 'other', displayName: 'Other', place: { store: 'vault', secretName: 'other' } })
  const report = await turn(world, [token, other])
  expect(report.results).toMatchObject([
    { token: 'other', kind: 'mint', status: 'done' },
    { token: 'package-feed', kind: 'observe', status: 'failed', error: { code: 'secret-not-managed' } },
  ])
})

test('a service that leaves out what a scope includes does not make every run mint', async () => {
  const world = new SimulatedWorld()
  const both = declaredToken({ scopes: ['vso.code', 'vso.code_write'] })
  world.leavesOutIncludedScopes = true
  for (let run = 0; run < 4; run++) {
    await turn(world, [both])
    world.pass(day)
  }
  expect(world.pats).toHaveLength(1)
})

test('after a signal no stale token is looked at any more', async () => {
  const world = new SimulatedWorld()
  const opened = world.open()
  const proposals = await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } })
  world.pass(hour)
  world.stopped = true
  let reads = 0
  world.interfere = (effect) => {
    if (effect.startsWith('read:')) reads += 1
  }
  const report = await apply(opened, proposals)
  expect(report.results).toMatchObject([{ kind: 'mint', status: 'skipped', error: { code: 'interrupted' } }])
  expect(reads).toBe(0)
})

test('a mint that is turned away is not sent again after a signal', async () => {
  const world = new SimulatedWorld()
  let asked = 0
  world.interfere = (effect, phase) => {
    if (effect !== 'mint' || phase !== 'before') return
    asked += 1
    world.stopped = true
    throw new PatrolError('throttled', 'too many requests', { retryAfter: duration(5_000) })
  }
  const report = await turn(world, [token])
  expect(asked).toBe(1)
  expect(report.results).toMatchObject([{ kind: 'mint', status: 'failed', error: { code: 'interrupted' } }])
})

describe('a policy that came since', () => {
  const { name: _, organization, displayName: __, place: ___, covers: ____, rule: _____, ...terms } = declaredToken()
  const renewing: Rule = {
    ...terms,
    match: '*',
    method: 'renew',
    organizations: [organization],
    scopes: undefined,
    store: undefined,
    secretNameTemplate: '{name}',
    lifetime: times(60, day),
  }

  test('spoils one extension at most, for its ceiling spares the others', async () => {
    const world = new SimulatedWorld()
    for (let index = 0; index < 12; index++) {
      const dates = { validFrom: before(world.now, times(27, day)), validTo: after(world.now, times(3, day)) }
      world.createPat({ displayName: `By hand ${index}`, ...dates })
    }
    world.maximumLife = times(7, day)
    const opened = world.open({ concurrency: 8 })
    const proposals = await propose(opened, { tokens: [], rules: [renewing] }, { maxReplacements: { kind: 'default' } })
    const { results } = await apply(opened, proposals)
    expect(results.map(({ error }) => error?.code)).toEqual(Array.from({ length: 12 }, () => 'cannot-extend'))
    expect(world.effects).toEqual(['extend'])
    expect(world.active()).toHaveLength(11)
  })
})

describe('targets', () => {
  const fed = declaredToken({ targets: ['group'] })

  test('get every value, hold back the revocation while they fail, and settle before it', async () => {
    const world = new SimulatedWorld()
    await turn(world, [fed])
    const [first] = world.active()
    expect(world.delivered.get('group')).toEqual([first?.value])
    world.pass(times(2, hour))
    await turn(world, [fed])
    expect(world.delivered.get('group')).toEqual([first?.value, first?.value])
    world.pass(times(21, day))
    let failing = true
    world.interfere = (effect) => {
      if (effect === 'deliver:group' && failing) throw new PatrolError('delivery-failed', 'the target is down')
    }
    const report = await turn(world, [fed])
    expect(report.results.map(({ kind, status }) => [kind, status])).toEqual([
      ['mint', 'done'],
      ['deliver', 'failed'],
    ])
    world.pass(times(3, day))
    await turn(world, [fed])
    expect(world.active()).toHaveLength(2)
    failing = false
    world.pass(day)
    await turn(world, [fed])
    const second = world.current('package-feed-pat')?.value
    expect(world.delivered.get('group')?.at(-1)).toBe(second)
    world.pass(duration(2 * day + 2 * minute))
    await turn(world, [fed])
    expect(world.active()).toHaveLength(1)
  })
})

describe('a crash at any effect, before or after it took place', () => {
  test.each(['establish', 'rotate', 'retire'])(
    '%s: the next runs converge and the store always hands out a PAT that works',
    async (phase) => {
      let points = 0
      for (let at = 1; ; at++) {
        const world = await worldIn(phase)
        let count = 0
        let crashed = false
        world.interfere = () => {
          count += 1
          if (!crashed && count === at) {
            crashed = true
            throw new Crash()
          }
          if (world.secrets.size > 0 && phase !== 'establish') expect(world.currentWorks('package-feed-pat')).toBe(true)
        }
        const end = await crashing(turn(world, [fedToken]))
        expect(end).toBe(crashed ? 'crashed' : 'ended')
        if (!crashed) break
        points += 1
        await converge(world, [fedToken])
        expect(world.active(), `crash at ${at}`).toHaveLength(1)
        expect(world.currentWorks('package-feed-pat')).toBe(true)
      }
      expect(points).toBeGreaterThan(8)
    },
  )
})

const fedToken = declaredToken({ targets: ['group'] })

async function worldIn(phase: string): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  if (phase === 'establish') return world
  await turn(world, [fedToken])
  world.pass(times(21, day))
  if (phase === 'rotate') return world
  await turn(world, [fedToken])
  world.pass(times(3, day))
  return world
}

function unknown(): PatrolError {
  return new PatrolError('service-unavailable', 'the answer was lost', { outcome: 'unknown' })
}

async function crashing(run: Promise<unknown>): Promise<'crashed' | 'ended'> {
  try {
    await run
    return 'ended'
  } catch (error) {
    if (error instanceof Crash) return 'crashed'
    throw error
  }
}

describe('a change whose outcome is unknown', () => {
  test.each(['disable', 'revoke:'])(
    '%s is sent again in the same turn when it is seen not to have taken place',
    async (kind) => {
      const world = new SimulatedWorld()
      await turn(world, [token])
      world.pass(times(21, day))
      await turn(world, [token])
      world.pass(times(3, day))
      let lost = 0
      world.interfere = (effect, phase) => {
        if (effect.startsWith(kind) && phase === 'before' && lost++ === 0) throw unknown()
      }
      const report = await turn(world, [token])
      expect(report.results).toMatchObject([{ kind: 'revoke', status: 'done' }])
      expect(lost).toBe(2)
      expect(world.active()).toHaveLength(1)
    },
  )
})

test('what an extension asked for is remembered until somebody else moves the end', async () => {
  const world = new SimulatedWorld()
  const renewed = { ...token, method: 'renew' } as const
  const record = () => decodeMetadata(world.current('package-feed-pat')?.tags ?? {})
  world.maximumLife = times(40, day)
  await turn(world, [renewed])
  expect(record()).not.toHaveProperty('metadata.askedUntil')
  const began = world.now
  world.pass(times(21, day))
  await turn(world, [renewed])
  expect(record()).toMatchObject({
    metadata: { validTo: after(began, times(40, day)), askedUntil: after(began, times(51, day)) },
  })
  const [pat] = world.active()
  if (pat !== undefined) pat.validTo = after(began, times(39, day))
  await turn(world, [renewed])
  expect(record()).toMatchObject({ metadata: { validTo: after(began, times(39, day)) } })
  expect(record()).not.toHaveProperty('metadata.askedUntil')
})
