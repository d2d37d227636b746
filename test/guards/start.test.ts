import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateIdentity } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillFileStore } from '../../bench/run/file-store.ts'
import { root } from './tracked-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'patrol-start-'))
const config = join(folder, 'patrol.yaml')
/** Tells on the last line of stderr what was loaded: files by their address, modules of Node.js by their name. */
const observer = join(folder, 'observer.mjs')
const env: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '' }
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  writeFileSync(
    observer,
    `import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
process.on('exit', () => process.stderr.write('\\n' + JSON.stringify(loaded)))
`,
  )
  writeFileSync(
    config,
    `version: 1
accounts:
  ci-bot:
    tenant: 11111111-2222-3333-4444-555555555555
    signIn: { method: password, username: "\${USER_NAME}", password: "\${USER_PASSWORD}" }
stores:
  local: { type: file, path: ./secrets, identity: "\${PATROL_AGE_IDENTITY}" }
tokens:
  - { name: package-feed, account: ci-bot, organization: contoso, store: local, scopes: [vso.packaging] }
`,
  )
  const identity = await generateIdentity()
  Object.assign(env, { USER_NAME: 'ci-bot@contoso.example', USER_PASSWORD: 'unused', PATROL_AGE_IDENTITY: identity })
  await fillFileStore(join(folder, 'secrets'), identity, 'package-feed')
})

function loadedBy(...words: readonly string[]): {
  readonly files: readonly string[]
  readonly builtIns: readonly string[]
} {
  const node = ['--import', observer, join(root, 'bin', 'patrol.js'), ...words]
  const { status, stderr } = spawnSync(process.execPath, node, { cwd: folder, env, encoding: 'utf8', input: '' })
  expect({ status, said: stderr.split('\n').slice(0, -1).join('') }).toEqual({ status: 0, said: '' })
  const urls = JSON.parse(stderr.split('\n').at(-1) ?? '') as readonly string[]
  const files = urls.filter((url) => url.includes('/dist/')).map((url) => fileURLToPath(url))
  return { files, builtIns: urls.filter((url) => url.startsWith('node:')) }
}

const sizeOf = (files: readonly string[]): number => files.reduce((sum, file) => sum + statSync(file).size, 0)

describe('what a short command loads, for each file takes its time', () => {
  it('the version takes nothing but the first file', () => {
    expect(loadedBy('--version').files).toEqual([])
  })

  it('help takes a few small files, and no module of Node.js that is slow to import', () => {
    const { files, builtIns } = loadedBy('--help')
    expect(files.length).toBeLessThanOrEqual(4)
    expect(sizeOf(files)).toBeLessThan(130_000)
    expect(builtIns).not.toContain('node:util')
    expect(builtIns).not.toContain('node:child_process')
  })

  it('a value out of a file takes neither sign-ins nor services nor targets', () => {
    const { files } = loadedBy('get', 'package-feed', '-c', config)
    expect(files.length).toBeLessThanOrEqual(12)
    // MSAL and the Azure SDKs are a megabyte each.
    expect(sizeOf(files)).toBeLessThan(850_000)
  })

  it('git’s question takes the least of all', () => {
    const { files } = loadedBy('git-credential', 'get')
    expect(files.length).toBeLessThanOrEqual(3)
    expect(sizeOf(files)).toBeLessThan(40_000)
  })
})
