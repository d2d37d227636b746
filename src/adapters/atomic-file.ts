import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const unfinished = '.tmp'

let written = 0

/** The file's text; undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
}

/** A file that stands finished beside the one that it is to replace. */
export interface PreparedFile {
  /** Where it stands until then. */
  readonly path: string
  /** Puts it in place: readers see the old text or the new one. It lasts when `syncDirectory` is done as well. */
  commit(): Promise<void>
  discard(): Promise<void>
}

/** Writes the text to disk beside `path`, readable for its owner alone unless a mode says otherwise. */
export async function prepareFile(path: string, text: string, mode = 0o600): Promise<PreparedFile> {
  const temporary = `${path}.${process.pid}-${++written}${unfinished}`
  const file = await open(temporary, 'wx', 0o600)
  try {
    await file.writeFile(text)
    // What is wider than this is what the mask of the process would have taken away.
    if (mode !== 0o600) await file.chmod(mode)
    await file.sync()
  } finally {
    await file.close()
  }
  return {
    path: temporary,
    commit: () => rename(temporary, path),
    discard: () => rm(temporary, { force: true }),
  }
}

/** Removes what killed writers left. Only for whoever keeps other writers out. */
export async function removeUnfinished(directory: string): Promise<void> {
  const names = await readdir(directory)
  await Promise.all(names.filter((name) => name.endsWith(unfinished)).map((name) => rm(join(directory, name))))
}

/** Makes the names in a directory last. Windows cannot do that for directories, and does not need it. */
export async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

export function isMissing(thrown: unknown): boolean {
  return errorNumber(thrown) === 'ENOENT'
}

/** The operating system's name of an error, such as `ENOENT`. */
export function errorNumber(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}
