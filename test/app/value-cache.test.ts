import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cachePlace } from '../../src/adapters/cache/cache-place.ts'
import type { Keychain } from '../../src/adapters/cache/cache-key.ts'
import { type CacheSources, cacheState, clearCache, type KeptValue, ValueCache } from '../../src/app/value-cache.ts'
import { Secret } from '../../src/core/secret.ts'
import { instant } from '../../src/core/time.ts'
import { hasMemory, RuntimeDirectory } from '../support/runtime-directory.ts'

const routes = [{ host: 'dev.azure.com', path: 'contoso', token: 'code' }]
const now = instant(1_000_000)
let folder: string
let runtime: RuntimeDirectory

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patrol-cache-'))
  if (hasMemory) runtime = new RuntimeDirectory()
  writeFileSync(join(folder, 'patrol.yaml'), 'password: ${PASSWORD}\nother: ${OTHER:-x}\n')
})

afterEach(() => {
  rmSync(folder, { recursive: true })
  if (hasMemory) runtime.remove()
})

function kept(token: string, value = `value of ${token}`): KeptValue {
  const validTo = instant(9_000_000)
  return { token, value: new Secret(value), validTo, since: now, until: instant(now + 300_000) }
}

function sources(environment: Record<string, string> = {}): CacheSources {
  return {
    environment: { XDG_RUNTIME_DIR: runtime.path, PASSWORD: 'p', ...environment },
    workingDirectory: folder,
    platform: 'linux',
  }
}

function open(from: CacheSources = sources(), config = 'patrol.yaml'): ValueCache {
  const cache = ValueCache.of(config, from)
  if (cache === undefined) throw new Error('nothing can be kept')
  return cache
}

async function tokens(cache: ValueCache, at = now): Promise<readonly string[]> {
  return ((await cache.read(at))?.values ?? []).map(({ token, value }) => `${token}: ${value.reveal()}`)
}

describe.runIf(hasMemory)('what was kept', () => {
  test('is there for the next call, with where it goes', async () => {
    await open().keep(routes, kept('code'))
    await open().keep(routes, kept('other'))
    await open().keep(routes, kept('code', 'a newer value'))
    expect((await open().read(now))?.routes).toEqual(routes)
    expect(await tokens(open())).toEqual(['other: value of other', 'code: a newer value'])
  })

  test('is gone when its time is over, and when the clock was set back', async () => {
    await open().keep(routes, kept('code'))
    expect(await tokens(open(), instant(now + 299_999))).toHaveLength(1)
    expect(await tokens(open(), instant(now + 300_000))).toEqual([])
    expect(await tokens(open(), instant(now - 1))).toEqual([])
  })

  test('is dropped where it is the one that was refused, and stays where it is another', async () => {
    await open().keep(routes, kept('code'))
    await open().drop(now, ({ value }) => value.reveal() === 'an older value')
    expect(await tokens(open())).toHaveLength(1)
    await open().drop(now, ({ value }) => value.reveal() === 'value of code')
    expect(await tokens(open())).toEqual([])
  })

  test('counts for one configuration, with one text and one set of variables', async () => {
    await open().keep(routes, kept('code'))
    writeFileSync(join(folder, 'other.yaml'), 'password: ${PASSWORD}\nother: ${OTHER:-x}\n')
    expect(await open(sources(), 'other.yaml').read(now)).toBeUndefined()
    expect(await open(sources({ PASSWORD: 'q' })).read(now)).toBeUndefined()
    expect(await open(sources({ OTHER: 'q' })).read(now)).toBeUndefined()
    expect(await tokens(open(sources({ UNRELATED: 'q' })))).toHaveLength(1)
    writeFileSync(join(folder, 'patrol.yaml'), 'changed: ${PASSWORD}\n')
    expect(await open().read(now)).toBeUndefined()
  })

  test('is for its owner alone, and does not stand there in plain', async () => {
    await open().keep(routes, kept('code'))
    const directory = join(runtime.path, 'azdo-patrol')
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    const files = runtime.files()
    expect(files).toHaveLength(2)
    for (const { name, text } of files) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
      expect(text).not.toMatch(/value of|dev\.azure|contoso|password/i)
    }
  })

  test('is not read when others could have written or read it', async () => {
    await open().keep(routes, kept('code'))
    const directory = join(runtime.path, 'azdo-patrol')
    for (const { name } of runtime.files()) {
      chmodSync(join(directory, name), 0o644)
      expect(await open().read(now)).toBeUndefined()
      chmodSync(join(directory, name), 0o600)
    }
    expect(await tokens(open())).toHaveLength(1)
  })

  test('is not read from behind a link', async () => {
    await open().keep(routes, kept('code'))
    const directory = join(runtime.path, 'azdo-patrol')
    const [sheet] = runtime.files().filter(({ name }) => name.endsWith('.sealed'))
    const path = join(directory, sheet?.name ?? '')
    rmSync(path)
    writeFileSync(join(folder, 'elsewhere'), Buffer.from(sheet?.text ?? '', 'latin1'), { mode: 0o600 })
    symlinkSync(join(folder, 'elsewhere'), path)
    expect(await open().read(now)).toBeUndefined()
  })

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['changed', (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])])],
    ['cut', (bytes) => bytes.subarray(0, 20)],
    ['of another form', (bytes) => Buffer.concat([Buffer.from('PTC2'), bytes.subarray(4)])],
    ['empty', () => Buffer.alloc(0)],
  ])('counts for nothing when it was %s', async (_, damage) => {
    await open().keep(routes, kept('code'))
    const [sheet] = runtime.files().filter(({ name }) => name.endsWith('.sealed'))
    const path = join(runtime.path, 'azdo-patrol', sheet?.name ?? '')
    writeFileSync(path, damage(Buffer.from(sheet?.text ?? '', 'latin1')))
    expect(await open().read(now)).toBeUndefined()
    await open().keep(routes, kept('code'))
    expect(await tokens(open())).toHaveLength(1)
  })

  test('cannot be passed off as that of another configuration', async () => {
    writeFileSync(join(folder, 'other.yaml'), 'x\n')
    await open().keep(routes, kept('code'))
    const [first] = runtime.files().filter(({ name }) => name.endsWith('.sealed'))
    await open(sources(), 'other.yaml').keep(routes, kept('code'))
    const second = runtime.files().find(({ name }) => name.endsWith('.sealed') && name !== first?.name)
    writeFileSync(join(runtime.path, 'azdo-patrol', second?.name ?? ''), Buffer.from(first?.text ?? '', 'latin1'))
    expect(await open(sources(), 'other.yaml').read(now)).toBeUndefined()
  })

  test('is removed by a later call when it is too old to count', async () => {
    await open().keep(routes, kept('code'))
    const [old] = runtime.files().filter(({ name }) => name.endsWith('.sealed'))
    const path = join(runtime.path, 'azdo-patrol', old?.name ?? '')
    writeFileSync(`${path}.1-1.tmp`, 'left by a killed program', { mode: 0o600 })
    const hourAgo = (Date.now() - 3_700_000) / 1000
    for (const one of [path, `${path}.1-1.tmp`]) utimesSync(one, hourAgo, hourAgo)
    writeFileSync(join(folder, 'other.yaml'), 'x\n')
    await open(sources(), 'other.yaml').keep(routes, kept('code'))
    const names = runtime.files().map(({ name }) => name)
    expect(names).toHaveLength(2)
    expect(names).not.toContain(old?.name)
  })

  test('can be read by all while many write', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `token-${index}`)
    await Promise.all(names.map((name) => open().keep(routes, kept(name))))
    const seen = await tokens(open())
    expect(seen.length).toBeGreaterThan(0)
    for (const one of seen) expect(one).toMatch(/^(token-\d+): value of \1$/)
    expect(runtime.files()).toHaveLength(2)
  })

  test('is removed with its key', async () => {
    await open().keep(routes, kept('code'))
    expect(cacheState(sources())).toMatchObject({ kind: 'memory', configurations: 1 })
    expect(await clearCache(sources())).toMatchObject({ configurations: 1 })
    expect(runtime.files()).toEqual([])
    expect(await clearCache(sources())).toMatchObject({ configurations: 0 })
  })
})

test.runIf(hasMemory)('a key that was cut is replaced', async () => {
  await open().keep(routes, kept('code'))
  writeFileSync(join(runtime.path, 'azdo-patrol', 'key'), 'cut')
  expect(await open().read(now)).toBeUndefined()
  await open().keep(routes, kept('code'))
  expect(await tokens(open())).toHaveLength(1)
})

describe.runIf(hasMemory)('nothing is kept', () => {
  test.each<[string, () => Record<string, string>, string]>([
    ['without the variable', () => ({ XDG_RUNTIME_DIR: '' }), 'XDG_RUNTIME_DIR is not set'],
    ['below a relative path', () => ({ XDG_RUNTIME_DIR: '.' }), 'not a directory of this user alone'],
    ['where there is nothing', () => ({ XDG_RUNTIME_DIR: join(folder, 'none') }), 'not a directory of this user alone'],
    ['on a disk', () => ({ XDG_RUNTIME_DIR: folder }), 'does not lie in memory'],
  ])('%s', (_, environment, reason) => {
    const place = cachePlace(sources(environment()).environment, 'linux')
    expect(place).toEqual({ kind: 'none', reason: expect.stringContaining(reason) })
    expect(ValueCache.of('patrol.yaml', sources(environment()))).toBeUndefined()
  })

  test('in a directory that others may enter', () => {
    chmodSync(runtime.path, 0o755)
    expect(ValueCache.of('patrol.yaml', sources())).toBeUndefined()
  })

  test('in a directory of ours that somebody else made', async () => {
    mkdirSync(join(runtime.path, 'azdo-patrol'), { mode: 0o755 })
    await open().keep(routes, kept('code'))
    expect(runtime.files()).toEqual([])
    expect(await clearCache(sources())).toMatchObject({ configurations: 0 })
  })

  test('for a configuration that is not there', () => {
    expect(ValueCache.of('missing.yaml', sources())).toBeUndefined()
  })
})

describe('with a keychain', () => {
  function keychainSources(keychain: () => Promise<Keychain>): CacheSources {
    const environment = { LOCALAPPDATA: folder, PASSWORD: 'p' }
    return { environment, workingDirectory: folder, platform: 'win32', openKeychain: keychain }
  }

  function keychainOf(texts: string[]): () => Promise<Keychain> {
    return async () => ({
      read: () => texts[0],
      write: (text) => void texts.splice(0, 1, text),
      remove: () => void texts.splice(0),
    })
  }

  test('the key stands there, and the files hold nothing without it', async () => {
    const texts: string[] = []
    const from = keychainSources(keychainOf(texts))
    await open(from).keep(routes, kept('code'))
    expect(Buffer.from(texts[0] ?? '', 'base64')).toHaveLength(32)
    expect(await tokens(open(from))).toHaveLength(1)
    expect(await open(keychainSources(keychainOf([]))).read(now)).toBeUndefined()
    expect(await clearCache(from)).toMatchObject({ kind: 'keychain', configurations: 1 })
    expect(texts).toEqual([])
  })

  test.each<[string, () => Promise<Keychain>]>([
    ['is not there', () => Promise.reject(new Error('no such module'))],
    ['is locked', async () => ({ read: refuse, write: refuse, remove: refuse })],
    ['forgets', async () => ({ read: () => undefined, write: () => undefined, remove: () => undefined })],
  ])('that %s nothing is kept, and nothing fails', async (_, keychain) => {
    const from = keychainSources(keychain)
    await open(from).keep(routes, kept('code'))
    expect(await open(from).read(now)).toBeUndefined()
    expect(await clearCache(from)).toMatchObject({ configurations: 0 })
  })

  test('that holds something else gets a key', async () => {
    const texts = ['not a key']
    const from = keychainSources(keychainOf(texts))
    await open(from).keep(routes, kept('code'))
    expect(await tokens(open(from))).toHaveLength(1)
  })

  function refuse(): never {
    throw new Error('locked')
  }
})
