import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Estate, program } from '../support/estate.ts'
import { type GitServer, startGitServer } from '../support/git-server.ts'
import { hasMemory, RuntimeDirectory } from '../support/runtime-directory.ts'

const hour = 3_600_000
const clockModule = new URL('../support/process-clock.ts', import.meta.url).href

let estate: Estate
let server: GitServer
let runtime: RuntimeDirectory | undefined
let home: string

beforeEach(async () => {
  const tokens = 'tokens:\n  - name: code\n    git: GIT_ADDRESS\n    scopes:\n      - vso.code_write\n'
  estate = await Estate.open({ tokens })
  home = join(estate.directory, 'home')
  mkdirSync(join(estate.directory, 'repositories/contoso/site/_git'), { recursive: true })
  server = await startGitServer(estate.emulator, join(estate.directory, 'repositories'))
  const text = readFileSync(estate.configFile, 'utf8')
  writeFileSync(estate.configFile, text.replace('GIT_ADDRESS', `${server.origin}/contoso`))
  runtime = hasMemory ? new RuntimeDirectory() : undefined
  mkdirSync(home)
  const repository = join(estate.directory, 'repositories/contoso/site/_git/site')
  await git(['init', '--quiet', '--bare', '--initial-branch=main', repository])
  await git(['-C', repository, 'config', 'http.receivepack', 'true'])
  // The printed lines, with this program in place of an installed one.
  const { stdout } = await estate.run('setup git')
  const tools = join(estate.directory, 'tools')
  mkdirSync(tools)
  const line = `#!/bin/sh\nexec "${process.execPath}" --import "${clockModule}" "${program}" "$@"\n`
  writeFileSync(join(tools, 'patrol'), line, { mode: 0o755 })
  await run('sh', ['-c', stdout])
})

afterEach(async () => {
  await server.stop()
  runtime?.remove()
  await estate.stop()
})

interface Ended {
  readonly code: number
  readonly stderr: string
}

function run(command: string, words: readonly string[]): Promise<Ended> {
  const env = {
    PATH: `${join(estate.directory, 'tools')}:${process.env['PATH']}`,
    HOME: home,
    XDG_RUNTIME_DIR: runtime?.path,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_SSL_CAINFO: server.caFile,
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@contoso.example',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@contoso.example',
    TEST_CLOCK_AHEAD_MS: String(estate.emulator.now() - Date.now()),
    ...estate.variables,
  }
  return new Promise((resolve) => {
    execFile(command, words, { env, cwd: estate.directory }, (error, stdout, stderr) => {
      estate.printed.push(stdout, stderr)
      resolve({ code: error === null ? 0 : Number(error.code), stderr })
    })
  })
}

async function git(words: readonly string[]): Promise<Ended> {
  return run('git', words)
}

const address = (): string => `${server.origin}/contoso/site/_git/site`
const vaultReads = (): number => estate.emulator.requests().filter(({ service }) => service === 'vault').length

/** Clones, makes a change and pushes it. */
async function work(folder: string): Promise<void> {
  expect(await git(['clone', '--quiet', address(), folder])).toMatchObject({ code: 0 })
  await change(folder, 'first')
}

async function change(folder: string, text: string): Promise<void> {
  writeFileSync(join(estate.directory, folder, 'file.txt'), text)
  await git(['-C', folder, 'add', '.'])
  await git(['-C', folder, 'commit', '--quiet', '-m', text])
  expect(await git(['-C', folder, 'push', '--quiet', 'origin', 'HEAD:main'])).toMatchObject({ code: 0 })
}

describe('git', () => {
  test('clones, fetches and pushes across a rotation and the end of the old PAT', async () => {
    await estate.run('apply')
    await work('one')
    const [before] = estate.active()
    expect(await estate.run('rotate code')).toMatchObject({ code: 0 })
    expect(await git(['-C', 'one', 'fetch', '--quiet'])).toMatchObject({ code: 0 })
    // The overlap passes, and the old PAT is revoked.
    for (let days = 0; days < 4; days++) {
      estate.emulator.travel(25 * hour)
      await estate.run('apply')
    }
    expect(estate.active().map(({ value }) => value)).not.toContain(before?.value)
    await change('one', 'second')
    expect(await git(['clone', '--quiet', address(), 'two'])).toMatchObject({ code: 0 })
    expect(readFileSync(join(estate.directory, 'two/file.txt'), 'utf8')).toBe('second')
    expect(server.counts.refused).toBe(0)
  })

  test.runIf(hasMemory)('does not wait for the vault again for some minutes', async () => {
    await estate.run('apply')
    await work('one')
    const mark = vaultReads()
    expect(await git(['-C', 'one', 'fetch', '--quiet'])).toMatchObject({ code: 0 })
    expect(vaultReads()).toBe(mark)
    estate.emulator.travel(hour / 10)
    expect(await git(['-C', 'one', 'fetch', '--quiet'])).toMatchObject({ code: 0 })
    expect(vaultReads()).toBeGreaterThan(mark)
    const [pat] = estate.active()
    for (const { text } of runtime?.files() ?? []) expect(text).not.toContain(pat?.value)
  })

  test.runIf(hasMemory)('that was refused gets the value of the vault the next time', async () => {
    await estate.run('apply')
    await work('one')
    expect(await estate.run('rotate code --revoke-now')).toMatchObject({ code: 0 })
    // What was kept is refused, once; git then says so, and it is kept no longer.
    const refused = await git(['-C', 'one', 'fetch', '--quiet'])
    expect(refused).toMatchObject({ code: 128, stderr: expect.stringContaining('Authentication failed') })
    expect(server.counts.refused).toBe(1)
    expect(await git(['-C', 'one', 'fetch', '--quiet'])).toMatchObject({ code: 0 })
    expect(server.counts.refused).toBe(1)
  })

  test('is told why there is no value, and goes on', async () => {
    const { code, stderr } = await git(['clone', '--quiet', address(), 'one'])
    expect(code).toBe(128)
    expect(stderr).toContain('error the store has no value of code [pat-not-found]\n      Run `patrol apply` first.')
    expect(stderr).toContain('could not read Username')
  })

  test('gets no value for another organization of the same host', async () => {
    await estate.run('apply')
    const { stderr } = await git(['clone', '--quiet', `${server.origin}/fabrikam/site`, 'one'])
    expect(stderr).toContain('could not read Username')
    expect(stderr).not.toContain('error ')
    expect(server.counts).toEqual({ admitted: 0, refused: 0 })
  })
})
