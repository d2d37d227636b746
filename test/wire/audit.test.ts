import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { findingNames } from '../../src/core/audit/finding-kind.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { auditFixture, openAuditEstate, startAt } from '../support/audit-estate.ts'
import { type CallOptions, type Ended, Estate, owner, tenant } from '../support/estate.ts'

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const names = ({ json }: Ended): readonly string[] => json.findings.map(({ name }: { name: string }) => name)
const patNames = ({ json }: Ended): readonly string[] =>
  json.pats.map(({ displayName }: { displayName: string }) => displayName)

async function audit(words = '', options: CallOptions = {}): Promise<Ended> {
  return estate.run(`audit --json ${words}`, options)
}

const rule = 'tokens:\n  - match: "Nightly*"\n    method: renew\n'

/** Only what a rule makes of PATs, so that nothing has to be created first. */
const open = (fixture: Fixture = auditFixture, tokens = rule) =>
  Estate.open({ at: startAt, fixture, tokens }).then((one) => (estate = one))

function sent(service: string, mark = 0): number {
  return estate.emulator
    .requests()
    .slice(mark)
    .filter((one) => one.service === service).length
}

describe('an audit', () => {
  test('finds every finding', async () => {
    estate = await openAuditEstate()
    const found = names(await audit('--organization-wide --values'))
    expect([...new Set(found)].sort()).toEqual([...findingNames].sort())
  })

  test('changes nothing, and reads no value unless asked to', async () => {
    estate = await openAuditEstate()
    const before = JSON.stringify(estate.emulator.pats())
    const mark = estate.emulator.requests().length
    await audit('--organization-wide --owners')
    const asked = estate.emulator.requests().slice(mark)
    expect(asked.filter(({ service, method }) => service !== 'entra' && method !== 'GET')).toEqual([])
    expect(JSON.stringify(estate.emulator.pats())).toBe(before)
    expect(names(await audit('--organization-wide --owners'))).not.toContain('old-format')
  })

  test('of own accounts looks into every organization that they belong to, and at nobody else', async () => {
    await open()
    const ended = await audit()
    expect(ended.code).toBe(0)
    expect(ended.json.organizations).toEqual(['contoso', 'fabrikam'])
    expect(patNames(ended)).toContain('Elsewhere')
    expect(patNames(ended)).not.toContain('Of Ann')
    expect(sent('graph') + sent('token-administration')).toBe(0)
  })

  test('goes on when the organizations cannot be told, and says so', async () => {
    await open()
    estate.emulator.fault({ service: 'accounts', times: Number.POSITIVE_INFINITY, effect: 'unauthorized-json' })
    const ended = await audit()
    expect(ended.code).toBe(0)
    expect(ended.json.organizations).toEqual(['contoso'])
    expect(ended.json.limits).toEqual([
      expect.stringMatching(/^account ci-bot was looked at only in organizations that/),
    ])
  })

  test('tells of an organization that cannot be read, and of all others', async () => {
    await open()
    const effect = { kind: 'status', status: 403 } as const
    estate.emulator.fault({ service: 'pats', pathIncludes: 'fabrikam', times: Number.POSITIVE_INFINITY, effect })
    const ended = await audit()
    expect(ended.code).toBe(1)
    expect(ended.json.complete).toBe(false)
    expect(ended.json.problems).toMatchObject([{ token: 'ci-bot in fabrikam', code: 'access-denied' }])
    expect(patNames(ended)).toContain('Old laptop')
  })
})

describe('an audit of everybody', () => {
  test('is for administrators; others get what they may see', async () => {
    await open({
      ...auditFixture,
      organizations: auditFixture.organizations?.map((one) => ({ ...one, administrators: [] })) ?? [],
    })
    const ended = await audit('--organization-wide')
    expect(ended.code).toBe(1)
    expect(ended.json.problems).toMatchObject([
      { token: 'contoso', code: 'access-denied', remedy: expect.stringContaining('Project Collection Administrator') },
    ])
    expect(patNames(ended)).toContain('Old laptop')
    expect(ended.json.administered).toEqual([])
    expect((await estate.run('audit --organization-wide')).stdout).not.toContain('(everybody in')
    // What fails for one fails for all: nobody asks for each of them.
    expect(sent('token-administration')).toBeLessThanOrEqual(2 * 2 * 3)
  })

  test('finds disabled owners where it is told to ask', async () => {
    await open()
    estate.emulator.changeUser('ann@contoso.example', { enabled: false })
    const disabled = (ended: Ended) =>
      ended.json.findings
        .filter(({ name }: { name: string }) => name === 'owner-disabled')
        .map((finding: { owner: string }) => finding.owner)
    expect(disabled(await audit('--organization-wide'))).toEqual(['left@contoso.example'])
    expect(disabled(await audit('--organization-wide --owners'))).toEqual([
      'ann@contoso.example',
      'left@contoso.example',
    ])
  })

  test.each([
    { graphPageSize: 1, administrationPageSize: 1 },
    { administrationInstants: 'bare' },
    { administratorsSee: 'active' },
    { disabledMember: 'active' },
  ] as const)('is the same with %j', async (switches) => {
    await open()
    const plain = await audit('--organization-wide')
    estate.emulator.set(switches)
    expect((await audit('--organization-wide')).json.pats).toEqual(plain.json.pats)
  })

  test('tells of a user whose PATs cannot be read, and of all others', async () => {
    await open()
    const effect = { kind: 'status', status: 500 } as const
    estate.emulator.fault({ service: 'token-administration', times: 4, effect })
    const ended = await audit('--organization-wide --concurrency 1')
    expect(ended.code).toBe(1)
    expect(ended.json.problems).toMatchObject([{ token: `${owner} in contoso`, code: 'service-unavailable' }])
    expect(patNames(ended)).toContain('Of Ann')
  })
})

const crowded: Fixture = {
  ...auditFixture,
  pats: [],
  users: [{ upn: owner, tenant: 'contoso.example' }],
  tenants: [{ id: tenant, domains: ['contoso.example'] }],
  organizations: [{ name: 'contoso', tenant: 'contoso.example', members: [owner], administrators: [owner] }],
  crowds: [{ organization: 'contoso', users: 40, pats: 100, upn: 'user-{n}@contoso.example', displayName: 'PAT {n}' }],
}

describe('an audit that is interrupted', () => {
  const everybody = '--organization-wide --concurrency 2 --resume audit.progress'

  test('goes on where it was, asks nobody twice, and leaves no progress behind', async () => {
    await open(crowded)
    estate.emulator.set({ graphPageSize: 7 })
    const whole = await audit('--organization-wide')
    const plain = [sent('token-administration'), sent('graph')]
    const stop = new AbortController()
    const hold = estate.emulator.fault({ service: 'token-administration', skip: 18, effect: 'block' })
    void hold.whenFired().then(() => {
      stop.abort('SIGINT')
      hold.release()
    })
    const mark = estate.emulator.requests().length
    const first = await audit(everybody, { stop: stop.signal })
    expect(first.code).toBe(130)
    expect(first.json.error).toMatchObject({
      code: 'interrupted',
      remedy: expect.stringContaining('goes on where it was'),
    })
    const asked = sent('token-administration', mark)
    expect(asked).toBeLessThan(30)
    const second = await audit(everybody)
    expect(second.code).toBe(0)
    expect(second.json.pats).toEqual(whole.json.pats)
    expect(second.json.findings).toEqual(whole.json.findings)
    expect(sent('token-administration', mark)).toBe(plain[0])
    expect(sent('graph', mark)).toBeLessThanOrEqual((plain[1] ?? 0) + 1)
    expect(existsSync(join(estate.directory, 'audit.progress'))).toBe(false)
  })

  test.each([0, 1, 17, 30, 40])(
    'goes on after it was killed at PATs of user %i, as if nothing had been',
    async (skip) => {
      await open(crowded)
      estate.emulator.set({ graphPageSize: 7 })
      const whole = await audit('--organization-wide')
      const hold = estate.emulator.fault({ service: 'token-administration', skip, effect: 'block' })
      const { child, ended } = estate.start(`audit ${everybody}`)
      await hold.whenFired()
      child.kill('SIGKILL')
      await ended
      hold.cancel()
      const progress = readFileSync(join(estate.directory, 'audit.progress'), 'utf8')
      for (const secret of estate.emulator.secrets()) expect(progress).not.toContain(secret)
      const mark = estate.emulator.requests().length
      const second = await audit(everybody)
      expect(second.code).toBe(0)
      const { auditedAt: _, ...same } = whole.json
      expect(second.json).toMatchObject(same)
      // What was asked for by two at once and not yet written down is asked for again.
      expect(sent('token-administration', mark)).toBeLessThanOrEqual(41 - skip + 2)
    },
  )

  test('is not gone on with when a line of its progress is damaged', async () => {
    await open(crowded)
    const hold = estate.emulator.fault({ service: 'token-administration', skip: 9, effect: 'block' })
    const { child, ended } = estate.start(`audit ${everybody}`)
    await hold.whenFired()
    child.kill('SIGKILL')
    await ended
    hold.cancel()
    const file = join(estate.directory, 'audit.progress')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"state":"unknown"', '"state":"unkn'))
    const mark = estate.emulator.requests().length
    const second = await audit(everybody)
    expect(second.code).toBe(2)
    expect(second.json.error).toMatchObject({
      message: `line 2 of ${file} is damaged: it is not JSON`,
      remedy: 'Remove the file: the audit then begins anew.',
    })
    expect(sent('token-administration', mark)).toBe(0)
  })

  test('begins the list of users anew when the service forgot where it was, and asks nobody twice', async () => {
    await open(crowded)
    estate.emulator.set({ graphPageSize: 7 })
    const hold = estate.emulator.fault({ service: 'token-administration', skip: 18, effect: 'block' })
    const stop = new AbortController()
    void hold.whenFired().then(() => {
      stop.abort('SIGINT')
      hold.release()
    })
    await audit(everybody, { stop: stop.signal })
    const asked = sent('token-administration')
    estate.emulator.fault({
      service: 'graph',
      effect: { kind: 'status', status: 400, body: '{"message":"no such token"}' },
    })
    const second = await audit(everybody)
    expect(second.code).toBe(0)
    expect(second.json.summary.pats).toBe(100)
    expect(sent('token-administration')).toBe(41)
    expect(asked).toBeLessThan(41)
  })

  test('keeps to the pace that the service asks for', async () => {
    await open(crowded)
    estate.emulator.fault({
      service: 'token-administration',
      skip: 5,
      times: 3,
      effect: { kind: 'throttle-429', retryAfter: 20 },
    })
    const before = estate.emulator.now()
    const ended = await audit('--organization-wide')
    expect(ended.json.summary.pats).toBe(100)
    expect(estate.emulator.now() - before).toBeGreaterThanOrEqual(20_000)
  })
})

describe('a check', () => {
  test.each<[string, number]>([
    ['', 0],
    ['--check', 3],
    ['--fail-on high', 3],
    ['--check --fail-on info', 3],
  ])('%s ends with %i', async (words, code) => {
    await open()
    expect((await audit(words)).code).toBe(code)
  })

  test('passes when nothing is bad enough, or what is, is waived', async () => {
    await open({
      ...auditFixture,
      pats: auditFixture.pats?.filter(({ displayName }) => displayName === 'Old laptop') ?? [],
    })
    expect((await audit('--check')).code).toBe(3)
    estate.writeFile(
      'patrol.yaml',
      (text) =>
        `${text}audit:\n  waivers:\n    - finding: PATROL001\n      owner: "*"\n      reason: known\n      until: 2999-12-31\n`,
    )
    expect((await audit('--check')).code).toBe(0)
    expect((await audit('--fail-on low')).code).toBe(3)
  })

  test('with an earlier audit fails for what is new alone', async () => {
    await open()
    await estate.run('audit --json --output audit.json')
    const same = await audit('--check --since audit.json')
    expect(same.code).toBe(0)
    expect(same.json.since).toMatchObject({ newPats: [], gonePats: [], newFindings: [], goneFindings: [] })
    const { emulator } = estate
    emulator.createPat(owner, {
      displayName: 'Fresh',
      scope: 'app_token',
      organization: 'contoso',
      validTo: emulator.now() + 86_400_000 * 30,
    })
    const forgotten = emulator.pats().find(({ displayName }) => displayName === 'Forgotten')
    emulator.revokeOutside(forgotten?.authorizationId ?? '', 'owner')
    const later = await audit('--check --since audit.json')
    expect(later.code).toBe(3)
    const told = (list: readonly { displayName: string }[]) => list.map(({ displayName }) => displayName)
    expect(told(later.json.since.newPats)).toEqual(['Fresh'])
    expect(told(later.json.since.gonePats)).toEqual(['Forgotten'])
    expect(later.json.since.newFindings).toHaveLength(2)
    expect(told(later.json.findings.filter((finding: { new: boolean }) => finding.new))).toEqual(['Fresh', 'Fresh'])
  })
})

describe('is refused before anything is asked', () => {
  test.each<[string, string]>([
    ['--resume file', '--resume goes with --organization-wide'],
    ['--owners', '--owners goes with --organization-wide'],
    ['--since missing.json', 'missing.json cannot be read: there is none'],
    ['--since patrol.yaml', 'patrol.yaml is not JSON'],
    ['--format csv', '--json and --format csv are two different things'],
    ['--format yaml', "argument 'yaml' is invalid"],
  ])('%s', async (words, why) => {
    await open()
    const ended = await audit(words)
    expect(ended.code).toBe(2)
    expect(ended.json.error.message).toContain(why)
    expect(estate.emulator.requests()).toEqual([])
  })

  test('an earlier audit of another kind', async () => {
    await open()
    await estate.run('audit --json --output audit.json')
    const ended = await audit('--organization-wide --since audit.json')
    expect(ended.code).toBe(2)
    expect(ended.json.error.message).toBe('the earlier audit was of own accounts, and this one is of everybody')
    const broken = await estate.run('list --json')
    estate.writeFile('list.json', () => broken.stdout)
    expect((await audit('--since list.json')).json.error.message).toContain(
      'list.json is not the JSON of an audit (kind',
    )
  })
})

test('a report goes into a file, whole, and a person is told what is in it', async () => {
  await open()
  const ended = await estate.run('audit --format csv --output report.csv')
  expect(ended.stdout).toBe('')
  expect(ended.stderr).toMatch(/wrote report\.csv: \d+ findings: 2 high/)
  expect(estate.take('report.csv')).toMatch(/^severity,id,finding,/)
  const before = estate.emulator.requests().length
  const refused = await estate.run('audit --output missing/report.txt')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('(ENOENT)')
  expect(estate.emulator.requests()).toHaveLength(before)
})

describe('a policy that cuts lives', () => {
  const shorter = (ended: Ended) =>
    ended.json.findings.filter(({ name }: { name: string }) => name === 'shorter-than-declared')

  test.each([
    ['30d', 1],
    ['max', 0],
  ])('is told of for lifetime: %s', async (lifetime, expected) => {
    const tokens = `tokens:\n  - name: feed\n    scopes:\n      - vso.packaging\n    lifetime: ${lifetime}\n    renewBefore: 33%\n`
    estate = await Estate.open({ at: startAt, fixture: auditFixture, tokens })
    estate.emulator.set({ policies: { maxLifespanDays: 7 } })
    expect((await estate.run('apply')).code).toBe(0)
    const found = shorter(await audit())
    expect(found).toHaveLength(expected)
    if (expected > 0)
      expect(found[0].message).toContain(
        'that of token feed was granted 7d from its creation of the 30d asked for: the policy "Enforce maximum personal access token lifespan" cut it',
      )
  })
})
