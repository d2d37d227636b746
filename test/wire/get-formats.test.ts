import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Estate } from '../support/estate.ts'

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open()
  await estate.run('apply')
})

afterEach(async () => {
  await estate.stop()
})

/** What curl, with these options and this text on stdin, is told about who it is. */
async function whoAmI(options: readonly string[], input = ''): Promise<string> {
  const { endpoints, caFile } = estate.emulator
  const url = `${endpoints.azureDevOps}/contoso/_apis/connectionData?api-version=7.1-preview`
  return new Promise((resolve, reject) => {
    const words = ['--silent', '--show-error', '--fail', '--cacert', caFile, ...options, url]
    const child = execFile('curl', words, (error, stdout) => (error === null ? resolve(stdout) : reject(error)))
    child.stdin?.end(input)
  })
}

describe('a value for', () => {
  test('curl is a header that lets it in', async () => {
    const { stdout } = await estate.run('get package-feed --format header')
    expect(await whoAmI(['--header', '@-'], stdout)).toContain('ci-bot@contoso.example')
    expect(await whoAmI([])).not.toContain('ci-bot')
  })

  test('curl is a netrc file that lets it in', async () => {
    const { stdout } = await estate.run('get package-feed --format netrc')
    expect(stdout).toMatch(/^machine localhost login patrol password \S+\n$/)
    const file = join(estate.directory, 'netrc')
    writeFileSync(file, stdout, { mode: 0o600 })
    expect(await whoAmI(['--netrc-file', file])).toContain('ci-bot@contoso.example')
    rmSync(file)
  })

  test('GitHub Actions is masked, and stands in the file that was asked for', async () => {
    const [value = ''] = estate.active().map((pat) => pat.value)
    const file = join(estate.directory, 'github-env')
    writeFileSync(file, 'EARLIER=1\n')
    const { code, stdout } = await estate.run('get package-feed --format github --name FEED_PAT', {
      environment: { GITHUB_ENV: file },
    })
    expect(code).toBe(0)
    expect(stdout.startsWith(`::add-mask::${value}\n`)).toBe(true)
    expect(readFileSync(file, 'utf8')).toBe(`EARLIER=1\nFEED_PAT<<PATROL_END\n${value}\nPATROL_END\n`)
    // The runner's file is plain by nature; nothing else of the estate may be.
    writeFileSync(file, '')
    const output = await estate.run('get package-feed --format github --to output', {
      environment: { GITHUB_OUTPUT: file },
    })
    expect(output.code).toBe(0)
    expect(readFileSync(file, 'utf8')).toMatch(/^PACKAGE_FEED<</)
    writeFileSync(file, '')
  })

  test('Azure Pipelines is a secret variable', async () => {
    const [value = ''] = estate.active().map((pat) => pat.value)
    const { stdout } = await estate.run('get package-feed --format azure-pipelines')
    const lines = stdout.split('\n')
    expect(lines[0]).toBe(`##vso[task.setsecret]${value}`)
    expect(lines.at(-2)).toBe(`##vso[task.setvariable variable=PACKAGE_FEED;issecret=true]${value}`)
  })

  test('machines is the same document with --format json and with --json', async () => {
    const { stdout } = await estate.run('get package-feed --json')
    expect((await estate.run('get package-feed --format json')).stdout).toBe(stdout)
  })
})

describe('a form that does not fit', () => {
  test.each([
    ['--format github', 'GITHUB_ENV is not set'],
    ['--format npmrc', 'needs the address of the registry'],
    ['--format npmrc --registry http://x', '--registry is no plain https address'],
    ['--format header --name X', '--name means nothing to the format header'],
    ['--registry https://x', '--registry means nothing to the format value'],
    ['--format env --name 1X', '--name needs the name of a variable'],
    ['--json --format env', '--json and --format env are two forms'],
    ['--format toml', 'Allowed choices are'],
  ])('is refused: %s', async (options, message) => {
    const { code, stdout, stderr } = await estate.run(`get package-feed ${options}`)
    expect(code).toBe(2)
    if (!options.includes('--json')) expect(stdout).toBe('')
    expect(stderr).toContain(message)
  })

  test('of the runner that cannot be written to is told', async () => {
    const { code, stderr } = await estate.run('get package-feed --format github', {
      environment: { GITHUB_ENV: estate.directory },
    })
    expect(code).toBe(2)
    expect(stderr).toContain('could not be handed to the runner (EISDIR)')
  })

  test('is kept from a terminal like any other', async () => {
    const { code, stdout } = await estate.run('get package-feed --format env', { terminal: true })
    expect(code).toBe(2)
    expect(stdout).toBe('')
    const shown = await estate.run('get package-feed --format value --show', { terminal: true })
    expect(shown.stdout).toMatch(/^\S+\n$/)
  })
})
