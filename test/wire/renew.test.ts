import { afterEach, describe, expect, test } from 'vitest'
import { Estate, owner } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const common = { owner, organization: 'contoso' }
const madeByHand = [
  { ...common, displayName: 'Dashboards', scope: 'vso.dashboards', validFrom: '-50d', validTo: '+10d' },
  { ...common, displayName: 'Release notes', scope: 'vso.work', validFrom: '-2d', validTo: '+58d' },
  { ...common, displayName: 'Old laptop', scope: 'vso.code', validFrom: '-50d', validTo: '+10d', allOrgs: true },
  { ...common, displayName: 'Forgotten', scope: 'vso.code', validFrom: '-90d', validTo: '-1d' },
]

const everything = `tokens:
  - match: "*"
    method: renew
    lifetime: 60d
    renewBefore: 20d
`

const kept = `tokens:
  - name: package-feed
    displayName: Package feed
    method: renew
    store: vault
    lifetime: 60d
    renewBefore: 20d
    scopes:
      - vso.packaging_write
`

function named(displayName: string) {
  return estate.emulator.pats().find((pat) => pat.displayName === displayName)
}

describe('a rule that renews', () => {
  test('extends what is due, and leaves alone what is not due, global, expired or somebody else’s', async () => {
    estate = await Estate.open({ fixture: { pats: madeByHand }, tokens: everything })
    const before = estate.emulator.pats()
    const report = await estate.run('apply --json')
    expect(report).toMatchObject({
      code: 0,
      json: { results: [{ token: 'dashboards', kind: 'extend', status: 'done' }], problems: [] },
    })
    const extended = named('Dashboards')
    expect(extended?.validTo).toBeGreaterThan(estate.emulator.now() + 60 * day - hour)
    expect(extended?.value).toBe(before[0]?.value)
    expect(estate.emulator.pats().slice(1)).toEqual(before.slice(1))

    const mark = estate.emulator.requests().length
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect(estate.mutations(mark)).toEqual([])
  })

  test('goes on extending, every time before the end', async () => {
    estate = await Estate.open({ fixture: { pats: madeByHand.slice(0, 2) }, tokens: everything })
    for (let week = 0; week < 30; week++) {
      expect((await estate.run('apply')).code).toBe(0)
      expect(estate.active()).toHaveLength(2)
      estate.emulator.travel(7 * day)
    }
    const puts = estate.mutations().filter(({ method }) => method === 'PUT')
    // 30 weeks hold at most seven lives of 40 days for each of the two.
    expect(puts.length).toBeGreaterThanOrEqual(8)
    expect(puts.length).toBeLessThanOrEqual(14)
  })
})

describe('a token that is renewed and kept in a store', () => {
  test('keeps its value and its version, and the store learns the new expiry', async () => {
    estate = await Estate.open({ tokens: kept })
    expect((await estate.run('apply')).code).toBe(0)
    const value = await estate.value('package-feed')
    estate.emulator.travel(45 * day)
    expect(await estate.run('apply --json')).toMatchObject({
      code: 0,
      json: { results: [{ kind: 'extend', status: 'done' }] },
    })
    const [pat] = estate.active()
    expect(pat?.value).toBe(value)
    expect(await estate.value('package-feed')).toBe(value)
    const versions = estate.emulator.vault('contoso').secrets['package-feed']?.versions
    expect(versions).toHaveLength(1)
    expect(versions?.[0]?.expires).toBe(Math.floor((pat?.validTo ?? 0) / 1_000))
    const mark = estate.emulator.requests().length
    await estate.run('apply')
    expect(estate.mutations(mark)).toEqual([])
  })
})

describe('should extending ever change the value', () => {
  test.each(['returned', 'silently'] as const)(
    'a kept token (%s) gets a new PAT in the same turn, so that the store hands out one that works',
    async (putChangesValue) => {
      estate = await Estate.open({ tokens: kept })
      await estate.run('apply')
      estate.emulator.set({ putChangesValue })
      estate.emulator.travel(45 * day)
      expect(await estate.run('apply --json')).toMatchObject({
        code: 0,
        json: {
          results: [
            { kind: 'extend', status: 'done' },
            { kind: 'mint', status: 'done' },
          ],
        },
      })
      expect(await estate.hands('package-feed')).toBe(true)
      await estate.converge()
      expect(await estate.hands('package-feed')).toBe(true)
    },
  )

  test('a PAT without a store is a problem that names what to do', async () => {
    estate = await Estate.open({ fixture: { pats: madeByHand }, tokens: everything })
    estate.emulator.set({ putChangesValue: 'returned' })
    const report = await estate.run('apply --json')
    expect(report.json.problems).toMatchObject([{ token: 'dashboards', code: 'verification-failed' }])
    expect(report.json.problems[0].remedy).toContain('method: rotate')
  })
})

describe('under a policy that lets PATs live for 30 days at most', () => {
  const fixture = {
    pats: [{ ...common, displayName: 'Nightly', scope: 'vso.build', validFrom: '-25d', validTo: '+5d' }],
  }
  const ceiling = { policies: { maxLifespanDays: 30 } }

  test('a PAT that was granted less than asked is a problem, and no reason to mint again', async () => {
    estate = await Estate.open({ tokens: kept })
    estate.emulator.set(ceiling)
    const first = await estate.run('apply --json')
    expect(first).toMatchObject({
      code: 0,
      json: { results: [{ kind: 'mint', status: 'done' }], problems: [{ code: 'policy-lifespan' }] },
    })
    const mark = estate.emulator.requests().length
    expect((await estate.run('apply')).code).toBe(0)
    expect(estate.mutations(mark)).toEqual([])
  })

  test('an extension that brings nothing is reported and turns the exit code', async () => {
    estate = await Estate.open({ fixture, tokens: everything })
    estate.emulator.set(ceiling)
    const before = named('Nightly')
    const report = await estate.run('apply --json')
    expect(report.code).toBe(1)
    expect(report.json.results).toMatchObject([
      { token: 'nightly', kind: 'extend', status: 'failed', error: { code: 'cannot-extend' } },
    ])
    expect(report.json.results[0].error.remedy).toContain('atCeiling: rotate')
    expect(named('Nightly')?.value).toBe(before?.value)
    expect(estate.mutations()).toHaveLength(1)
  })

  test('an extension that is refused is the same', async () => {
    estate = await Estate.open({ fixture, tokens: everything })
    estate.emulator.set({ ...ceiling, lifespan: 'error' })
    expect(await estate.run('apply --json')).toMatchObject({
      code: 1,
      json: { results: [{ kind: 'extend', status: 'failed', error: { code: 'cannot-extend' } }] },
    })
  })

  test('a kept token at its ceiling says so in its state', async () => {
    estate = await Estate.open({ tokens: kept })
    estate.emulator.set(ceiling)
    await estate.run('apply')
    estate.emulator.travel(22 * day)
    await estate.run('apply')
    expect(await estate.run('status --json --check')).toMatchObject({
      code: 3,
      json: { tokens: [{ state: 'at-ceiling' }] },
    })
  })

  test('with atCeiling: rotate it is rotated in the same turn, and the old one goes after its overlap', async () => {
    estate = await Estate.open({ tokens: `${kept}    atCeiling: rotate\n` })
    estate.emulator.set(ceiling)
    await estate.run('apply')
    const value = await estate.value('package-feed')
    estate.emulator.travel(22 * day)
    const report = await estate.run('apply --json')
    expect(report).toMatchObject({
      code: 0,
      json: {
        results: [
          { kind: 'extend', status: 'skipped', error: { code: 'cannot-extend' } },
          { kind: 'mint', status: 'done' },
        ],
      },
    })
    expect(await estate.value('package-feed')).not.toBe(value)
    expect(estate.active()).toHaveLength(2)
    await estate.converge()
    expect(await estate.hands('package-feed')).toBe(true)
    expect(estate.cutOff(2 * day)).toEqual([])
  })
})
