import { describe, expect, test } from 'vitest'
import { type ErrorCode, PatrolError, remedies } from '../../src/core/errors.ts'
import { installationOf } from '../../src/core/names.ts'
import { Secret } from '../../src/core/secret.ts'
import { after, day, hour, second, times } from '../../src/core/time.ts'
import type { World } from '../../src/ports/world.ts'
import { adopt, type AdoptionParts } from '../../src/reconcile/adopt.ts'
import { PatLists } from '../../src/reconcile/pat-lists.ts'
import { retire, retiredToken } from '../../src/reconcile/retirement.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import type { SimulatedPat } from '../simulation/estate.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'

const place = { store: 'vault', secretName: 'package-feed-pat' }
const token = { ...declaredToken(), place }

async function run(world: SimulatedWorld): Promise<void> {
  const opened = world.open()
  await apply(opened, await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } }))
}

function madeByHand(world: SimulatedWorld): SimulatedPat {
  return world.createPat({
    displayName: 'Package feed',
    scopes: ['vso.packaging_write'],
    validTo: after(world.now, times(30, day)),
  })
}

function heeding(difference: Partial<AdoptionParts> = {}): AdoptionParts {
  return {
    id: undefined,
    replaced: new Set(),
    tokens: [token],
    homes: [],
    administrations: new Map(),
    ...difference,
  }
}

function adopting(world: SimulatedWorld, pat: SimulatedPat, entry = token): ReturnType<typeof adopt> {
  return adopt(world.open(), entry, new Secret(pat.value), heeding({ id: pat.authorizationId }))
}

/** Where only a display name tells which PAT it is. */
function byName(world: SimulatedWorld, value: string, id?: string): ReturnType<typeof adopt> {
  return adopt(world.open(), token, new Secret(value), heeding({ id }))
}

test('a PAT that was made by hand is stored as the first version of its token, with all that runs need to know', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  const { metadata, wasThere, provenance } = await byName(world, pat.value)
  expect(wasThere).toBe(false)
  expect(provenance).toEqual({ matchedBy: 'name', notCompared: [], namesakes: 0 })
  expect(metadata).toEqual({
    organization: 'contoso',
    account: 'ci-bot@contoso.example',
    authorizationId: pat.authorizationId,
    generation: expect.stringMatching(new RegExp(`^${installationOf('memory:vault', place.secretName)}[0-9a-z]{8}$`)),
    scopes: ['vso.packaging_write'],
    validFrom: pat.validFrom,
    validTo: pat.validTo,
    supersedes: [],
    writtenAt: world.now,
    rule: undefined,
    displayName: 'Package feed',
    deliveries: [],
  })
  expect(world.current(place.secretName)?.value).toBe(pat.value)
  expect(world.versions(place.secretName)).toMatchObject([{ enabled: true, reading: { kind: 'read', metadata } }])
  expect(world.effects).toEqual(['store'])
  expect(world.active()).toEqual([pat])
})

describe('an adoption of what the store hands out already', () => {
  test.each([
    { told: 'without an id', idOf: () => undefined },
    { told: 'with its id', idOf: (pat: SimulatedPat) => pat.authorizationId },
    { told: 'with its id in capitals', idOf: (pat: SimulatedPat) => pat.authorizationId.toUpperCase() },
  ])('has its end, $told, and nothing is written', async ({ idOf }) => {
    const world = new SimulatedWorld()
    const pat = world.createPat({
      displayName: 'Package feed',
      authorizationId: 'abcdef00-0000-4000-8000-000000000000',
      validTo: after(world.now, times(30, day)),
    })
    const first = await byName(world, pat.value)
    expect(await byName(world, pat.value, idOf(pat))).toEqual({
      metadata: first.metadata,
      wasThere: true,
      provenance: undefined,
    })
    expect(world.effects).toEqual(['store'])
  })

  test.each([
    { what: 'another value', of: (pat: SimulatedPat) => ({ value: `${pat.value}!`, id: pat.authorizationId }) },
    { what: 'the id of another PAT', of: (pat: SimulatedPat) => ({ value: pat.value, id: 'another-id' }) },
  ])('is refused for $what', async ({ of }) => {
    const world = new SimulatedWorld()
    const pat = madeByHand(world)
    await byName(world, pat.value)
    const { value, id } = of(pat)
    await expect(byName(world, value, id)).rejects.toMatchObject({
      code: 'usage',
      message: 'the store has a value of package-feed already',
      remedy: expect.stringMatching(
        `patrol get package-feed.*patrol rotate package-feed.* ends PAT ${pat.authorizationId} after the overlap`,
      ),
    })
    expect(world.effects).toEqual(['store'])
  })

  test.each([
    { what: 'that somebody else wrote', enabled: true },
    { what: 'that is disabled', enabled: false },
  ])('is refused for a secret $what', async ({ enabled }) => {
    const world = new SimulatedWorld()
    const pat = madeByHand(world)
    world.plantVersion(place.secretName, pat.value, {}, enabled)
    await expect(byName(world, pat.value)).rejects.toMatchObject({
      code: 'usage',
      remedy: '`patrol rotate package-feed` makes a new PAT with a value of its own.',
    })
    expect(world.effects).toEqual([])
  })
})

describe('which PAT a value belongs to', () => {
  test.each<{ what: string; pat: Partial<SimulatedPat> }>([
    { what: 'has another display name', pat: { displayName: 'package feed' } },
    { what: 'works in all organizations', pat: { allOrganizations: true } },
    { what: 'is in another organization', pat: { organization: 'fabrikam' } },
    { what: 'belongs to somebody else', pat: { owner: 'ann@contoso.example' } },
  ])('is not told by one that $what', async ({ pat }) => {
    const world = new SimulatedWorld()
    const { value } = Object.assign(madeByHand(world), pat)
    await expect(byName(world, value)).rejects.toMatchObject({
      code: 'usage',
      message: 'ci-bot@contoso.example has no active PAT named "Package feed" in contoso alone',
      remedy: expect.stringContaining('patrol list'),
    })
    expect(world.current(place.secretName)).toBeUndefined()
  })

  test('is told by an id, which must be that of a PAT with the name of the entry', async () => {
    const world = new SimulatedWorld()
    const [first, second] = [madeByHand(world), madeByHand(world)]
    const named = world.createPat({ displayName: 'Another', validTo: after(world.now, times(30, day)) })
    await expect(byName(world, second.value)).rejects.toMatchObject({
      code: 'usage',
      message: `2 PATs are named "Package feed": ${first.authorizationId}, ${second.authorizationId}`,
      remedy: expect.stringContaining('--id ID'),
    })
    await expect(byName(world, named.value, named.authorizationId)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(`named "Package feed" and the id ${named.authorizationId}`),
    })
    const { metadata, provenance } = await byName(world, second.value, second.authorizationId.toUpperCase())
    expect(metadata.authorizationId).toBe(second.authorizationId)
    expect(provenance?.namesakes).toBe(1)
  })

  test('is none that an entry replaces', async () => {
    const world = new SimulatedWorld()
    const pat = world.createPat({
      displayName: 'Package feed',
      authorizationId: 'ABCDEF00-0000-4000-8000-000000000000',
      validTo: after(world.now, times(30, day)),
    })
    const replaced = new Set(['abcdef00-0000-4000-8000-000000000000'])
    await expect(adopt(world.open(), token, new Secret(pat.value), heeding({ replaced }))).rejects.toMatchObject({
      code: 'usage',
      message: `PAT ${pat.authorizationId} is one that the configuration replaces`,
      remedy: expect.stringContaining('replaces'),
    })
    expect(world.effects).toEqual([])
  })

  test('is free while every secret has another PAT', async () => {
    const world = new SimulatedWorld()
    await adopting(world, madeByHand(world))
    const pat = world.createPat({ displayName: 'Second', validTo: after(world.now, times(30, day)) })
    const entry = { ...token, name: 'second', displayName: 'Second', place: { store: 'vault', secretName: 'second' } }
    expect(await adopting(world, pat, entry)).toMatchObject({ wasThere: false })
    expect(world.current('second')?.value).toBe(pat.value)
  })

  test('may be asked of secrets that cannot be read: they keep no PAT from being adopted', async () => {
    const world = new SimulatedWorld()
    world.plantVersion('damaged', 'x', { patrol: 'of another time' }, true)
    const pat = madeByHand(world)
    world.plantVersion('denied', 'x', { patrol: '1' }, true)
    world.unreadable.set('denied', new PatrolError('store-denied', 'no permission'))
    expect(await byName(world, pat.value)).toMatchObject({ wasThere: false })
  })
})

describe('a value is not stored', () => {
  type Answer = Awaited<ReturnType<World['prober']['probe']>>

  test.each<{ answer: Answer; code: ErrorCode; message: string; remedy: string }>([
    {
      answer: { kind: 'works', ownerId: 'somebody else' },
      code: 'wrong-account',
      message: 'the value works in contoso, but not as ci-bot@contoso.example',
      remedy: 'Name the account',
    },
    {
      answer: { kind: 'works', ownerId: undefined },
      code: 'wrong-account',
      message: 'the value works in contoso, but not as ci-bot@contoso.example',
      remedy: 'Name the account',
    },
    {
      answer: { kind: 'unknown', message: 'HTTP 503' },
      code: 'service-unavailable',
      message: 'the value could not be tried: HTTP 503',
      remedy: remedies['service-unavailable'],
    },
    {
      answer: { kind: 'refused', message: 'HTTP 401' },
      code: 'verification-failed',
      message: 'the value is not let in to contoso',
      remedy: 'mistyped',
    },
    {
      answer: { kind: 'anonymous' },
      code: 'verification-failed',
      message: 'the value is not let in to contoso',
      remedy: 'mistyped',
    },
  ])('when the answer to it is $answer', async ({ answer, code, message, remedy }) => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world)
    const asked: unknown[] = []
    const prober: World['prober'] = {
      probe: async (organization, tried, verification) => {
        asked.push([organization, tried.reveal(), verification])
        return answer
      },
    }
    const adoption = adopt({ ...world.open(), prober }, token, new Secret(value), heeding())
    await expect(adoption).rejects.toMatchObject({ code, message, remedy: expect.stringContaining(remedy) })
    await expect(adoption).rejects.not.toMatchObject({ message: expect.stringContaining(value) })
    expect(asked).toEqual([['contoso', value, { kind: 'connection-data' }]])
    expect(world.effects).toEqual([])
  })

  test('while somebody else than its user is signed in', async () => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world)
    world.signedInAs = 'ann@contoso.example'
    await expect(byName(world, value)).rejects.toMatchObject({ code: 'wrong-account' })
    expect(world.effects).toEqual([])
  })

  test('when nobody can tell when its PAT ends', async () => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world)
    const opened = world.open()
    const [name, authority] = [...opened.authorities][0] ?? []
    if (name === undefined || authority === undefined) throw new Error('no account')
    const listActive: typeof authority.listActive = async (organization) =>
      (await authority.listActive(organization)).map((pat) => ({ ...pat, validTo: undefined }))
    const blind = { ...opened, authorities: new Map([[name, { ...authority, listActive }]]) }
    await expect(adopt(blind, token, new Secret(value), heeding())).rejects.toMatchObject({
      code: 'unexpected-answer',
      message: expect.stringContaining('expiry'),
    })
    expect(world.effects).toEqual([])
  })

  test('when the store does not admit the name of its secret', async () => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world)
    const deleted = new PatrolError('secret-deleted', 'it is kept by soft delete')
    world.interfere = (effect) => {
      if (effect === 'read:admit') throw deleted
    }
    await expect(byName(world, value)).rejects.toBe(deleted)
    expect(world.effects).toEqual([])
  })
})

describe('a write of the value', () => {
  test.each(['before', 'after'])('whose answer was lost, %s it took place, is made sure of', async (when) => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world)
    let lost = 0
    world.interfere = (effect, phase) => {
      if (effect !== 'store' || phase !== when || lost++ > 0) return
      throw new PatrolError('store-unreachable', 'no answer', { outcome: 'unknown' })
    }
    const { metadata, wasThere } = await byName(world, value)
    expect(wasThere).toBe(false)
    expect(world.versions(place.secretName)).toMatchObject([{ reading: { metadata } }])
    expect(world.current(place.secretName)?.value).toBe(value)
    expect(world.elapsed).toBe(second)
  })

  test('that took place, and is not seen when somebody looks, is made once more: both versions hold the one PAT', async () => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world)
    let lost = false
    let looks = 0
    world.interfere = (effect, phase) => {
      const isWrite = effect === 'store' && phase === 'after' && !lost
      if (isWrite) lost = true
      const isLook = lost && effect === 'read:current' && looks++ === 0
      if (isWrite || isLook) throw new PatrolError('store-unreachable', 'no answer', { outcome: 'unknown' })
    }
    const { metadata } = await byName(world, value)
    const reading = { kind: 'read', metadata }
    expect(world.versions(place.secretName)).toMatchObject([{ reading }, { reading }])
    expect(world.current(place.secretName)?.value).toBe(value)
  })

  test('that the store refuses is no adoption, and the PAT stays as it is', async () => {
    const world = new SimulatedWorld()
    const pat = madeByHand(world)
    const denied = new PatrolError('store-denied', 'no permission')
    world.interfere = (effect, phase) => {
      if (effect === 'store' && phase === 'before') throw denied
    }
    await expect(byName(world, pat.value)).rejects.toBe(denied)
    expect(world.current(place.secretName)).toBeUndefined()
    expect(world.active()).toEqual([pat])
  })

  test('that is never answered says so, and the same command finds its value there', async () => {
    const world = new SimulatedWorld()
    const pat = madeByHand(world)
    let writes = 0
    world.interfere = (effect, phase) => {
      const isWrite = effect === 'store' && phase === 'after'
      writes += isWrite ? 1 : 0
      const isLook = writes > 0 && (effect === 'read:current' || effect === 'read:versions')
      if (isWrite || isLook) throw new PatrolError('store-unreachable', 'no answer', { outcome: 'unknown' })
    }
    await expect(byName(world, pat.value)).rejects.toMatchObject({ code: 'store-unreachable', outcome: 'unknown' })
    world.interfere = () => undefined
    expect(await byName(world, pat.value)).toMatchObject({ wasThere: true })
    expect(world.active()).toEqual([pat])
  })
})

test('no value comes out in what is reported, or in what is refused', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  await byName(world, pat.value)
  const refusals = await Promise.allSettled([byName(world, `${pat.value}!`), byName(world, pat.value, 'another-id')])
  const told = JSON.stringify([
    world.events,
    refusals.map((each) => (each.status === 'rejected' ? [String(each.reason), each.reason] : 'no refusal')),
  ])
  expect(told).toContain('the store has a value')
  expect(told).not.toContain(pat.value)
})

test('a PAT gets no second owner', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  await adopting(world, pat)
  const second = { ...token, name: 'second', place: { store: 'vault', secretName: 'second' } }
  await expect(adopting(world, pat, second)).rejects.toMatchObject({
    code: 'usage',
    message: `PAT ${pat.authorizationId} is the value of the secret package-feed-pat in store vault`,
    remedy: expect.stringContaining('A PAT has one owner.'),
  })
  expect(world.current('second')).toBeUndefined()
})

test('a PAT that a token is superseding gets no owner either', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  await adopting(world, pat)
  world.pass(times(21, day))
  await run(world)
  const second = { ...token, name: 'second', place: { store: 'vault', secretName: 'second' } }
  await expect(adopting(world, pat, second)).rejects.toMatchObject({ message: expect.stringMatching(/was replaced/) })
})

test('an adoption takes the place of no value that a run stored meanwhile, and says who looks after the PAT', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  const other = world.createPat({ displayName: 'x', validTo: after(world.now, times(9, day)) })
  world.interfere = (effect) => {
    if (effect !== 'read:admit') return
    world.interfere = () => undefined
    world.plantVersion(place.secretName, other.value, {}, true)
  }
  await expect(adopting(world, pat)).rejects.toMatchObject({
    code: 'moved-on',
    remedy: expect.stringContaining(`patrol revoke ${pat.authorizationId}`),
  })
  expect(world.current(place.secretName)?.value).toBe(other.value)
})

test('a first value names what was adopted while it was made, so that this is revoked after the overlap', async () => {
  const world = new SimulatedWorld()
  const pat = madeByHand(world)
  const elsewhere = new SimulatedWorld()
  const { metadata } = await adopting(elsewhere, madeByHand(elsewhere))
  expect(metadata.authorizationId).toBe(pat.authorizationId)
  world.interfere = (effect, phase) => {
    if (effect === 'mint' && phase === 'after') world.write(place.secretName, pat.value, metadata)
  }
  await run(world)
  world.interfere = () => undefined
  expect(world.versions(place.secretName)).toHaveLength(2)
  for (let hours = 0; hours < 60; hours += 10) {
    world.pass(times(10, hour))
    await run(world)
  }
  expect(world.active()).toMatchObject([{ displayName: expect.stringMatching(/^Package feed \(patrol /) }])
})

test('a retirement is not at its end while a PAT is left alone because it is young', async () => {
  const world = new SimulatedWorld()
  await run(world)
  const [old] = world.active()
  const mark = old?.displayName.slice(0, -9) ?? ''
  const young = world.createPat({ displayName: `${mark}abcdefgh)`, validTo: after(world.now, times(30, day)) })
  const end = async () => {
    const { reading } = world.versions(place.secretName)[0] ?? {}
    if (reading?.kind !== 'read') throw new Error('no metadata')
    const retired = { ...retiredToken('package-feed', 'ci-bot', place, reading.metadata), place }
    const opened = world.open()
    return retire(opened, new PatLists(opened), retired, undefined)
  }
  expect(await end()).toMatchObject({
    kind: 'ended',
    results: [{ status: 'done' }, { kind: 'collect-orphan', status: 'failed', authorizationId: young.authorizationId }],
  })
  world.pass(times(2, hour))
  const again = await end()
  expect(again.kind === 'ended' && again.results.map(({ status }) => status)).toEqual(['done'])
  expect(world.active()).toEqual([])
})
