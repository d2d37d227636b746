import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Estate } from '../support/estate.ts'
import { hasMemory, RuntimeDirectory } from '../support/runtime-directory.ts'

const tokens = `tokens:
  - name: code
    scopes:
      - vso.code_write
  - name: package-feed
    scopes:
      - vso.packaging
`

let estate: Estate
let host: string

async function open(text = tokens): Promise<void> {
  estate = await Estate.open({ tokens: text })
  host = new URL(estate.emulator.endpoints.azureDevOps).host
}

beforeEach(() => open())

afterEach(() => estate.stop())

function ask(operation: string, lines: Record<string, string>, options: readonly string[] = [], environment = {}) {
  const input = `${Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')}\n`
  return estate.run(['git-credential', ...options, operation], { input, environment })
}

const get = (lines: Record<string, string> = {}, options: readonly string[] = [], environment = {}) =>
  ask('get', { protocol: 'https', host, path: 'contoso/site/_git/site', ...lines }, options, environment)

describe('git-credential', () => {
  test('finds the token of the organization by its scopes', async () => {
    await estate.run('apply')
    const pat = estate.active().find(({ scope }) => scope === 'vso.code_write')
    const end = Math.floor((pat?.validTo ?? 0) / 1000)
    expect(await get()).toMatchObject({
      code: 0,
      stdout: `username=patrol\npassword=${pat?.value}\npassword_expiry_utc=${end}\n`,
      stderr: '',
    })
    expect((await get({ username: 'contoso' })).stdout).toMatch(/^username=contoso\n/)
  })

  test.each<[string, Record<string, string>]>([
    ['another host', { host: 'github.com' }],
    ['another organization', { path: 'fabrikam/a/_git/a' }],
    ['a connection in plain', { protocol: 'http' }],
    ['another protocol', { protocol: 'ssh' }],
  ])('says nothing to %s, and asks nobody', async (_, lines) => {
    await estate.run('apply')
    const mark = estate.emulator.requests().length
    expect(await get(lines)).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(estate.emulator.requests()).toHaveLength(mark)
  })

  test.each(['store', 'erase', 'capability', 'anything'])('has nothing to say to %s', async (operation) => {
    await estate.run('apply')
    const password = estate.active()[0]?.value ?? ''
    const lines = { protocol: 'https', host, path: 'contoso', username: 'patrol', password }
    expect(await ask(operation, lines)).toMatchObject({ code: 0, stdout: '', stderr: '' })
  })

  test('asks for the path where more than one token could be meant', async () => {
    const others = '  - name: website\n    scopes:\n      - vso.code\n    git: '
    await estate.stop()
    await open(`${tokens}${others}https://localhost/contoso/website\n`)
    estate.writeFile('other.yaml', (text) => text.replace('https://localhost/', `https://${host}/`))
    const { code, stderr } = await ask('get', { protocol: 'https', host }, ['--config', 'other.yaml'])
    expect(code).toBe(2)
    expect(stderr).toContain(`git config --global credential.https://${host}.useHttpPath true`)
  })

  test('names the tokens where several could serve, until one says that it does', async () => {
    await estate.stop()
    const second = '  - name: reader\n    scopes:\n      - vso.code\n'
    await open(`${tokens}${second}`)
    await estate.run('apply')
    expect(await get()).toMatchObject({ code: 2, stderr: expect.stringContaining('code, reader') })
    expect(await estate.run('setup git')).toMatchObject({ code: 2, stderr: expect.stringContaining('code, reader') })
    estate.writeFile('chosen.yaml', (text) => text.replace(second, `${second}    git: true\n`))
    const { stdout } = await get({}, ['--config', 'chosen.yaml'])
    const reader = estate.active().find(({ scope }) => scope === 'vso.code')
    expect(stdout).toContain(`password=${reader?.value}\n`)
  })

  test('lets git ask somebody else when something fails, unless it was told otherwise', async () => {
    expect(await get()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no value of code') })
    expect(await get({}, ['--quit'])).toMatchObject({ code: 1, stdout: 'quit=1\n' })
    expect(await get({ host: 'github.com' }, ['--quit'])).toMatchObject({ code: 0, stdout: '' })
  })

  test('gives out no PAT whose end has passed', async () => {
    await estate.run('apply')
    estate.emulator.travel(40 * 86_400_000)
    const { code, stdout, stderr } = await get()
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('the PAT of code has expired')
  })

  test.runIf(hasMemory)('keeps nothing when the cache is off, and nothing beyond the end of the PAT', async () => {
    const runtime = new RuntimeDirectory()
    const environment = { XDG_RUNTIME_DIR: runtime.path }
    await estate.run('apply')
    estate.writeFile('off.yaml', (text) => `${text}gitCache: 0\n`)
    await get({}, ['--config', 'off.yaml'], environment)
    expect(runtime.files()).toEqual([])
    estate.emulator.travel(30 * 86_400_000 - 90_000)
    await get({}, [], environment)
    const mark = estate.emulator.requests().length
    await get({}, [], environment)
    expect(estate.emulator.requests()).toHaveLength(mark)
    estate.emulator.travel(40_000)
    await get({}, [], environment)
    expect(estate.emulator.requests().length).toBeGreaterThan(mark)
    runtime.remove()
  })

  test.runIf(hasMemory)('drops what git erases, and nothing newer', async () => {
    const runtime = new RuntimeDirectory()
    const environment = { XDG_RUNTIME_DIR: runtime.path }
    await estate.run('apply')
    await get({}, [], environment)
    const erased = { protocol: 'https', host, path: 'contoso/site/_git/site', username: 'patrol' }
    const mark = estate.emulator.requests().length
    await ask('erase', { ...erased, password: 'another value' }, [], environment)
    await get({}, [], environment)
    expect(estate.emulator.requests()).toHaveLength(mark)
    const password = estate.active().find(({ scope }) => scope === 'vso.code_write')?.value ?? ''
    await ask('erase', { ...erased, password }, [], environment)
    await get({}, [], environment)
    expect(estate.emulator.requests().length).toBeGreaterThan(mark)
    const shown = await estate.run('cache', { environment })
    expect(shown.stdout).toContain(`values of 1 configuration in ${runtime.path}/azdo-patrol`)
    expect((await estate.run('cache clear', { environment })).stdout).toContain('removed, and the key')
    expect(runtime.files()).toEqual([])
    runtime.remove()
  })
})

describe('setup git', () => {
  test('prints one line for each address, which a shell can run', async () => {
    const { stdout } = await estate.run('setup git')
    expect(stdout.split('\n')).toEqual([
      `git config --global --replace-all credential.https://${host}/contoso.helper '' && git config --global --add credential.https://${host}/contoso.helper '!patrol git-credential --config '\\''${estate.configFile}'\\''' && git config --global credential.https://${host}/contoso.useHttpPath true`,
      '',
    ])
    expect((await estate.run('setup git --json')).json.commands).toEqual([stdout.trim()])
  })

  test('knows both addresses of an organization of Azure DevOps', async () => {
    estate.writeFile('public.yaml', (text) => text.replace(/^ {2}azureDevOps:.*\n/m, ''))
    const { stdout } = await estate.run('setup git --config public.yaml')
    expect(stdout).toContain('credential.https://dev.azure.com/contoso.helper')
    expect(stdout).toContain('credential.https://contoso.visualstudio.com.helper')
  })

  test('says so when no token serves git', async () => {
    estate.writeFile('none.yaml', (text) => text.replace('vso.code_write', 'vso.work'))
    const { code, stderr } = await estate.run('setup git --config none.yaml')
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('no token serves git') })
  })
})
