import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { documents } from '../scripts/documents.ts'
import { Estate, owner, packageFeed } from '../support/estate.ts'

const day = 86_400_000

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

async function rotated(...words: readonly string[]) {
  const ended = await estate.run(['rotate', ...words, '--json'])
  return { ...ended, report: documents.rotate.parse(ended.json) }
}

const two = `${packageFeed}  - name: nightly
    scopes:
      - vso.build
`

describe('patrol rotate in an emergency', () => {
  test('--revoke-now delivers first, revokes then, and proves both', async () => {
    estate = await Estate.open({ targets: true })
    await estate.run('apply')
    const [old] = estate.active()
    const { code, report } = await rotated('package-feed', '--revoke-now')
    expect(code).toBe(0)
    const kinds = report.results.map(({ kind }) => kind)
    expect(kinds.lastIndexOf('deliver')).toBeLessThan(kinds.indexOf('revoke'))
    expect(report.proofs).toContainEqual({
      token: 'package-feed',
      kind: 'refused',
      authorizationId: old?.authorizationId,
    })
    expect(report.proofs?.filter(({ kind }) => kind === 'delivered').length).toBeGreaterThan(1)
    expect(estate.active()).toHaveLength(1)
    expect(estate.currentWorks('package-feed')).toBe(true)
  })

  test('--revoke-first ends the leaked PAT before a new one is made', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const [old] = estate.active()
    const mark = estate.emulator.requests().length
    const { code, report } = await rotated('package-feed', '--revoke-first', '--reason', 'it stood in a log')
    expect(code).toBe(0)
    expect(report.reason).toBe('it stood in a log')
    const order = estate.mutations(mark).filter(({ service }) => service === 'pats')
    expect(order.map(({ method }) => method)).toEqual(['DELETE', 'POST'])
    expect(report.proofs).toEqual([{ token: 'package-feed', kind: 'refused', authorizationId: old?.authorizationId }])
    expect(estate.currentWorks('package-feed')).toBe(true)
  })

  test('an older value that still works is tried too, and proven to be refused', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const [oldest] = estate.active()
    await estate.run('rotate package-feed')
    const ids = estate.active().map(({ authorizationId }) => authorizationId)
    expect(ids).toHaveLength(2)
    const { code, report } = await rotated('package-feed', '--revoke-first')
    expect(code).toBe(0)
    expect(report.proofs).toHaveLength(2)
    for (const authorizationId of ids)
      expect(report.proofs).toContainEqual({ token: 'package-feed', kind: 'refused', authorizationId })
    expect(ids).toContain(oldest?.authorizationId)
  })

  test('--revoke-first gives a PAT of a rule that was never rotated a successor with its scopes', async () => {
    const pat = {
      owner,
      organization: 'contoso',
      displayName: 'Old build',
      scope: 'vso.build',
      validFrom: '-3d',
      validTo: '+60d',
    }
    const tokens = `tokens:\n  - match: "*"\n    method: rotate\n`
    estate = await Estate.open({ tokens, fixture: { pats: [pat] } })
    const { code, report } = await rotated('old-build', '--revoke-first')
    expect(code).toBe(0)
    expect(report.proofs).toMatchObject([{ kind: 'unlisted' }])
    expect(estate.active()).toMatchObject([{ displayName: expect.stringMatching(/^Old build \(patrol /) }])
    expect(estate.currentWorks('old-build')).toBe(true)
  })

  test('--all takes every token, --only some, and both need a reason', async () => {
    estate = await Estate.open({ tokens: two })
    await estate.run('apply')
    const before = estate.active().map(({ authorizationId }) => authorizationId)
    expect(await estate.run('rotate --all --json')).toMatchObject({ code: 2, json: { error: { code: 'usage' } } })
    const some = await rotated('--all', '--only', 'night*', '--reason', 'drill', '--revoke-now')
    expect(some.report.results.map(({ token }) => token)).toEqual(['nightly', 'nightly'])
    const all = await rotated('--all', '--reason', 'drill', '--revoke-now')
    expect(all.code).toBe(0)
    expect(all.report.proofs).toMatchObject([{ kind: 'refused' }, { kind: 'refused' }])
    expect(estate.active()).toHaveLength(2)
    expect(estate.active().filter(({ authorizationId }) => before.includes(authorizationId))).toEqual([])
  })

  test('a target that fails keeps the old PATs alive, and the report says so', async () => {
    estate = await Estate.open({ targets: true })
    await estate.run('apply')
    estate.copies.breakProgram(true)
    const { code, report } = await rotated('package-feed', '--revoke-now')
    expect(code).toBe(1)
    expect(report.results.at(-1)).toMatchObject({ kind: 'revoke', status: 'skipped', error: { code: 'not-rotated' } })
    expect(estate.active()).toHaveLength(2)
  })

  test('a held token gets its new value, and keeps its old one', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    await estate.run('hold package-feed --for 1d')
    const { code, report } = await rotated('package-feed', '--revoke-now')
    expect(code).toBe(1)
    expect(report.results).toMatchObject([
      { kind: 'mint', status: 'done' },
      { kind: 'revoke', error: { code: 'held' } },
    ])
    expect(report.proofs).toEqual([])
    expect(estate.active()).toHaveLength(2)
  })

  test('the built program proves, too', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    estate.emulator.travel(day)
    const ended = await estate.start('rotate package-feed --revoke-now').ended
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/proof\n +package-feed +refused +a call with the value of PAT \S+ was refused/)
  })
})

test.each([
  ['rotate', /name a token, or say --all/],
  ['rotate package-feed --all --reason x', /two different wishes/],
  ['rotate package-feed --only x', /--only belongs to --all/],
  ['rotate package-feed --revoke-now --revoke-first', /two different orders/],
])('%s is refused', async (line, message) => {
  estate = await Estate.open()
  const ended = await estate.run(`${line} --json`)
  expect(ended.code).toBe(2)
  expect(ended.json.error.message).toMatch(message)
})

test('revoke says what comes of it: a new PAT by the next run, unless the token is paused, and dead copies', async () => {
  estate = await Estate.open({ targets: true })
  await estate.run('apply')
  const { stderr } = await estate.run('revoke package-feed', { terminal: 'err', answer: 'no' })
  expect(stderr).toMatch(
    /whoever uses one, or the copies in variables, program, is cut off, and the next `patrol apply` makes a new one/,
  )
  const { stdout } = await estate.run('revoke package-feed --yes')
  expect(stdout).toContain(
    'package-feed has no current PAT now: the next `patrol apply` makes a new one and delivers it',
  )
  expect(stdout).toContain('write `paused: true` into its entry')
  expect(stdout).toContain('the copies in variables, program hold a value that works no longer')

  const plan = await estate.run('plan --json')
  expect(plan.json.actions).toMatchObject([{ kind: 'mint', reason: 'revoked' }])
  const status = await estate.run('status --json')
  expect(documents.status.safeParse(status.json).error?.issues ?? []).toEqual([])
  expect(status.json.tokens[0]).toMatchObject({ state: 'missing', deliveries: [{ state: 'dead' }, { state: 'dead' }] })
  expect(kindsOf(await estate.run('apply --json'))).toEqual(['mint', 'deliver', 'deliver'])

  const paused = readFileSync(estate.configFile, 'utf8').replace(/^( +)displayName: /m, '$1paused: true\n$&')
  writeFileSync(estate.configFile, paused)
  const ended = await estate.run('revoke package-feed --json')
  const { aftermath } = documents.revoke.parse(ended.json)
  expect(aftermath).toEqual({ replacedByNextRun: false, deadCopies: ['variables', 'program'] })
  expect(kindsOf(await estate.run('apply --json'))).toEqual([])
})

const kindsOf = ({ json }: { readonly json: any }): readonly string[] => json.results.map(({ kind }: any) => kind)

test('revoke proves that a call with the old value is refused', async () => {
  estate = await Estate.open()
  await estate.run('apply')
  const ended = await estate.run('revoke package-feed --json')
  expect(documents.revoke.parse(ended.json).proofs).toMatchObject([{ token: 'package-feed', kind: 'refused' }])
})
