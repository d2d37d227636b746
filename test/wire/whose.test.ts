import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { makeOldPat, makePat } from '../../src/emulator/azure-devops/pat-format.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { documents } from '../scripts/documents.ts'
import { Estate, owner, tenant } from '../support/estate.ts'

const day = 86_400_000
const ann = 'ann@contoso.example'

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

async function asked(input: string, options = '', code = 0) {
  const ended = await estate.run(`whose --json ${options}`, { input })
  expect(ended.code).toBe(code)
  return documents.whose.parse(ended.json)
}

const byHand = {
  owner,
  organization: 'contoso',
  displayName: 'By hand',
  scope: 'vso.code',
  validFrom: '-1d',
  validTo: '+9d',
}

/** An organization with two members, of whom some are its administrators. */
function two(administrators: readonly string[], pats: Fixture['pats'] = []): Fixture {
  return {
    tenants: [{ id: tenant, domains: ['contoso.example'] }],
    users: [owner, ann].map((upn) => ({ upn, tenant: 'contoso.example' })),
    organizations: [
      { name: 'contoso', tenant: 'contoso.example', members: [ann, owner], administrators: [...administrators] },
    ],
    vaults: [{ name: 'contoso', tenant: 'contoso.example', access: [{ principal: owner }] }],
    pats,
  }
}

function valueOf(displayName: string): string {
  return estate.emulator.pats().find((pat) => pat.displayName === displayName)?.value ?? ''
}

describe('what the stores hold', () => {
  test('whose knows the current value of a token, in whatever text it stands, and whether it lives', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const [pat] = estate.active()
    const value = pat?.value ?? ''
    const header = Buffer.from(`:${value}`).toString('base64')
    for (const text of [
      value,
      `git clone https://x:${value}@dev.azure.com/contoso`,
      `authorization: Basic ${header}`,
    ]) {
      expect((await asked(text)).values).toMatchObject([
        {
          ours: true,
          token: 'package-feed',
          authorizationId: pat?.authorizationId,
          organization: 'contoso',
          current: true,
          tried: [{ life: 'alive', account: 'ci-bot' }],
          command: 'patrol rotate package-feed --revoke-first --reason "it leaked"',
        },
      ])
    }
    expect((await estate.run('whose', { input: value })).stdout).toMatch(/patrol rotate package-feed --revoke-first/)
    await estate.run('rotate package-feed --revoke-now')
    const after = await asked(value)
    expect(after.disabledVersions).toBe(1)
    expect((await estate.run('whose', { input: value })).stderr).toContain('1 older version is disabled')
    const [ended] = after.values
    expect(ended).toMatchObject({ ours: false, tried: [{ life: 'refused' }] })
    expect(ended).not.toHaveProperty('command')
  })

  test.each(['vault', 'file'] as const)('whose knows an older value by its version, in a %s', async (store) => {
    estate = await Estate.open({ store })
    await estate.run('apply')
    const [old] = estate.active()
    estate.emulator.travel(21 * day)
    await estate.run('apply')
    expect((await asked(old?.value ?? '')).values).toMatchObject([
      {
        ours: true,
        token: 'package-feed',
        authorizationId: old?.authorizationId,
        generation: /\(patrol (\w+)\)/.exec(old?.displayName ?? '')?.[1],
        current: false,
        tried: [{ life: 'alive' }],
        command: `patrol revoke ${old?.authorizationId}`,
      },
    ])
    const { stdout } = await estate.run('whose', { input: old?.value ?? '' })
    expect(stdout).toMatch(/^the value is an older one of package-feed; it works in contoso\n/)
  })

  test('an older value whose PAT somebody else ended needs nothing any more', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const [old] = estate.active()
    await estate.run('rotate package-feed')
    estate.emulator.revokeOutside(old?.authorizationId ?? '', 'administrator')
    const [value] = (await asked(old?.value ?? '')).values
    expect(value).toMatchObject({ ours: true, current: false, tried: [{ life: 'refused' }] })
    expect(value).not.toHaveProperty('command')
  })

  test('a value that is refused lives all the same while its account lists it', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const effect = { kind: 'status', status: 403 } as const
    estate.emulator.fault({ service: 'connection-data', skip: 1, times: Number.POSITIVE_INFINITY, effect })
    const [value] = (await asked(estate.active()[0]?.value ?? '')).values
    expect(value).toMatchObject({ ours: true, tried: [{ life: 'alive' }], command: expect.stringContaining('rotate') })
  })

  test('a secret that no entry declares any more is known, and only revoked', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const [pat] = estate.active()
    const text = readFileSync(estate.configFile, 'utf8')
    writeFileSync(estate.configFile, text.replace('name: package-feed', 'name: another'))
    expect((await asked(pat?.value ?? '')).values).toMatchObject([
      { ours: true, token: 'package-feed', current: true, command: `patrol revoke ${pat?.authorizationId}` },
    ])
  })

  test('a store that is down is a failure that is told, and the rest goes on', async () => {
    estate = await Estate.open({ fixture: { pats: [byHand] } })
    const effect = { kind: 'status', status: 503 } as const
    estate.emulator.fault({ service: 'vault', times: Number.POSITIVE_INFINITY, effect })
    const { values, problems } = await asked(valueOf('By hand'), '', 1)
    expect(values).toMatchObject([{ ours: true, tried: [{ life: 'alive' }] }])
    expect(problems).toMatchObject([{ token: 'package-feed', code: 'store-unreachable' }])
  })
})

describe('what no store holds', () => {
  test('is known by the account that it works as, when nobody may look at the PATs of others', async () => {
    estate = await Estate.open({ fixture: { pats: [byHand] } })
    const input = `${valueOf('By hand')} and ${'b'.repeat(52)}`
    const { values, administration } = await asked(input)
    expect(values).toMatchObject([
      { ours: true, tried: [{ life: 'alive', account: 'ci-bot' }] },
      { ours: false, form: { kind: 'old' }, tried: [{ life: 'refused' }] },
    ])
    expect(values[0]).not.toHaveProperty('token')
    expect(administration).toMatchObject([{ organization: 'contoso', error: { code: 'access-denied' } }])
    const { stderr } = await estate.run('whose', { input })
    expect(stderr).toContain('contoso: account ci-bot may not see the PATs of others')
  })

  test('is known by its hash, with its id, where the account is an administrator', async () => {
    const theirs = { ...byHand, owner: ann, displayName: 'Of Ann' }
    estate = await Estate.open({
      fixture: two([owner], [byHand, theirs, { ...byHand, displayName: 'Ended', revoked: true }]),
    })
    const { values, administration } = await asked(['By hand', 'Of Ann', 'Ended'].map(valueOf).join('\n'))
    const idOf = (name: string) => estate.emulator.pats().find((pat) => pat.displayName === name)?.authorizationId
    expect(values).toMatchObject([
      {
        ours: true,
        authorizationId: idOf('By hand'),
        owner: { user: owner, organization: 'contoso', displayName: 'By hand', scopes: ['vso.code'], valid: true },
        command: `patrol revoke ${idOf('By hand')}`,
      },
      { ours: false, authorizationId: idOf('Of Ann'), owner: { user: ann, valid: true }, tried: [{ life: 'alive' }] },
      { ours: true, authorizationId: idOf('Ended'), owner: { valid: false }, tried: [{ life: 'refused' }] },
    ])
    expect(values.slice(1).every((value) => value.command === undefined)).toBe(true)
    expect(administration).toEqual([{ organization: 'contoso', account: 'ci-bot', members: 2 }])
    const { stdout } = await estate.run('whose', { input: valueOf('Of Ann') })
    expect(stdout).toContain('https://dev.azure.com/contoso/_usersSettings/tokens')
    expect(stdout).toContain('admin-revoke-user-pats')
  })

  test('is looked for among our own accounts first, and no further once it is found', async () => {
    estate = await Estate.open({ fixture: two([owner], [byHand]) })
    const { administration } = await asked(valueOf('By hand'), '--concurrency 1')
    const lists = estate.emulator.requests().filter(({ service }) => service === 'token-administration')
    expect(administration[0]?.members).toBe(1)
    expect(lists).toHaveLength(1)
    expect(lists[0]?.url).toContain('api-version=7.2-preview.1')
    expect((await asked(valueOf('By hand'), '--no-administration')).administration).toEqual([])
    const again = estate.emulator.requests().filter(({ service }) => service === 'token-administration')
    expect(again).toHaveLength(lists.length)
  })

  test('an administration that fails is told, and turns the exit code', async () => {
    estate = await Estate.open({ fixture: two([owner], [byHand]) })
    const effect = { kind: 'status', status: 500 } as const
    estate.emulator.fault({ service: 'graph', times: Number.POSITIVE_INFINITY, effect })
    const { values, administration } = await asked(valueOf('By hand'), '', 1)
    expect(values).toMatchObject([{ ours: true }])
    expect(administration).toMatchObject([{ members: 0, error: { code: 'service-unavailable' } }])
  })

  test('tells what it seems to be, by its form and its checksum', async () => {
    estate = await Estate.open()
    const good = makePat(Date.UTC(2026, 10, 1))
    const { values } = await asked(`${good}\n${good.slice(0, -4)}0000\n${makeOldPat()}`)
    expect(values.map(({ form }) => form)).toEqual([
      { kind: 'current', checksum: 'right', madeIn: '2026-11' },
      { kind: 'current', checksum: 'wrong', madeIn: '2026-11' },
      { kind: 'old', issuer: 'user' },
    ])
    const { stdout } = await estate.run('whose', { input: good })
    expect(stdout).toMatch(
      /of no account here.*\n.*84 characters\), made in 2026-11; its checksum is right\n.*ORGANIZATION.*\n.*administrator/,
    )
  })

  test.each(['another-secret-of-somebody', 'eyJhbGciOiJub25lIn0.e30.c2lnbmF0dXJl'])(
    'is shown to nobody when it is no PAT: %s',
    async (text) => {
      estate = await Estate.open()
      await estate.run('apply')
      const mark = estate.emulator.requests().length
      const { values } = await asked(text)
      expect(values).toMatchObject([{ ours: false, tried: [] }])
      const sent = estate.emulator
        .requests()
        .slice(mark)
        .filter(({ service }) => service === 'token-administration')
      expect(sent).toEqual([])
      expect((await estate.run('whose', { input: text })).stdout).toContain('it was tried nowhere')
    },
  )
})

describe('at a terminal', () => {
  test('the value is asked for without showing it, and a yes ends what leaked', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const [old] = estate.active()
    const ended = await estate.run('whose', { terminal: true, hidden: () => old?.value ?? '', answer: 'yes' })
    expect(ended.code).toBe(0)
    expect(ended.stderr).toContain('the leaked value (it is not shown): ')
    expect(ended.stderr).toContain('revoked before there is a new one')
    expect(ended.stderr).toContain('reason: it leaked')
    expect(estate.active().map(({ authorizationId }) => authorizationId)).not.toContain(old?.authorizationId)
    expect(estate.active()).toHaveLength(1)
    expect(estate.currentWorks('package-feed')).toBe(true)
  })

  test('an older value is ended alone, after a yes', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const [old] = estate.active()
    await estate.run('rotate package-feed')
    const ended = await estate.run('whose', { terminal: true, hidden: () => old?.value ?? '', answer: 'y' })
    expect(ended.code).toBe(0)
    expect(estate.active()).toHaveLength(1)
    expect(estate.currentWorks('package-feed')).toBe(true)
  })

  test('the current value and an older one of a token are both ended by its one rotation', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const old = estate.active()[0]?.value ?? ''
    await estate.run('rotate package-feed')
    const current = estate.active().find(({ value }) => value !== old)?.value ?? ''
    const ended = await estate.run('whose', { terminal: true, hidden: () => `${current} ${old}`, answer: 'yes' })
    expect(ended.stderr.match(/Go ahead/g)).toHaveLength(1)
    expect(ended.code).toBe(0)
    expect(estate.active()).toHaveLength(1)
    expect(estate.currentWorks('package-feed')).toBe(true)
  })

  test('nothing happens after a no, with --json, or for what is not ours', async () => {
    estate = await Estate.open()
    await estate.run('apply')
    const value = estate.active()[0]?.value ?? ''
    const mark = estate.emulator.requests().length
    const refused = await estate.run('whose', { terminal: true, hidden: () => value, answer: 'no' })
    expect(refused).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing was changed') })
    const json = await estate.run('whose --json', { terminal: true, hidden: () => value, answer: 'yes' })
    expect(json).toMatchObject({ code: 0, json: { values: [{ ours: true }] } })
    const others = await estate.run('whose', { terminal: true, hidden: makeOldPat, answer: 'yes' })
    expect(others).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Go ahead') })
    expect(estate.mutations(mark)).toEqual([])
  })

  test('nothing is read that would show while it is typed', async () => {
    estate = await Estate.open()
    const ended = await estate.run('whose --json', { terminal: 'in', input: makeOldPat() })
    expect(ended).toMatchObject({
      code: 2,
      json: { error: { message: expect.stringMatching(/would show what is typed/) } },
    })
  })

  test('no answer is no value', async () => {
    estate = await Estate.open()
    const ended = await estate.run('whose --json', { terminal: true })
    expect(ended).toMatchObject({ code: 2, json: { error: { message: 'nothing was given' } } })
  })
})

test('--check tells by its exit code that something must be done', async () => {
  estate = await Estate.open({ fixture: two([owner], [{ ...byHand, owner: ann }]) })
  await estate.run('apply')
  await asked(estate.active().find(({ displayName }) => displayName.startsWith('Package'))?.value ?? '', '--check', 3)
  await asked(valueOf('By hand'), '--check', 3)
  await asked(makeOldPat(), '--check', 0)
})

test('whose refuses text without a value, and a value among its words', async () => {
  estate = await Estate.open()
  expect(await estate.run('whose --json', { input: 'nothing here' })).toMatchObject({ code: 2 })
  expect(await estate.run('whose a-value --json')).toMatchObject({ code: 2 })
})

test('the command names the configuration that was asked for', async () => {
  estate = await Estate.open()
  await estate.run('apply')
  estate.writeFile('other file.yaml', (text) => text)
  const input = estate.active()[0]?.value ?? ''
  const ended = await estate.run(['whose', '--config', 'other file.yaml', '--json'], { input })
  expect(documents.whose.parse(ended.json).values[0]?.command).toMatch(/ --config "other file\.yaml"$/)
})

test('a value whose PAT was just revoked may be one of those that were ended, and is not called a stranger’s', async () => {
  estate = await Estate.open()
  await estate.run('apply')
  const value = estate.active()[0]?.value ?? ''
  await estate.run('revoke package-feed')
  const { values } = await asked(value)
  expect(values).toMatchObject([{ ours: false, mayBeEnded: 1, tried: [{ life: 'refused' }] }])
  const told = await estate.run('whose', { input: value })
  expect(told.stdout).toContain('may be the one of a token here that was ended')
  expect(told.stdout).not.toContain('of no account here')
})

test.each(['a line of a log, and nothing else\n', ''])(
  '--check finds nothing in a clean text, and is content: %j',
  async (text) => {
    estate = await Estate.open()
    const told = await estate.run('whose --check', { input: text })
    expect(told).toMatchObject({ code: 0, stdout: 'nothing in it has the form of a PAT\n' })
    expect((await asked(text, '--check')).values).toEqual([])
    expect(estate.emulator.requests()).toEqual([])
    expect(await estate.run('whose', { input: text })).toMatchObject({ code: 2 })
  },
)
