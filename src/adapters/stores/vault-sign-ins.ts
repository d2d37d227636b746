import type { SecretProperties } from '@azure/keyvault-secrets'
import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { diesAt } from '../../core/sign-in-life.ts'
import { minute, second, times } from '../../core/time.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Permission, SignInEntry, SignInStore, Written } from '../../ports/sign-in-store.ts'
import { type AzureKeyVaultOptions, connect, type Connection, through } from './key-vault-connection.ts'
import { refusalOf } from './key-vault-errors.ts'
import { canonicalName } from './secret-name.ts'
import { formatEntry, formatSignedOut, parseEntry, signedOut } from './sign-in-entry.ts'

export interface VaultSignInsOptions extends AzureKeyVaultOptions {
  /** The secret's name. */
  readonly secret: string
}

/** Tells a version from those of tokens, which bear the tag `patrol`, and from what others keep. Its value is the session. */
const sessionTag = 'patrol-sign-in'

/** No token has this content type, so nothing that hands out tokens takes a sign-in for one. */
const signInContentType = 'application/vnd.azdo-patrol.sign-in+json'

/** Sessions that are looked at when the current one is refused. */
const mostOthers = 4

/**
 * A secret of an Azure Key Vault as a sign-in store. A vault has no write on condition, so two that write at once both
 * make a version; the one beneath stays enabled, and `others` gives it. Signing out writes a version without a sign-in
 * and disables the others: deleting would need a further permission and keep the name taken.
 * https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
 */
export function vaultSignIns(options: VaultSignInsOptions): SignInStore {
  return new VaultSignIns(options)
}

/** The current version of the secret. */
interface Current {
  readonly version: string | undefined
  readonly held: SignInEntry | typeof signedOut
}

class VaultSignIns implements SignInStore {
  readonly place: string
  readonly #options: VaultSignInsOptions
  readonly #name: string
  #connecting: Promise<Connection> | undefined

  constructor(options: VaultSignInsOptions) {
    this.#options = options
    this.#name = canonicalName(options.secret)
    this.place = `the secret ${this.#name} in ${options.url.toLowerCase().replace(/\/+$/, '')}`
  }

  async read(): Promise<SignInEntry | undefined> {
    return entryIn(await this.#current())
  }

  async others(session: string): Promise<readonly SignInEntry[]> {
    const versions = (await this.#versions()).toSorted((left, right) => createdAt(right) - createdAt(left))
    const end = versions.findIndex(({ tags }) => tags?.[sessionTag] === signedOut)
    const since = end < 0 ? versions : versions.slice(0, end)
    const sessions = new Map<string, SecretProperties>()
    for (const version of since) {
      const other = version.tags?.[sessionTag]
      if (other === undefined || other === session || version.enabled === false || sessions.has(other)) continue
      sessions.set(other, version)
    }
    const found: SignInEntry[] = []
    for (const { version } of [...sessions.values()].slice(0, mostOthers)) {
      // One that cannot be read, or is being disabled just now, is no way out.
      const current = await this.#get(version).catch(() => undefined)
      const entry = entryIn(current)
      if (entry !== undefined) found.push(entry)
    }
    return found
  }

  async write(next: SignInEntry, permits: Permission): Promise<Written> {
    const current = await this.#current()
    const before = entryIn(current)
    if (!permits(before)) return { written: false, before }
    const value = formatEntry(next)
    await this.#set(value, next.session, new Date(diesAt(next)))
    if (current?.version !== undefined) await this.#disable(current.version)
    return { written: true, before }
  }

  async remove(): Promise<boolean> {
    const before = entryIn(await this.#current())
    if (before !== undefined) await this.#set(formatSignedOut(this.#options.clock.now()), signedOut, undefined)
    for (const { version, tags, enabled } of await this.#versions()) {
      const session = tags?.[sessionTag]
      if (version === undefined || session === undefined || session === signedOut || enabled === false) continue
      const { client, wire } = await this.#connection()
      await wire.run(this.#limits(), () => client.updateSecretProperties(this.#name, version, { enabled: false }))
    }
    return before !== undefined
  }

  /** Writes a version; after a lost answer it looks whether the version is there, and writes once more if it is not. */
  async #set(value: Secret, session: string, expiresOn: Date | undefined): Promise<void> {
    const { client, wire } = await this.#connection()
    const tags = { [sessionTag]: session }
    const options = { tags, contentType: signInContentType, enabled: true, ...(expiresOn && { expiresOn }) }
    const set = (): Promise<unknown> =>
      wire.run(this.#limits(), () => client.setSecret(this.#name, value.reveal(), options))
    try {
      await set()
    } catch (thrown) {
      const failure = asPatrolError(thrown)
      if (failure.outcome === 'none') throw this.#explained(failure)
      if ((await this.#text()) !== value.reveal()) await set()
    }
  }

  /** What stands there, whatever it is; undefined where nothing can be read. */
  async #text(): Promise<string | undefined> {
    const { client, wire } = await this.#connection()
    try {
      return (await wire.run(undefined, () => client.getSecret(this.#name))).value
    } catch (thrown) {
      if (isNobodys(thrown)) return undefined
      throw thrown
    }
  }

  /** What was replaced stays valid at Microsoft Entra for a while; nobody should be able to read it by accident. */
  async #disable(version: string): Promise<void> {
    const { client, wire } = await this.#connection()
    try {
      await wire.run(this.#limits(), () => client.updateSecretProperties(this.#name, version, { enabled: false }))
    } catch {
      // The new sign-in is safe, which is what this was about; an older one beside it changes nothing.
    }
  }

  #explained(failure: PatrolError): PatrolError {
    if (failure.code !== 'secret-deleted') return failure
    return new PatrolError(failure.code, failure.message, {
      cause: failure.cause,
      remedy: 'Recover or purge the deleted secret, or choose another name in signIn.cache of the account.',
    })
  }

  async #current(): Promise<Current | undefined> {
    try {
      return await this.#get(undefined)
    } catch (thrown) {
      if (isNobodys(thrown)) return undefined
      throw thrown
    }
  }

  async #get(version: string | undefined): Promise<Current> {
    const { client, wire } = await this.#connection()
    const options = version === undefined ? {} : { version }
    const { value, properties } = await wire.run(undefined, () => client.getSecret(this.#name, options))
    if (value === undefined) throw new PatrolError('unexpected-answer', `the vault gave no value of ${this.#name}`)
    if (properties.tags?.[sessionTag] === undefined) {
      throw new PatrolError('secret-not-managed', `${this.place} holds something else than a sign-in`, {
        remedy: 'Choose another name in signIn.cache of the account, or remove what stands there.',
      })
    }
    return { version: properties.version, held: parseEntry(new Secret(value), this.place) }
  }

  async #versions(): Promise<readonly SecretProperties[]> {
    const { client, wire } = await this.#connection()
    const all: SecretProperties[] = []
    try {
      for await (const page of through(wire, client.listPropertiesOfSecretVersions(this.#name).byPage()))
        all.push(...page)
    } catch (thrown) {
      if (refusalOf(thrown)?.status !== 404) throw thrown
    }
    return all
  }

  #limits(): Limits {
    return { sendBy: this.#options.clock.elapsed() + minute, timeout: times(30, second) }
  }

  #connection(): Promise<Connection> {
    this.#connecting ??= connect(this.#options)
    return this.#connecting
  }
}

/** There is no secret, or a version that an administrator disabled: nobody is to sign in with that. */
function isNobodys(thrown: unknown): boolean {
  const refusal = refusalOf(thrown)
  return refusal?.status === 404 || refusal?.code === 'SecretDisabled'
}

function entryIn(current: Current | undefined): SignInEntry | undefined {
  return current === undefined || current.held === signedOut ? undefined : current.held
}

function createdAt(properties: SecretProperties): number {
  return properties.createdOn?.getTime() ?? 0
}
