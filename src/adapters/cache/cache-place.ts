import { statfsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { isOwnDirectory } from './own-file.ts'

/** Where a cache may be, and what keeps its key. */
export type CachePlace =
  /** The key stands beside what it opens, in a directory that lies in memory and ends with the user's login. */
  | { readonly kind: 'memory'; readonly directory: string }
  /** The operating system keeps the key, and the files are on disk. */
  | { readonly kind: 'keychain'; readonly directory: string }
  | { readonly kind: 'none'; readonly reason: string }

/** File systems of Linux that live in memory: tmpfs and ramfs. https://man7.org/linux/man-pages/man2/statfs.2.html */
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6])

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Finds the place for this user on this system. On macOS and Windows that is the keychain of the user. Elsewhere it is
 * `XDG_RUNTIME_DIR`, if it is what its specification promises and lies in memory: a key on a disk beside what it opens
 * would be none. https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function cachePlace(variables: Variables, platform: NodeJS.Platform): CachePlace {
  if (platform === 'darwin') return { kind: 'keychain', directory: join(homedir(), 'Library', 'Caches', 'azdo-patrol') }
  if (platform === 'win32') {
    const local = variables['LOCALAPPDATA']
    if (local === undefined || local === '') return { kind: 'none', reason: 'LOCALAPPDATA is not set' }
    return { kind: 'keychain', directory: join(local, 'azdo-patrol', 'cache') }
  }
  const runtime = variables['XDG_RUNTIME_DIR']
  if (runtime === undefined || runtime === '') return { kind: 'none', reason: 'XDG_RUNTIME_DIR is not set' }
  if (!isAbsolute(runtime) || !isOwnDirectory(runtime))
    return { kind: 'none', reason: 'XDG_RUNTIME_DIR is not a directory of this user alone' }
  if (!inMemory.has(statfsSync(runtime).type)) return { kind: 'none', reason: 'XDG_RUNTIME_DIR does not lie in memory' }
  return { kind: 'memory', directory: join(runtime, 'azdo-patrol') }
}
