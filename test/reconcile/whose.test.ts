import { describe, expect, test } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { after, day, second, times } from '../../src/core/time.ts'
import type { HashedPat } from '../../src/ports/token-administration.ts'
import type { World } from '../../src/ports/world.ts'
import type { Administration } from '../../src/reconcile/known-by-hash.ts'
import { apply, propose } from '../../src/reconcile/run.ts'
import { type SearchParts, whose } from '../../src/reconcile/whose.ts'
import type { SimulatedPat } from '../simulation/estate.ts'
import { declaredToken } from '../simulation/tokens.ts'
import { SimulatedWorld } from '../simulation/world.ts'
import { aPat } from '../support/builders.ts'

const token = declaredToken()
const secretName = 'package-feed-pat'
const home = { account: 'ci-bot', organization: 'contoso' }

/** Made here, so that no scanner takes the file for a leak. */
function patShaped(letter: string): string {
  return `${letter.repeat(76)}AZDO${letter.repeat(4)}`
}

function parts(difference: Partial<SearchParts> = {}): SearchParts {
  return { tokens: [token], homes: [home], users: new Set(), administrations: new Map(), ...difference }
}

function madeByHand(world: SimulatedWorld, pat: Partial<SimulatedPat> & Pick<SimulatedPat, 'value'>): SimulatedPat {
  return world.createPat({ displayName: 'By hand', validTo: after(world.now, times(30, day)), ...pat })
}

/** A world in which the token has a value. */
async function established(): Promise<{ readonly world: SimulatedWorld; readonly pat: SimulatedPat }> {
  const world = new SimulatedWorld()
  const opened = world.open()
  await apply(opened, await propose(opened, { tokens: [token], rules: [] }, { maxReplacements: { kind: 'default' } }))
  const [pat] = world.active()
  if (pat === undefined) throw new Error('no PAT')
  world.events.length = 0
  return { world, pat }
}

async function owner(world: World, value: string, difference: Partial<SearchParts> = {}) {
  const { owners } = await whose(world, parts(difference), [new Secret(value)])
  return owners[0]
}

/** Notes where each probe went. */
function probing(world: SimulatedWorld, answer?: World['prober']['probe']): World & { readonly asked: string[] } {
  const opened = world.open()
  const asked: string[] = []
  const probe: World['prober']['probe'] = (organization, value, how) => {
    asked.push(`${organization} ${how.kind}`)
    return answer === undefined ? opened.prober.probe(organization, value, how) : answer(organization, value, how)
  }
  return { ...opened, prober: { probe }, asked }
}

describe('a value that stands in a store', () => {
  test('is that of its token, and is tried in the organization of the token alone', async () => {
    const { world, pat } = await established()
    const opened = probing(world)
    const found = await owner(opened, pat.value, { homes: [home, { account: 'ci-bot', organization: 'fabrikam' }] })
    expect(found).toMatchObject({
      form: { kind: 'other' },
      holding: { authorizationId: pat.authorizationId, isCurrent: true },
      known: undefined,
      lives: [{ organization: 'contoso', life: 'alive', account: 'ci-bot' }],
    })
    expect(opened.asked).toEqual(['contoso connection-data'])
    expect(world.events).toContainEqual({ kind: 'observing', what: 'whether it works in contoso' })
  })

  test.each([
    { what: 'is refused but listed is alive', revoked: false, life: 'alive' },
    { what: 'is refused and not listed is not', revoked: true, life: 'refused' },
  ])('and $what, for scopes may be too narrow', async ({ revoked, life }) => {
    const { world, pat } = await established()
    madeByHand(world, { value: 'another one' })
    if (revoked) world.revokeOutside(pat)
    else pat.stillborn = true
    expect((await owner(world.open(), pat.value))?.lives).toEqual([
      { organization: 'contoso', life, account: undefined },
    ])
  })

  test('may be alive or not when nobody lists it', async () => {
    const { world, pat } = await established()
    pat.stillborn = true
    world.interfere = (effect) => {
      if (effect === 'read:pats') throw new PatrolError('throttled', 'later')
    }
    expect((await owner(world.open(), pat.value))?.lives).toMatchObject([{ life: 'unknown' }])
    world.interfere = () => undefined
    const opened = world.open()
    expect((await owner({ ...opened, authorities: new Map() }, pat.value))?.lives).toMatchObject([{ life: 'unknown' }])
  })

  test('and that works is alive, also while lists lag; nobody asks for them', async () => {
    const { world, pat } = await established()
    world.createLag = day
    const sent: string[] = []
    world.interfere = (effect) => void sent.push(effect)
    expect((await owner(world.open(), pat.value))?.lives).toMatchObject([{ life: 'alive', account: 'ci-bot' }])
    expect(sent).not.toContain('read:pats')
  })

  test('is asked of no administration, whatever it looks like', async () => {
    const { world } = await established()
    world.plantVersion(secretName, patShaped('x'), world.current(secretName)?.tags ?? {}, true)
    const office = new Office()
    const { owners, askings } = await whose(world.open(), parts({ administrations: new Map([['ci-bot', office]]) }), [
      new Secret(patShaped('x')),
    ])
    expect(owners).toMatchObject([{ form: { kind: 'current' }, holding: { isCurrent: true } }])
    expect(owners).toMatchObject([{ known: undefined }])
    expect(askings).toEqual([])
    expect(office.asked).toEqual([])
  })
})

describe('a value that stands in no store', () => {
  test('is tried once in every organization', async () => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world, { value: patShaped('a'), organization: 'fabrikam' })
    const opened = probing(world)
    const homes = [
      home,
      { account: 'second', organization: 'Contoso' },
      { account: 'ci-bot', organization: 'fabrikam' },
    ]
    const found = await owner(opened, value, { homes })
    expect(found?.holding).toBeUndefined()
    expect(found?.form.kind).toBe('current')
    expect(found?.lives.map(({ organization, life }) => [organization.toLowerCase(), life])).toEqual([
      ['contoso', 'refused'],
      ['fabrikam', 'alive'],
    ])
    expect(opened.asked.map((each) => each.toLowerCase())).toEqual([
      'contoso connection-data',
      'fabrikam connection-data',
    ])
  })

  test('and that cannot be a PAT is shown to nobody', async () => {
    const { world } = await established()
    const opened = probing(world)
    const office = new Office()
    const word = 'the password of somebody else'
    const found = await owner(opened, word, { administrations: new Map([['ci-bot', office]]) })
    expect(found).toMatchObject({ form: { kind: 'other' }, holding: undefined, known: undefined, lives: [] })
    expect(opened.asked).toEqual([])
    expect(office.asked).toEqual([])
  })

  test.each([
    { what: 'somebody of no account here', owner: 'ann@contoso.example', account: undefined },
    { what: 'an account of the configuration', owner: 'ci-bot@contoso.example', account: 'ci-bot' },
  ])('tells that it works as $what', async ({ owner: user, account }) => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world, { value: patShaped('b'), owner: user })
    expect((await owner(world.open(), value))?.lives).toEqual([{ organization: 'contoso', life: 'alive', account }])
  })

  test('works as nobody known where the service does not tell as whom', async () => {
    const world = new SimulatedWorld()
    const opened = probing(world, async () => ({ kind: 'works', ownerId: undefined }))
    expect((await owner(opened, patShaped('c')))?.lives).toMatchObject([{ life: 'alive', account: undefined }])
  })

  test('is alive even if the account cannot sign in, or is not there, and nobody knows whose it is', async () => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world, { value: patShaped('d') })
    world.interfere = (effect) => {
      if (effect === 'read:signed-in-user') throw new PatrolError('sign-in-expired', 'no')
    }
    const alive = [{ organization: 'contoso', life: 'alive', account: undefined }]
    expect((await owner(world.open(), value))?.lives).toEqual(alive)
    world.interfere = () => undefined
    expect((await owner({ ...world.open(), authorities: new Map() }, value))?.lives).toEqual(alive)
  })

  test('is no account of another organization', async () => {
    const world = new SimulatedWorld()
    const { value } = madeByHand(world, { value: patShaped('e'), allOrganizations: true })
    const opened = world.open()
    const authority = opened.authorities.get('ci-bot')
    if (authority === undefined) throw new Error('no account')
    const elsewhere = { ...authority, signedInUser: async () => ({ id: 'another id', user: undefined }) }
    const homes = [home, { account: 'other', organization: 'fabrikam' }]
    const authorities = new Map([
      ['ci-bot', authority],
      ['other', elsewhere],
    ])
    expect((await owner({ ...opened, authorities }, value, { homes }))?.lives).toEqual([
      { organization: 'contoso', life: 'alive', account: 'ci-bot' },
      { organization: 'fabrikam', life: 'alive', account: undefined },
    ])
  })
})

describe('an answer that tells nothing', () => {
  test('is asked for again after one and three seconds, and then nobody knows', async () => {
    const world = new SimulatedWorld()
    const opened = probing(world, async () => ({ kind: 'unknown', message: 'HTTP 503' }))
    const slept: number[] = []
    const clock = { ...opened.clock, sleep: async (length: number) => void slept.push(length) }
    expect((await owner({ ...opened, clock }, patShaped('f')))?.lives).toEqual([
      { organization: 'contoso', life: 'unknown', account: undefined },
    ])
    expect(opened.asked).toHaveLength(3)
    expect(slept).toEqual([second, times(3, second)])
  })

  test.each([
    { kind: 'works', life: 'alive' },
    { kind: 'refused', life: 'refused' },
    { kind: 'anonymous', life: 'refused' },
  ] as const)('is followed by one that does: $kind', async ({ kind, life }) => {
    const world = new SimulatedWorld()
    let asked = 0
    const opened = probing(world, async () =>
      asked++ === 0 ? { kind: 'unknown', message: 'HTTP 503' } : { kind, ownerId: undefined, message: '' },
    )
    expect((await owner(opened, patShaped('g')))?.lives).toMatchObject([{ life }])
    expect(opened.asked).toHaveLength(2)
    expect(world.elapsed).toBe(second)
  })

  test('to a value that stands in a store leaves it to the list', async () => {
    const { world, pat } = await established()
    const opened = probing(world, async () => ({ kind: 'unknown', message: 'HTTP 503' }))
    expect((await owner(opened, pat.value))?.lives).toMatchObject([{ life: 'alive' }])
  })
})

/** Ann has the PATs of the letters x and y. */
class Office implements Administration {
  readonly asked: string[] = []

  async *members() {
    yield { members: [{ descriptor: 'ann', user: 'ann@contoso.example', state: 'unknown' as const }], next: undefined }
  }

  async *hashedPatsOf(_: string, descriptor: string) {
    this.asked.push(descriptor)
    const page: HashedPat[] = ['x', 'y'].map((letter) => {
      const pat = aPat({ authorizationId: `id-of-${letter}`, displayName: patShaped(letter) })
      return { pat, hash: `hash of ${patShaped(letter)}`, isValid: letter === 'x' }
    })
    yield page
  }

  hashOf = (value: Secret) => `hash of ${value.reveal()}`
}

test('each value keeps what the administration tells of it, beside those that it is not asked about', async () => {
  const { world, pat } = await established()
  const values = [pat.value, patShaped('y'), 'a word', patShaped('z'), patShaped('x')].map((text) => new Secret(text))
  const { owners, askings } = await whose(
    world.open(),
    parts({ administrations: new Map([['ci-bot', new Office()]]) }),
    values,
  )
  expect(owners.map(({ known }) => known && [known.user, known.pat.authorizationId, known.isValid])).toEqual([
    undefined,
    ['ann@contoso.example', 'id-of-y', false],
    undefined,
    undefined,
    ['ann@contoso.example', 'id-of-x', true],
  ])
  expect(owners.map(({ value }) => value)).toEqual(values)
  expect(askings).toMatchObject([{ organization: 'contoso', account: 'ci-bot', members: 1, failure: undefined }])
})

test('secrets that could not be compared, and versions that are disabled, are told', async () => {
  const { world } = await established()
  world.disable(secretName, world.current(secretName)?.id ?? '')
  const denied = new PatrolError('store-denied', 'no permission')
  world.unreadable.set('other-pat', denied)
  const other = declaredToken({ name: 'other', place: { store: 'vault', secretName: 'other-pat' } })
  const search = await whose(world.open(), parts({ tokens: [token, other] }), [new Secret(patShaped('h'))])
  expect(search).toMatchObject({ disabled: 1, failures: [{ token: 'other', failure: denied }] })
})

test('no value comes out in what is told, not even where somebody gave a PAT its value as a name', async () => {
  const { world, pat } = await established()
  const values = [pat.value, patShaped('x'), patShaped('y')]
  const search = await whose(
    world.open(),
    parts({ administrations: new Map([['ci-bot', new Office()]]) }),
    values.map((text) => new Secret(text)),
  )
  const told = JSON.stringify([search, world.events])
  for (const value of values) expect(told).not.toContain(`"${value}"`)
})
