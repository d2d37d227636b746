import { mkdir, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import pLimit from 'p-limit'
import { PatrolError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { type Duration, second, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Random } from '../../ports/random.ts'
import { AgeKey } from './age-key.ts'
import { errorNumber, prepareFile, readIfThere, removeUnfinished, syncDirectory } from '../atomic-file.ts'
import { fileFault } from './file-fault.ts'
import { takeLock } from './file-lock.ts'
import { corrupt, formatSummed, parseSummed } from './secret-file.ts'

export interface SealedDirectoryOptions {
  /** The directory; it need not exist yet. */
  readonly path: string
  /** An `AGE-SECRET-KEY-…`, or the text of an `age-keygen` file. */
  readonly identity: Secret
  readonly clock: Clock
  readonly random: Random
}

/** How long a writer waits for others; each holds the lock for a few milliseconds. */
export const longestWait: Duration = times(10, second)

/** What stands in `store.json`: the store's identity, and the same sealed, to tell a wrong key before it is used. */
interface Card {
  readonly id: string
  readonly check: string
}

/** Puts one file in place, after a last look at the lock and at what `check` throws for. */
type Commit = (path: string, text: string, check: () => void) => Promise<void>

/**
 * The directory of a file store: its card, its lock, and the key that what lies in it is sealed with. All who write to
 * it exclude each other, in this process and in others; a kill at any moment leaves each file old or new.
 */
export class SealedDirectory {
  readonly key: AgeKey
  readonly root: string
  readonly secrets: string
  readonly #clock: Clock
  readonly #random: Random
  readonly #oneWriter = pLimit(1)
  #prepared: string | undefined
  #proven: string | undefined

  constructor({ path, identity, clock, random }: SealedDirectoryOptions) {
    this.#clock = clock
    this.#random = random
    this.key = new AgeKey(identity)
    this.root = resolve(path)
    this.secrets = join(this.root, 'secrets')
  }

  /** Makes the directory and its card where there are none, and gives its identity. */
  async prepare(): Promise<string> {
    if (this.#prepared !== undefined) return this.#prepared
    await this.attempt(() => mkdir(this.secrets, { recursive: true, mode: 0o700 }))
    const id = await this.locked(longestWait, async (commit) => {
      await removeUnfinished(this.root)
      await removeUnfinished(this.secrets)
      const card = (await this.#card()) ?? (await this.#newCard(commit))
      await this.#requireKey(card.check)
      return card.id
    })
    this.#prepared = id
    return id
  }

  /** Runs `work` while no other writer does. `commit` puts one file in place, after a last look at lock and deadline. */
  async locked<T>(wait: Duration, work: (commit: Commit) => Promise<T>): Promise<T> {
    const giveUpAt = this.#clock.elapsed() + wait
    return this.#oneWriter(async () => {
      const lock = await this.attempt(() => takeLock(join(this.root, 'lock'), () => this.#clock.elapsed() >= giveUpAt))
      if (typeof lock === 'string') throw new PatrolError('store-locked', `${this.root} is locked: ${lock}`)
      try {
        return await work(async (path, text, check) => {
          const file = await this.attempt(() => prepareFile(path, text))
          try {
            if (!(await lock.isHeld())) {
              throw new PatrolError('store-locked', `another Patrol took over the lock of ${this.root}`)
            }
            check()
            await this.attempt(() => file.commit())
          } catch (thrown) {
            await file.discard()
            throw thrown
          }
          await this.attempt(() => syncDirectory(dirname(path)), 'unknown')
        })
      } finally {
        await lock.release()
      }
    })
  }

  async #newCard(commit: Commit): Promise<Card> {
    if ((await this.names()).length > 0) {
      throw new PatrolError('store-corrupt', `${this.#cardPath()} is missing, although there are secrets`)
    }
    const id = this.#random.characters(26)
    const card = { id, check: await this.attempt(() => this.key.seal(id)) }
    await commit(this.#cardPath(), formatSummed(card), () => undefined)
    await this.attempt(() => syncDirectory(dirname(this.root)))
    return card
  }

  async #card(): Promise<Card | undefined> {
    const path = this.#cardPath()
    const text = await this.attempt(() => readIfThere(path))
    if (text === undefined) return undefined
    const { id, check } = parseSummed(text, path)
    if (typeof id !== 'string' || typeof check !== 'string') throw corrupt(path)
    return { id, check }
  }

  /** The card, once the key has shown that it is the store's; undefined while the store has none. */
  async provenCard(): Promise<Card | undefined> {
    const card = await this.#card()
    if (card === undefined) await this.attempt(() => this.key.prove())
    else await this.#requireKey(card.check)
    return card
  }

  /** Values sealed with another key than the store's could not be read by those who hold the right one. */
  async #requireKey(check: string): Promise<void> {
    if (check === this.#proven) return
    const opened = await this.attempt(() => this.key.open(check))
    if (opened.kind === 'wrong-key') throw this.wrongKey()
    if (opened.kind === 'corrupt') throw corrupt(this.#cardPath())
    this.#proven = check
  }

  /** Whoever only looks at metadata needs no key; a wrong one is told all the same, before anything depends on it. */
  async proveKeyOnce(): Promise<void> {
    if (this.#proven === undefined) await this.provenCard()
  }

  /** The names of the secrets that have a file. */
  async names(): Promise<readonly string[]> {
    const names = await this.attempt(() =>
      readdir(this.secrets).catch((thrown: unknown) => {
        if (errorNumber(thrown) === 'ENOENT') return []
        throw thrown
      }),
    )
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
  }

  #cardPath(): string {
    return join(this.root, 'store.json')
  }

  /** @throws PatrolError `turn-expired` when it is too late to write */
  requireInTime(limits: Limits): void {
    if (this.#clock.elapsed() > limits.sendBy) {
      throw new PatrolError('turn-expired', `nothing was written to ${this.root}: it is too late in the turn`)
    }
  }

  /** Gives what the operating system or age says as an error of the store. */
  async attempt<T>(work: () => Promise<T>, outcome: 'none' | 'unknown' = 'none'): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      throw fileFault(thrown, this.root, outcome)
    }
  }

  /** For whoever opened something that was sealed with another key. */
  wrongKey(): PatrolError {
    return new PatrolError('store-denied', `the values in ${this.root} are encrypted for another identity`, {
      remedy:
        'Give the store the age identity with which it was created. If that is lost, so are the values: name a new, empty directory, and Patrol makes new tokens there.',
    })
  }
}
