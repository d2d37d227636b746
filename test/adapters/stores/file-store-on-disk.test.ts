import { execFile, execFileSync, spawn } from 'node:child_process'
import { access, chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { generateHybridIdentity, generateIdentity } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ageIdentityIn } from '../../../src/adapters/stores/age-key.ts'
import { fileStore } from '../../../src/adapters/stores/file-store.ts'
import { formatSecretFile, parseSecretFile } from '../../../src/adapters/stores/secret-file.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration, instant } from '../../../src/core/time.ts'
import type { Limits } from '../../../src/ports/limits.ts'
import type { Store } from '../../../src/ports/store.ts'
import { currentVersion } from '../../../src/reconcile/current-version.ts'
import { type FileWorld, fileWorld } from './file-world.ts'
import { sampleMetadata } from './sample-metadata.ts'
import { testClock, testRandom } from './test-clock.ts'

/** For tests that start processes: how long those take is a matter of what else the machine does. */
const whileBusy = 180_000

const child = fileURLToPath(new URL('writer-child.ts', import.meta.url))

let world: FileWorld
beforeEach(async () => {
  world = await fileWorld()
})
afterEach(() => world.stop())

function soon(timeout = 30_000): Limits {
  return { sendBy: testClock.elapsed() + 60_000, timeout: duration(timeout) }
}

async function filesUnder(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function failure(work: Promise<unknown>): Promise<PatrolError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(PatrolError)
  return thrown as PatrolError
}

function orders(changes: Record<string, string>): { readonly env: NodeJS.ProcessEnv } {
  return { env: { ...process.env, STORE: world.path, IDENTITY: world.identity.reveal(), NAME: 'feed', ...changes } }
}

async function generations(store: Store, name: string): Promise<readonly string[]> {
  return (await store.versions(name)).map(({ reading }) => {
    expect(reading.kind).toBe('read')
    return reading.kind === 'read' ? reading.metadata.generation : ''
  })
}

describe('on disk', () => {
  const value = `plain value ${'y'.repeat(60)}`

  it('stands no value in plain, and nothing is for others to read', async () => {
    await world.store.write('feed', new Secret(value), sampleMetadata(), soon())
    const paths = await filesUnder(world.path)
    expect(paths.map((path) => path.slice(world.path.length + 1)).sort()).toEqual(['secrets/feed.json', 'store.json'])
    for (const path of paths) {
      const text = await readFile(path, 'utf8')
      for (const form of [value, Buffer.from(value).toString('base64').slice(0, 40)]) expect(text).not.toContain(form)
      expect((await stat(path)).mode & 0o777).toBe(0o600)
    }
    for (const directory of ['', 'secrets', 'lock']) {
      expect((await stat(join(world.path, directory))).mode & 0o777).toBe(0o700)
    }
  })

  it('the metadata stands in plain, for tools and people', async () => {
    const metadata = sampleMetadata()
    await world.store.write('Feed', new Secret(value), metadata, soon())
    const { versions } = JSON.parse(await readFile(join(world.path, 'secrets/feed.json'), 'utf8'))
    expect(versions).toMatchObject([
      {
        enabled: true,
        expiresAt: new Date(metadata.validTo).toISOString(),
        contentType: 'application/vnd.azure-devops.pat',
        tags: { 'authorization-id': metadata.authorizationId },
      },
    ])
  })

  it('a value opens with the age program', async ({ skip }) => {
    const program = 'age'
    const isThere = await promisify(execFile)(program, ['--version']).then(
      () => true,
      () => false,
    )
    skip(!isThere, 'age is not installed')
    await world.store.write('feed', new Secret(value), sampleMetadata(), soon())
    const { versions } = JSON.parse(await readFile(join(world.path, 'secrets/feed.json'), 'utf8'))
    const keyFile = join(world.path, 'key.txt')
    await writeFile(keyFile, world.identity.reveal())
    const opened = execFileSync(program, ['--decrypt', '-i', keyFile], { input: versions[0].value, encoding: 'utf8' })
    expect(opened).toBe(value)
  })

  it.each(['store.json', 'secrets/feed.json'])(
    'any change of a byte of %s is found and the file named',
    async (name) => {
      await world.store.write('feed', new Secret(value), sampleMetadata(), soon())
      const path = join(world.path, name)
      const whole = await readFile(path)
      for (let at = 0; at < whole.length; at += 7) {
        const torn = Buffer.from(whole)
        torn[at] = whole[at]! ^ 1
        await writeFile(path, torn)
        const store = world.reopen()
        const work = name === 'store.json' ? store.identity() : currentVersion(store, 'feed')
        const outcome = await work.then(
          (answer) => answer,
          (error: unknown) => error,
        )
        // A blank between two fields may change without changing what the file says; a digit of the format, to a newer one.
        if (!(outcome instanceof PatrolError)) expect(whole.toString()[at]).toMatch(/\s/)
        else if (outcome.code === 'store-corrupt') expect(outcome.message).toContain(path)
        else expect(outcome.code).toBe('metadata-unsupported')
      }
      for (const text of ['', '[]', '{}', 'null', whole.subarray(0, whole.length / 2).toString()]) {
        await writeFile(path, text)
        const error = await failure(
          name === 'store.json'
            ? world.reopen().prepare()
            : world.reopen().write('feed', new Secret(value), sampleMetadata(), soon()),
        )
        expect(error).toMatchObject({ code: 'store-corrupt', outcome: 'none', message: `${path} is damaged` })
      }
    },
  )

  it('a file of a newer format is refused, not guessed at', async () => {
    await world.store.write('feed', new Secret(value), sampleMetadata(), soon())
    const path = join(world.path, 'secrets/feed.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"format": 1', '"format": 2'))
    expect(await failure(currentVersion(world.store, 'feed'))).toMatchObject({ code: 'metadata-unsupported' })
  })

  it('a file under the name of another secret is damaged', async () => {
    await world.store.write('feed', new Secret(value), sampleMetadata(), soon())
    const text = await readFile(join(world.path, 'secrets/feed.json'))
    await writeFile(join(world.path, 'secrets/wiki.json'), text)
    expect(await failure(world.store.read('wiki'))).toMatchObject({ code: 'store-corrupt' })
    expect(await world.store.read('feed')).toBeDefined()
  })

  it('a lost store.json is not replaced by another identity', async () => {
    await world.store.write('feed', new Secret(value), sampleMetadata(), soon())
    const path = join(world.path, 'store.json')
    await rm(path)
    const error = await failure(world.reopen().prepare())
    expect(error).toMatchObject({ code: 'store-corrupt', message: expect.stringContaining(path) })
  })

  it('what the disk refuses is an error of the store that names the place', async () => {
    await mkdir(join(world.path, '..'), { recursive: true })
    await writeFile(world.path, 'a file where the directory should be')
    for (const work of [() => world.store.prepare(), () => world.store.current(['feed'])]) {
      const error = await failure(work())
      expect(error).toMatchObject({ code: 'store-unreachable', outcome: 'none' })
      expect(error.remedy).toContain(world.path)
    }
  })

  it.skipIf(process.getuid?.() === 0)('a directory of somebody else is denied', async () => {
    await world.store.prepare()
    await chmod(join(world.path, 'secrets'), 0o500)
    expect(await failure(world.store.admit('feed'))).toMatchObject({ code: 'store-denied' })
    const error = await failure(world.store.write('feed', new Secret(value), sampleMetadata(), soon()))
    expect(error).toMatchObject({ code: 'store-denied', outcome: 'none' })
    await chmod(join(world.path, 'secrets'), 0o700)
  })

  it('stamps versions with the clock it was given, to the millisecond', async () => {
    const clock = { ...testClock, now: () => instant(1_795_489_445_678) }
    const store = fileStore({ path: world.path, identity: world.identity, clock, random: testRandom })
    const { createdAt } = await store.write('feed', new Secret(value), sampleMetadata(), soon())
    expect(createdAt).toBe(1_795_489_445_678)
    expect((await store.versions('feed'))[0]?.createdAt).toBe(1_795_489_445_678)
  })
})

describe('keys', () => {
  const value = new Secret(`kept value ${'z'.repeat(40)}`)

  it.each<[string, () => Promise<string>]>([
    [
      'the text of an age-keygen file',
      async () => `# created: today\n# public key: age1…\n${await generateIdentity()}\n`,
    ],
    ['a post-quantum identity', generateHybridIdentity],
  ])('%s opens what it sealed', async (_, make) => {
    const identity = new Secret(await make())
    const store = world.reopen(identity)
    await store.write('feed', value, sampleMetadata(), soon())
    expect((await world.reopen(identity).read('feed'))?.value.equals(value)).toBe(true)
  })

  it.each<[string, () => Promise<string>, string]>([
    ['another identity', generateIdentity, 'with which it was created'],
    ['another post-quantum identity', generateHybridIdentity, 'with which it was created'],
    ['a passphrase', () => Promise.resolve('correct horse battery staple'), 'AGE-SECRET-KEY-1'],
  ])('%s is denied by whatever opens the store, before it does harm', async (_, make, remedy) => {
    await world.store.write('feed', value, sampleMetadata(), soon())
    const store = world.reopen(new Secret(await make()))
    for (const work of [
      () => store.identity(),
      () => store.current(['feed']),
      () => store.managed(),
      () => store.read('feed'),
      () => store.admit('wiki'),
      () => store.prepare(),
      () => store.write('feed', value, sampleMetadata(), soon()),
    ]) {
      const error = await failure(work())
      expect(error).toMatchObject({ code: 'store-denied', outcome: 'none' })
      expect(error.remedy).toContain(remedy)
    }
    expect(await world.store.versions('feed')).toHaveLength(1)
  })

  it('a malformed identity is denied without being quoted', async () => {
    const identity = `${(await generateIdentity()).slice(0, -2)}QQ`
    const store = world.reopen(new Secret(identity))
    for (const work of [() => store.identity(), () => store.current(['feed']), () => store.prepare()]) {
      const error = await failure(work())
      expect(error).toMatchObject({ code: 'store-denied' })
      const told = `${error.message} ${error.remedy} ${error.stack} ${JSON.stringify(error.cause)} ${String(error.cause)}`
      expect(told.toUpperCase()).not.toContain(identity.slice(20, 40))
    }
    await expect(access(join(world.path, 'store.json'))).rejects.toThrow('ENOENT')
  })

  it('an identity is found alone and in the file of age-keygen, and nothing else passes for one', async () => {
    for (const identity of [await generateIdentity(), await generateHybridIdentity()]) {
      expect(ageIdentityIn(identity)).toBe(identity)
      expect(ageIdentityIn(` # created\r\n${identity}\r\n`)).toBe(identity)
      for (const other of [identity.slice(0, -1), `${identity}Q`, identity.toLowerCase(), `key: ${identity}`, '']) {
        expect(ageIdentityIn(other)).toBeUndefined()
      }
    }
  })
})

describe('writers', () => {
  it(
    'in several processes exclude each other, and no write is lost',
    async () => {
      const run = promisify(execFile)
      const told = await Promise.all([1, 2, 3].map(() => run(process.execPath, [child], orders({ COUNT: '15' }))))
      const acknowledged = told.flatMap(({ stdout }) => stdout.trim().split('\n'))
      expect(acknowledged).toHaveLength(45)
      expect([...(await generations(world.store, 'feed'))].sort()).toEqual(acknowledged.sort())
    },
    whileBusy,
  )

  it(
    'are never waited for by readers, who see one whole state after another',
    async () => {
      await world.store.write('feed', new Secret('v'), sampleMetadata(), soon())
      const writer = promisify(execFile)(process.execPath, [child], orders({ COUNT: '20' }))
      const counts: number[] = []
      const watch = new AbortController()
      const ended = writer.finally(() => watch.abort())
      while (!watch.signal.aborted) {
        counts.push((await world.store.versions('feed')).length)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
      await ended
      expect(counts).toEqual([...counts].sort((left, right) => left - right))
      expect(await world.store.versions('feed')).toHaveLength(21)
    },
    whileBusy,
  )

  it(
    'that are killed at any step leave the state before or the state after, and block nobody',
    async () => {
      let acknowledged: string[] = []
      let ended = false
      let kills = 0
      for (let killAt = 1; !ended; killAt++) {
        const writer = spawn(process.execPath, [child], {
          ...orders({ KILL_AT: String(killAt), COUNT: '1' }),
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let told = ''
        writer.stdout.on('data', (data: Buffer) => {
          told += data.toString()
        })
        const signal = await new Promise((resolve) => writer.on('close', (_, name) => resolve(name)))
        ended = signal === null
        if (!ended) kills++
        acknowledged = acknowledged.concat(told.split('\n').filter((line) => line !== ''))
        const store = world.reopen()
        const present = await generations(store, 'feed')
        expect(present).toEqual(expect.arrayContaining(acknowledged))
        if (present.length > 0) expect((await store.read('feed'))?.value.reveal()).toBe(`value of ${present.at(-1)}`)
        const metadata = sampleMetadata()
        await store.write('feed', new Secret(`value of ${metadata.generation}`), metadata, soon(1_000))
        acknowledged.push(metadata.generation)
      }
      expect(kills).toBeGreaterThan(15)
      const names = await readdir(join(world.path, 'secrets'))
      expect(names).toEqual(['feed.json'])
      expect(await readdir(join(world.path, 'lock'))).not.toContain('1')
    },
    whileBusy,
  )

  it(
    'that are killed at any moment lose nothing that they acknowledged',
    async () => {
      for (let round = 0; round < 4; round++) {
        const writer = spawn(process.execPath, [child], {
          ...orders({ COUNT: '10000' }),
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        let told = ''
        await new Promise<void>((resolve) => {
          writer.stdout.on('data', (data: Buffer) => {
            if (told === '') setTimeout(() => writer.kill('SIGKILL'), 20 + round * 23)
            told += data.toString()
          })
          writer.on('close', () => resolve())
        })
        const acknowledged = told.split('\n').slice(0, -1)
        expect(acknowledged.length).toBeGreaterThan(0)
        expect(await generations(world.reopen(), 'feed')).toEqual(expect.arrayContaining(acknowledged))
      }
    },
    whileBusy,
  )
})

describe('the lock', () => {
  const lockedBy = async (changes: object, ageMs = 0): Promise<void> => {
    await world.store.prepare()
    const path = join(world.path, 'lock', '1')
    const text = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
    const holder = { host: 'elsewhere', boot: text.trim(), pidNamespace: 'pid:[1]', pid: 1, startedAt: '1', nonce: 1 }
    await writeFile(path, JSON.stringify({ ...holder, ...changes }))
    const at = (Date.now() - ageMs) / 1_000
    await utimes(path, at, at)
  }
  const write = (): Promise<unknown> => world.store.write('feed', new Secret('v'), sampleMetadata(), soon(150))

  it('of a process on another machine is respected for a minute', async () => {
    await lockedBy({ pid: 4711 }, 50_000)
    const error = await failure(write())
    expect(error).toMatchObject({ code: 'store-locked', outcome: 'none' })
    expect(error.message).toContain('4711')
    expect(await world.store.versions('feed')).toEqual([])
    await lockedBy({ pid: 4711 }, 61_000)
    await write()
  })

  it('whose text is torn is respected for a minute, too', async () => {
    await world.store.prepare()
    await writeFile(join(world.path, 'lock', '1'), '')
    expect(await failure(write())).toMatchObject({ code: 'store-locked' })
  })

  it('is found dead when its process id belongs to another process now', async ({ skip }) => {
    skip(process.platform !== 'linux', 'only Linux tells when a process started')
    const locked = join(world.path, 'lock')
    await world.store.prepare()
    // Our own lock, seen while we hold it, tells what a holder on this machine looks like.
    const seen = new Promise<string>((resolve) => {
      const look = async (): Promise<void> => {
        const text = await readFile(join(locked, '1'), 'utf8').catch(() => '')
        if (text === '') setImmediate(() => void look())
        else resolve(text)
      }
      void look()
    })
    await Promise.all(Array.from({ length: 30 }, write))
    const holder = JSON.parse(await seen)
    await lockedBy({ ...holder, pid: process.pid, startedAt: '1' })
    await write()
    await lockedBy({ ...holder, boot: 'an earlier one' })
    await write()
    await lockedBy(holder)
    expect(await failure(write())).toMatchObject({ code: 'store-locked' })
  })

  it('is not waited for longer than the turn may last', async () => {
    await lockedBy({})
    const late = { sendBy: testClock.elapsed() + 100, timeout: duration(30_000) }
    const error = await failure(world.store.write('feed', new Secret('v'), sampleMetadata(), late))
    expect(['store-locked', 'turn-expired']).toContain(error.code)
    expect(error.outcome).toBe('none')
  })
})

it('a thousand secrets are observed in one sweep', async () => {
  await world.store.write('secret-0', new Secret('v'), sampleMetadata(), soon())
  const [text, names] = [await readFile(join(world.path, 'secrets/secret-0.json'), 'utf8'), [] as string[]]
  const { versions } = parseSecretFile(text, '')
  for (let index = 1; index < 1_000; index++) {
    names.push(`secret-${index}`)
    await writeFile(
      join(world.path, 'secrets', `secret-${index}.json`),
      formatSecretFile({ name: names.at(-1)!, versions }),
    )
  }
  expect((await world.store.current(names)).size).toBe(999)
  expect((await world.store.managed()).size).toBe(1_000)
})
