import { expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
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

function aWorld(stopping = false): World {
  return { reporter: { report: () => undefined }, concurrency: 1, stopping: () => stopping } as unknown as World
}

/** Everybody has the PAT `value-of-<name>`. */
class Office implements Administration {
  readonly asked: string[] = []
  /** What is in the way of looking at a member, or at the list of all. */
  readonly failures = new Map<string, PatrolError>()
  tells = true

  async *members() {
    this.#refuse('everybody')
    yield { members, next: undefined }
  }

  async *hashedPatsOf(_: string, descriptor: string) {
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
