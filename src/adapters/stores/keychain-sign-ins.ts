import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Duration, second, times } from '../../core/time.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Permission, SignInEntry, SignInStore, Written } from '../../ports/sign-in-store.ts'
import { takeLock } from './file-lock.ts'
import { formatEntry, parseEntry, signedOut } from './sign-in-entry.ts'

/** One entry of the operating system's keychain; what `AsyncEntry` of @napi-rs/keyring is. */
export interface KeychainEntry {
  getSecret(): Promise<readonly number[] | Uint8Array | null>
  setSecret(secret: Uint8Array): Promise<void>
  deleteCredential(): Promise<boolean>
}

export interface KeychainSignInsOptions {
  /** Whose sign-in it is, as the keychain shows it. */
  readonly name: string
  /** Opens an entry; the operating system's keychain when left out. */
  readonly open?: ((name: string) => Promise<KeychainEntry>) | undefined
  /** A directory of this user alone, for a lock between instances: keychains have none. */
  readonly lockDirectory: string
  readonly clock: Clock
}

const service = 'azdo-patrol'

const longestWait: Duration = times(10, second)

/**
 * The operating system's keychain as a sign-in store: Keychain of macOS, Credential Manager of Windows, the Secret Service
 * of a Linux desktop. The text is compressed, because Windows takes 2560 bytes at most
 * (https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw).
 */
export function keychainSignIns(options: KeychainSignInsOptions): SignInStore {
  return new KeychainSignIns(options)
}

class KeychainSignIns implements SignInStore {
  readonly place: string
  readonly #options: KeychainSignInsOptions
  #opening: Promise<KeychainEntry> | undefined

  constructor(options: KeychainSignInsOptions) {
    this.#options = options
    this.place = `the keychain entry ${service}, ${options.name}`
  }

  async read(): Promise<SignInEntry | undefined> {
    const bytes = await this.#ask((entry) => entry.getSecret())
    if (bytes === null) return undefined
    const held = parseEntry(new Secret(inflated(bytes)), this.place)
    return held === signedOut ? undefined : held
  }

  /** Writers wait for each other, so none is hidden behind another. */
  async others(): Promise<readonly SignInEntry[]> {
    return []
  }

  write(next: SignInEntry, permits: Permission): Promise<Written> {
    return this.#locked(async () => {
      const before = await this.read()
      if (!permits(before)) return { written: false, before }
      const bytes = deflateRawSync(formatEntry(next).reveal(), { level: 9 })
      await this.#ask((entry) => entry.setSecret(bytes))
      return { written: true, before }
    })
  }

  remove(): Promise<boolean> {
    return this.#locked(() => this.#ask((entry) => entry.deleteCredential()))
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    const giveUpAt = this.#options.clock.elapsed() + longestWait
    const lock = await takeLock(this.#options.lockDirectory, () => this.#options.clock.elapsed() >= giveUpAt).catch(
      (thrown: unknown) => {
        const said = thrown instanceof Error ? thrown.message : String(thrown)
        throw new PatrolError('store-unreachable', `the lock beside ${this.place} cannot be taken: ${said}`, {
          remedy: `Let this user write to ${this.#options.lockDirectory}.`,
        })
      },
    )
    if (typeof lock === 'string') throw new PatrolError('store-locked', `${this.place} is locked: ${lock}`)
    try {
      return await work()
    } finally {
      await lock.release()
    }
  }

  async #ask<T>(question: (entry: KeychainEntry) => Promise<T>): Promise<T> {
    try {
      this.#opening ??= (this.#options.open ?? openKeychain)(this.#options.name)
      return await question(await this.#opening)
    } catch (thrown) {
      this.#opening = undefined
      const said = thrown instanceof Error ? (thrown.message.split('\n', 1)[0] ?? '') : String(thrown)
      throw new PatrolError('store-unreachable', Secret.redact(`${this.place} cannot be used: ${said}`), {
        remedy:
          'Unlock the keychain of this user. Where there is none (a server, a container, a connection by SSH), keep the sign-in in a file store or a vault: signIn.cache with store and secret.',
      })
    }
  }
}

/**
 * On Linux only the Secret Service will do: without it the library falls back to the kernel's keyring, which forgets
 * everything when the computer starts anew.
 */
async function openKeychain(name: string): Promise<KeychainEntry> {
  const { AsyncEntry } = await import('@napi-rs/keyring')
  return new AsyncEntry(service, name, { linux: { store: 'secret-service' } })
}

function inflated(bytes: readonly number[] | Uint8Array): string {
  try {
    return inflateRawSync(Uint8Array.from(bytes)).toString('utf8')
  } catch {
    return ''
  }
}
