import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { day, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import type { MemberPage } from '../../src/ports/directory.ts'
import type { HashedPat } from '../../src/ports/token-administration.ts'
import type { Administration } from '../../src/reconcile/known-by-hash.ts'
import { type Provenance, provenance } from '../../src/reconcile/provenance.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'
import { aPat } from '../support/builders.ts'

const token = declaredToken({ owner: 'Ci-Bot@contoso.example' })
const other = declaredToken({ name: 'other', displayName: 'Other', place: { store: 'vault', secretName: 'other-pat' } })
const value = 'the-value-that-was-given'
const pat = aPat({ authorizationId: 'Adopted', displayName: 'Package feed' })

/** The owner has these PATs, and so has somebody else. */
class Office implements Administration {
  readonly asked: string[] = []
  readonly pats: readonly HashedPat[]

  constructor(...pats: readonly HashedPat[]) {
    this.pats = pats
  }

  async *members(organization: string): AsyncGenerator<MemberPage> {
    this.asked.push(organization)
    const members = ['ann', 'ci-bot'].map((name) => {
      return { descriptor: name, user: `${name}@contoso.example`, state: 'unknown' as const }
    })
    yield { members, next: undefined }
  }

  async *hashedPatsOf(_: string, descriptor: string): AsyncGenerator<readonly HashedPat[]> {
    this.asked.push(descriptor)
    yield this.pats
  }

  hashOf = (secret: Secret) => `hash of ${secret.reveal()}`
}

function hashed(authorizationId: string, displayName: string, of = value): HashedPat {
  return { pat: aPat({ authorizationId, displayName }), hash: `hash of ${of}`, isValid: true }
}

/** Where both tokens have a value, and one before it. */
async function established(): Promise<SimulatedWorld> {
  const world = new SimulatedWorld()
  const declared = { tokens: [declaredToken(), other], rules: [] }
  for (const _ of ['first', 'second']) {
    const opened = world.open()
    await apply(opened, await propose(opened, declared, { maxReplacements: { kind: 'default' } }))
    world.pass(times(21, day))
  }
  return world
}

async function look(
  world: SimulatedWorld,
  given: string,
  {
    office,
    tokens = [token, other],
    organization = 'Contoso',
  }: Partial<{ office: Office; tokens: readonly Token[]; organization: string }> = {},
): Promise<Provenance> {
  return provenance(world.open(), token, pat, new Secret(given), {
    tokens,
    homes: [
      { account: 'ci-bot', organization: 'fabrikam' },
      { account: 'ci-bot', organization },
    ],
    administrations: new Map(office === undefined ? [] : [['ci-bot', office]]),
  })
}

describe('where nobody tells whose a value is', () => {
  test('the name of the PAT stands for it', async () => {
    expect(await look(new SimulatedWorld(), value)).toEqual({ matchedBy: 'name', notCompared: [] })
  })

  test('nor does somebody of another organization, who is not asked', async () => {
    const office = new Office(hashed('another', 'Another'))
    const found = await look(new SimulatedWorld(), value, { office, organization: 'elsewhere' })
    expect(found).toEqual({ matchedBy: 'name', notCompared: [] })
    expect(office.asked).toEqual([])
  })

  test('secrets that could not be compared are told', async () => {
    const world = await established()
    world.unreadable.set('other-pat', new PatrolError('store-denied', 'no permission'))
    expect(await look(world, value)).toEqual({ matchedBy: 'name', notCompared: ['other'] })
  })
})

describe('a value that stands in a secret', () => {
  test.each([
    { at: -1, which: 'the value' },
    { at: 0, which: 'an older value' },
  ])('of another token is $which of that, and of nobody else', async ({ at, which }) => {
    const world = await established()
    const given = world.secrets.get('other-pat')?.at(at)?.value ?? ''
    await expect(look(world, given)).rejects.toMatchObject({
      code: 'usage',
      message: `what was given is ${which} of other, not that of PAT Adopted`,
      remedy: 'Give the value of PAT Adopted ("Package feed"). Nothing was stored.',
    })
  })

  test.each([
    { where: 'its own', place: { store: 'vault', secretName: 'PACKAGE-FEED-PAT' }, isRefused: false },
    {
      where: 'one of the same name elsewhere',
      place: { store: 'second', secretName: 'package-feed-pat' },
      isRefused: true,
    },
  ])('is looked for in all but its own: $where', async ({ place, isRefused }) => {
    const world = await established()
    const opened = world.open()
    const vault = opened.stores.get('vault')
    if (vault === undefined) throw new Error('no store')
    const stores = new Map([
      ['vault', vault],
      ['second', vault],
    ])
    const given = new Secret(world.current('package-feed-pat')?.value ?? '')
    const parts = { tokens: [declaredToken({ name: 'alias', place })], homes: [], administrations: new Map() }
    const looking = provenance({ ...opened, stores }, token, pat, given, parts)
    if (isRefused) await expect(looking).rejects.toMatchObject({ message: expect.stringContaining('of alias') })
    else expect(await looking).toEqual({ matchedBy: 'name', notCompared: [] })
  })
})

describe('where the hashes of its owner’s PATs are told', () => {
  test('a value is that of the PAT by its hash, and nobody else is looked at', async () => {
    const office = new Office(hashed('of another value', 'Another', 'x'), hashed('adopted', 'Package feed'))
    expect(await look(new SimulatedWorld(), value, { office })).toEqual({ matchedBy: 'hash', notCompared: [] })
    expect(office.asked).toEqual(['Contoso', 'ci-bot'])
  })

  test.each([
    {
      displayName: 'Package feed',
      remedy: 'Say so: --id another; or give the value of the other one. Nothing was stored.',
    },
    {
      displayName: 'Another',
      remedy: 'Give the value of PAT Adopted, or adopt PAT another for an entry with its name. Nothing was stored.',
    },
  ])('the value of another PAT is refused, by its name: $displayName', async ({ displayName, remedy }) => {
    const office = new Office(hashed('another', displayName))
    await expect(look(new SimulatedWorld(), value, { office })).rejects.toMatchObject({
      code: 'usage',
      message: `the value is that of PAT another ("${displayName}"), not that of PAT Adopted`,
      remedy,
    })
  })

  test('a name that is the value itself comes out in no message', async () => {
    const office = new Office(hashed('another', `it is ${value}`))
    await expect(look(new SimulatedWorld(), value, { office })).rejects.toMatchObject({
      message: 'the value is that of PAT another ("it is [secret]"), not that of PAT Adopted',
    })
  })

  test('a value that none of them has is matched by name', async () => {
    const office = new Office(hashed('another', 'Another', 'x'))
    expect(await look(new SimulatedWorld(), value, { office })).toEqual({ matchedBy: 'name', notCompared: [] })
  })
})
