import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import pLimit from 'p-limit'
import { asPatrolError, PatrolError } from '../../core/errors.ts'
import type { Hold } from '../../core/hold.ts'
import { decodeMetadata, type Metadata } from '../../core/metadata.ts'
import { Secret } from '../../core/secret.ts'
import { duration, instant } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Random } from '../../ports/random.ts'
import type { Found, Store, StoredVersion } from '../../ports/store.ts'
import { errorNumber, readIfThere } from '../atomic-file.ts'
import { longestWait, SealedDirectory, type SealedDirectoryOptions } from './sealed-directory.ts'
import { corrupt, type FileVersion, formatSecretFile, parseSecretFile, type SecretFile } from './secret-file.ts'
import { canonicalName, canonicalNames, isSecretName } from './secret-name.ts'
import { heldTags, patContentType, tagsWith, updatedTags } from './version-tags.ts'

const readersAtOnce = 32

/**
 * A directory as a store: one file for each secret, with the metadata of all versions in plain and the values encrypted
 * with age. Readers wait for nobody; writers exclude each other, in this process and in others. Each write replaces one
 * file at once, so a kill at any moment leaves the old state or the new one.
 *
 * On disk: `store.json` (the identity of the store), `secrets/<name>.json`, `lock/`.
 */
export function fileStore(options: SealedDirectoryOptions): Store {
  return new FileStore(options)
}

class FileStore implements Store {
  readonly #clock: Clock
  readonly #random: Random
  readonly #directory: SealedDirectory
  readonly #secrets: string
  readonly #readers = pLimit(readersAtOnce)

  constructor(options: SealedDirectoryOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.#directory = new SealedDirectory(options)
    this.#secrets = this.#directory.secrets
  }

  async identity(): Promise<string | undefined> {
    return (await this.#directory.provenCard())?.id
  }

  prepare(): Promise<string> {
    return this.#directory.prepare()
  }

  async current(names: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    // Whoever only looks at metadata needs no key; a wrong one is told all the same, before anything depends on it.
    await this.#directory.proveKeyOnce()
    const found = new Map<string, Found>()
    const wanted = [...canonicalNames(names, found)]
    const looked = await Promise.all(wanted.map((name) => this.#readers(() => this.#look(name))))
    if (looked.some((each) => each instanceof PatrolError)) await this.#requireDirectory()
    for (const [index, name] of wanted.entries()) {
      const each = looked[index]
      if (each !== undefined) found.set(name, each)
    }
    return found
  }

  async managed(): Promise<ReadonlyMap<string, Found>> {
    const all = await this.current((await this.#directory.names()).filter(isSecretName).toSorted())
    return new Map([...all].filter(([, found]) => found instanceof PatrolError || found.reading.kind !== 'foreign'))
  }

  async versions(name: string): Promise<readonly StoredVersion[]> {
    return ((await this.#file(canonicalName(name)))?.versions ?? []).map(stored)
  }

  async read(name: string): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined> {
    const canonical = canonicalName(name)
    return this.#open(canonical, (await this.#file(canonical))?.versions.at(-1))
  }

  async readVersion(
    name: string,
    id: string,
  ): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined> {
    const canonical = canonicalName(name)
    return this.#open(
      canonical,
      (await this.#file(canonical))?.versions.find((version) => version.id === id),
    )
  }

  async #open(
    canonical: string,
    version: FileVersion | undefined,
  ): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined> {
    if (version === undefined || !version.enabled) return undefined
    const opened = await this.#directory.attempt(() => this.#directory.key.open(version.value))
    if (opened.kind === 'corrupt') throw corrupt(this.#pathOf(canonical))
    if (opened.kind === 'wrong-key') throw this.#directory.wrongKey()
    return { version: stored(version), value: new Secret(opened.text) }
  }

  async admit(name: string): Promise<void> {
    await this.#file(canonicalName(name))
    if ((await this.#directory.provenCard()) === undefined) return
    await this.#directory.attempt(() => access(this.#secrets, constants.W_OK | constants.X_OK))
  }

  async write(name: string, value: Secret, metadata: Metadata, limits: Limits): Promise<StoredVersion> {
    const tags = tagsWith(metadata)
    const sealed = await this.#directory.attempt(() => this.#directory.key.seal(value.reveal()))
    let written: FileVersion | undefined
    await this.#change(name, limits, (file) => {
      written = {
        id: `${file.versions.length + 1}-${this.#random.characters(10)}`,
        createdAt: this.#clock.now(),
        expiresAt: metadata.validTo,
        enabled: true,
        contentType: patContentType,
        tags,
        value: sealed,
      }
      return [...file.versions, written]
    })
    if (written === undefined) throw new PatrolError('internal', 'a write ended without a version')
    return stored(written)
  }

  async updateMetadata(name: string, version: string, metadata: Metadata, limits: Limits): Promise<void> {
    await this.#changeVersion(name, version, limits, (present) => ({
      ...present,
      tags: updatedTags(metadata, present.tags),
      expiresAt: metadata.validTo,
    }))
  }

  async setHold(name: string, version: string, hold: Hold | undefined, limits: Limits): Promise<void> {
    await this.#changeVersion(name, version, limits, (present) => ({ ...present, tags: heldTags(hold, present.tags) }))
  }

  async disable(name: string, version: string, limits: Limits): Promise<void> {
    await this.#changeVersion(name, version, limits, (present) => ({ ...present, enabled: false }))
  }

  async #changeVersion(
    name: string,
    id: string,
    limits: Limits,
    change: (present: FileVersion) => FileVersion,
  ): Promise<void> {
    await this.#change(name, limits, (file) => {
      if (!file.versions.some((version) => version.id === id)) {
        throw new PatrolError('moved-on', `the secret ${name} has no version ${id} any more`)
      }
      return file.versions.map((version) => (version.id === id ? change(version) : version))
    })
  }

  async #change(name: string, limits: Limits, change: (file: SecretFile) => readonly FileVersion[]): Promise<void> {
    const canonical = canonicalName(name)
    this.#directory.requireInTime(limits)
    await this.#directory.prepare()
    const wait = duration(Math.min(longestWait, limits.timeout, limits.sendBy - this.#clock.elapsed()))
    await this.#directory.locked(wait, async (commit) => {
      const file = (await this.#file(canonical)) ?? { name: canonical, versions: [] }
      const text = formatSecretFile({ name: canonical, versions: change(file) })
      await commit(this.#pathOf(canonical), text, () => this.#directory.requireInTime(limits))
    })
  }

  async #file(name: string): Promise<SecretFile | undefined> {
    const path = this.#pathOf(name)
    const text = await this.#directory.attempt(() => readIfThere(path))
    if (text === undefined) return undefined
    const file = parseSecretFile(text, path)
    if (file.name !== name || file.versions.length === 0) throw corrupt(path)
    return file
  }

  async #look(name: string): Promise<Found | undefined> {
    try {
      const version = (await this.#file(name))?.versions.at(-1)
      return version && stored(version)
    } catch (thrown) {
      return asPatrolError(thrown)
    }
  }

  /** Where the directory cannot be entered, it is not the files that are at fault. */
  async #requireDirectory(): Promise<void> {
    await this.#directory.attempt(() =>
      access(this.#secrets, constants.X_OK).catch((thrown: unknown) => {
        if (errorNumber(thrown) !== 'ENOENT') throw thrown
      }),
    )
  }

  #pathOf(canonical: string): string {
    return join(this.#secrets, `${canonical}.json`)
  }
}

function stored(version: FileVersion): StoredVersion {
  const { id, createdAt, enabled, tags } = version
  return { id, createdAt: instant(createdAt), enabled, reading: decodeMetadata(tags) }
}
