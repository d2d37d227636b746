import { expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import type { MemberPage } from '../../src/ports/directory.ts'
import type { Event } from '../../src/ports/reporter.ts'
import type { HashedPat } from '../../src/ports/token-administration.ts'
import type { World } from '../../src/ports/world.ts'
import { type Administration, knownByHash } from '../../src/reconcile/known-by-hash.ts'
import { aPat } from '../support/builders.ts'

const members = ['ann', 'bob', 'ci-bot'].map((name) => {
  return { descriptor: name, user: `${name}@contoso.example`, state: 'unknown' as const }
})
const own = new Set(['ci-bot@contoso.example'])
const homes = ['first', 'second'].map((account) => ({ account, organization: 'Contoso' }))
const values = ['value-of-ann', 'value-of-nobody'].map((text) => new Secret(text))

function aWorld(stopping = false, told: Event[] = []): World {
  const report = (event: Event): void => void told.push(event)
  return { reporter: { report }, concurrency: 1, stopping: () => stopping } as unknown as World
}

/** Everybody has the PAT `value-of-<name>`. */
class Office implements Administration {
  readonly asked: string[] = []
  /** What is in the way of looking at a member, or at the list of all. */
  readonly failures = new Map<string, PatrolError>()
  tells = true

  async *members(): AsyncGenerator<MemberPage> {
    this.#refuse('everybody')
    yield { members, next: undefined }
  }

  async *hashedPatsOf(_: string, descriptor: string): AsyncGenerator<readonly HashedPat[]> {
    this.asked.push(descriptor)
    this.#refuse(descriptor)
    const pat = aPat({ authorizationId: `id-of-${descriptor}` })
    const page: HashedPat[] = [{ pat, hash: this.tells ? `hash of value-of-${descriptor}` : undefined, isValid: true }]
    yield page
  }

  hashOf = (value: Secret) => `hash of ${value.reveal()}`

  #refuse(what: string): void {
    const failure = this.failures.get(what)
    if (failure !== undefined) throw failure
  }
}

async function search(offices: Readonly<Record<string, Office>>, world = aWorld(), among = values) {
  const { known, askings } = await knownByHash(world, new Map(Object.entries(offices)), homes, among, own)
  return { known: [...known].map(([place, one]) => [place, one.user, one.pat.authorizationId]), askings }
}

test('our own accounts are looked at first, then everybody, as long as a value is open', async () => {
  const office = new Office()
  const { known, askings } = await search({ first: office })
  expect(office.asked).toEqual(['ci-bot', 'ann', 'bob'])
  expect(known).toEqual([[0, 'ann@contoso.example', 'id-of-ann']])
  expect(askings).toEqual([{ organization: 'Contoso', account: 'first', members: 3, failure: undefined }])
  const once = new Office()
  await search({ first: once }, aWorld(), values.slice(0, 1))
  expect(once.asked).toEqual(['ci-bot', 'ann'])
})

test('an account that is no administrator leaves it to the next one', async () => {
  const [refused, office] = [new Office(), new Office()]
  refused.failures.set('ci-bot', new PatrolError('access-denied', 'no administrator'))
  const { known, askings } = await search({ first: refused, second: office })
  expect(refused.asked).toEqual(['ci-bot'])
  expect(known).toHaveLength(1)
  expect(askings).toMatchObject([
    { account: 'first', failure: { code: 'access-denied' } },
    { account: 'second', failure: undefined },
  ])
})

test('a member who cannot be looked at is told, and the others are looked at', async () => {
  const office = new Office()
  office.failures.set('ci-bot', new PatrolError('service-unavailable', 'no answer'))
  const { known, askings } = await search({ first: office })
  expect(known).toHaveLength(1)
  expect(askings).toMatchObject([{ members: 2, failure: { code: 'service-unavailable' } }])
})

test('a list of everybody that cannot be read is told', async () => {
  const office = new Office()
  office.failures.set('everybody', new PatrolError('service-unavailable', 'no answer'))
  expect((await search({ first: office })).askings).toMatchObject([{ members: 0, failure: { message: 'no answer' } }])
})

test('a service that tells no hashes has compared nothing, and that is told', async () => {
  const office = new Office()
  office.tells = false
  const { known, askings } = await search({ first: office })
  expect(known).toEqual([])
  expect(askings).toMatchObject([
    { failure: { code: 'unexpected-answer', message: 'Contoso tells no hashes of PATs' } },
  ])
})

test('who is told to stop looks at nobody any more', async () => {
  const office = new Office()
  const { askings } = await search({ first: office }, aWorld(true))
  expect(office.asked).toEqual([])
  expect(askings).toMatchObject([{ failure: { code: 'interrupted' } }])
})

test.each(['throttled', 'not-signed-in', 'conditional-access'] as const)(
  'after a failure that would meet everybody, nobody else is looked at: %s',
  async (code) => {
    const office = new Office()
    office.failures.set('ann', new PatrolError(code, 'no'))
    office.failures.set('bob', new PatrolError('service-unavailable', 'no answer'))
    const { known, askings } = await search({ first: office })
    expect(office.asked).toEqual(['ci-bot', 'ann'])
    expect(known).toEqual([])
    expect(askings).toMatchObject([{ members: 1, failure: { code } }])
  },
)

test('of failures that meet one member each, the last is told', async () => {
  const office = new Office()
  for (const name of ['ann', 'bob']) office.failures.set(name, new PatrolError('service-unavailable', `not ${name}`))
  const { askings } = await search({ first: office })
  expect(office.asked).toEqual(['ci-bot', 'ann', 'bob'])
  expect(askings).toMatchObject([{ members: 1, failure: { message: 'not bob' } }])
})

test('only an account that is no administrator leaves it to the next one', async () => {
  const [failing, office] = [new Office(), new Office()]
  failing.failures.set('everybody', new PatrolError('service-unavailable', 'no answer'))
  const { askings } = await search({ first: failing, second: office })
  expect(askings).toMatchObject([{ account: 'first' }])
  expect(office.asked).toEqual([])
})

test('an account whose sign-in asks nobody is passed over', async () => {
  const office = new Office()
  const { askings } = await search({ second: office })
  expect(askings).toMatchObject([{ account: 'second', members: 3, failure: undefined }])
})

test('each organization is asked once, until every value is known', async () => {
  const office = new Office()
  const places = ['Contoso', 'CONTOSO', 'fabrikam'].map((organization) => ({ account: 'first', organization }))
  const asking = async (among: readonly Secret[]) => {
    const { askings } = await knownByHash(aWorld(), new Map([['first', office]]), places, among, own)
    return askings.map(({ organization }) => organization)
  }
  expect(await asking(values)).toEqual(['Contoso', 'fabrikam'])
  expect(await asking(values.slice(0, 1))).toEqual(['Contoso'])
})

/** An office whose members have these pages of PATs. */
function having(...pages: readonly (readonly HashedPat[])[]): Office {
  const office = new Office()
  office.hashedPatsOf = async function* (_: string, descriptor: string) {
    this.asked.push(descriptor)
    yield* descriptor === 'ann' ? pages : []
  }
  return office
}

test('every page of a member is compared, and what is valid no more is told as such', async () => {
  const office = having(
    [{ pat: aPat({ authorizationId: 'of another' }), hash: 'hash of another', isValid: true }],
    [
      { pat: aPat({ authorizationId: 'without hash' }), hash: undefined, isValid: true },
      { pat: aPat({ authorizationId: 'of nobody' }), hash: 'hash of value-of-nobody', isValid: false },
    ],
    [{ pat: aPat({ authorizationId: 'of ann' }), hash: 'hash of value-of-ann', isValid: true }],
  )
  const { known, askings } = await knownByHash(aWorld(), new Map([['first', office]]), homes, values, own)
  expect([...known].toSorted(([one], [other]) => one - other)).toEqual([
    [
      0,
      { organization: 'Contoso', user: 'ann@contoso.example', pat: aPat({ authorizationId: 'of ann' }), isValid: true },
    ],
    [
      1,
      {
        organization: 'Contoso',
        user: 'ann@contoso.example',
        pat: aPat({ authorizationId: 'of nobody' }),
        isValid: false,
      },
    ],
  ])
  expect(askings).toMatchObject([{ failure: undefined }])
  expect(office.asked).toEqual(['ci-bot', 'ann'])
})

test.each([
  { where: 'before', hashes: ['hash of another', undefined] },
  { where: 'behind', hashes: [undefined, 'hash of another'] },
])('one hash, $where PATs without one, is enough to have compared', async ({ hashes }) => {
  const office = having(hashes.map((hash) => ({ pat: aPat(), hash, isValid: true })))
  const { askings } = await knownByHash(aWorld(), new Map([['first', office]]), homes, values, own)
  expect(askings).toMatchObject([{ failure: undefined }])
})

test('where nobody has a PAT, nothing is said of hashes', async () => {
  const { askings } = await knownByHash(aWorld(), new Map([['first', having()]]), homes, values, own)
  expect(askings).toMatchObject([{ members: 3, failure: undefined }])
})

test('a failure to look at somebody is told, and not that there are no hashes', async () => {
  const office = new Office()
  office.tells = false
  office.failures.set('bob', new PatrolError('service-unavailable', 'no answer'))
  expect((await search({ first: office })).askings).toMatchObject([{ failure: { code: 'service-unavailable' } }])
})

test('a PAT whose display name is its value is told without it', async () => {
  const value = new Secret('value-as-a-name')
  const office = having([
    { pat: aPat({ displayName: 'it is value-as-a-name' }), hash: 'hash of value-as-a-name', isValid: true },
  ])
  const { known } = await knownByHash(aWorld(), new Map([['first', office]]), homes, [value], own)
  expect(known.get(0)?.pat.displayName).toBe('it is [secret]')
})

test('who waits hears after every 25 members how far it has come', async () => {
  const told: Event[] = []
  const office = new Office()
  const everybody = Array.from({ length: 60 }, (_, index) => {
    return { descriptor: `member ${index}`, user: `${index}@contoso.example`, state: 'unknown' as const }
  })
  office.members = async function* () {
    yield { members: everybody.slice(0, 40), next: 'more' }
    yield { members: everybody.slice(40), next: undefined }
  }
  const { askings } = await search({ first: office }, aWorld(false, told))
  expect(askings).toMatchObject([{ members: 60 }])
  expect(told).toEqual(
    [0, 25, 50].map((count) => ({ kind: 'observing', what: `everybody in Contoso: ${count} of 60 users` })),
  )
})

test('where only the PATs of our own accounts are asked for, nobody looks at others', async () => {
  const office = new Office()
  const { known, askings } = await knownByHash(aWorld(), new Map([['first', office]]), homes, values, own, 'own')
  expect(office.asked).toEqual(['ci-bot'])
  expect(known.size).toBe(0)
  expect(askings).toMatchObject([{ members: 1, failure: undefined }])
})
