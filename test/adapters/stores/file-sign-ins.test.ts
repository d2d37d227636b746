import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity } from 'age-encryption'
import { describe, expect, it } from 'vitest'
import { AgeKey } from '../../../src/adapters/stores/age-key.ts'
import { fileSignIns } from '../../../src/adapters/stores/file-sign-ins.ts'
import { formatSummed } from '../../../src/adapters/stores/secret-file.ts'
import { asPatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { SignInStore } from '../../../src/ports/sign-in-store.ts'
import { sampleEntry, signInStoreContract, type SignInWorld } from '../../contract/sign-in-store.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock, testRandom } from './test-clock.ts'

interface FileSignInWorld extends SignInWorld {
  readonly path: string
  openAs(name: string, identity: Secret): SignInStore
}

async function fileSignInWorld(): Promise<FileSignInWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'patrol-sign-ins-'))
  const path = join(directory, 'not', 'yet')
  const identity = new Secret(await generateIdentity())
  const leaks = new LeakWatch()
  const openAs = (name: string, key: Secret): SignInStore =>
    leaks.over(fileSignIns({ path, identity: key, secret: name, clock: testClock, random: testRandom }))
  return {
    path,
    openAs,
    open: (name) => openAs(name, identity),
    plant: async (name, text) => {
      await openAs(name, identity).write(sampleEntry(), () => true)
      const value = await new AgeKey(identity).seal(text)
      await writeFile(join(path, 'sign-ins', `${name}.json`), formatSummed({ value }))
    },
    stop: async () => {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
      const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')))
      await rm(directory, { recursive: true, force: true })
      leaks.check([identity.reveal()], { files: texts, names: files })
    },
  }
}

signInStoreContract('a directory', fileSignInWorld)

describe('a sign-in in a directory', () => {
  it('is a file that only its owner reads, without a word of the sign-in in plain', async () => {
    const world = await fileSignInWorld()
    const entry = sampleEntry()
    await world.open('bot').write(entry, () => true)
    const file = join(world.path, 'sign-ins', 'bot.json')
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
    const text = await readFile(file, 'utf8')
    for (const word of [entry.user, entry.tenant, entry.session]) expect(text).not.toContain(word)
    expect((await readdir(world.path)).toSorted()).toEqual(['lock', 'secrets', 'sign-ins', 'store.json'])
    await world.stop()
  })

  it('is found damaged when a byte of it was changed, and opened by no other identity', async () => {
    const world = await fileSignInWorld()
    await world.open('bot').write(sampleEntry(), () => true)
    const other = new Secret(await generateIdentity())
    expect(await world.openAs('bot', other).read().catch(asPatrolError)).toMatchObject({ code: 'store-denied' })
    const file = join(world.path, 'sign-ins', 'bot.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('value', 'walue'))
    expect(await world.open('bot').read().catch(asPatrolError)).toMatchObject({
      code: 'store-corrupt',
      message: `${file} is damaged`,
    })
    await world.stop()
  })
})
