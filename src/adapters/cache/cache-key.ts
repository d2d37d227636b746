import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CachePlace } from './cache-place.ts'
import { makeOwnDirectory, readOwnFile, writeOwnFile } from './own-file.ts'

/** Bytes of a key of AES-256. */
const keyLength = 32

/** A store of the operating system for small secrets: one text under one name. */
export interface Keychain {
  read(): string | undefined
  write(text: string): void
  remove(): void
}

export type OpenKeychain = () => Promise<Keychain>

/** That of the user on macOS and Windows. It is not part of the bundle, because it is code of the operating system's. */
export async function systemKeychain(): Promise<Keychain> {
  const { Entry } = await import('@napi-rs/keyring')
  const entry = new Entry('azdo-patrol', 'cache')
  return {
    read: () => entry.getPassword() ?? undefined,
    write: (text) => entry.setPassword(text),
    remove: () => void entry.deletePassword(),
  }
}

const keyFile = (directory: string): string => join(directory, 'key')

/**
 * The key of a place.
 *
 * @param create makes one when there is none
 * @returns undefined when there is none, or none that can be trusted
 */
export async function cacheKey(
  place: Exclude<CachePlace, { kind: 'none' }>,
  openKeychain: OpenKeychain,
  create: boolean,
): Promise<Buffer | undefined> {
  if (create && !makeOwnDirectory(place.directory)) return undefined
  return place.kind === 'memory' ? keyInMemory(place.directory, create) : keyInKeychain(openKeychain, create)
}

function keyInMemory(directory: string, create: boolean): Buffer | undefined {
  const found = whole(readOwnFile(keyFile(directory)))
  if (found !== undefined || !create) return found
  try {
    // Two programs that do this at once write two keys; the one that loses finds nothing of its own, once.
    writeOwnFile(keyFile(directory), randomBytes(keyLength))
  } catch {
    // A full or read-only place keeps nothing.
  }
  return whole(readOwnFile(keyFile(directory)))
}

async function keyInKeychain(openKeychain: OpenKeychain, create: boolean): Promise<Buffer | undefined> {
  try {
    const keychain = await openKeychain()
    const found = whole(Buffer.from(keychain.read() ?? '', 'base64'))
    if (found !== undefined || !create) return found
    keychain.write(randomBytes(keyLength).toString('base64'))
    return whole(Buffer.from(keychain.read() ?? '', 'base64'))
  } catch {
    // A keychain that is locked, missing or refused is no reason to fail: then nothing is kept.
    return undefined
  }
}

/** Forgets the key, and with it everything that it opens. */
export async function removeCacheKey(
  place: Exclude<CachePlace, { kind: 'none' }>,
  openKeychain: OpenKeychain,
): Promise<void> {
  if (place.kind === 'memory') return rmSync(keyFile(place.directory), { force: true })
  try {
    const keychain = await openKeychain()
    if (keychain.read() !== undefined) keychain.remove()
  } catch {
    // Without the files the key opens nothing.
  }
}

function whole(key: Buffer | undefined): Buffer | undefined {
  return key?.length === keyLength ? key : undefined
}
