import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorNumber, prepareFile } from '../../adapters/atomic-file.ts'
import { PatrolError } from '../../core/errors.ts'

/**
 * Writes a report into a file, readable for its owner alone. Whoever reads the file sees the old report or the new one.
 *
 * @param path absolute
 * @throws PatrolError `usage` when nothing can be written there
 */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    const prepared = await prepareFile(path, text)
    await prepared.commit()
  } catch (thrown) {
    throw refusal(path, thrown)
  }
}

/** Throws as `writeReport` would, before the work that the report is about. */
export async function demandPlace(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK)
  } catch (thrown) {
    throw refusal(path, thrown)
  }
}

function refusal(path: string, thrown: unknown): unknown {
  const number = errorNumber(thrown)
  if (number === undefined) return thrown
  return new PatrolError('usage', `the report cannot be written to ${path} (${number})`, {
    remedy: 'Name a file in a directory that is there and can be written to.',
    cause: thrown,
  })
}
