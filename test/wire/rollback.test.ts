import { afterEach, describe, expect, test } from 'vitest'
import { documents } from '../scripts/documents.ts'
import { crashPointsOf, killAt, type Phase } from '../support/crash-points.ts'
import { Estate, type EstateOptions, owner } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

let estate: Estate | undefined

afterEach(async () => {
  await estate?.stop()
  estate = undefined
})

/** A token whose rotation, an hour ago, broke something; with the value of before. */
async function broken(options: EstateOptions = {}): Promise<{ readonly opened: Estate; readonly good: string }> {
  const opened = await Estate.open(options)
  await opened.run('apply')
  const good = await opened.value('package-feed')
  opened.emulator.travel(21 * day)
  await opened.run('apply')
  opened.emulator.travel(hour)
  expect(await opened.value('package-feed')).not.toBe(good)
  return { opened, good: good ?? '' }
}

const groupAndFile = `targets:
  variables:
    type: azure-devops-variable-group
    project: Fabrikam
    variableGroup: build
    variable: FEED_PAT
  copy:
    type: dotenv
    path: ./copy.env
    variable: FEED_PAT
tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
    targets:
      - variables
      - copy
`

describe.each(['vault', 'file'] as const)('a whole night with a store of type %s', (store) => {
  test('rotate, broken, rollback, targets have the old value, repaired, release, rotate anew', async () => {
    const { opened, good } = await broken({ store, targets: true })
    estate = opened
    const bad = await estate.value('package-feed')
    expect(estate.copies.held()).toEqual([bad, bad])

    const ended = await estate.run(['rollback', 'package-feed', '--reason', 'the build gets 401', '--json'])
    expect(ended.code).toBe(0)
    const report = documents.rollback.parse(ended.json)
    expect(report.results.map(({ kind, status, target }) => [kind, status, target])).toEqual([
      ['rollback', 'done', undefined],
      ['deliver', 'done', 'variables'],
      ['deliver', 'done', 'program'],
    ])
    expect(report.proofs?.map(({ kind }) => kind)).toEqual(['current', 'delivered', 'delivered', 'kept'])
    expect(await estate.value('package-feed')).toBe(good)
    expect(estate.copies.held()).toEqual([good, good])

    for (let days = 0; days < 3; days++) {
      estate.emulator.travel(day)
      const mark = estate.emulator.requests().length
      expect((await estate.run('apply --json')).code).toBe(0)
      expect(estate.mutations(mark).filter(({ service, method }) => service === 'pats' && method !== 'GET')).toEqual([])
      expect(await estate.value('package-feed')).toBe(good)
      expect(estate.copies.held()).toEqual([good, good])
      expect(new Set(estate.active().map(({ value }) => value))).toEqual(new Set([good, bad]))
    }
    const status = documents.status.parse((await estate.run('status --json')).json).tokens[0]
    expect(status).toMatchObject({
      state: 'due',
      hold: { stops: 'replacement', reason: 'rolled back: the build gets 401' },
      rolledBackFrom: [report.rollback?.from],
    })
    const explained = documents.explain.parse((await estate.run('explain package-feed --json')).json)
    expect(explained.rollback).toEqual({ state: 'done', from: [report.rollback?.from] })

    await estate.run('hold package-feed --release')
    expect((await estate.run('apply --json')).json.results[0]).toMatchObject({ kind: 'mint', status: 'done' })
    const anew = await estate.value('package-feed')
    expect([good, bad]).not.toContain(anew)
    expect(estate.copies.held()).toEqual([anew, anew])
    await estate.converge()
    expect(estate.active().map(({ value }) => value)).toEqual([anew])
    expect(estate.cutOff(2 * day)).toEqual([])
  })
})

describe('patrol rollback', () => {
  test('gives a variable group of Azure DevOps and a file the value of before', async () => {
    const { opened, good } = await broken({ tokens: groupAndFile })
    estate = opened
    const held = () => estate?.emulator.variableGroups()[0]?.variables['FEED_PAT']?.value
    expect(held()).not.toBe(good)
    expect((await estate.run('rollback package-feed')).code).toBe(0)
    expect(held()).toBe(good)
    expect(estate.take('copy.env')).toContain(`FEED_PAT=${good}`)
  })

  test('is done by the built program, and once more does no harm', async () => {
    const { opened, good } = await broken({ targets: true })
    estate = opened
    const first = await estate.start('rollback package-feed').ended
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/proof\n +package-feed +current +the store hands out PAT \S+, and a call/)
    const mark = estate.emulator.requests().length
    const second = await estate.run('rollback package-feed --json')
    expect(documents.rollback.parse(second.json)).toMatchObject({ results: [], rollback: { already: true } })
    expect(estate.mutations(mark)).toEqual([])
    expect(await estate.value('package-feed')).toBe(good)
  })

  test('goes back for a token that a rule made, too', async () => {
    const pat = {
      owner,
      organization: 'contoso',
      displayName: 'Old build',
      scope: 'vso.build',
      validFrom: '-3d',
      validTo: '+60d',
    }
    estate = await Estate.open({ tokens: `tokens:\n  - match: "*"\n    method: rotate\n`, fixture: { pats: [pat] } })
    await estate.run('rotate old-build')
    const good = await estate.value('old-build')
    estate.emulator.travel(hour)
    await estate.run('rotate old-build')
    expect((await estate.run('rollback old-build')).code).toBe(0)
    expect(await estate.value('old-build')).toBe(good)
    estate.emulator.travel(3 * day)
    expect((await estate.run('apply')).code).toBe(0)
    expect(await estate.value('old-build')).toBe(good)
  })

  test('tells that a PAT which was revoked cannot come back, and changes nothing', async () => {
    const { opened, good } = await broken()
    estate = opened
    const old = estate.active().find(({ value }) => value === good)
    await estate.run(['revoke', old?.authorizationId ?? ''])
    const mark = estate.emulator.requests().length
    const ended = await estate.run('rollback package-feed --json')
    expect(ended).toMatchObject({ code: 1, json: { error: { code: 'cannot-roll-back' } } })
    expect(ended.json.error.message).toMatch(/it was revoked/)
    expect(estate.mutations(mark)).toEqual([])
  })

  test('keeps a lost answer of the vault from writing the value twice', async () => {
    const { opened, good } = await broken()
    estate = opened
    estate.emulator.fault({ service: 'vault', method: 'PUT', effect: 'answer-lost' })
    expect((await estate.run('rollback package-feed')).code).toBe(0)
    expect(await estate.value('package-feed')).toBe(good)
    expect(estate.emulator.vault('contoso').secrets['package-feed']?.versions).toHaveLength(3)
  })

  test('keeps to what a person was shown, and does nothing after a no', async () => {
    const { opened } = await broken()
    estate = opened
    const mark = estate.emulator.requests().length
    const refused = await estate.run('rollback package-feed --json', { terminal: 'err', answer: 'no' })
    expect(refused.code).toBe(1)
    expect(documents.rollback.parse(refused.json)).toMatchObject({ refused: true, results: [{ kind: 'rollback' }] })
    expect(estate.mutations(mark)).toEqual([])
    expect((await estate.run('rollback package-feed', { terminal: 'err', answer: 'yes' })).code).toBe(0)
  })

  test.each([
    ['rollback package-feed --for 1d --until 2027-01-01', /two different wishes/],
    ['rollback nobody', /no token named nobody/],
    ['rollback package-feed --for 1m', /too soon/],
    ['rollback package-feed --for 60d', /too late/],
  ])('%s is refused', async (line, message) => {
    estate = (await broken()).opened
    const ended = await estate.run(`${line} --json`)
    expect(ended.code).toBe(2)
    expect(ended.json.error.message).toMatch(message)
  })

  test('of a token without a store says why not', async () => {
    estate = await Estate.open({
      tokens: `tokens:\n  - match: "*"\n    method: renew\n`,
      fixture: {
        pats: [{ owner, organization: 'contoso', displayName: 'Plain', scope: 'vso.build', validTo: '+40d' }],
      },
    })
    const ended = await estate.run('rollback plain --json')
    expect(ended).toMatchObject({ code: 2, json: { error: { message: expect.stringContaining('has no store') } } })
  })
})

describe('killed', () => {
  const changing = /^(?:PUT|PATCH|POST|DELETE) /

  test.each([
    ['vault', false],
    ['vault', true],
    ['file', false],
  ] as const)(
    'at a request, with a store of type %s and targets: %s, it is completed by running it again',
    async (store, targets) => {
      const options: EstateOptions = { store, targets }
      const values = new Map<Estate, string>()
      const phase: Phase = {
        words: 'rollback package-feed',
        hasTargets: targets,
        prepare: async () => {
          const { opened, good } = await broken(options)
          values.set(opened, good)
          return opened
        },
      }
      const all = await crashPointsOf(phase)
      // Of what only reads, every tenth, and of records, which are alike, the first and the last: all of them are tried
      // without processes.
      const records = all.filter(({ name }) => name.startsWith('PATCH '))
      const told = new Set([...records.slice(0, targets ? 0 : 3), ...records.slice(-3)])
      const points = all.filter((point, index) => {
        if (point.name.startsWith('PATCH ')) return told.has(point)
        return changing.test(point.name) || (!targets && index % 10 === 0)
      })
      for (const point of points) {
        const killed = await killAt(phase, point, async (between) => {
          expect(await between.hands('package-feed'), point.name).toBe(true)
        })
        const good = values.get(killed)
        expect(await killed.hands('package-feed'), point.name).toBe(true)
        const again = await killed.run('rollback package-feed --json')
        expect(again.code, `${point.name}: ${again.stderr}`).toBe(0)
        expect(await killed.value('package-feed'), point.name).toBe(good)
        if (targets) expect(killed.copies.held(), point.name).toEqual([good, good])
        expect(killed.active(), point.name).toHaveLength(2)
        await killed.run('hold package-feed --release')
        expect((await killed.run('apply')).code, point.name).toBe(0)
        expect(await killed.hands('package-feed'), point.name).toBe(true)
        expect(killed.cutOff(2 * day), point.name).toEqual([])
        await killed.stop()
      }
      expect(points.length).toBeGreaterThanOrEqual(store === 'file' ? 1 : 6)
    },
    240_000,
  )
})
