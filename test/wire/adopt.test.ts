import { afterEach, expect, test } from 'vitest'
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
  await estate.run('adopt package-feed', { input: valueOf() })
  const again = await estate.run('adopt package-feed --json', { input: valueOf() })
  expect(again).toMatchObject({ code: 2, json: { error: { message: expect.stringMatching(/already/) } } })
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
