import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Administration, createAdministration } from '../../../src/adapters/azure-devops/administration.ts'
import { passwordSignIn } from '../../../src/adapters/entra/password-flow.ts'
import { systemRandom } from '../../../src/adapters/random.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { Fixture } from '../../../src/emulator/fixture-schema.ts'
import type { Transport } from '../../../src/adapters/http/transport.ts'
import { instant } from '../../../src/core/time.ts'
import { answer } from '../support/answers.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

const left = 'left@contoso.example'
const fixture: Fixture = {
  tenants: [{ id: tenant, domains: ['contoso.example'] }],
  users: [
    { upn: user, tenant: 'contoso.example' },
    { upn: left, tenant: 'contoso.example', deleted: true },
    { upn: 'plain@contoso.example', tenant: 'contoso.example' },
  ],
  clients: [],
  organizations: [
    {
      name: 'contoso',
      tenant: 'contoso.example',
      members: [user, left, 'plain@contoso.example'],
      administrators: [user],
    },
    { name: 'fabrikam', tenant: 'contoso.example', members: [user] },
  ],
  pats: [
    { owner: user, organization: 'contoso', displayName: 'Ended', scope: 'vso.code', validFrom: '-9d', validTo: '-1d' },
    { owner: left, organization: 'contoso', displayName: 'Revoked', scope: 'vso.code', validTo: '+9d', revoked: true },
    { owner: user, organization: 'fabrikam', displayName: 'Elsewhere', scope: 'vso.code', validTo: '+9d' },
    {
      owner: user,
      organization: 'fabrikam',
      displayName: 'Everywhere',
      scope: 'vso.code',
      validTo: '+9d',
      allOrgs: true,
    },
  ],
  crowds: [{ organization: 'contoso', users: 3, pats: 10, upn: 'user-{n}@contoso.example', displayName: 'PAT {n}' }],
}

let world: EmulatedWorld
let administration: Administration

function administrationOf(upn: string): Administration {
  const { emulator, transport, clock, events, stop } = world
  const stopping = (): boolean => stop.signal.aborted
  const signIn = passwordSignIn(
    { name: 'bot', tenant: async () => tenant, username: upn, password: new Secret(emulator.password(upn)) },
    {
      transport,
      clock,
      reporter: { report: (event) => events.push(event) },
      stopping,
      entra: emulator.endpoints.entra,
      entraOverridden: true,
    },
  )
  const parts = { transport, signIn: world.watched(signIn), clock, random: systemRandom, stopping }
  return world.watched(createAdministration(emulator.endpoints.vssps, parts))
}

beforeEach(async () => {
  world = await emulatedWorld({ fixture })
  administration = administrationOf(user)
})
afterEach(() => world.close())

async function all<Item>(pages: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const page of pages) found.push(page)
  return found
}

const members = async (from?: string) =>
  (await all(administration.members('contoso', from))).flatMap((page) => page.members)
const descriptorOf = async (upn: string) => (await members()).find((member) => member.user === upn)?.descriptor ?? ''
const namesOf = async (upn: string) =>
  (await all(administration.patsOf('contoso', await descriptorOf(upn)))).flat().map(({ displayName }) => displayName)

const requests = (service: string): number => world.emulator.requests().filter((one) => one.service === service).length

describe('the members of an organization', () => {
  const everybody = ['ci-bot', 'left', 'plain', 'user-1', 'user-2', 'user-3'].map((name) => `${name}@contoso.example`)

  it('come page by page, each asked for when it is wanted, and without service identities', async () => {
    world.emulator.set({ graphPageSize: 2 })
    const pages = administration.members('contoso')[Symbol.asyncIterator]()
    const first = await pages.next()
    expect(requests('graph')).toBe(1)
    await pages.return?.()
    expect(requests('graph')).toBe(1)
    expect((await members()).map((member) => member.user)).toEqual(everybody)
    const rest = await members(first.value?.next)
    expect(rest.map((member) => member.user)).toEqual(everybody.slice(2))
  })

  it('show who is gone, and are asked one by one whether they are active', async () => {
    const gone = (await members()).filter(({ state }) => state === 'deleted')
    expect(gone.map((member) => member.user)).toEqual([left])
    expect(await administration.isActive('contoso', await descriptorOf('plain@contoso.example'))).toBe(true)
    world.emulator.changeUser('plain@contoso.example', { enabled: false })
    expect(await administration.isActive('contoso', await descriptorOf('plain@contoso.example'))).toBe(false)
  })

  it('cannot be gone on with from a place that is not known', async () => {
    await expect(members('bm9ib2R5')).rejects.toMatchObject({ code: 'invalid-request' })
  })
})

describe('the PATs of a member', () => {
  it('are the active ones that work in the organization, global ones among them', async () => {
    expect(await namesOf(user)).toEqual(['Everywhere'])
    expect(await namesOf(left)).toEqual([])
    expect(await namesOf('user-1@contoso.example')).toEqual(['PAT 1', 'PAT 4', 'PAT 7', 'PAT 10'])
  })

  it.each([
    ['without a zone', { administrationInstants: 'bare' }],
    ['with the active ones alone', { administratorsSee: 'active' }],
  ] as const)('are the same %s', async (_, switches) => {
    const before = await all(administration.patsOf('contoso', await descriptorOf(user)))
    world.emulator.set(switches)
    expect((await all(administration.patsOf('contoso', await descriptorOf(user)))).flat()).toEqual(before.flat())
  })

  it('go on over pages of any size, also over faults that pass', async () => {
    const descriptor = await descriptorOf('user-1@contoso.example')
    world.emulator.set({ administrationPageSize: 3 })
    for (const effect of ['drop', 'truncated', 'throttle-429'] as const) {
      world.emulator.fault({ service: 'token-administration', effect })
      const pages = await all(administration.patsOf('contoso', descriptor))
      expect(pages.map((page) => page.length)).toEqual([3, 1])
    }
  })

  it('have the hashes by which values are known again, also of what has ended', async () => {
    const hashed = (await all(administration.hashedPatsOf('contoso', await descriptorOf(user)))).flat()
    const pats = world.emulator.pats()
    const known = hashed.map(({ hash, isValid }) => [
      pats.find(({ value }) => administration.hashOf(new Secret(value)) === hash)?.displayName,
      isValid,
    ])
    expect(known).toEqual([
      ['Ended', false],
      ['Everywhere', true],
    ])
  })

  it('are nobody’s for those who are no members any more', async () => {
    expect(await all(administration.patsOf('contoso', 'aad.bm9ib2R5'))).toEqual([])
  })

  it('are for administrators', async () => {
    const descriptor = await descriptorOf(user)
    administration = administrationOf('plain@contoso.example')
    await expect(all(administration.patsOf('contoso', descriptor))).rejects.toMatchObject({
      code: 'access-denied',
      remedy: expect.stringContaining('Project Collection Administrator'),
    })
  })

  it('that go on where they have been are refused, in place of going round for ever', async () => {
    const page = answer(200, { value: [], continuationToken: 'again' })
    const clock = {
      now: () => instant(0),
      elapsed: () => 0,
      sleep: async () => undefined,
      skew: () => ({ kind: 'unknown' }) as never,
    }
    const transport: Pick<Transport, 'send'> = { send: async () => page }
    const parts = {
      transport,
      signIn: { accessToken: async () => ({ value: new Secret('an access token'), expiresAt: instant(1) }) } as never,
      clock,
      random: systemRandom,
      stopping: () => false,
    }
    const endless = createAdministration('https://vssps.example', parts)
    await expect(all(endless.patsOf('contoso', 'aad.x'))).rejects.toMatchObject({
      code: 'unexpected-answer',
      message: expect.stringContaining('goes on where it has been'),
    })
  })
})

it('an account knows the organizations that it belongs to', async () => {
  expect(await administration.organizations()).toEqual(['contoso', 'fabrikam'])
  expect(await administrationOf('plain@contoso.example').organizations()).toEqual(['contoso'])
})

it('nothing is ever changed', async () => {
  await namesOf(user)
  await administration.organizations()
  const ours = world.emulator.requests().filter(({ service }) => service !== 'entra')
  expect(new Set(ours.map(({ method }) => method))).toEqual(new Set(['GET']))
})
