import { describe, expect, test } from 'vitest'
import { withReplaced } from '../../src/app/config/replaced-pats.ts'
import { PatrolError } from '../../src/core/errors.ts'
import { encodeMetadata } from '../../src/core/metadata.ts'
import { globalPatsEndAt } from '../../src/core/succession.ts'
import { before, day, hour, instant, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import type { SimulatedPat } from '../simulation/estate.ts'
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

/** Both tokens were made four days ago, and what was delivered at once was delivered once more. */
async function inPlace(revokeReplaced = true) {
  const migrated = migration(revokeReplaced)
  const { world, tokens } = migrated
  await run(world, tokens)
  world.pass(times(2, hour))
  await run(world, tokens)
  world.pass(times(4, day))
  return migrated
}

const revocations = (world: SimulatedWorld): readonly string[] =>
  world.effects.filter((effect) => effect.startsWith('revoke:'))

describe('a PAT for all organizations that two tokens replace', () => {
  test('is revoked once, when both are in place and the overlap has passed, and nothing is sent afterwards', async () => {
    const { world, old, tokens } = migration()
    await run(world, tokens)
    world.pass(times(2, hour))
    for (let passed = 0; passed < 8; passed++) {
      await run(world, tokens)
      expect(revocations(world)).toEqual([])
      world.pass(times(6, hour))
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
    world.pass(times(2, hour))
    await run(world, tokens)
    world.pass(times(4, day))
    await run(world, tokens, onlyFirst)
    expect(world.isActive(old)).toBe(false)
  })

  test('works on when another instance changes the value of the other token just before', async () => {
    const { world, old, tokens } = await inPlace()
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

  test('is asked nothing of when the list right before lacks it, for then nobody looked at those that replace it', async () => {
    const { world, old, tokens } = await inPlace()
    let lists = 0
    world.interfere = (effect, phase) => {
      if (phase !== 'before') return
      if (effect === 'read:pats') lists += 1
      // Two lists are read for the plan, two right before the request.
      if (effect === 'read:pats' && lists === 3) {
        old.revokedAt = world.now
        world.secrets.get('fabrikam')!.at(-1)!.enabled = false
      }
      if (effect === 'read:current') old.revokedAt = undefined
    }
    await run(world, tokens)
    expect(lists).toBeGreaterThanOrEqual(4)
    expect(revocations(world)).toEqual([])
    expect(world.isActive(old)).toBe(true)
  })

  test.each(['before', 'after'] as const)('is gone after a crash %s its revocation and a further run', async (when) => {
    const { world, old, tokens } = await inPlace()
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
    const { world, old, tokens } = await inPlace(false)
    const report = await run(world, tokens)
    expect(world.isActive(old)).toBe(true)
    expect(report.problems.map(({ code }) => code)).toContain('replaced-still-works')
  })
})

/** Runs with a run a day between. */
async function runs(world: SimulatedWorld, tokens: readonly Token[], days: number) {
  for (let passed = 0; passed < days; passed++) {
    await run(world, tokens)
    world.pass(day)
  }
  return run(world, tokens)
}

describe('the successors of a PAT that is to be revoked', () => {
  test.each(['contoso', 'fabrikam'])(
    'are looked for once more: that of %s, ended meanwhile, keeps it',
    async (where) => {
      const { world, old, tokens } = await inPlace()
      let hasBegun = false
      world.interfere = (effect, phase) => {
        // The owner is asked right before a turn changes anything, when all its facts are read.
        if (effect !== 'read:signed-in-user' || phase !== 'before' || hasBegun) return
        hasBegun = true
        const successor = world.active().find((pat) => !pat.allOrganizations && pat.organization === where)
        if (successor !== undefined) world.revokeOutside(successor)
      }
      const report = await run(world, tokens)
      expect(hasBegun).toBe(true)
      expect(report.results).toMatchObject([{ kind: 'revoke', reason: 'replaced', status: 'failed' }])
      expect(report.results[0]?.error).toMatchObject({
        code: 'moved-on',
        message: `not all that replaces PAT ${old.authorizationId} is in place any more; for ci-${where}, its successor is not active`,
      })
      expect(world.isActive(old)).toBe(true)
      await runs(world, tokens, 5)
      expect(world.isActive(old)).toBe(false)
    },
  )

  test('are asked for holds once more', async () => {
    const { world, old, tokens } = await inPlace()
    world.interfere = (effect, phase) => {
      if (effect !== 'read:signed-in-user' || phase !== 'before') return
      const version = world.current('fabrikam')
      if (version === undefined || version.tags['patrol']?.includes('revocation')) return
      version.tags = { ...version.tags, patrol: `${version.tags['patrol']} - ${world.now + 9 * day} revocation wait` }
    }
    const report = await run(world, tokens)
    expect(report.results).toMatchObject([{ kind: 'revoke', status: 'skipped', error: { code: 'held' } }])
    expect(world.isActive(old)).toBe(true)
  })
})

describe('the end of a PAT for all organizations', () => {
  const ends = (problems: readonly { readonly code: string; readonly message: string }[]) =>
    problems.flatMap(({ code, message }) => (code === 'global-pat-ends' ? message : []))

  test('is told of while the token that answers for it cannot be read, or is paused', async () => {
    const { world, old, tokens } = migration()
    world.now = before(globalPatsEndAt, times(9, day))
    await runs(world, tokens, 1)
    world.unreadable.set('contoso', new PatrolError('store-corrupt', 'the file is damaged'))
    const message = (why: string) =>
      `PAT ${old.authorizationId} for all organizations stops in 8 days, and its successors were not in place when they were looked at: for ci-contoso, ${why}`
    expect(ends((await run(world, tokens)).problems)).toEqual([message('it could not be looked at')])
    world.unreadable.clear()
    const [first, ...others] = [{ ...contoso, paused: true }, fabrikam]
    const written = { replaces: [old.authorizationId], revokeReplaced: true }
    const paused = withReplaced([written, written], [first, ...others])
    expect(ends((await run(world, paused)).problems)).toEqual([message('it is paused')])
    const foreign = world.current('contoso')
    if (foreign !== undefined) foreign.tags = {}
    expect(ends((await run(world, tokens)).problems)).toEqual([
      message('the store hands out no PAT that could take its place'),
    ])
  })

  test('is told of no more by the run that makes the successors, and by one in which one of them fails', async () => {
    const { world, tokens } = migration()
    world.now = before(globalPatsEndAt, times(9, day))
    world.unreadable.set('contoso', new PatrolError('store-corrupt', 'the file is damaged'))
    expect(ends((await run(world, tokens)).problems)).toHaveLength(1)
    world.unreadable.clear()
    const report = await run(world, tokens)
    expect(report.results).toContainEqual(expect.objectContaining({ kind: 'mint', status: 'done' }))
    expect(ends(report.problems)).toEqual([])
  })

  test('is told of while the sign-in is refused in the organization of that token, and in all', async () => {
    const { world, old, tokens } = migration()
    world.now = before(globalPatsEndAt, times(9, day))
    await runs(world, tokens, 1)
    const opened = world.open({ targets: ['app'] })
    const authority = opened.authorities.get('ci-bot')
    if (authority === undefined) throw new Error('there is no account')
    const refuse = (refused: readonly string[]) => ({
      ...opened,
      authorities: new Map([
        [
          'ci-bot',
          {
            ...authority,
            listActive: async (organization: string) => {
              if (refused.includes(organization)) throw new PatrolError('access-denied', 'not a member')
              return authority.listActive(organization)
            },
          },
        ],
      ]),
    })
    const told = async (refused: readonly string[]) =>
      ends((await propose(refuse(refused), { tokens, rules: [] }, { maxReplacements: { kind: 'default' } })).problems)
    const { authorizationId } = old
    expect(await told(['contoso'])).toEqual([
      `PAT ${authorizationId} for all organizations stops in 8 days, and its successors were not in place when they were looked at: for ci-contoso, it could not be looked at`,
    ])
    expect(await told(['contoso', 'fabrikam'])).toEqual([
      `whether PAT ${authorizationId}, which is to be replaced, still works could not be seen; if it is one for all organizations, it stops in 8 days`,
    ])
  })
})

/** A version with the value of a PAT that was made by hand. */
function adopted(world: SimulatedWorld, token: Token, pat: SimulatedPat): void {
  world.plantVersion(
    token.place!.secretName,
    pat.value,
    encodeMetadata({
      organization: 'contoso',
      account: token.owner,
      authorizationId: pat.authorizationId,
      generation: 'abcd00000000',
      scopes: pat.scopes,
      validFrom: pat.validFrom,
      validTo: pat.validTo,
      supersedes: [],
      writtenAt: world.now,
      rule: undefined,
      displayName: 'CI',
      deliveries: [],
    }),
    true,
  )
}

describe('a PAT of one organization', () => {
  const replaced = (old: SimulatedPat, ...tokens: readonly Token[]): readonly Token[] => {
    const written = { replaces: [old.authorizationId], revokeReplaced: true }
    return withReplaced(
      tokens.map((token) => (token.name.startsWith('ci-') ? written : {})),
      tokens,
    )
  }
  const made = (world: SimulatedWorld, organization: string): SimulatedPat =>
    world.createPat({ displayName: 'CI', organization, validTo: instant(world.now + 300 * day) })

  test('is revoked by the token in its organization, though another one names it first', async () => {
    const world = new SimulatedWorld()
    const old = made(world, 'fabrikam')
    const tokens = replaced(old, contoso, fabrikam)
    const report = await runs(world, tokens, 5)
    expect(world.isActive(old)).toBe(false)
    expect(revocations(world)).toEqual([`revoke:${old.authorizationId}`])
    expect(report.results).toEqual([])
  })

  test('in which no token is that replaces it stays, and a person is told where it is', async () => {
    const world = new SimulatedWorld()
    const old = made(world, 'northwind')
    const bystander = declaredToken({
      name: 'other',
      displayName: 'Other',
      organization: 'northwind',
      place: { store: 'vault', secretName: 'other' },
    })
    const report = await runs(world, replaced(old, contoso, fabrikam, bystander), 4)
    expect(world.isActive(old)).toBe(true)
    expect(report.problems).toMatchObject([{ token: 'ci-contoso', code: 'replaced-elsewhere' }])
    expect(report.problems[0]?.message).toContain('works in northwind, and is replaced by ci-contoso in contoso')
  })

  test('that another token had adopted before works until that one has a value of its own, too', async () => {
    const world = new SimulatedWorld()
    const old = made(world, 'contoso')
    const third = declaredToken({
      name: 'third',
      displayName: 'CI',
      scopes: old.scopes,
      place: { store: 'vault', secretName: 'third' },
    })
    adopted(world, third, old)
    const tokens = replaced(old, contoso, fabrikam, third)
    const report = await runs(world, tokens, 5)
    expect(report.problems.map(({ token, code }) => `${token} ${code}`)).toEqual(['ci-contoso replaced-in-use'])
    const alone = await run(world, tokens, (name) => name === 'ci-contoso')
    expect(alone.problems.map(({ code }) => code)).toEqual(['replaced-in-use'])
    expect(world.isActive(old)).toBe(true)
    // Its scopes are declared anew, so it is rotated; then it waits like the others.
    const rotated = replaced(old, contoso, fabrikam, { ...third, scopes: ['vso.code'] })
    await run(world, rotated)
    world.pass(times(47, hour))
    await run(world, rotated)
    expect(world.isActive(old)).toBe(true)
    world.pass(times(2, hour))
    expect((await run(world, rotated)).problems).toEqual([])
    expect(world.isActive(old)).toBe(false)
    expect(revocations(world)).toEqual([`revoke:${old.authorizationId}`])
  })

  test('that another token had adopted works also when the version there is disabled: its copies stand in targets', async () => {
    const world = new SimulatedWorld()
    const old = made(world, 'contoso')
    const place = { store: 'vault', secretName: 'third' }
    const third = declaredToken({ name: 'third', displayName: 'CI', scopes: old.scopes, paused: true, place })
    adopted(world, third, old)
    world.secrets.get('third')!.at(-1)!.enabled = false
    const report = await runs(world, replaced(old, contoso, fabrikam, third), 5)
    expect(report.problems.map(({ token, code }) => `${token} ${code}`)).toContain('ci-contoso replaced-in-use')
    expect(world.isActive(old)).toBe(true)
  })

  test('waits while the secret of a token that may hand it out cannot be read', async () => {
    const world = new SimulatedWorld()
    const old = made(world, 'contoso')
    const third = declaredToken({ name: 'third', displayName: 'Third', place: { store: 'vault', secretName: 'third' } })
    const tokens = replaced(old, contoso, fabrikam, third)
    await runs(world, tokens, 1)
    world.unreadable.set('third', new PatrolError('store-corrupt', 'the file is damaged'))
    await runs(world, tokens, 4)
    expect(world.isActive(old)).toBe(true)
    world.unreadable.clear()
    await run(world, tokens)
    expect(world.isActive(old)).toBe(false)
  })

  test('that a rule had replaced by a PAT of its own waits for that one and for those that replace it', async () => {
    const world = new SimulatedWorld()
    const old = world.createPat({
      displayName: 'Nightly',
      validFrom: before(world.now, times(27, day)),
      validTo: instant(world.now + 3 * day),
    })
    const { name: _, organization, displayName: __, place: ___, covers: ____, rule: _____, ...terms } = declaredToken()
    const rule = {
      ...terms,
      match: 'Nightly*',
      organizations: [organization],
      scopes: undefined,
      store: 'vault',
      secretNameTemplate: '{name}',
    }
    const runBoth = async (tokens: readonly Token[]) => {
      const opened = world.open({ targets: ['app'] })
      return apply(opened, await propose(opened, { tokens, rules: [rule] }, { maxReplacements: { kind: 'default' } }))
    }
    await runBoth([])
    expect(world.active()).toHaveLength(2)
    old.validTo = instant(world.now + 300 * day)
    world.pass(day)
    const tokens = replaced(old, contoso)
    await runBoth(tokens)
    // The overlap of what the rule made is over, that of the other successor is not.
    world.pass(times(30, hour))
    await runBoth(tokens)
    expect(world.isActive(old)).toBe(true)
    world.pass(day)
    await runBoth(tokens)
    expect(world.isActive(old)).toBe(false)
    expect(revocations(world)).toEqual([`revoke:${old.authorizationId}`])
  })
})
