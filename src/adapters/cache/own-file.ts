import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { Stats } from 'node:fs'

/** No cache is larger; what is larger is none of ours. */
const largestFile = 1_048_576

/** Whether somebody else could have put it there or could read it. Windows keeps that in the folder above. */
function isOurs(stats: Stats): boolean {
  return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o077) === 0)
}

/** Whether the path is a directory, no link to one, that belongs to this user alone. */
export function isOwnDirectory(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats?.isDirectory() === true && isOurs(stats)
}

/** Makes the directory, unless something is there; false when that is not a directory of this user alone. */
export function makeOwnDirectory(path: string): boolean {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return isOwnDirectory(path)
}

/** The file's bytes; undefined when there is none, or when it is not a plain file of this user alone. */
export function readOwnFile(path: string): Buffer | undefined {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  } catch {
    return undefined
  }
  try {
    const stats = fstatSync(descriptor)
    return stats.isFile() && isOurs(stats) && stats.size <= largestFile ? readFileSync(descriptor) : undefined
  } finally {
    closeSync(descriptor)
  }
}

/** How a file ends that is being written. */
export const unfinished = '.tmp'

let written = 0

/** Writes a file for this user alone; readers see the old bytes or the new ones. It need not outlast a power cut. */
export function writeOwnFile(path: string, bytes: Uint8Array): void {
  const temporary = `${path}.${process.pid}-${++written}${unfinished}`
  try {
    writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx' })
    renameSync(temporary, path)
  } catch (thrown) {
    rmSync(temporary, { force: true })
    throw thrown
  }
}
