import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodesOf, parse } from './syntax.ts'
import { root } from './tracked-files.ts'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly engines: { readonly node: string }
  readonly dependencies?: unknown
  readonly scripts: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Manifest
const floor = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node)?.slice(1).map(Number) ?? []

/** The Node.js that development happens on; what runs the tests may be an older one. */
const developed = join(root, 'node_modules', 'node', 'bin', 'node')

const folder = mkdtempSync(join(tmpdir(), 'patrol-package-'))
afterAll(() => rmSync(folder, { recursive: true }))

function npm(...words: readonly string[]): string {
  return execFileSync('npm', [...words], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(node: string, ...words: readonly string[]): Run {
  const env = { ...process.env, PATH: [dirname(node), process.env['PATH']].join(delimiter), NODE_OPTIONS: '' }
  const { status, stdout, stderr } = spawnSync(node, words, { cwd: folder, encoding: 'utf8', env })
  return { status, stdout, stderr }
}

function isBelowFloor(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = floor
  return major < leastMajor || (major === leastMajor && minor < leastMinor)
}

describe('the package', () => {
  const meant = [
    /^(?:README|CHANGELOG|LICENSE)(?:\.md)?$/,
    /^package\.json$/,
    /^patrol\.schema\.json$/,
    /^bin\/patrol\.js$/,
    /^dist\/(?:main|git-credential)\.js$/,
    /^dist\/chunks\/[\w.-]+\.js$/,
    /^dist\/THIRD-PARTY-NOTICES\.txt$/,
    /^pipelines\/[\w.-]+\.ya?ml$/,
  ]

  function packed(): readonly string[] {
    const listing: unknown = JSON.parse(npm('pack', '--dry-run', '--json', '--ignore-scripts'))
    const [only] = Object.values(listing as Record<string, { readonly files: readonly { readonly path: string }[] }>)
    return only?.files.map(({ path }) => path) ?? []
  }

  it('holds the program, its pipelines and its papers, and nothing else', () => {
    const files = packed()
    expect(files.filter((path) => !meant.some((pattern) => pattern.test(path)))).toEqual([])
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/patrol.js',
        'dist/main.js',
        'package.json',
        'README.md',
        'LICENSE',
        'patrol.schema.json',
      ]),
    )
    expect(files.filter((path) => path.startsWith('dist/chunks/')).length).toBeGreaterThan(5)
  })

  it('would be found out if it held a test, a map or a source', () => {
    for (const path of [
      'test/core/plan.test.ts',
      'dist/main.js.map',
      'src/cli/main.ts',
      'dist/chunks/a.d.ts',
      '.env',
    ]) {
      expect(meant.some((pattern) => pattern.test(path))).toBe(false)
    }
  })

  it('answers git without what reads command lines and configurations', () => {
    const read = (path: string): string => readFileSync(join(root, 'dist', path), 'utf8')
    const loaded = new Map<string, string>()
    const load = (path: string): void => {
      if (loaded.has(path)) return
      const text = read(path)
      loaded.set(path, text)
      for (const [, , next = ''] of text.matchAll(/(?:from|import)\s*(["'])\.\/([^"']+)\1/g))
        load(join(dirname(path), next))
    }
    load('git-credential.js')
    const size = (): number => [...loaded.values()].reduce((sum, text) => sum + text.length, 0)
    expect(loaded.size).toBeGreaterThan(1)
    expect(size()).toBeLessThan(40_000)
    load('main.js')
    expect(size()).toBeGreaterThan(80_000)
  })

  it('needs no other package', () => {
    expect(manifest.dependencies).toBeUndefined()
  })
})

describe('a checkout', () => {
  const checkout = join(folder, 'checkout')
  const { dependencies: hook = '' } = manifest.scripts

  /** A project with our hook, the script that it calls, and one package to install. */
  beforeAll(() => {
    for (const part of ['src', 'scripts', 'tools/rolldown']) mkdirSync(join(checkout, part), { recursive: true })
    cpSync(join(root, 'scripts', 'after-install.js'), join(checkout, 'scripts', 'after-install.js'))
    const build = `node -e "fs.writeFileSync('built', '')"`
    const of = (name: string, more: object): string => JSON.stringify({ name, version: '1.0.0', ...more })
    writeFileSync(join(checkout, 'tools', 'rolldown', 'package.json'), of('rolldown', {}))
    const scripts = { dependencies: hook, build }
    writeFileSync(
      join(checkout, 'package.json'),
      of('checkout', { scripts, devDependencies: { rolldown: 'file:tools/rolldown' } }),
    )
    npm('install', '--prefix', checkout, '--package-lock-only', '--offline', '--no-audit')
  })

  const ci = (...words: readonly string[]): boolean => {
    rmSync(join(checkout, 'built'), { force: true })
    npm('ci', '--prefix', checkout, '--offline', '--no-audit', '--no-fund', ...words)
    return existsSync(join(checkout, 'built'))
  }

  it('is built by npm ci, by its hook and nothing else', () => {
    expect(hook).toBe('node scripts/after-install.js')
    expect(ci()).toBe(true)
    expect(ci('--ignore-scripts')).toBe(false)
  })

  it('is left alone where there is nothing to build with', () => {
    expect(ci('--omit=dev')).toBe(false)
  })
})

describe('the bin', () => {
  const bin = join(root, 'bin', 'patrol.js')
  const pretend = join(folder, 'pretend.cjs')
  const stopped = `patrol needs Node.js ${floor.join('.')} or newer; this is `

  beforeAll(() => {
    const pretended = '{ ...process.versions, node: process.env.PRETENDED }'
    writeFileSync(pretend, `Object.defineProperty(process, 'versions', { value: ${pretended} })`)
  })

  it('has no static import, which an old Node.js would fail at before it reached the message', () => {
    const statics = new Set(['ImportDeclaration', 'ExportAllDeclaration', 'ExportNamedDeclaration'])
    const found = (text: string): readonly string[] =>
      [...nodesOf(parse('patrol.js', text).body)].map(({ type }) => type).filter((type) => statics.has(type))
    expect(found(readFileSync(bin, 'utf8'))).toEqual([])
    expect(found("import { main } from '../dist/main.js'")).toEqual(['ImportDeclaration'])
  })

  it('needs at least what the manifest says', () => {
    expect(floor).toHaveLength(2)
    expect(readFileSync(bin, 'utf8')).toContain(`[${floor.join(', ')}]`)
  })

  it.each([
    ['0.12.18', true],
    ['18.20.8', true],
    ['20.99.0', true],
    ['22.18.99', true],
    ['22.19.0', false],
    ['22.20.0', false],
    ['23.0.0', false],
    ['24.0.0-nightly', false],
    ['100.0.0', false],
  ])('on what says that it is Node.js %s stops: %s', (version, stops) => {
    const env = { ...process.env, PRETENDED: version, NODE_OPTIONS: '' }
    const { status, stdout, stderr } = spawnSync(developed, ['--require', pretend, bin, '--version'], {
      encoding: 'utf8',
      env,
    })
    expect(isBelowFloor(version)).toBe(stops)
    if (stops) {
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^.*\n$/)
      expect(stderr).toContain(stopped + version)
    } else {
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
    }
  })

  it('prints one line on a real Node.js that is too old', ({ skip }) => {
    const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
    const nodes = [...new Set(places)].map((place) => join(place, 'node')).filter((node) => existsSync(node))
    const old = nodes.find((node) => isBelowFloor(run(node, '--version').stdout))
    if (old === undefined) return skip(`NOT TESTED: there is no Node.js older than ${floor.join('.')} on this machine`)
    for (const words of [['--version'], ['apply', '--yes'], []]) {
      const { status, stdout, stderr } = run(old, bin, ...words)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
      expect(stderr).toMatch(/^.*\n$/)
      expect(stderr).toContain(stopped)
    }
  })
})

describe('the installed package', () => {
  const home = join(folder, 'installed')
  const installed = join(home, 'node_modules', manifest.name)
  const patrol = join(installed, 'bin', 'patrol.js')
  let installing: Run

  beforeAll(() => {
    mkdirSync(home)
    npm('pack', '--ignore-scripts', '--pack-destination', folder)
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
    if (tarball === undefined) throw new Error('npm pack made no tarball')
    const words = ['install', '--prefix', home, '--offline', '--no-audit', '--no-fund', join(folder, tarball)]
    const { status, stdout, stderr } = spawnSync('npm', words, {
      cwd: home,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    installing = { status, stdout, stderr }
  }, 120_000)

  /** What every Node.js that is new enough must be able to do with it. */
  function worksOn(node: string): void {
    expect(run(node, patrol, '--version')).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: '' })
    const help = run(node, patrol, '--help')
    expect({ status: help.status, stderr: help.stderr }).toEqual({ status: 0, stderr: '' })
    for (const command of ['plan', 'apply', 'status', 'list', 'get']) expect(help.stdout).toContain(command)
    const schema = run(node, patrol, 'schema')
    expect({ status: schema.status, stderr: schema.stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(schema.stdout)).toHaveProperty('properties.tokens')
    const load = `for (const name of require('node:fs').readdirSync('.')) import('./' + name).then(() => console.log(name))`
    const chunks = join(installed, 'dist', 'chunks')
    const loaded = spawnSync(node, ['-e', load], {
      cwd: chunks,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    expect(loaded.stderr).toBe('')
    expect(loaded.stdout.trim().split('\n').sort()).toEqual(readdirSync(chunks).sort())
  }

  it('runs nothing while it is installed, and npm warns of nothing', () => {
    expect(installing.status).toBe(0)
    // The Node.js that runs npm here may be too old for the package, which npm says.
    const told = installing.stderr.split('\n').filter((line) => line !== '' && !line.includes('EBADENGINE'))
    expect(told).toEqual([])
    const { scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest
    expect(Object.keys(scripts).filter((name) => /^(?:pre|post)?(?:install|prepare)$/.test(name))).toEqual([])
  })

  it('brings no other package along than the keychain of the operating system, where there is one for it', () => {
    const others = readdirSync(join(home, 'node_modules')).filter(
      (name) => !name.startsWith('.') && name !== '@napi-rs',
    )
    expect(others).toEqual([manifest.name])
  })

  it('tells nothing of the machine that built it', () => {
    const files = readdirSync(join(installed, 'dist'), { recursive: true, withFileTypes: true })
    const texts = files
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    expect(texts.length).toBeGreaterThan(5)
    expect(texts.filter((text) => text.includes(root))).toEqual([])
  })

  it('can be called by both of its names', () => {
    for (const name of ['patrol', 'azdo-patrol']) {
      const env = { ...process.env, PATH: [dirname(developed), process.env['PATH']].join(delimiter), NODE_OPTIONS: '' }
      const command = join(home, 'node_modules', '.bin', name)
      const called = spawnSync(command, ['--version'], {
        cwd: home,
        encoding: 'utf8',
        env,
        shell: process.platform === 'win32',
      })
      expect(called.stdout).toBe(`${manifest.version}\n`)
    }
  })

  it('runs on the Node.js that it is developed on, every part of it', () => worksOn(developed), 60_000)

  it('runs on the oldest Node.js that it promises, every part of it', ({ skip }) => {
    const version = `${floor.join('.')}.0`
    const cache = join(tmpdir(), `patrol-node-${version}`)
    const node = join(cache, 'node_modules', 'node', 'bin', 'node')
    if (!existsSync(node)) {
      mkdirSync(cache, { recursive: true })
      const fetched = spawnSync('npm', ['install', '--prefix', cache, '--no-audit', '--no-fund', `node@${version}`], {
        encoding: 'utf8',
      })
      if (fetched.status !== 0 || !existsSync(node))
        return skip(`NOT TESTED: node@${version} cannot be had from npm here`)
    }
    expect(run(node, '--version').stdout).toBe(`v${version}\n`)
    worksOn(node)
  }, 300_000)
})
