import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Secret } from '../../core/secret.ts'
import type { Permission, SignInEntry, SignInStore, Written } from '../../ports/sign-in-store.ts'
import { readIfThere, removeUnfinished, syncDirectory } from '../atomic-file.ts'
import { longestWait, SealedDirectory, type SealedDirectoryOptions } from './sealed-directory.ts'
import { corrupt, formatSummed, parseSummed } from './secret-file.ts'
import { canonicalName } from './secret-name.ts'
import { formatEntry, parseEntry, signedOut } from './sign-in-entry.ts'

export interface FileSignInsOptions extends SealedDirectoryOptions {
  /** The name under which it stands beside the secrets. */
  readonly secret: string
}

/**
 * A file beside those of a file store as a sign-in store: `sign-ins/<name>.json`, sealed with the store's age identity
 * and replaced as a whole under the store's lock. Of the sign-in itself nothing can be read without the identity.
 */
export function fileSignIns(options: FileSignInsOptions): SignInStore {
  return new FileSignIns(options)
}

class FileSignIns implements SignInStore {
  readonly place: string
  readonly #directory: SealedDirectory
  readonly #folder: string
  readonly #path: string

  constructor(options: FileSignInsOptions) {
    this.#directory = new SealedDirectory(options)
    this.#folder = join(this.#directory.root, 'sign-ins')
    this.#path = join(this.#folder, `${canonicalName(options.secret)}.json`)
    this.place = this.#path
  }

  async read(): Promise<SignInEntry | undefined> {
    await this.#directory.proveKeyOnce()
    const text = await this.#directory.attempt(() => readIfThere(this.#path))
    if (text === undefined) return undefined
    const { value } = parseSummed(text, this.#path)
    if (typeof value !== 'string') throw corrupt(this.#path)
    const opened = await this.#directory.attempt(() => this.#directory.key.open(value))
    if (opened.kind === 'wrong-key') throw this.#directory.wrongKey()
    if (opened.kind === 'corrupt') throw corrupt(this.#path)
    const held = parseEntry(new Secret(opened.text), this.place)
    return held === signedOut ? undefined : held
  }

  /** Writers wait for each other, so none is hidden behind another. */
  async others(): Promise<readonly SignInEntry[]> {
    return []
  }

  async write(next: SignInEntry, permits: Permission): Promise<Written> {
    await this.#directory.prepare()
    await this.#directory.attempt(() => mkdir(this.#folder, { recursive: true, mode: 0o700 }))
    const value = await this.#directory.attempt(() => this.#directory.key.seal(formatEntry(next).reveal()))
    return this.#directory.locked(longestWait, async (commit) => {
      await this.#directory.attempt(() => removeUnfinished(this.#folder))
      const before = await this.read()
      if (!permits(before)) return { written: false, before }
      await commit(this.#path, formatSummed({ value }), () => undefined)
      return { written: true, before }
    })
  }

  async remove(): Promise<boolean> {
    if ((await this.#directory.attempt(() => readIfThere(this.#path))) === undefined) return false
    return this.#directory.locked(longestWait, async () => {
      const there = (await this.#directory.attempt(() => readIfThere(this.#path))) !== undefined
      await this.#directory.attempt(() => rm(this.#path, { force: true }))
      await this.#directory.attempt(() => syncDirectory(this.#folder), 'unknown')
      return there
    })
  }
}
