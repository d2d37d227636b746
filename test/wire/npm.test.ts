import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Estate, program } from '../support/estate.ts'
import { type NpmRegistry, startNpmRegistry } from '../support/npm-registry.ts'

const hour = 3_600_000
const clockModule = new URL('../support/process-clock.ts', import.meta.url).href

let estate: Estate
let registry: NpmRegistry

beforeEach(async () => {
  estate = await Estate.open()
  registry = await startNpmRegistry(estate.emulator, join(estate.directory, 'registry'))
  mkdirSync(folder('library'))
  mkdirSync(folder('site'))
  write('library/package.json', { name: 'library', version: '1.0.0' })
  write('site/package.json', { name: 'site', version: '1.0.0', private: true, dependencies: { library: '1.0.0' } })
  await estate.run('apply')
}, 120_000)

afterEach(async () => {
  await registry.stop()
  await estate.stop()
})

const folder = (name: string): string => join(estate.directory, name)
const write = (path: string, content: object): void => writeFileSync(folder(path), JSON.stringify(content))

/** Runs npm as somebody would whose user configuration holds these lines. */
function npm(place: string, words: readonly string[], lines: string): Promise<{ code: number; text: string }> {
  return run(place, 'npm', words, lines)
}

function run(
  place: string,
  command: string,
  words: readonly string[],
  lines: string,
): Promise<{ code: number; text: string }> {
  const userConfig = folder('npmrc')
  const fixed = `registry=${registry.url}\ncafile=${registry.caFile}\ncache=${folder('npm-cache')}\naudit=false\nfund=false\nupdate-notifier=false\nfetch-retries=0\n`
  writeFileSync(userConfig, `${fixed}${lines}`, { mode: 0o600 })
  const env = {
    PATH: [dirname(process.execPath), process.env['PATH']].join(':'),
    HOME: estate.directory,
    NPM_CONFIG_USERCONFIG: userConfig,
    TEST_CLOCK_AHEAD_MS: String(estate.emulator.now() - Date.now()),
    PATROL_CONFIG: estate.configFile,
    ...estate.variables,
  }
  return new Promise((resolve) => {
    execFile(command, words, { env, cwd: folder(place) }, (error, stdout, stderr) => {
      // It holds a value by its nature.
      rmSync(userConfig)
      estate.printed.push(stdout, stderr)
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr })
    })
  })
}

async function npmrc(): Promise<string> {
  return (await estate.run(['get', 'package-feed', '--format', 'npmrc', '--registry', registry.url])).stdout
}

/** Installs from nothing, so that the registry is asked. */
async function install(lines: string): Promise<{ code: number; text: string }> {
  for (const name of ['site/node_modules', 'site/package-lock.json', 'npm-cache'])
    rmSync(folder(name), { recursive: true, force: true })
  return npm('site', ['install'], lines)
}

test('npm publishes and installs with the lines of --format npmrc, across a rotation', {
  timeout: 240_000,
}, async () => {
  const before = await npmrc()
  expect(await npm('library', ['publish'], before)).toMatchObject({ code: 0 })
  expect(await install(before)).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(folder('site/node_modules/library/package.json'), 'utf8'))).toMatchObject({
    version: '1.0.0',
  })
  expect(await estate.run('rotate package-feed')).toMatchObject({ code: 0 })
  const after = await npmrc()
  expect(after).not.toBe(before)
  // Both values work for the overlap; then the old one is revoked.
  expect(await install(before)).toMatchObject({ code: 0 })
  expect(await install(after)).toMatchObject({ code: 0 })
  expect(registry.counts.refused).toBe(0)
  for (let days = 0; days < 4; days++) {
    estate.emulator.travel(25 * hour)
    await estate.run('apply')
  }
  expect(await install(before)).toMatchObject({ code: 1, text: expect.stringMatching(/E401/) })
  expect(await install(await npmrc())).toMatchObject({ code: 0 })
})

test('npm installs within exec, with a configuration that holds no value', { timeout: 240_000 }, async () => {
  expect(await npm('library', ['publish'], await npmrc())).toMatchObject({ code: 0 })
  const key = registry.url.replace('https:', '')
  const lines = `${key}:username=patrol\n${key}:_password=\${NPM_PASSWORD}\n${key}:email=unused\n`
  const words = [
    '--import',
    clockModule,
    program,
    'exec',
    'package-feed',
    '--base64',
    'NPM_PASSWORD',
    '--',
    'npm',
    'ci',
  ]
  expect(await install(lines)).toMatchObject({ code: 1 })
  write('site/package-lock.json', {
    name: 'site',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'site', version: '1.0.0', dependencies: { library: '1.0.0' } },
      'node_modules/library': { version: '1.0.0', resolved: `${registry.url}library/-/library-1.0.0.tgz` },
    },
  })
  for (const rotation of [false, true]) {
    if (rotation) expect(await estate.run('rotate package-feed --revoke-now')).toMatchObject({ code: 0 })
    rmSync(folder('npm-cache'), { recursive: true, force: true })
    expect(await run('site', process.execPath, words, lines)).toMatchObject({ code: 0 })
    expect(JSON.parse(readFileSync(folder('site/node_modules/library/package.json'), 'utf8'))).toMatchObject({
      name: 'library',
    })
  }
})
