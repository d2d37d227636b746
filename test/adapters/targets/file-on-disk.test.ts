import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileTarget } from '../../../src/adapters/targets/file-target.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration, instant } from '../../../src/core/time.ts'
import type { Consignment, Target } from '../../../src/ports/target.ts'
import { testClock } from '../stores/test-clock.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patrol-file-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const limits = { sendBy: Number.POSITIVE_INFINITY, timeout: duration(30_000) }

function consignment(token: string): Consignment {
  return {
    token,
    organization: 'contoso',
    owner: 'ci-bot@contoso.example',
    authorizationId: '11111111-2222-3333-4444-555555555555',
    generation: 'ab12cdefghij',
    value: new Secret(`value-of-${token}-${'x'.repeat(60)}`),
    validTo: instant(Date.UTC(2026, 10, 24)),
  }
}

function dotenv(path: string): Target {
  return fileTarget({
    name: 'file',
    path: join(directory, path),
    mode: 0o600,
    format: { kind: 'dotenv', variable: 'PAT_{TOKEN}' },
    clock: testClock,
  })
}

const modeOf = async (path: string): Promise<number> => (await stat(join(directory, path))).mode & 0o777

test('a new file is for its owner alone; one that is there keeps its permissions', async () => {
  await dotenv('new.env').deliver(consignment('a'), limits)
  expect(await modeOf('new.env')).toBe(0o600)
  await writeFile(join(directory, 'old.env'), '')
  await chmod(join(directory, 'old.env'), 0o664)
  await dotenv('old.env').deliver(consignment('a'), limits)
  expect(await modeOf('old.env')).toBe(0o664)
})

test('links are followed, also one that points to nothing yet, and stay links', async () => {
  await mkdir(join(directory, 'real'))
  await symlink('real/there.env', join(directory, 'link.env'))
  const target = dotenv('link.env')
  const one = consignment('a')
  await expect(target.deliver(one, limits)).resolves.toEqual(expect.any(String))
  expect(
    (await readdir(directory, { withFileTypes: true })).map((entry) => [entry.name, entry.isSymbolicLink()]),
  ).toEqual(expect.arrayContaining([['link.env', true]]))
  expect(await readFile(join(directory, 'real/there.env'), 'utf8')).toContain(one.value.reveal())
})

test('many deliveries to one file at once all arrive, and nothing is left beside it', async () => {
  const all = Array.from({ length: 20 }, (_, index) => consignment(`token-${index}`))
  // Two targets of one file, as two types of them would be.
  const targets = [dotenv('shared.env'), dotenv('shared.env')]
  await Promise.all(all.map(async (one, index) => targets[index % 2]?.deliver(one, limits)))
  const text = await readFile(join(directory, 'shared.env'), 'utf8')
  for (const { value } of all) expect(text).toContain(`=${value.reveal()}\n`)
  expect(await readdir(directory)).toEqual(['shared.env'])
})

test('lines of Windows and a byte order mark stay', async () => {
  await writeFile(join(directory, 'windows.env'), '\ufeffA=1\r\nB=2\r\n')
  const one = consignment('a')
  await dotenv('windows.env').deliver(one, limits)
  const text = await readFile(join(directory, 'windows.env'), 'utf8')
  expect(text).toBe(`\ufeffA=1\r\nB=2\r\nPAT_A=${one.value.reveal()}\r\n`)
})

test.each([
  ['no text', (path: string) => writeFile(path, Buffer.from([0xff, 0xfe, 0x41])), 'delivery-failed', 'not UTF-8'],
  [
    'larger than any such file',
    (path: string) => writeFile(path, 'x'.repeat(1_100_000)),
    'delivery-failed',
    'larger than',
  ],
  ['a directory', (path: string) => mkdir(path), 'target-not-found', 'is no file'],
])('what is %s is refused and stays as it is', async (_name, make, code, message) => {
  const path = join(directory, 'odd.env')
  await make(path)
  const before = await stat(path)
  const refused = { code, message: expect.stringContaining(message) }
  await expect(dotenv('odd.env').deliver(consignment('a'), limits)).rejects.toMatchObject(refused)
  await expect(dotenv('odd.env').check()).rejects.toMatchObject(refused)
  expect((await stat(path)).size).toBe(before.size)
})

test.skipIf(process.getuid?.() === 0)('a directory that must not be written to is told', async () => {
  await chmod(directory, 0o500)
  const denied = { code: 'target-denied', message: expect.stringContaining('EACCES') }
  await expect(dotenv('a.env').deliver(consignment('a'), limits)).rejects.toMatchObject(denied)
  await expect(dotenv('a.env').check()).rejects.toMatchObject(denied)
  await chmod(directory, 0o700)
})

test.skipIf(process.getuid?.() !== 0)('a file of somebody else stays theirs', async () => {
  const { chown } = await import('node:fs/promises')
  await writeFile(join(directory, 'theirs.env'), 'A=1\n')
  await chown(join(directory, 'theirs.env'), 1234, 2345)
  await dotenv('theirs.env').deliver(consignment('a'), limits)
  const { uid, gid } = await stat(join(directory, 'theirs.env'))
  expect([uid, gid]).toEqual([1234, 2345])
})

test('a file that goes when its token goes takes its directory with it in no case', async () => {
  const target = fileTarget({
    name: 'file',
    path: join(directory, '{token}.txt'),
    mode: 0o640,
    format: { kind: 'template', content: '{basic} until {validTo}\n' },
    clock: testClock,
  })
  const one = consignment('a')
  const receipt = await target.deliver(one, limits)
  const basic = Buffer.from(`:${one.value.reveal()}`).toString('base64')
  expect(await readFile(join(directory, 'a.txt'), 'utf8')).toBe(`${basic} until 2026-11-24T00:00:00.000Z\n`)
  expect(await modeOf('a.txt')).toBe(0o640)
  const copy = { ...one, receipt, deliveredAt: one.validTo }
  expect(await target.remove(copy, limits)).toEqual({ kind: 'removed' })
  expect(await readdir(directory)).toEqual([])
})
