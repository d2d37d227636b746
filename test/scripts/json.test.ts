import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { templateMethods } from '../../src/app/config/template-parts.ts'
import { initTemplate } from '../../src/app/config/template.ts'
import { type Ended, Estate, owner, packageFeed } from '../support/estate.ts'
import { documents } from './documents.ts'

const day = 86_400_000

let estate: Estate

const common = { owner, organization: 'contoso' }
const pats = [
  { ...common, displayName: 'Nightly build', scope: 'vso.build vso.code', validFrom: '-27d', validTo: '+3d' },
  { ...common, displayName: 'Dashboards', scope: 'vso.dashboards', validFrom: '-50d', validTo: '+10d' },
  { ...common, displayName: 'Old laptop', scope: 'app_token', validFrom: '-200d', validTo: '+60d', allOrgs: true },
]

const tokens = `${packageFeed}  - name: broken
    scopes:
      - vso.nonsense_write
  - match: Nightly*
    method: rotate
  - match: "*"
    method: renew
    lifetime: 60d
`

beforeEach(async () => {
  estate = await Estate.open({ tokens, fixture: { pats } })
})

afterEach(async () => {
  await estate.stop()
})

/** The one document on stdout, which has its shape and ends its line. */
function documentOf(ended: Ended, name: keyof typeof documents) {
  expect(ended.stdout.endsWith('}\n')).toBe(true)
  return documents[name].parse(ended.json)
}

describe('--json', () => {
  test('of plan, apply, status and list have their shapes at every stage', async () => {
    documentOf(await estate.run('plan --json'), 'plan')
    documentOf(await estate.run('status --json'), 'status')
    const report = documentOf(await estate.run('apply --json'), 'apply')
    expect(report).toMatchObject({ summary: { done: 3, failed: 1, skipped: 0 } })
    for (let round = 0; round < 4; round++) {
      const plan = documentOf(await estate.run('plan --json'), 'plan')
      expect(plan).toHaveProperty('scheduled')
      documentOf(await estate.run('status --json'), 'status')
      documentOf(await estate.run('list --json'), 'list')
      documentOf(await estate.run('apply --json'), 'apply')
      estate.emulator.travel(7 * day)
    }
  })

  test('of list tells who manages a PAT and what is wrong with it', async () => {
    await estate.run('apply --json')
    const { json } = await estate.run('list --json')
    const shown = json.pats.map((pat: Record<string, unknown>) => [
      String(pat['displayName']).replace(/ \(patrol .*/, ' (marked)'),
      pat['managedBy'],
      pat['allOrganizations'],
      pat['findings'],
    ])
    expect(shown.sort()).toEqual([
      ['Dashboards', 'dashboards', false, []],
      ['Nightly build (marked)', 'nightly-build', false, []],
      ['Nightly build', 'nightly-build', false, []],
      ['Old laptop', undefined, true, ['global', 'full-scope']],
      ['Package feed (marked)', 'package-feed', false, []],
    ])
    const ends = json.pats.map(({ validTo }: { validTo: string }) => validTo)
    expect(ends).toEqual(ends.toSorted())
  })

  test('of migrate tells the entries that it proposes, and the configuration with them', async () => {
    const proposed = documentOf(await estate.run('migrate global --json'), 'migrate')
    expect(proposed).toMatchObject({ pats: [{ entries: [{ organization: 'contoso' }] }] })
    const configuration = readFileSync(estate.configFile, 'utf8')
    expect(JSON.stringify(proposed)).toContain(JSON.stringify(configuration).slice(1, -1))
    expect(proposed).not.toHaveProperty('written')
  })

  test('of list does not say that nobody manages what could not be looked at', async () => {
    await estate.run('apply --json')
    const management = async () => {
      const { pats } = documentOf(await estate.run('list --json'), 'list') as { pats: { management: string }[] }
      return pats.map((pat) => pat.management).sort()
    }
    expect(await management()).toEqual(['nobody', 'token', 'token', 'token', 'token'])
    const effect = { kind: 'status', status: 503 } as const
    const fault = estate.emulator.fault({ service: 'vault', times: Number.POSITIVE_INFINITY, effect })
    expect(new Set(await management())).toEqual(new Set(['unknown', 'token']))
    expect((await estate.run('list')).stdout).toContain('unknown')
    fault.cancel()
    estate.writeFile('other.yaml', (text) =>
      text.replace(/tokens:[\s\S]*/, 'tokens:\n  - name: x\n    scopes:\n      - vso.code\n'),
    )
    const { json } = await estate.run('list --json -c other.yaml')
    expect(json.pats.filter((pat: { management: string }) => pat.management === 'undeclared')).toHaveLength(2)
    expect((await estate.run('list -c other.yaml')).stdout).toContain('not declared here')
  })

  test('of status tells the store, the dates and what is superseded', async () => {
    await estate.run('apply --json')
    const { json } = await estate.run('status --json --only nightly-build')
    const [superseded] = estate.emulator.pats()
    expect(json.tokens).toMatchObject([
      {
        token: 'nightly-build',
        account: 'ci-bot',
        organization: 'contoso',
        method: 'rotate',
        state: 'healthy',
        store: { name: 'vault', secretName: 'nightly-build' },
        superseded: [{ authorizationId: superseded?.authorizationId }],
        deliveries: [],
      },
    ])
    const { validFrom, validTo, dueAt } = json.tokens[0]
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBeGreaterThan(29 * day)
    expect(Date.parse(dueAt)).toBeGreaterThan(Date.parse(validFrom) + 18 * day)
  })

  test('of status tells the version where the store does', async () => {
    await estate.stop()
    estate = await Estate.open()
    await estate.run('apply')
    const [version] = estate.emulator.vault('contoso').secrets['package-feed']?.versions ?? []
    expect((await estate.run('status --json')).json.tokens[0].store).toEqual({
      name: 'vault',
      secretName: 'package-feed',
      version: version?.id,
    })
  })

  test('of rotate and revoke are reports', async () => {
    await estate.run('apply --json')
    const rotated = documentOf(await estate.run('rotate package-feed --json --revoke-now'), 'rotate')
    expect(rotated).toMatchObject({ results: [{ kind: 'mint', reason: 'requested' }, { kind: 'revoke' }] })
    const id = estate.active().find(({ displayName }) => displayName === 'Dashboards')?.authorizationId ?? ''
    const revoked = documentOf(await estate.run(['revoke', id.toUpperCase(), '--json']), 'revoke')
    expect(revoked).toMatchObject({ results: [{ kind: 'revoke', status: 'done' }], summary: { done: 1 } })
    expect(estate.active().some(({ authorizationId }) => authorizationId === id)).toBe(false)
  })

  test('of what a person said no to is a report in which nothing was done', async () => {
    const no = { terminal: 'err', answer: 'no' } as const
    const report = documentOf(await estate.run('apply --json', no), 'apply')
    expect(report).toMatchObject({ refused: true, summary: { done: 0, failed: 0, skipped: 4 } })
    expect(estate.mutations()).toEqual([])
    await estate.run('apply --json')
    const mark = estate.emulator.requests().length
    const id = estate.active().find(({ displayName }) => displayName === 'Dashboards')?.authorizationId ?? ''
    const skipped = { refused: true, summary: { done: 0, failed: 0, skipped: 1 } }
    const asked = ['rotate package-feed --revoke-now', 'revoke package-feed', `revoke ${id}`]
    for (const words of asked) {
      const ended = await estate.run(`${words} --json`, no)
      expect(ended.code).toBe(1)
      expect(documentOf(ended, words.startsWith('rotate') ? 'rotate' : 'revoke'), words).toMatchObject(skipped)
    }
    expect(estate.mutations(mark)).toEqual([])
  })

  test('of a failure is an error with a remedy, and a report has failures of its own', async () => {
    estate.emulator.fault({
      service: 'vault',
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'status', status: 503 },
    })
    for (const command of ['plan', 'apply', 'status', 'list'] as const) {
      const ended = await estate.run(`${command} --json`)
      expect(ended.code).toBe(1)
      const { problems } = documentOf(ended, command) as { problems: readonly unknown[] }
      expect(problems.length).toBeGreaterThan(0)
    }
    for (const words of [
      'get package-feed',
      'rotate nothing-like-it',
      'revoke nothing-like-it',
      'aply',
      'plan --nope',
    ]) {
      documentOf(await estate.run(`${words} --json`), 'failure')
    }
  })

  test('of init has the configuration', async () => {
    const { configuration } = documentOf(await estate.run('init --json'), 'init') as { configuration: string }
    expect(configuration).toContain('version: 1')
  })

  test('of validate and of all others lists each fault of a configuration', async () => {
    documentOf(await estate.run('validate --json'), 'validate')
    writeFileSync(join(estate.directory, 'faulty.yaml'), 'version: 2\ntokens:\n  - name: Feed\n')
    const valid = await estate.run('validate --json -c faulty.yaml')
    expect(valid.code).toBe(2)
    expect(documentOf(valid, 'validate')).toMatchObject({ problems: expect.arrayContaining([expect.anything()]) })
    for (const command of ['plan', 'apply', 'status', 'list', 'get x', 'rotate x', 'revoke x']) {
      const ended = await estate.run(`${command} --json -c faulty.yaml`)
      expect(ended.code).toBe(2)
      expect(documentOf(ended, 'failure')).toMatchObject({ error: { code: 'config-invalid' } })
    }
  })

  test('of init holds the configuration that it would print', async () => {
    const { stdout } = await estate.run('init --organization fabrikam')
    const ended = await estate.run('init --organization fabrikam --json')
    expect(ended.json).toEqual({ version: 1, configuration: stdout })
  })

  test.each(templateMethods)('of init for an account that signs in by %s', async (method) => {
    const ended = await estate.run(`init --json --user build-bot@contoso.com --method ${method}`)
    expect(ended.json).toEqual({
      version: 1,
      configuration: initTemplate({ user: 'build-bot@contoso.com', method }),
    })
    expect(ended.json.configuration).toContain(`method: ${method}`)
  })

  test('of init without a name of a user in --user is a refusal', async () => {
    const ended = await estate.run('init --json --user build-bot')
    expect(ended.code).toBe(2)
    expect(documentOf(ended, 'failure')).toMatchObject({ error: { code: 'usage' } })
  })

  test('of the demonstration, which is for people, is a refusal', async () => {
    const ended = await estate.run('demo --json')
    expect(ended.code).toBe(2)
    expect(documentOf(ended, 'failure')).toMatchObject({ error: { code: 'usage' } })
  })

  test('of a configuration without a name is a refusal, because the variable that should name it may be empty', async () => {
    for (const words of [['--config='], ['-c', '']]) {
      const ended = await estate.run(['plan', '--json', ...words])
      expect(ended.code).toBe(2)
      expect(documentOf(ended, 'failure')).toMatchObject({ error: { code: 'usage' } })
    }
  })

  test('with --check tells by the exit code what a script needs to know', async () => {
    expect((await estate.run('plan --json --check --only package-feed')).code).toBe(3)
    expect((await estate.run('status --json --check --only package-feed')).code).toBe(3)
    await estate.run('apply --only package-feed --only nightly-build')
    expect(estate.emulator.vault('contoso').secrets).toHaveProperty('nightly-build')
    expect((await estate.run('plan --json --check --only package-feed')).code).toBe(0)
    expect((await estate.run('status --json --check --only package-feed')).code).toBe(0)
    estate.emulator.travel(27 * day)
    expect(await estate.run('status --json --check --only package-feed')).toMatchObject({
      code: 3,
      json: { tokens: [{ state: 'expiring' }] },
    })
    estate.emulator.travel(4 * day)
    expect(await estate.run('status --json --check --only package-feed')).toMatchObject({
      code: 3,
      json: { tokens: [{ state: 'expired' }] },
    })
  })
})
