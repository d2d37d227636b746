import { access, constants, mkdir, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import pLimit from 'p-limit'
import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { decodeMetadata, type Metadata } from '../../core/metadata.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, duration, instant, second, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Random } from '../../ports/random.ts'
import type { Found, Store, StoredVersion } from '../../ports/store.ts'
import { AgeKey } from './age-key.ts'
import { errorNumber, prepareFile, readIfThere, removeUnfinished, syncDirectory } from '../atomic-file.ts'
import { fileFault } from './file-fault.ts'
import { takeLock } from './file-lock.ts'
import {
  corrupt,
  type FileVersion,
  formatSecretFile,
  formatSummed,
  parseSecretFile,
  parseSummed,
  type SecretFile,
} from './secret-file.ts'
import { canonicalName, canonicalNames, isSecretName } from './secret-name.ts'
import { patContentType, tagsWith } from './version-tags.ts'

export interface FileStoreOptions {
  /** The directory; it need not exist yet. */
  readonly path: string
  /** An `AGE-SECRET-KEY-…`, or the text of an `age-keygen` file. */
  readonly identity: Secret
  readonly clock: Clock
  readonly random: Random
}

/** How long a writer waits for others; each holds the lock for a few milliseconds. */
const longestWait = times(10, second)

const readersAtOnce = 32

/**
 * A directory as a store: one file for each secret, with the metadata of all versions in plain and the values encrypted
 * with age. Readers wait for nobody; writers exclude each other, in this process and in others. Each write replaces one
 * file at once, so a kill at any moment leaves the old state or the new one.
 *
 * On disk: `store.json` (the identity of the store), `secrets/<name>.json`, `lock/`.
 */
export function fileStore(options: FileStoreOptions): Store {
  return new FileStore(options)
}

class FileStore implements Store {
  readonly #clock: Clock
  readonly #random: Random
  readonly #key: AgeKey
  readonly #root: string
  readonly #secrets: string
  readonly #oneWriter = pLimit(1)
  readonly #readers = pLimit(readersAtOnce)
  #prepared: string | undefined
  #proven: string | undefined

  constructor({ path, identity, clock, random }: FileStoreOptions) {
    this.#clock = clock
    this.#random = random
    this.#key = new AgeKey(identity)
    this.#root = resolve(path)
    this.#secrets = join(this.#root, 'secrets')
  }

  async identity(): Promise<string | undefined> {
    return (await this.#provenCard())?.id
  }

  async prepare(): Promise<string> {
    if (this.#prepared !== undefined) return this.#prepared
    await this.#attempt(() => mkdir(this.#secrets, { recursive: true, mode: 0o700 }))
    const id = await this.#locked(longestWait, async (commit) => {
      await removeUnfinished(this.#root)
      await removeUnfinished(this.#secrets)
      const card = (await this.#card()) ?? (await this.#newCard(commit))
      await this.#requireKey(card.check)
      return card.id
    })
    this.#prepared = id
    return id
  }

  async current(names: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    // Whoever only looks at metadata needs no key; a wrong one is told all the same, before anything depends on it.
    if (this.#proven === undefined) await this.#provenCard()
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
    const all = await this.current((await this.#names()).filter(isSecretName).toSorted())
    return new Map([...all].filter(([, found]) => found instanceof PatrolError || found.reading.kind !== 'foreign'))
  }

  async versions(name: string): Promise<readonly StoredVersion[]> {
    return ((await this.#file(canonicalName(name)))?.versions ?? []).map(stored)
  }

  async read(name: string): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined> {
    const canonical = canonicalName(name)
    const version = (await this.#file(canonical))?.versions.at(-1)
    if (version === undefined || !version.enabled) return undefined
    const opened = await this.#attempt(() => this.#key.open(version.value))
    if (opened.kind === 'corrupt') throw corrupt(this.#pathOf(canonical))
    if (opened.kind === 'wrong-key') throw this.#wrongKey()
    return { version: stored(version), value: new Secret(opened.text) }
  }

  async admit(name: string): Promise<void> {
    await this.#file(canonicalName(name))
    const card = await this.#card()
    if (card === undefined) return
    await this.#requireKey(card.check)
    await this.#attempt(() => access(this.#secrets, constants.W_OK | constants.X_OK))
  }

  async write(name: string, value: Secret, metadata: Metadata, limits: Limits): Promise<StoredVersion> {
    const tags = tagsWith(metadata)
    const sealed = await this.#attempt(() => this.#key.seal(value.reveal()))
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
      tags: tagsWith(metadata, present.tags),
      expiresAt: metadata.validTo,
    }))
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
    this.#requireInTime(limits)
    await this.prepare()
    const wait = duration(Math.min(longestWait, limits.timeout, limits.sendBy - this.#clock.elapsed()))
    await this.#locked(wait, async (commit) => {
      const file = (await this.#file(canonical)) ?? { name: canonical, versions: [] }
      const text = formatSecretFile({ name: canonical, versions: change(file) })
      await commit(this.#pathOf(canonical), text, () => this.#requireInTime(limits))
    })
  }

  /** Runs `work` while no other writer does. `commit` puts one file in place, after a last look at lock and deadline. */
  async #locked<T>(
    wait: Duration,
    work: (commit: (path: string, text: string, check: () => void) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const giveUpAt = this.#clock.elapsed() + wait
    return this.#oneWriter(async () => {
      const lock = await this.#attempt(() =>
        takeLock(join(this.#root, 'lock'), () => this.#clock.elapsed() >= giveUpAt),
      )
      if (typeof lock === 'string') throw new PatrolError('store-locked', `${this.#root} is locked: ${lock}`)
      try {
        return await work(async (path, text, check) => {
          const file = await this.#attempt(() => prepareFile(path, text))
          try {
            if (!(await lock.isHeld())) {
              throw new PatrolError('store-locked', `another Patrol took over the lock of ${this.#root}`)
            }
            check()
            await this.#attempt(() => file.commit())
          } catch (thrown) {
            await file.discard()
            throw thrown
          }
          await this.#attempt(() => syncDirectory(dirname(path)), 'unknown')
        })
      } finally {
        await lock.release()
      }
    })
  }

  async #newCard(commit: (path: string, text: string, check: () => void) => Promise<void>): Promise<Card> {
    if ((await this.#names()).length > 0) {
      throw new PatrolError('store-corrupt', `${this.#cardPath()} is missing, although there are secrets`)
    }
    const id = this.#random.characters(26)
    const card = { id, check: await this.#attempt(() => this.#key.seal(id)) }
    await commit(this.#cardPath(), formatSummed(card), () => undefined)
    await this.#attempt(() => syncDirectory(dirname(this.#root)))
    return card
  }

  async #card(): Promise<Card | undefined> {
    const path = this.#cardPath()
    const text = await this.#attempt(() => readIfThere(path))
    if (text === undefined) return undefined
    const { id, check } = parseSummed(text, path)
    if (typeof id !== 'string' || typeof check !== 'string') throw corrupt(path)
    return { id, check }
  }

  /** The card, once the key has shown that it is the store's; undefined while the store has none. */
  async #provenCard(): Promise<Card | undefined> {
    const card = await this.#card()
    if (card === undefined) await this.#attempt(() => this.#key.prove())
    else await this.#requireKey(card.check)
    return card
  }

  /** Values sealed with another key than the store's could not be read by those who hold the right one. */
  async #requireKey(check: string): Promise<void> {
    if (check === this.#proven) return
    const opened = await this.#attempt(() => this.#key.open(check))
    if (opened.kind === 'wrong-key') throw this.#wrongKey()
    if (opened.kind === 'corrupt') throw corrupt(this.#cardPath())
    this.#proven = check
  }

  async #file(name: string): Promise<SecretFile | undefined> {
    const path = this.#pathOf(name)
    const text = await this.#attempt(() => readIfThere(path))
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
    await this.#attempt(() =>
      access(this.#secrets, constants.X_OK).catch((thrown: unknown) => {
        if (errorNumber(thrown) !== 'ENOENT') throw thrown
      }),
    )
  }

  async #names(): Promise<readonly string[]> {
    const names = await this.#attempt(() =>
      readdir(this.#secrets).catch((thrown: unknown) => {
        if (errorNumber(thrown) === 'ENOENT') return []
        throw thrown
      }),
    )
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
  }

  #pathOf(canonical: string): string {
    return join(this.#secrets, `${canonical}.json`)
  }

  #cardPath(): string {
    return join(this.#root, 'store.json')
  }

  #requireInTime(limits: Limits): void {
    if (this.#clock.elapsed() > limits.sendBy) {
      throw new PatrolError('turn-expired', `nothing was written to ${this.#root}: it is too late in the turn`)
    }
  }

  /** Gives what the operating system or age says as an error of the store. */
  async #attempt<T>(work: () => Promise<T>, outcome: 'none' | 'unknown' = 'none'): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      throw fileFault(thrown, this.#root, outcome)
    }
  }

  #wrongKey(): PatrolError {
    return new PatrolError('store-denied', `the values in ${this.#root} are encrypted for another identity`, {
      remedy:
        'Give the store the age identity with which it was created. If that is lost, so are the values: name a new, empty directory, and Patrol makes new tokens there.',
    })
  }
}

/** What stands in `store.json`: the store's identity, and the same sealed, to tell a wrong key before it is used. */
interface Card {
  readonly id: string
  readonly check: string
}

function stored(version: FileVersion): StoredVersion {
  const { id, createdAt, enabled, tags } = version
  return { id, createdAt: instant(createdAt), enabled, reading: decodeMetadata(tags) }
}
