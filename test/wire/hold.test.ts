import { afterEach, describe, expect, test } from 'vitest'
import { Estate, packageFeed } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

/** A token in its overlap: two PATs work. */
async function inOverlap(store?: 'file'): Promise<void> {
  estate = await Estate.open(store === undefined ? {} : { store })
  await estate.run('apply')
  estate.emulator.travel(21 * day)
  await estate.run('apply')
  expect(estate.active()).toHaveLength(2)
}

describe.each([['azure-key-vault' as const], ['file' as const]])('a hold in a store of type %s', (type) => {
  test('keeps the superseded PAT past its overlap, is shown, and opens by itself', async () => {
    await inOverlap(type === 'file' ? 'file' : undefined)
    const placed = await estate.run(['hold', 'package-feed', '--for', '5d', '--reason', 'the build broke', '--json'])
    expect(placed).toMatchObject({
      code: 0,
      json: { token: 'package-feed', hold: { stops: 'revocation', reason: 'the build broke' } },
    })
    estate.emulator.travel(3 * day)
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect(estate.active()).toHaveLength(2)
    const { json } = await estate.run('status --json')
    expect(json.tokens[0]).toMatchObject({
      hold: { until: placed.json.hold.until, reason: 'the build broke' },
      superseded: [{ revokeAt: placed.json.hold.until }],
    })
    expect((await estate.run('status')).stdout).toMatch(/package-feed +held +revocations, ends in .*: the build broke/)
    estate.emulator.travel(2 * day + hour)
    expect(await estate.run('apply --json')).toMatchObject({ json: { results: [{ kind: 'revoke', status: 'done' }] } })
    expect(estate.active()).toHaveLength(1)
    expect((await estate.run('status --json')).json.tokens[0]).not.toHaveProperty('hold')
  })

  test('survives a rotation, and a release ends it in every version', async () => {
    await inOverlap(type === 'file' ? 'file' : undefined)
    await estate.run('hold package-feed --for 60d')
    expect((await estate.run('rotate package-feed')).code).toBe(0)
    expect(estate.active()).toHaveLength(3)
    estate.emulator.travel(4 * day)
    await estate.run('apply')
    expect(estate.active()).toHaveLength(3)
    expect(await estate.run('hold package-feed --release --json')).toMatchObject({
      code: 0,
      json: { hold: null, released: true },
    })
    await estate.run('apply')
    expect(estate.active()).toHaveLength(1)
    expect(await estate.run('hold package-feed --release --json')).toMatchObject({ json: { released: false } })
  })
})

describe('a hold', () => {
  test('stops what a person asks to be revoked, too, and says how to go on', async () => {
    await inOverlap()
    await estate.run('hold package-feed --for 1d')
    const revoked = await estate.run('revoke package-feed --json')
    expect(revoked.code).toBe(1)
    expect(revoked.json.results[0]).toMatchObject({
      status: 'failed',
      error: { code: 'held', remedy: expect.stringContaining('`patrol hold package-feed --release`') },
    })
    expect(estate.active()).toHaveLength(2)
  })

  test('of rotation too keeps a due token as it is', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    expect((await estate.run('hold package-feed --for 25d --rotation')).stderr).not.toContain('ends on')
    estate.emulator.travel(21 * day)
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect((await estate.run('plan --json')).json.scheduled).toMatchObject([
      { kind: 'mint', reason: 'due', message: expect.stringContaining('not yet: somebody holds it') },
    ])
    await estate.run('hold package-feed --release')
    expect(await estate.run('apply --json')).toMatchObject({ json: { results: [{ kind: 'mint', status: 'done' }] } })
  })

  test('of rotation that outlasts the PAT says so, for nothing replaces it before it ends', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const { code, stderr } = await estate.run('hold package-feed --for 60d --rotation')
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/the PAT of package-feed ends on 20\d\d-/),
    })
    expect((await estate.run('hold package-feed --for 60d')).stderr).not.toContain('ends on')
  })

  test('is placed by the built program, which asks nobody but the store', async () => {
    await inOverlap()
    const mark = estate.emulator.requests().length
    const { ended } = estate.start('hold package-feed --for 3d --json')
    expect(await ended).toMatchObject({ code: 0, json: { hold: { stops: 'revocation' } } })
    const services = estate.emulator.requests().slice(mark)
    expect(services.filter(({ service }) => service === 'pats')).toEqual([])
  })

  test.each([
    ['hold package-feed', /needs one of --for, --until and --release/],
    ['hold package-feed --for 3d --release', /needs one of/],
    ['hold package-feed --until 2026-02-30', /no point in time/],
    ['hold package-feed --until 2020-01-01', /in the past/],
    ['hold package-feed --for 400d', /more than a year/],
    ['hold nobody --for 3d', /no token named nobody/],
  ])('%s is refused', async (line, message) => {
    estate = await Estate.open({ tokens: packageFeed })
    const ended = await estate.run(`${line} --json`)
    expect(ended.code).toBe(2)
    expect(ended.json.error.message).toMatch(message)
  })

  test('cannot stand where the store has no version yet', async () => {
    estate = await Estate.open()
    const ended = await estate.run('hold package-feed --for 3d --json')
    expect(ended).toMatchObject({ code: 1, json: { error: { code: 'pat-not-found' } } })
  })
})
