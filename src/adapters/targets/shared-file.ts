import { chown, readFile, readlink, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { PatrolError } from '../../core/errors.ts'
import { errorNumber, isMissing, prepareFile, syncDirectory } from '../atomic-file.ts'

/** More than any file of credentials. */
const largestFile = 1_048_576

/** A file that belongs to others as well, as it is on disk. */
export interface Found {
  /** Behind all symbolic links. */
  readonly path: string
  /** Undefined when there is none. */
  readonly text: string | undefined
  readonly mode: number | undefined
  readonly owner: { readonly uid: number; readonly gid: number } | undefined
}

export async function look(path: string): Promise<Found> {
  const real = await realPath(path)
  try {
    const status = await stat(real)
    if (!status.isFile()) throw new PatrolError('target-not-found', `${path} is no file`)
    if (status.size > largestFile)
      throw new PatrolError('delivery-failed', `${path} is larger than ${largestFile} bytes`)
    const { mode, uid, gid } = status
    return { path: real, text: decoded(await readFile(real), path), mode: mode & 0o7777, owner: { uid, gid } }
  } catch (error) {
    if (!isMissing(error)) throw error
    // Without its directory there is no place for it.
    await stat(dirname(real))
    return { path: real, text: undefined, mode: undefined, owner: undefined }
  }
}

/** As many links as systems follow, one after the other. */
const mostLinks = 40

/** Where the links lead, also when nothing is at their end yet. */
async function realPath(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isMissing(error)) throw error
    const here = join(await realpath(dirname(path)), basename(path))
    const target = await readlink(here).catch(() => undefined)
    return target === undefined || links === mostLinks ? here : realPath(resolve(dirname(here), target), links + 1)
  }
}

function decoded(content: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    throw new PatrolError('delivery-failed', `${path} is not UTF-8 text`, { remedy: 'Save the file as UTF-8.' })
  }
}

/**
 * Puts a text in the place of the one that was found; undefined takes the file away.
 *
 * @param mode that of a file that is made anew
 * @param before called right before the file is replaced; may throw
 * @returns false when somebody changed the file meanwhile; then nothing was done
 */
export async function replaced(
  found: Found,
  text: string | undefined,
  mode: number,
  before: () => void,
): Promise<boolean> {
  if (text === undefined) {
    if ((await look(found.path)).text !== found.text) return false
    before()
    await rm(found.path, { force: true })
    return true
  }
  const prepared = await prepareFile(found.path, text, found.mode ?? mode)
  try {
    await keepOwner(found, prepared.path)
    if ((await look(found.path)).text !== found.text) {
      await prepared.discard()
      return false
    }
    before()
    await prepared.commit()
  } catch (error) {
    await prepared.discard()
    throw error
  }
  await syncDirectory(dirname(found.path))
  return true
}

/** A file of somebody else must stay theirs, or they could no longer read it. */
async function keepOwner({ path, owner }: Found, prepared: string): Promise<void> {
  if (owner === undefined || process.platform === 'win32') return
  const { uid, gid } = await stat(prepared)
  if (uid === owner.uid && gid === owner.gid) return
  try {
    await chown(prepared, owner.uid, owner.gid)
  } catch {
    throw new PatrolError('target-denied', `${path} belongs to another user or group, and could not be kept so`, {
      remedy: 'Run Patrol as the owner of the file, or give the file to the user that runs Patrol.',
    })
  }
}

/** Runs work on a file, with what the system says against it in our words. */
export async function told<Answer>(path: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PatrolError) throw error
    const reason = errorNumber(error)
    if (reason === 'ENOENT' || reason === 'ENOTDIR') {
      throw new PatrolError('target-not-found', `there is no directory ${dirname(path)}`, {
        remedy: 'Create the directory, or correct `path` of the target.',
      })
    }
    if (reason === 'EACCES' || reason === 'EPERM' || reason === 'EROFS') {
      throw new PatrolError('target-denied', `${path} must not be read or written here (${reason})`, {
        remedy: 'Give the user that runs Patrol the right to read and write the file and its directory.',
      })
    }
    if (reason === undefined) throw error
    throw new PatrolError('delivery-failed', `${path} could not be read or written (${reason})`)
  }
}
