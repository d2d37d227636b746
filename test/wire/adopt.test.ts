import { afterEach, expect, test } from 'vitest'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { documents } from '../scripts/documents.ts'
import { Estate, owner } from '../support/estate.ts'

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
    skip: 5,
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
