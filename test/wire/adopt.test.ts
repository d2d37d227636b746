import { afterEach, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { documents } from '../scripts/documents.ts'
import { Estate, owner, tenant } from '../support/estate.ts'

const day = 86_400_000

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const made = {
  owner,
  organization: 'contoso',
  displayName: 'Package feed',
  scope: 'vso.packaging_write',
  validFrom: '-1d',
  validTo: '+29d',
}

function valueOf(index = 0): string {
  return estate.emulator.pats()[index]?.value ?? ''
}

test('adopt stores a value that works, and a later rotation replaces and revokes its PAT', async () => {
  estate = await Estate.open({ fixture: { pats: [made] } })
  const ended = await estate.run('adopt package-feed --json', { input: `${valueOf()}\n` })
  expect(ended.code).toBe(0)
  const [pat] = estate.active()
  expect(documents.adopt.parse(ended.json).authorizationId).toBe(pat?.authorizationId)
  expect(estate.currentWorks('package-feed')).toBe(true)
  expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
  estate.emulator.travel(21 * day)
  await estate.run('apply')
  expect(estate.active()).toHaveLength(2)
  estate.emulator.travel(3 * day)
  await estate.run('apply')
  expect(estate.active()).toMatchObject([{ displayName: expect.stringMatching(/^Package feed \(patrol /) }])
})

test('of several PATs of the name an id tells which', async () => {
  estate = await Estate.open({ fixture: { pats: [made, made] } })
  const unclear = await estate.run('adopt package-feed --json', { input: valueOf() })
  expect(unclear).toMatchObject({ code: 2, json: { error: { remedy: expect.stringContaining('--id') } } })
  const [, second] = estate.active()
  const ended = await estate.run(['adopt', 'package-feed', '--id', second?.authorizationId ?? '', '--json'], {
    input: valueOf(1),
  })
  expect(ended).toMatchObject({ code: 0, json: { authorizationId: second?.authorizationId } })
})

test('nothing is stored of what is dead, no PAT, or adopted already', async () => {
  estate = await Estate.open({ fixture: { pats: [made] } })
  const dead = await estate.run('adopt package-feed --json', { input: 'a'.repeat(52) })
  expect(dead).toMatchObject({ code: 1, json: { error: { code: 'verification-failed' } } })
  expect(await estate.run('adopt package-feed --json', { input: 'a word' })).toMatchObject({ code: 2 })
  expect(await estate.run('adopt package-feed --json', { input: valueOf(), terminal: true })).toMatchObject({ code: 2 })
  expect(estate.mutations()).toEqual([])
})

test('adopt is done once: the same value is there already, and another one is refused', async () => {
  estate = await Estate.open({ fixture: { pats: [made, { ...made, displayName: 'Another' }] } })
  expect(await estate.run('adopt package-feed --json', { input: valueOf() })).toMatchObject({
    code: 0,
    json: { wasThere: false },
  })
  const mark = estate.emulator.requests().length
  const again = await estate.run('adopt package-feed --json', { input: valueOf() })
  expect(again).toMatchObject({ code: 0, json: { wasThere: true } })
  expect(documents.adopt.parse(again.json).authorizationId).toBe(estate.active()[0]?.authorizationId)
  const other = await estate.run('adopt package-feed --json', { input: valueOf(1) })
  expect(other).toMatchObject({ code: 2, json: { error: { message: expect.stringMatching(/already/) } } })
  const otherId = estate.active()[1]?.authorizationId ?? ''
  const asOther = await estate.run(['adopt', 'package-feed', '--id', otherId, '--json'], { input: valueOf() })
  expect(asOther).toMatchObject({ code: 2, json: { error: { message: expect.stringMatching(/already/) } } })
  expect(estate.mutations(mark)).toEqual([])
})

const fates: Readonly<Record<string, FaultRule['effect']>> = {
  'is cut off before it arrives': 'drop',
  'takes effect and its answer is lost': 'answer-lost',
  'fails with 500': { kind: 'status', status: 500 },
  'takes effect and fails with 504': { kind: 'status', status: 504, after: true },
  'is turned away for its rate': { kind: 'throttle-429', retryAfter: 3 },
}

test.each(Object.entries(fates))('an adoption whose write %s is completed by the same call', async (_, effect) => {
  estate = await Estate.open({ fixture: { pats: [made] } })
  const fault = estate.emulator.fault({ service: 'vault', method: 'PUT', effect })
  expect(await estate.run('adopt package-feed --json', { input: valueOf() })).toMatchObject({ code: 0 })
  expect(fault.fired()).toBe(1)
  expect(estate.emulator.vault('contoso').secrets['package-feed']?.versions).toHaveLength(1)
  expect(estate.currentWorks('package-feed')).toBe(true)
  expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
})

test('an adoption whose outcome stays unknown revokes nothing, and the same call completes it later', async () => {
  estate = await Estate.open({ fixture: { pats: [made] } })
  const effect = { kind: 'status', status: 500, after: true } as const
  const lost = estate.emulator.fault({ service: 'vault', method: 'PUT', times: Number.POSITIVE_INFINITY, effect })
  // What is read before the first write shows that there is no value yet, and no other owner.
  const blind = estate.emulator.fault({
    service: 'vault',
    method: 'GET',
    skip: 6,
    times: Number.POSITIVE_INFINITY,
    effect: { kind: 'status', status: 403 },
  })
  expect((await estate.run('adopt package-feed --json', { input: valueOf() })).code).toBe(1)
  expect(estate.active()).toHaveLength(1)
  lost.cancel()
  blind.cancel()
  const again = await estate.run('adopt package-feed --json', { input: valueOf() })
  expect(again).toMatchObject({ code: 0, json: { wasThere: true } })
  expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
})

test('a PAT that the configuration replaces becomes nobody’s value', async () => {
  const authorizationId = '4ab5764f-4193-4f1d-b995-64144880b7d7'
  const tokens = `tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
    replaces:
      - ${authorizationId}
`
  estate = await Estate.open({ tokens, fixture: { pats: [{ ...made, authorizationId }] } })
  const ended = await estate.run('adopt package-feed --json', { input: valueOf() })
  expect(ended).toMatchObject({ code: 2, json: { error: { remedy: expect.stringContaining('`replaces`') } } })
  expect(estate.mutations()).toEqual([])
})

const feeds = `tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
  - name: other
    displayName: Other hand
    scopes:
      - vso.packaging_write
`

test('the value of another token is refused, current or older, and named', async () => {
  estate = await Estate.open({ tokens: feeds, fixture: { pats: [{ ...made, displayName: 'Other hand' }] } })
  await estate.run('apply --only package-feed')
  const old = estate.emulator.pats().find(({ displayName }) => displayName.startsWith('Package feed'))?.value ?? ''
  await estate.run('rotate package-feed')
  const mark = estate.emulator.requests().length
  const current = (await estate.run('get package-feed')).stdout.trim()
  for (const [value, which] of [
    [current, 'the value of package-feed'],
    [old, 'an older value of package-feed'],
  ] as const) {
    const ended = await estate.run('adopt other --json', { input: value })
    expect(ended).toMatchObject({ code: 2, json: { error: { message: expect.stringContaining(which) } } })
  }
  expect(estate.mutations(mark)).toEqual([])
  const own = await estate.run('adopt other --json', { input: valueOf() })
  expect(own).toMatchObject({ code: 0, json: { matchedBy: 'name', namesakes: 0 } })
})

test('an administrator’s account compares hashes: the value of another PAT of the same name is refused', async () => {
  const fixture = {
    tenants: [{ id: tenant, domains: ['contoso.example'] }],
    users: [{ upn: owner, tenant: 'contoso.example' }],
    organizations: [{ name: 'contoso', tenant: 'contoso.example', members: [owner], administrators: [owner] }],
    vaults: [{ name: 'contoso', tenant: 'contoso.example', access: [{ principal: owner }] }],
    pats: [made, made],
  }
  estate = await Estate.open({ fixture })
  const [first, second] = estate.active()
  const adopt = (id: string, more = '') =>
    estate.run(`adopt package-feed --id ${id} --json ${more}`, { input: valueOf() })
  const wrong = await adopt(second?.authorizationId ?? '')
  expect(wrong).toMatchObject({
    code: 2,
    json: { error: { remedy: expect.stringContaining(`--id ${first?.authorizationId}`) } },
  })
  expect(estate.mutations()).toEqual([])
  const right = await adopt(first?.authorizationId ?? '')
  expect(right).toMatchObject({ code: 0, json: { matchedBy: 'hash', namesakes: 1 } })
})

test('where no hash is shown, an id among several PATs of the name is taken at its word, and that is said', async () => {
  estate = await Estate.open({ fixture: { pats: [made, made] } })
  const [, second] = estate.active()
  const ended = await estate.run(`adopt package-feed --id ${second?.authorizationId}`, { input: valueOf(1) })
  expect(ended.code).toBe(0)
  expect(ended.stdout).toContain('2 PATs have that name, and that it is this one is your word alone')
})

test('whoever has another value for an adopted PAT is told what a rotation does', async () => {
  estate = await Estate.open({ fixture: { pats: [made, { ...made, displayName: 'Another' }] } })
  await estate.run('adopt package-feed', { input: valueOf() })
  const [pat] = estate.active()
  const ended = await estate.run('adopt package-feed --json', { input: valueOf(1) })
  expect(ended).toMatchObject({
    code: 2,
    json: {
      error: { remedy: expect.stringMatching(new RegExp(`rotate package-feed.* ends PAT ${pat?.authorizationId}`)) },
    },
  })
})
