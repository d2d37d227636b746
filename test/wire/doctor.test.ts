import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { closedPort, connectProxy } from '../adapters/support/servers.ts'
import { documents } from '../scripts/documents.ts'
import { generateIdentity } from 'age-encryption'
import { keptIn, loginByCode } from '../support/kept-sign-in.ts'
import { type CallOptions, type Ended, Estate, type EstateOptions, owner } from '../support/estate.ts'

const minute = 60_000

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

interface Seen {
  readonly check: string
  readonly result: string
  readonly message: string
  readonly remedy?: string
  readonly code?: string
  readonly account?: string
  readonly organization?: string
  readonly store?: string
  readonly host?: string
}

async function doctor(words = '', options: CallOptions = {}): Promise<Ended & { readonly checks: readonly Seen[] }> {
  const ended = await estate.run(`doctor --json ${words}`, options)
  documents.doctor.parse(ended.json)
  return { ...ended, checks: ended.json.checks }
}

/** `sign-in failed`, in the order of the checks, without what is well. */
function unwell(checks: readonly Seen[]): readonly string[] {
  return checks.filter(({ result }) => result !== 'ok').map(({ check, result }) => `${check} ${result}`)
}

function only(checks: readonly Seen[], name: string): Seen {
  const found = checks.filter(({ check }) => check === name)
  expect(found).toHaveLength(1)
  return found[0] as Seen
}

const notWritten = ['create-pat skipped', 'write-store skipped']

async function open(options: EstateOptions = {}): Promise<void> {
  estate = await Estate.open(options)
}

describe('where all is well', () => {
  test('of one account: the store of its sign-in is looked at, too', async () => {
    await open(keptIn('file'))
    const environment = { PATROL_AGE_IDENTITY: await generateIdentity() }
    expect((await loginByCode(estate, {}, { environment })).code).toBe(0)
    const { checks } = await doctor('ci-bot', { environment })
    const stores = checks.filter(({ check }) => check === 'read-store').map(({ store, result }) => `${store} ${result}`)
    expect(stores).toEqual(['local ok', 'vault ok'])
  })

  test('it says so, looks at everything, and changes nothing', async () => {
    await open()
    const { code, checks } = await doctor()
    expect(code).toBe(0)
    expect(unwell(checks)).toEqual(['secret-files skipped', ...notWritten])
    expect(checks.map(({ check }) => check)).toEqual([
      'configuration',
      'configuration',
      'secret-files',
      'proxy',
      'dns',
      'tls',
      'dns',
      'tls',
      'dns',
      'tls',
      'dns',
      'tls',
      'clock',
      'sign-in',
      'user',
      'list-pats',
      'create-pat',
      'read-store',
      'list-store',
      'write-store',
    ])
    expect(estate.mutations()).toEqual([])
  })

  test('with --write it also creates a PAT and writes a secret, and removes both', async () => {
    await open()
    const { code, checks } = await doctor('--write')
    expect(code).toBe(0)
    expect(unwell(checks)).toEqual(['secret-files skipped'])
    expect(estate.active()).toEqual([])
    expect(estate.emulator.pats()).toMatchObject([{ displayName: expect.stringMatching(/^Patrol doctor \(patrol /) }])
    const secret = estate.emulator.vault('contoso').secrets['patrol-doctor-probe']
    expect(secret?.deletedAt).toBeDefined()
    // What it deleted is used again, so that repeated trials do not litter.
    expect((await doctor('--write')).code).toBe(0)
    expect(Object.keys(estate.emulator.vault('contoso').secrets)).toEqual(['patrol-doctor-probe'])
  })

  test('a probe is nothing that plan or a rule for everything would take for its own', async () => {
    await open({ tokens: 'tokens:\n  - match: "*"\n    method: renew\n' })
    const fault = estate.emulator.fault({ service: 'pats', method: 'DELETE', times: Infinity, effect: 'drop' })
    expect((await doctor('--write')).code).toBe(1)
    fault.cancel()
    const { json } = await estate.run('plan --json')
    expect(json.actions).toEqual([])
    expect(estate.active()).toHaveLength(1)
  })

  test('several accounts and organizations are looked at, or one of them', async () => {
    await open({
      fixture: {
        organizations: ['contoso', 'fabrikam'].map((name) => ({ name, tenant: 'contoso.example', members: [owner] })),
      },
      tokens: `tokens:
  - match: "*"
    method: renew
    organizations: [contoso, fabrikam]
`,
      rewrite: (text) =>
        text.replace(
          'accounts:\n',
          'accounts:\n  other:\n    tenant: contoso.example\n    user: other@contoso.example\n    signIn:\n      method: access-token\n      token: ${OTHER}\n',
        ),
    })
    const environment = { OTHER: 'of-another-service' }
    const all = await doctor('', { environment })
    expect(all.checks.filter(({ check }) => check === 'list-pats')).toMatchObject([
      { account: 'ci-bot', organization: 'contoso', result: 'ok' },
      { account: 'ci-bot', organization: 'fabrikam', result: 'ok' },
    ])
    expect(all.checks.filter(({ check }) => check === 'sign-in').map(({ account }) => account)).toEqual([
      'other',
      'ci-bot',
    ])
    const one = await doctor('ci-bot', { environment })
    expect(one.checks.filter(({ check }) => check === 'sign-in').map(({ account }) => account)).toEqual(['ci-bot'])
    expect(one.checks.filter(({ store }) => store !== undefined)).toEqual([])
    expect(await estate.run('doctor ci-bt', { environment })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean ci-bot?'),
    })
  })

  test('flags beside a configuration are a fault that is shown like one', async () => {
    await open()
    const { code, checks } = await doctor('--organization contoso')
    expect(code).toBe(2)
    expect(checks[0]).toMatchObject({
      check: 'configuration',
      result: 'failed',
      message: expect.stringContaining('--organization cannot stand beside'),
    })
  })
})

describe('the configuration', () => {
  test('with faults shows all of them, and nothing else is looked at', async () => {
    await open({ rewrite: (text) => text.replace('store: vault', 'store: valut').replace('scopes:', 'scops:') })
    const { code, checks } = await doctor()
    expect(code).toBe(2)
    expect(checks.filter(({ check }) => check === 'configuration').length).toBeGreaterThan(1)
    expect(checks.filter(({ check }) => check !== 'configuration').every(({ result }) => result === 'skipped')).toBe(
      true,
    )
    expect(estate.emulator.requests()).toEqual([])
  })

  test('warnings do not fail, unless --strict says so', async () => {
    await open({ rewrite: (text) => text.replace('vso.packaging_write', 'vso.quantum') })
    const lenient = await doctor()
    expect(lenient.code).toBe(0)
    expect(unwell(lenient.checks)).toContain('configuration warning')
    expect((await doctor('--strict')).code).toBe(1)
  })

  test('a proxy variable that is no address is a fault that is shown like one', async () => {
    await open()
    const { code, checks } = await doctor('', { environment: { HTTPS_PROXY: 'ftp://proxy' } })
    expect(code).toBe(2)
    expect(checks.find(({ result }) => result === 'failed')?.message).toContain('HTTPS_PROXY')
  })

  test('a file with a secret that others can read is a warning with the command that mends it', async () => {
    await open({ rewrite: (text) => text.replace('${USER_PASSWORD}', '${file:./password}') })
    const file = join(estate.directory, 'password')
    writeFileSync(file, estate.emulator.password(owner), { mode: 0o644 })
    chmodSync(file, 0o644)
    try {
      expect(only((await doctor()).checks, 'secret-files')).toMatchObject({
        result: 'warning',
        remedy: `chmod 600 ${file}`,
      })
      chmodSync(file, 0o600)
      expect(only((await doctor()).checks, 'secret-files')).toMatchObject({ result: 'ok' })
    } finally {
      // The harness looks for secrets on the disk, and this one was meant to be there.
      writeFileSync(file, '')
    }
  })
})

describe('the way to the services', () => {
  const tlsFailed = (checks: readonly Seen[]) =>
    checks.filter(({ check, result }) => check === 'tls' && result === 'failed')

  test('a certificate that is not trusted is told with who signed it, and all that needs it is skipped', async () => {
    await open({ rewrite: (text) => text.replace(/tls:\n.*\n/, '') })
    const { code, checks } = await doctor('--write')
    expect(code).toBe(1)
    expect(tlsFailed(checks)).toHaveLength(4)
    expect(tlsFailed(checks)[0]).toMatchObject({
      message: expect.stringMatching(/not signed by an authority .*a certificate of Emulator authority/),
      remedy: expect.stringContaining('tls.caFile'),
    })
    expect(only(checks, 'clock').result).toBe('skipped')
    for (const name of ['sign-in', 'user', 'list-pats', 'create-pat', 'read-store', 'list-store', 'write-store']) {
      expect(only(checks, name)).toMatchObject({
        result: 'skipped',
        message: expect.stringMatching(/because tls of localhost:\d+ failed/),
      })
    }
  })

  test('a host name that does not exist is found before anything is sent', async () => {
    await open({ rewrite: (text) => text.replace(/url: https:\/\/localhost/, 'url: https://nowhere.invalid') })
    const { code, checks } = await doctor()
    expect(code).toBe(1)
    expect(checks.find(({ check, result }) => check === 'dns' && result === 'failed')).toMatchObject({
      host: expect.stringContaining('nowhere.invalid'),
      message: expect.stringContaining('does not resolve'),
    })
    expect(only(checks, 'read-store')).toMatchObject({ result: 'skipped' })
    expect(only(checks, 'list-pats')).toMatchObject({ result: 'ok' })
  })

  test('a host on which nothing listens is unreachable', async () => {
    const port = await closedPort()
    await open({
      rewrite: (text) => text.replace(/vssps: https:\/\/localhost:\d+/, `vssps: https://localhost:${port}`),
    })
    const { checks } = await doctor()
    expect(tlsFailed(checks)).toMatchObject([
      { host: `localhost:${port}`, message: expect.stringContaining('refused') },
    ])
    expect(only(checks, 'sign-in').result).toBe('ok')
    expect(only(checks, 'list-pats').result).toBe('skipped')
    expect(only(checks, 'read-store').result).toBe('ok')
  })

  test('goes through the proxy that the environment names, and shows which without its password', async () => {
    await open({ rewrite: (text) => text.replaceAll('localhost', 'service.example') })
    const proxy = await connectProxy()
    try {
      const environment = {
        HTTPS_PROXY: `http://somebody:hunter22-hunter22@127.0.0.1:${proxy.port}`,
        NO_PROXY: 'other.example',
      }
      const { checks, stdout } = await doctor('', { environment })
      expect(only(checks, 'proxy').message).toContain(`through 127.0.0.1:${proxy.port}`)
      expect(stdout).not.toContain('hunter22')
      expect(checks.filter(({ check }) => check === 'dns')[0]?.message).toContain('left to the proxy')
      // The emulator's certificate is for localhost: what was reached by the proxy is told in full.
      expect(tlsFailed(checks)[0]?.message).toMatch(/not for service\.example.*Emulator authority/)
      expect(proxy.connects.length).toBeGreaterThan(0)
    } finally {
      await proxy.stop()
    }
  })

  test('a clock that is off is a warning, and one that is wrong keeps a PAT from being created', async () => {
    await open()
    const late = await doctor('', { clockAhead: 10 * minute })
    expect(late.code).toBe(0)
    expect(only(late.checks, 'clock')).toMatchObject({
      result: 'warning',
      message: expect.stringContaining('ahead of'),
    })
    const wrong = await doctor('--write', { clockAhead: 50 * 60 * minute })
    expect(wrong.code).toBe(1)
    expect(only(wrong.checks, 'clock')).toMatchObject({ result: 'failed', code: 'clock-unreliable' })
    expect(only(wrong.checks, 'create-pat')).toMatchObject({
      result: 'skipped',
      message: expect.stringContaining('clock failed'),
    })
    expect(estate.emulator.pats()).toEqual([])
  })
})

describe('the sign-in', () => {
  test.each([
    ['a wrong password', () => ({ USER_PASSWORD: 'not-the-password' }), 'sign-in-invalid-credentials'],
    [
      'a second factor',
      () => {
        estate.emulator.changeUser(owner, { mfa: 'required' })
        return {}
      },
      'sign-in-mfa-required',
    ],
    [
      'a Conditional Access policy',
      () => {
        estate.emulator.changeUser(owner, { conditionalAccess: 'block' })
        return {}
      },
      'sign-in-blocked',
    ],
  ])('%s needs a person, is tried once, and keeps the rest from being looked at', async (_, change, code) => {
    await open()
    const ended = await doctor('--write', { environment: change() })
    expect(ended.code).toBe(4)
    expect(only(ended.checks, 'sign-in')).toMatchObject({ result: 'failed', code, remedy: expect.any(String) })
    expect(unwell(ended.checks).slice(1)).toEqual([
      'sign-in failed',
      'user skipped',
      'list-pats skipped',
      'create-pat skipped',
      'read-store skipped',
      'list-store skipped',
      'write-store skipped',
    ])
    expect(only(ended.checks, 'read-store').message).toBe('not looked at, because sign-in of ci-bot failed')
    const tokenRequests = estate.emulator
      .requests()
      .filter(({ service, method }) => service === 'entra' && method === 'POST')
    expect(tokenRequests).toHaveLength(1)
  })

  test('as another user lists, and creates nothing', async () => {
    await open({ rewrite: (text) => text.replace('    signIn:', '    user: somebody@contoso.example\n    signIn:') })
    const { code, checks } = await doctor('--write')
    expect(code).toBe(4)
    expect(only(checks, 'user')).toMatchObject({ result: 'failed', code: 'wrong-account' })
    expect(only(checks, 'list-pats').result).toBe('ok')
    expect(only(checks, 'create-pat')).toMatchObject({
      result: 'skipped',
      message: expect.stringContaining('user of ci-bot in contoso'),
    })
    expect(estate.emulator.pats()).toEqual([])
  })
})

describe('the organization', () => {
  test('that does not exist', async () => {
    await open({ rewrite: (text) => text.replace('organization: contoso', 'organization: contosso') })
    const { code, checks } = await doctor()
    expect(code).toBe(1)
    expect(only(checks, 'user')).toMatchObject({ result: 'failed', code: 'organization-not-found' })
    expect(only(checks, 'list-pats').result).toBe('skipped')
    expect(only(checks, 'read-store').result).toBe('ok')
  })

  test('whose policy refuses this machine', async () => {
    await open()
    estate.emulator.set({ policies: { conditionalAccess: 'block' } })
    const { code, checks } = await doctor()
    expect(code).toBe(1)
    expect(checks.find(({ code: failure }) => failure === 'conditional-access')).toMatchObject({ result: 'failed' })
  })

  test('that lets no PAT be created, except for packages', async () => {
    await open()
    estate.emulator.set({ policies: { disablePatCreation: 'all' } })
    const { code, checks } = await doctor('--write')
    expect(code).toBe(1)
    expect(only(checks, 'create-pat')).toMatchObject({ result: 'failed', code: 'policy-creation-disabled' })
    // All that is declared is for packages, so it is such a PAT that is tried.
    estate.emulator.set({ policies: { disablePatCreation: 'packaging-only' } })
    expect((await doctor('--write')).code).toBe(0)
    expect(estate.active()).toEqual([])
  })

  test('whose PAT API does not take the application of the sign-in', async () => {
    const app = '0a0a0a0a-1111-4222-8333-444455556666'
    await open({
      fixture: {
        clients: [{ id: app, tenant: 'contoso.example', azureDevOps: ['vso.pats'] }],
        vaults: [{ name: 'contoso', tenant: 'contoso.example', access: [{ principal: owner }] }],
      },
      rewrite: (text) => text.replace('    signIn:', `    clientId: ${app}\n    signIn:`),
    })
    const { checks } = await doctor()
    expect(only(checks, 'user').result).toBe('ok')
    expect(only(checks, 'list-pats')).toMatchObject({
      result: 'failed',
      remedy: expect.stringContaining('patrol setup entra --print'),
    })
  })
})

describe('a PAT that is tried', () => {
  test('is revoked when the answer to its creation was lost', async () => {
    await open()
    estate.emulator.fault({ service: 'pats', method: 'POST', effect: 'answer-lost' })
    const { code, checks } = await doctor('--write')
    expect(code).toBe(1)
    expect(only(checks, 'create-pat').message).toMatch(/PAT [0-9a-f-]{36} came of it and was revoked/)
    expect(estate.emulator.pats()).toHaveLength(1)
    expect(estate.active()).toEqual([])
  })

  test('is revoked when it does not prove itself', async () => {
    await open()
    estate.emulator.set({ visibilityDelaySeconds: { useNew: 3_600 } })
    const { code, checks } = await doctor('--write')
    expect(code).toBe(0)
    expect(only(checks, 'create-pat')).toMatchObject({
      result: 'warning',
      message: expect.stringContaining('did not prove itself'),
    })
    expect(estate.active()).toEqual([])
  })

  test('is revoked although the program is told to stop meanwhile', async () => {
    await open()
    const fault = estate.emulator.fault({ service: 'pats', method: 'POST', effect: 'block-after' })
    const started = estate.start('doctor --json --write')
    await Promise.race([fault.whenFired(), started.ended])
    const told = new Promise<void>((resolve) => {
      started.child.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('stopping')) resolve()
      })
    })
    started.child.kill('SIGINT')
    await Promise.race([told, started.ended])
    fault.release()
    expect((await started.ended).code).toBe(130)
    expect(estate.emulator.pats()).toHaveLength(1)
    expect(estate.active()).toEqual([])
  })

  test('that a killed examination left is shown, and revoked by the next one that may write', async () => {
    await open()
    const fault = estate.emulator.fault({ service: 'pats', method: 'DELETE', times: Infinity, effect: 'block' })
    const started = estate.start('doctor --write')
    await Promise.race([fault.whenFired(), started.ended])
    started.child.kill('SIGKILL')
    await started.ended
    // It is not released: a request that waits goes on although nobody waits for it any more.
    fault.cancel()
    const [left] = estate.active()
    expect(left?.displayName).toMatch(/^Patrol doctor/)
    // A young one may be another examination's.
    expect((await doctor()).checks.filter(({ check }) => check === 'left-pats')).toEqual([])
    estate.emulator.travel(11 * minute)
    const looked = await doctor()
    expect(only(looked.checks, 'left-pats')).toMatchObject({
      result: 'warning',
      message: expect.stringContaining(left?.authorizationId ?? ''),
    })
    expect(estate.active()).toHaveLength(1)
    const mended = await doctor('--write')
    expect(only(mended.checks, 'left-pats')).toMatchObject({ result: 'ok' })
    expect(estate.active()).toEqual([])
  })
})

describe('the vault', () => {
  const vault = (
    may: readonly ('get' | 'list' | 'set' | 'delete' | 'recover' | 'purge')[],
    more: object = {},
  ): EstateOptions => ({
    fixture: {
      vaults: [{ name: 'contoso', tenant: 'contoso.example', access: [{ principal: owner, may: [...may] }], ...more }],
    },
  })
  const probe = () => estate.emulator.vault('contoso').secrets['patrol-doctor-probe']

  test('that lets nothing be read', async () => {
    await open(vault([]))
    const { code, checks } = await doctor('--write')
    expect(code).toBe(1)
    expect(only(checks, 'read-store')).toMatchObject({
      result: 'failed',
      code: 'store-denied',
      remedy: expect.stringContaining('get'),
    })
    expect(only(checks, 'list-store').result).toBe('skipped')
    expect(only(checks, 'write-store').result).toBe('skipped')
  })

  test('that lets nothing be listed is a warning, and a failure where a rule needs it', async () => {
    await open(vault(['get', 'set']))
    const named = await doctor()
    expect([named.code, only(named.checks, 'list-store')]).toMatchObject([0, { result: 'warning' }])
    await estate.stop()
    await open({ ...vault(['get', 'set']), tokens: 'tokens:\n  - match: "*"\n' })
    const ruled = await doctor()
    expect([ruled.code, only(ruled.checks, 'list-store')]).toMatchObject([
      1,
      { result: 'failed', code: 'store-denied' },
    ])
  })

  test('that lets nothing be written', async () => {
    await open(vault(['get', 'list']))
    const { code, checks } = await doctor('--write')
    expect(code).toBe(1)
    expect(only(checks, 'write-store')).toMatchObject({
      result: 'failed',
      code: 'store-denied',
      remedy: expect.stringContaining('set'),
    })
  })

  test('that lets it purge what it deleted keeps nothing', async () => {
    await open(vault(['get', 'list', 'set', 'delete', 'recover', 'purge']))
    expect((await doctor('--write')).code).toBe(0)
    expect(probe()).toBeUndefined()
  })

  test('that lets it delete nothing keeps a secret that hands out nothing', async () => {
    await open(vault(['get', 'list', 'set']))
    const { code, checks } = await doctor('--write')
    expect([code, only(checks, 'write-store')]).toMatchObject([
      0,
      { result: 'ok', message: expect.stringContaining('disabled') },
    ])
    expect(probe()?.versions.map(({ enabled }) => enabled)).toEqual([false])
    expect((await doctor('--write')).code).toBe(0)
    expect(probe()?.versions.map(({ enabled }) => enabled)).toEqual([false, false])
  })

  test('that lets it delete and not recover says why the second trial cannot be made', async () => {
    await open(vault(['get', 'list', 'set', 'delete']))
    expect((await doctor('--write')).code).toBe(0)
    const { code, checks } = await doctor('--write')
    expect([code, only(checks, 'write-store')]).toMatchObject([
      1,
      { result: 'failed', code: 'secret-deleted', remedy: expect.stringContaining('No token depends on it') },
    ])
  })

  test('in which the secret of a token is deleted but kept is a failure before the token is due', async () => {
    await open()
    await estate.run('apply')
    estate.emulator.vault('contoso')
    await estate.softDelete('package-feed')
    const { code, checks } = await doctor()
    expect([code, only(checks, 'read-store')]).toMatchObject([1, { result: 'failed', code: 'secret-deleted' }])
  })

  test('is cleaned up when a write was lost on its way back', async () => {
    await open(vault(['get', 'list', 'set', 'delete', 'recover', 'purge']))
    estate.emulator.fault({ service: 'vault', method: 'PUT', skip: 0, effect: 'answer-lost' })
    expect((await doctor('--write')).code).toBe(1)
    expect(probe()).toBeUndefined()
  })
})

describe('the file store', () => {
  test('that is not there yet is tried without a trace', async () => {
    await open({ store: 'file' })
    const { code, checks } = await doctor('--write')
    expect(code).toBe(0)
    expect(only(checks, 'read-store').message).toContain('does not exist yet')
    expect(only(checks, 'write-store')).toMatchObject({ result: 'ok', message: expect.stringContaining('removed') })
    expect(existsSync(join(estate.directory, 'secrets'))).toBe(false)
  })

  test('that is there is tried beside its secrets, and others who could change it are a warning', async () => {
    await open({ store: 'file' })
    await estate.run('apply')
    const directory = join(estate.directory, 'secrets')
    const before = readdirSync(directory, { recursive: true })
    expect((await doctor('--write')).code).toBe(0)
    expect(readdirSync(directory, { recursive: true })).toEqual(before)
    chmodSync(directory, 0o777)
    expect(only((await doctor()).checks, 'secret-files')).toMatchObject({
      result: 'warning',
      store: 'vault',
      remedy: `chmod 700 ${directory}`,
    })
  })

  test('whose key is another one is not written to', async () => {
    await open({ store: 'file' })
    await estate.run('apply')
    const other = await estate.run('init --new-identity other.txt')
    expect(other.code).toBe(0)
    const { code, checks } = await doctor('--write', {
      environment: { PATROL_AGE_IDENTITY: estate.take('other.txt').trim() },
    })
    expect(code).toBe(1)
    expect(only(checks, 'read-store')).toMatchObject({ result: 'failed', code: 'store-denied' })
    expect(only(checks, 'write-store').result).toBe('skipped')
  })

  test('in a directory that may not be written to', async () => {
    await open({ store: 'file', rewrite: (text) => text })
    // A file in the place of the directory: this also stops who may write everywhere.
    mkdirSync(join(estate.directory, 'other'))
    writeFileSync(join(estate.directory, 'secrets'), '')
    const { code, checks } = await doctor('--write')
    expect(code).toBe(1)
    expect(checks.find(({ result, store }) => result === 'failed' && store === 'vault')?.code).toMatch(/^store-/)
  })
})

describe('a sign-in that a person makes once', () => {
  const days = 24 * 60 * minute

  test('is missing, then tells how long it lasts, and is renewed by being looked at', async () => {
    await open(keptIn('file'))
    const environment = { PATROL_AGE_IDENTITY: await generateIdentity() }
    const missing = await doctor('', { environment })
    expect([missing.code, only(missing.checks, 'sign-in')]).toMatchObject([
      4,
      { result: 'failed', code: 'sign-in-missing' },
    ])
    await loginByCode(estate, {}, { environment })
    estate.emulator.travel(80 * days)
    const { code, checks } = await doctor('', { environment })
    expect([code, only(checks, 'sign-in')]).toMatchObject([
      0,
      { result: 'ok', message: expect.stringMatching(/signed in 80d ago, it was renewed today, and dies in 90d/) },
    ])
    estate.emulator.travel(95 * days)
    const dead = await doctor('', { environment })
    expect([dead.code, only(dead.checks, 'sign-in')]).toMatchObject([4, { result: 'failed', code: 'sign-in-expired' }])
  })
})

describe('a target', () => {
  const targets = (path: string): EstateOptions => ({
    tokens: `targets:
  variables:
    type: dotenv
    path: ${path}
    variable: FEED_PAT
tokens:
  - name: package-feed
    scopes:
      - vso.packaging_write
    targets:
      - variables
`,
  })

  test('that is there is told, and nothing is delivered', async () => {
    await open(targets('./.env'))
    const { code, checks } = await doctor('--write')
    expect([code, only(checks, 'target')]).toMatchObject([0, { result: 'ok', target: 'variables' }])
    expect(existsSync(join(estate.directory, '.env'))).toBe(false)
  })

  test('that cannot be written to is a failure', async () => {
    await open(targets('./ca.pem/.env'))
    writeFileSync(join(estate.directory, 'ca.pem'), '')
    const { code, checks } = await doctor()
    expect([code, only(checks, 'target')]).toMatchObject([1, { result: 'failed', remedy: expect.any(String) }])
  })
})
