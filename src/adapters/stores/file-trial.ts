import { mkdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import type { StoreTrial } from '../../ports/store-trial.ts'
import type { Random } from '../../ports/random.ts'
import { AgeKey } from './age-key.ts'
import { isMissing, prepareFile } from '../atomic-file.ts'
import { fileFault } from './file-fault.ts'

export interface FileTrialOptions {
  /** The store's directory; it need not exist yet. */
  readonly path: string
  readonly identity: Secret
  readonly random: Random
}

/** A trial of a directory: a file of its own where the secrets stand, whose name the store takes for an unfinished write. */
export function fileTrial({ path, identity, random }: FileTrialOptions): StoreTrial {
  const root = resolve(path)
  const key = new AgeKey(identity)

  async function writeAndCompare(value: Secret, directory: string): Promise<void> {
    const file = join(directory, `patrol-doctor-probe-${random.characters(8)}.tmp`)
    const prepared = await prepareFile(file, await key.seal(value.reveal()))
    try {
      await prepared.commit()
      const opened = await key.open(await readFile(file, 'utf8'))
      if (opened.kind === 'opened' && value.equals(new Secret(opened.text))) return
      throw new PatrolError('store-corrupt', `${directory} read back something else than was written`, {
        remedy: 'Check the disk and the age identity of the store.',
      })
    } finally {
      await prepared.discard()
      await rm(file, { force: true })
    }
  }

  return {
    list: () => Promise.resolve(),
    async write(value) {
      const secrets = join(root, 'secrets')
      let made: string | undefined
      try {
        const directory = (await exists(secrets)) ? secrets : root
        made = await mkdir(directory, { recursive: true, mode: 0o700 })
        await writeAndCompare(value, directory)
        return undefined
      } catch (thrown) {
        throw fileFault(thrown, root, 'none')
      } finally {
        if (made !== undefined) await removeMade(root, made)
      }
    },
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (thrown) {
    if (isMissing(thrown)) return false
    throw thrown
  }
}

/** Takes away the directories that were made for the trial, from the innermost on, as long as they are empty. */
async function removeMade(innermost: string, outermost: string): Promise<void> {
  for (let directory = innermost; directory.startsWith(outermost); directory = dirname(directory)) {
    try {
      await rmdir(directory)
    } catch {
      return
    }
  }
}
