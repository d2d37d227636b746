import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { Estate, owner, packageFeed } from '../support/estate.ts'

const day = 86_400_000

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const many = Array.from({ length: 30 }, (_, index) => index)
const tokens = `tokens:\n${many
  .map((index) => `  - name: feed-${index}\n    scopes:\n      - vso.packaging\n`)
  .join('')}`

const twoVaults = {
  vaults: ['contoso', 'contoso-test'].map((name) => ({
    name,
    tenant: 'contoso.example',
    access: [{ principal: owner }],
  })),
}

function edit(change: (text: string) => string): void {
  writeFileSync(estate.configFile, change(readFileSync(estate.configFile, 'utf8')))
}

describe('the address of the wrong vault', () => {
  test('stops the run before anything is minted; --allow says that it is meant', async () => {
    estate = await Estate.open({ fixture: twoVaults, tokens })
    expect((await estate.run('apply')).code).toBe(0)
    expect(estate.active()).toHaveLength(30)
    const { vaults } = estate.emulator.endpoints
    edit((text) => text.replace(vaults['contoso'] ?? '', vaults['contoso-test'] ?? ''))

    const mark = estate.emulator.requests().length
    const plan = await estate.run('plan --json')
    expect(plan.code).toBe(1)
    expect(plan.json.problems).toContainEqual(expect.objectContaining({ code: 'too-many-changes' }))
    const stopped = await estate.run('apply --json')
    expect(stopped).toMatchObject({ code: 1, json: { error: { code: 'too-many-changes' } } })
    expect(stopped.json.error.remedy).toContain('--allow')
    expect(await estate.run('apply --allow 29')).toMatchObject({ code: 1 })
    expect(estate.mutations(mark)).toEqual([])

    expect(await estate.run('apply --allow 30 --json')).toMatchObject({ code: 0, json: { summary: { done: 30 } } })
    expect(estate.active()).toHaveLength(60)
  })
})

describe('the wrong account', () => {
  test('is found out before the first mutation', async () => {
    estate = await Estate.open({
      rewrite: (text) => text.replace('    signIn:', '    user: somebody-else@contoso.example\n    signIn:'),
    })
    const report = await estate.run('apply --json')
    expect(report).toMatchObject({
      code: 4,
      json: { results: [{ status: 'failed', error: { code: 'wrong-account' } }] },
    })
    expect(report.json.results[0].error.message).toContain(owner)
    expect(estate.mutations()).toEqual([])
  })
})

describe('a paused token', () => {
  test('is left alone, whatever happens to it, and is not well for that', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    edit((text) => `${text}    paused: true\n`)
    estate.emulator.travel(25 * day)
    const mark = estate.emulator.requests().length
    expect(await estate.run('apply --json')).toMatchObject({ code: 0, json: { results: [] } })
    expect(await estate.run('status --json')).toMatchObject({ code: 0 })
    expect(await estate.run('status --json --check')).toMatchObject({
      code: 3,
      json: { tokens: [{ state: 'paused' }] },
    })
    expect(estate.mutations(mark)).toEqual([])
  })
})

describe('one that fails among good ones', () => {
  const mixed = (bad: string): string => `${packageFeed}  - name: bad
    scopes:
      - ${bad}
  - name: second-feed
    scopes:
      - vso.packaging
`

  test('delays no other, is named with cause and remedy, and turns the exit code', async () => {
    estate = await Estate.open({ tokens: mixed('vso.nonsense_write') })
    const report = await estate.run('apply --json')
    expect(report.code).toBe(1)
    expect(report.json.summary).toEqual({ done: 2, failed: 1, skipped: 0 })
    const failed = report.json.results.find(({ status }: { status: string }) => status === 'failed')
    expect(failed).toMatchObject({ token: 'bad', kind: 'mint', step: 'mint', error: { code: 'invalid-scope' } })
    expect(failed.error.remedy).not.toBe('')
    expect(await estate.hands('package-feed')).toBe(true)
    expect(await estate.hands('second-feed')).toBe(true)
  })

  test('an organization that does not exist fails its token alone', async () => {
    estate = await Estate.open({ tokens: `${mixed('vso.packaging')}    organization: nowhere\n` })
    const report = await estate.run('apply --json')
    expect(report.code).toBe(1)
    expect(report.json.summary).toEqual({ done: 2, failed: 1, skipped: 0 })
    expect(report.json.results).toContainEqual(
      expect.objectContaining({
        token: 'second-feed',
        error: expect.objectContaining({ code: 'organization-not-found' }),
      }),
    )
  })

  test('a vault that is down fails its tokens alone, and a rule beside it still renews', async () => {
    const pat = { owner, organization: 'contoso', displayName: 'Nightly', scope: 'vso.build' }
    estate = await Estate.open({
      fixture: { pats: [{ ...pat, validFrom: '-29d', validTo: '+1d' }] },
      tokens: `${packageFeed}  - match: Nightly\n    method: renew\n`,
    })
    estate.emulator.fault({
      service: 'vault',
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'status', status: 503 },
    })
    const report = await estate.run('apply --json')
    expect(report.code).toBe(1)
    expect(report.json.results).toMatchObject([
      { token: 'nightly', kind: 'extend', status: 'done' },
      { token: 'package-feed', status: 'failed', error: { code: 'store-unreachable' } },
    ])
  })
})

test('a list that could not be read is not called empty', async () => {
  estate = await Estate.open()
  expect((await estate.run('list')).stdout).toBe('no active PATs\n')
  estate.emulator.fault({ service: 'pats', times: Number.POSITIVE_INFINITY, effect: { kind: 'status', status: 503 } })
  const { code, stdout } = await estate.run('list')
  expect(code).toBe(1)
  expect(stdout).toMatch(/^no list of PATs could be looked at\n\nproblems\n {2}service-unavailable /)
})

describe('a sign-in that needs a person', () => {
  test.each([
    ['required', 'sign-in-mfa-required'],
    ['enrol', 'sign-in-mfa-required'],
  ] as const)('a second factor that is %s ends with exit code 4', async (mfa, code) => {
    estate = await Estate.open()
    estate.emulator.changeUser(owner, { mfa })
    expect(await estate.run('apply --json')).toMatchObject({ code: 4, json: { results: [{ error: { code } }] } })
    expect(estate.mutations()).toEqual([])
  })

  test('a wrong password is sent once and never again', async () => {
    estate = await Estate.open({ tokens: `${packageFeed}  - name: second\n    scopes:\n      - vso.code\n` })
    const report = await estate.run('apply --json', { environment: { USER_PASSWORD: `not-${Date.now()}-it` } })
    expect(report).toMatchObject({
      code: 4,
      json: { results: [{ error: { code: 'sign-in-invalid-credentials' } }, {}] },
    })
    const signIns = estate.emulator.requests().filter(({ service, method }) => service === 'entra' && method === 'POST')
    expect(signIns).toHaveLength(1)
  })
})
