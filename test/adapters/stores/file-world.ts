import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateIdentity } from 'age-encryption'
import { AgeKey } from '../../../src/adapters/stores/age-key.ts'
import { fileStore } from '../../../src/adapters/stores/file-store.ts'
import { formatSecretFile } from '../../../src/adapters/stores/secret-file.ts'
import { Secret } from '../../../src/core/secret.ts'
import type { Instant } from '../../../src/core/time.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { Planted, StoreWorld } from '../../contract/store.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock, testRandom } from './test-clock.ts'

export interface FileWorld extends StoreWorld {
  readonly path: string
  readonly identity: Secret
  /** The same directory, as another process sees it. */
  reopen(identity?: Secret): Store
}

export async function fileWorld(given?: Secret): Promise<FileWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'patrol-store-'))
  const path = join(directory, 'not', 'yet')
  const identity = given ?? new Secret(await generateIdentity())
  const leaks = new LeakWatch()
  const reopen = (other: Secret = identity): Store =>
    leaks.over(fileStore({ path, identity: other, clock: testClock, random: testRandom }))
  return {
    path,
    identity,
    reopen,
    store: reopen(),
    beginsAbsent: true,
    elapsed: () => testClock.elapsed(),
    now: (): Instant => testClock.now(),
    plant: async (name: string, { value, tags, enabled = true }: Planted) => {
      const version = { id: `planted-${name}`, createdAt: testClock.now(), expiresAt: testClock.now(), enabled, tags }
      const sealed = await new AgeKey(identity).seal(value)
      const file = { name, versions: [{ ...version, contentType: 'text/plain', value: sealed }] }
      await mkdir(join(path, 'secrets'), { recursive: true })
      await writeFile(join(path, 'secrets', `${name}.json`), formatSecretFile(file))
    },
    makeUnreadable: (name: string) => writeFile(join(path, 'secrets', `${name}.json`), '{"torn":'),
    stop: async () => {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true })
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
      const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')))
      await rm(directory, { recursive: true, force: true })
      leaks.check([identity.reveal()], { files: texts, names: files })
    },
  }
}
