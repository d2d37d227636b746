import { open } from 'node:fs/promises'
import { PatrolError } from '../core/errors.ts'

/**
 * Makes a new age identity and writes it to a file that does not exist yet and that only its owner can read.
 *
 * @returns the public recipient
 * @throws PatrolError `usage` when the file exists or cannot be written
 */
export async function writeNewAgeIdentity(path: string): Promise<string> {
  const { generateIdentity, identityToRecipient } = await import('age-encryption')
  const identity = await generateIdentity()
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(`${identity}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'it exists already' : (error as Error).message
    throw new PatrolError('usage', `the key could not be written to ${path}: ${reason}`, {
      remedy: 'Name a new file in a folder that you may write to.',
    })
  }
  return identityToRecipient(identity)
}
