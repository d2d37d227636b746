import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { documents } from '../scripts/documents.ts'
import { Estate, owner, packageFeed, tenant } from '../support/estate.ts'

const day = 86_400_000
const startAt = Date.UTC(2026, 10, 20, 12)
const id = 'a0000000-0000-4000-8000-000000000001'

const fixture: Fixture = {
  tenants: [{ id: tenant, domains: ['contoso.example'] }],
  users: [{ upn: owner, tenant: 'contoso.example' }],
  clients: [],
  organizations: ['contoso', 'fabrikam'].map((name) => ({ name, tenant: 'contoso.example', members: [owner] })),
  vaults: [{ name: 'contoso', tenant: 'contoso.example', access: [{ principal: owner }] }],
  pats: [
    {
      authorizationId: id,
      owner,
      organization: 'contoso',
      displayName: 'Old laptop',
      scope: 'vso.code_manage',
      validTo: '+60d',
      allOrgs: true,
    },
  ],
}

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

async function open(): Promise<Estate> {
  estate = await Estate.open({ at: startAt, fixture, tokens: packageFeed })
  return estate
}

const configuration = (): string => readFileSync(estate.configFile, 'utf8')
const works = (): boolean =>
  estate.emulator.pats().some((pat) => pat.authorizationId === id && pat.revokedAt === undefined)

describe('a PAT for all organizations', () => {
  test('is proposed a successor for each organization that its account belongs to, and nothing is changed', async () => {
    await open()
    const before = configuration()
    const { code, json, stderr } = await estate.run('migrate global --narrow write --json')
    expect({ code, stderr: stderr.includes('error') }).toEqual({ code: 0, stderr: false })
    expect(json).toMatchObject({
      version: 1,
      globalPatsEndAt: '2026-12-01T00:00:00.000Z',
      daysLeft: 10,
      pats: [
        {
          authorizationId: id,
          displayName: 'Old laptop',
          scopes: ['vso.code_manage'],
          entries: [
            { name: 'old-laptop-contoso', organization: 'contoso', scopes: ['code.write'], replaces: id },
            { name: 'old-laptop-fabrikam', organization: 'fabrikam', scopes: ['code.write'], replaces: id },
          ],
          declared: [],
        },
      ],
      problems: [],
    })
    expect(json.configuration.startsWith(before)).toBe(true)
    const proposed = await estate.run('migrate global --narrow write --revoke-replaced')
    expect(proposed.stdout).toContain(
      '2 entries proposed; `patrol migrate global --in-place --narrow write --revoke-replaced` writes them',
    )
    expect(configuration()).toBe(before)
    const { stdout } = await estate.run('migrate global')
    expect(stdout).toContain('1 PAT for all organizations; they stop on 1 December 2026, in 10 days')
    expect(stdout).toContain('+  - name: old-laptop-fabrikam\n')
    expect(stdout).toContain('Who uses it, and where?')
  })

  test('is replaced by apply and revoked when the last successor is in place for the overlap', async () => {
    await open()
    const written = await estate.run('migrate global --in-place --revoke-replaced')
    expect(written).toMatchObject({ code: 0 })
    expect(written.stdout).toContain('wrote 2 entries')
    expect(await estate.run('apply')).toMatchObject({ code: 0 })
    expect(await estate.hands('old-laptop-contoso')).toBe(true)
    expect(await estate.hands('old-laptop-fabrikam')).toBe(true)
    expect(works()).toBe(true)
    const waiting = await estate.run('plan --json')
    expect(waiting.json.scheduled).toContainEqual(
      expect.objectContaining({ token: 'old-laptop-contoso', kind: 'revoke', reason: 'replaced', authorizationId: id }),
    )
    await expectExplained()
    estate.emulator.travel(day)
    await estate.run('apply')
    expect(works()).toBe(true)
    estate.emulator.travel(1.1 * day)
    const ready = documents.status.parse((await estate.run('status --json')).json)
    expect(ready.replaced).toMatchObject([{ authorizationId: id, state: 'ready' }])
    const ended = await estate.run('apply --json')
    expect(ended.json.results).toMatchObject([
      { kind: 'revoke', reason: 'replaced', authorizationId: id, status: 'done' },
    ])
    expect(works()).toBe(false)
    expect(await estate.hands('old-laptop-fabrikam')).toBe(true)
    const again = await estate.run('migrate global')
    expect(again.stdout).toBe('no PATs for all organizations\n')
    expect((await estate.run('status --json')).json.replaced).toEqual([])
    expect((await estate.run('explain old-laptop-contoso')).stdout).toContain(
      'not in the list of contoso, fabrikam: it has ended, or works in another organization',
    )
  })

  test('is told of with the days that are left by list and status, and by migrate once its successors are declared', async () => {
    await open()
    const listed = await estate.run('list')
    expect(listed.stdout).toContain('1 PAT for all organizations stops on 1 December 2026, in 10 days')
    const status = await estate.run('status --json')
    expect(status.json.globalPats).toEqual([
      {
        authorizationId: id,
        displayName: 'Old laptop',
        account: 'ci-bot',
        stopsAt: '2026-12-01T00:00:00.000Z',
        daysLeft: 10,
      },
    ])
    await estate.run('migrate global --in-place')
    const again = await estate.run('migrate global')
    expect(again.stdout).toContain('2 successors declared')
    expect(again.stdout).toContain('nothing to add')
  })
})

/** Whichever of the two is asked: both say what the PAT waits for. */
async function expectExplained(): Promise<void> {
  for (const name of ['old-laptop-contoso', 'old-laptop-fabrikam']) {
    const { replaces } = documents.explain.parse((await estate.run(`explain ${name} --json`)).json)
    expect(replaces).toMatchObject([
      {
        authorizationId: id,
        displayName: 'Old laptop',
        allOrganizations: true,
        replacedBy: ['old-laptop-contoso', 'old-laptop-fabrikam'],
        state: 'waiting',
        gate: [
          { token: 'old-laptop-contoso', role: 'successor', met: false, message: 'the overlap has not passed' },
          { token: 'old-laptop-fabrikam', role: 'successor', met: false, opensAt: expect.any(String) },
        ],
      },
    ])
    const { stdout } = await estate.run(`explain ${name}`)
    expect(stdout).toContain(`may the PAT that it replaces go? Old laptop ${id}`)
    expect(stdout).toMatch(/old-laptop-fabrikam +replaces it +not yet +the overlap has not passed; in 2d/)
  }
  const { stdout } = await estate.run('status')
  expect(stdout).toMatch(
    /Old laptop +a0000000-\S+ +old-laptop-contoso, old-laptop-fabrikam +waits: for old-laptop-contoso, the overlap/,
  )
}

describe('the entries', () => {
  test('are shown to a person, who may say no', async () => {
    await open()
    const before = configuration()
    const refused = await estate.run('migrate global --in-place', { terminal: true, answer: 'n' })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('+  - name: old-laptop-contoso')
    expect(refused.stderr).toContain('nothing was changed')
    expect(configuration()).toBe(before)
    const agreed = await estate.run('migrate global --in-place', { terminal: true, answer: 'y' })
    expect(agreed.code).toBe(0)
    expect(configuration()).toContain('- name: old-laptop-contoso')
  })

  test('go into a new file, and never over one that is there', async () => {
    await open()
    const output = join(estate.directory, 'new.yaml')
    expect(await estate.run(['migrate', 'global', '--output', output])).toMatchObject({ code: 0 })
    expect(readFileSync(output, 'utf8')).toContain('- name: old-laptop-fabrikam')
    const again = await estate.run(['migrate', 'global', '--output', output])
    expect(again.code).toBe(2)
    expect(again.stderr).toContain('there is one already')
  })

  test('are those of the organizations of the configuration where the sign-in may not ask for others', async () => {
    await open()
    const effect = 'unauthorized-json'
    estate.emulator.fault({ service: 'accounts', pathIncludes: 'profiles/me', times: Infinity, effect })
    const { code, json } = await estate.run('migrate global --json')
    expect(code).toBe(0)
    expect(json.pats[0].entries.map(({ organization }: { organization: string }) => organization)).toEqual(['contoso'])
    expect(json.pats[0].questions.join('\n')).toContain('Are there more organizations than contoso?')
  })
})

test.each([
  ['--account nobody', 'there is no account named nobody'],
  ['--store nowhere', 'there is no store named nowhere'],
  ['--output x.yaml --in-place', 'are two different things'],
])('migrate global %s is refused', async (words, message) => {
  await open()
  const { code, stderr } = await estate.run(`migrate global ${words}`)
  expect(code).toBe(2)
  expect(stderr).toContain(message)
})
