import { constants } from 'node:fs'
import { access, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { errorNumber, prepareFile } from '../../adapters/atomic-file.ts'
import { PatrolError } from '../../core/errors.ts'

/**
 * Puts another text into a configuration file. Whoever reads it sees the old text or the new one; its mode and links to
 * it stay.
 *
 * @param before what was read, so that nobody's work in the meantime is lost
 * @throws PatrolError `usage` when the file was changed since, or cannot be written
 */
export async function replaceConfig(path: string, before: string, after: string): Promise<void> {
  try {
    const real = await realpath(path)
    if ((await readFile(real, 'utf8')).replace(/^\ufeff/, '') !== before) {
      throw new PatrolError('usage', `${path} was changed meanwhile; nothing was written`, { remedy: 'Run it again.' })
    }
    await access(real, constants.W_OK)
    const prepared = await prepareFile(real, after, (await stat(real)).mode & 0o777)
    await prepared.commit()
  } catch (thrown) {
    throw notWritten(path, thrown)
  }
}

/** Writes a new file. @throws PatrolError `usage` when there is one already */
export async function writeNewConfig(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' })
  } catch (thrown) {
    throw notWritten(path, thrown)
  }
}

function notWritten(path: string, thrown: unknown): unknown {
  const number = errorNumber(thrown)
  if (thrown instanceof PatrolError || number === undefined) return thrown
  const reason = number === 'EEXIST' ? 'there is one already' : number
  return new PatrolError('usage', `${path} could not be written (${reason})`, {
    remedy: 'Name a file in a directory that is there and can be written to.',
    cause: thrown,
  })
}
