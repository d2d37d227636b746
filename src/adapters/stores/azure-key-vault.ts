import type { SecretProperties } from '@azure/keyvault-secrets'
import pLimit from 'p-limit'
import { asPatrolError, PatrolError } from '../../core/errors.ts'
import type { Hold } from '../../core/hold.ts'
import { decodeMetadata, type Metadata } from '../../core/metadata.ts'
import { Secret } from '../../core/secret.ts'
import { instant } from '../../core/time.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Found, Store, StoredVersion } from '../../ports/store.ts'
import { reachOf, refusalOf } from './key-vault-errors.ts'
import { type AzureKeyVaultOptions, connect, type Connection, through } from './key-vault-connection.ts'
import { canonicalName, canonicalNames } from './secret-name.ts'
import { heldTags, patContentType, tagsWith, updatedTags } from './version-tags.ts'

/** Up to so many secrets are asked for one by one, which is quicker than a page of the listing. */
const askedWithoutListing = 2

const askedAtOnce = 16

/**
 * An Azure Key Vault as a store. The current version is the one that was set last, whatever its stamps say; metadata
 * stands in the version's tags. Stamps are in whole seconds.
 * https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
 */
export function azureKeyVaultStore(options: AzureKeyVaultOptions): Store {
  return new AzureKeyVault(options)
}

class AzureKeyVault implements Store {
  readonly #options: AzureKeyVaultOptions
  readonly #identity: string
  /** The secrets that were there when they were looked for last. */
  readonly #present = new Set<string>()
  #connecting: Promise<Connection> | undefined
  #mayList = true

  constructor(options: AzureKeyVaultOptions) {
    this.#options = options
    this.#identity = options.url.toLowerCase().replace(/\/+$/, '')
  }

  async identity(): Promise<string> {
    return this.#identity
  }

  async prepare(): Promise<string> {
    return this.#identity
  }

  async current(names: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    const found = new Map<string, Found>()
    const wanted = canonicalNames(names, found)
    if (wanted.size > askedWithoutListing && this.#mayList) await this.#listWanted(wanted, found)
    await this.#askEach([...wanted], found)
    for (const name of names.map((each) => each.toLowerCase())) {
      const known = found.get(name)
      if (known === undefined || known instanceof PatrolError) this.#present.delete(name)
      else this.#present.add(name)
    }
    return found
  }

  /**
   * Puts into `found` what the vault says of each secret by itself. A failure that meets all secrets ends the asking,
   * and so does a vault that was silent to a whole round. Rejects when nothing at all was heard or could be read.
   */
  async #askEach(wanted: readonly string[], found: Map<string, Found>): Promise<void> {
    let over: PatrolError | undefined
    let heard = false
    const silences: PatrolError[] = []
    const limit = pLimit(askedAtOnce)
    const answers = await Promise.all(
      wanted.map((name) =>
        limit(async () => {
          if (over !== undefined) return over
          const answer = await this.#ask(name).catch(asPatrolError)
          const reach = answer instanceof PatrolError ? reachOf(answer) : 'secret'
          if (reach === 'secret' || !(answer instanceof PatrolError)) heard = true
          else if (reach === 'vault') over ??= answer
          else silences.push(answer)
          if (!heard && silences.length >= askedAtOnce) over ??= silences[0]
          return answer
        }),
      ),
    )
    for (const [index, name] of wanted.entries()) {
      const answer = answers[index]
      if (answer !== undefined) found.set(name, answer)
    }
    const failure = over ?? (heard ? undefined : silences[0])
    if (failure !== undefined && [...found.values()].every((each) => each instanceof PatrolError)) throw failure
  }

  /**
   * Moves from `wanted` to `found` what a listing of the vault shows. It ends when it has cost as much as asking for
   * the rest would and brings less than one secret a page; so the whole never costs more than twice the cheaper way.
   */
  async #listWanted(wanted: Set<string>, found: Map<string, Found>): Promise<void> {
    let pages = 0
    try {
      for await (const page of this.#pagesOfVault()) {
        pages++
        for (const properties of page) {
          const name = properties.name.toLowerCase()
          if (wanted.delete(name)) found.set(name, stored(properties))
        }
        if (wanted.size === 0 || (pages >= wanted.size && found.size < pages)) return
      }
      wanted.clear()
    } catch (thrown) {
      if (refusalOf(thrown)?.status !== 403) throw thrown
      this.#mayList = false
      const message = `the vault ${this.#identity} does not let Patrol list secrets; it asks for each one, which takes longer`
      this.#options.reporter?.report({ kind: 'warning', message })
    }
  }

  /** @returns undefined for a secret that does not exist */
  async #ask(name: string): Promise<StoredVersion | undefined> {
    try {
      return (await this.#get(name))?.version
    } catch (thrown) {
      if (refusalOf(thrown)?.code !== 'SecretDisabled') throw thrown
      return this.#disabledCurrent(name)
    }
  }

  /**
   * The current version of a secret that the vault does not hand out because that version is disabled. It is the
   * youngest; where two were written in the same second, only the listing of the vault tells which one it is.
   */
  async #disabledCurrent(name: string): Promise<StoredVersion | undefined> {
    const versions = await this.versions(name)
    const youngest = Math.max(...versions.map((version) => version.createdAt))
    const candidates = versions.filter((version) => version.createdAt === youngest && !version.enabled)
    if (candidates.length === 1) return candidates[0]
    for await (const page of this.#pagesOfVault()) {
      const listed = page.find((properties) => properties.name.toLowerCase() === name)
      if (listed !== undefined) return stored(listed)
    }
    return undefined
  }

  async managed(): Promise<ReadonlyMap<string, Found>> {
    const found = new Map<string, StoredVersion>()
    for await (const page of this.#pagesOfVault()) {
      for (const properties of page) {
        const version = stored(properties)
        if (version.reading.kind !== 'foreign') found.set(properties.name.toLowerCase(), version)
      }
    }
    return found
  }

  async versions(name: string): Promise<readonly StoredVersion[]> {
    return (await this.#propertiesOfVersions(canonicalName(name))).map(stored)
  }

  async read(name: string): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined> {
    return this.#read(canonicalName(name))
  }

  /** A disabled version is refused with 403, one that is not there with 404. */
  async readVersion(
    name: string,
    version: string,
  ): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined> {
    return this.#read(canonicalName(name), version)
  }

  async #read(
    name: string,
    version?: string,
  ): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined> {
    try {
      const got = await this.#get(name, version)
      return got === undefined ? undefined : { version: got.version, value: new Secret(got.value) }
    } catch (thrown) {
      if (refusalOf(thrown)?.code === 'SecretDisabled') return undefined
      throw thrown
    }
  }

  async admit(name: string): Promise<void> {
    const canonical = canonicalName(name)
    // What is there is not deleted; should it be since, the write will say so. It spares a request for every rotation.
    if (this.#present.has(canonical)) return
    const { client, wire } = await this.#connection()
    try {
      await wire.run(undefined, () => client.getDeletedSecret(canonical))
    } catch (thrown) {
      // Whoever may not see deleted secrets learns of one by the write.
      if ([403, 404].includes(refusalOf(thrown)?.status ?? 0)) return
      throw thrown
    }
    throw new PatrolError('secret-deleted', `the secret ${canonical} in ${this.#identity} is deleted but kept`)
  }

  async write(name: string, value: Secret, metadata: Metadata, limits: Limits): Promise<StoredVersion> {
    const [canonical, tags] = [canonicalName(name), { ...tagsWith(metadata) }]
    const { client, wire } = await this.#connection()
    const expiresOn = new Date(metadata.validTo)
    const options = { tags, expiresOn, contentType: patContentType, enabled: true }
    const written = await wire.run(limits, () => client.setSecret(canonical, value.reveal(), options))
    return stored(written.properties)
  }

  async updateMetadata(name: string, version: string, metadata: Metadata, limits: Limits): Promise<void> {
    const canonical = canonicalName(name)
    const present = await this.#propertiesOf(canonical, version)
    const tags = { ...updatedTags(metadata, present.tags ?? {}) }
    const expiresOn = new Date(metadata.validTo)
    const sameEnd = wholeSeconds(present.expiresOn) === wholeSeconds(expiresOn)
    const changes = sameEnd ? { tags } : { tags, expiresOn }
    const { client, wire } = await this.#connection()
    await wire.run(limits, () => client.updateSecretProperties(canonical, version, changes))
  }

  async setHold(name: string, version: string, hold: Hold | undefined, limits: Limits): Promise<void> {
    const canonical = canonicalName(name)
    const present = await this.#propertiesOf(canonical, version)
    const tags = { ...heldTags(hold, present.tags ?? {}) }
    const { client, wire } = await this.#connection()
    await wire.run(limits, () => client.updateSecretProperties(canonical, version, { tags }))
  }

  async disable(name: string, version: string, limits: Limits): Promise<void> {
    const canonical = canonicalName(name)
    const { client, wire } = await this.#connection()
    await wire.run(limits, () => client.updateSecretProperties(canonical, version, { enabled: false }))
  }

  /** One version as it is now; its tags are replaced as a whole by an update, so those of others must be known. */
  async #propertiesOf(name: string, version: string): Promise<SecretProperties> {
    const { client, wire } = await this.#connection()
    try {
      return (await wire.run(undefined, () => client.getSecret(name, { version }))).properties
    } catch (thrown) {
      if (refusalOf(thrown)?.code !== 'SecretDisabled') throw thrown
    }
    const listed = (await this.#propertiesOfVersions(name)).find((properties) => properties.version === version)
    if (listed !== undefined) return listed
    throw new PatrolError('moved-on', `the secret ${name} has no version ${version} any more`)
  }

  async #propertiesOfVersions(name: string): Promise<readonly SecretProperties[]> {
    const { client, wire } = await this.#connection()
    const all: SecretProperties[] = []
    const pages = client.listPropertiesOfSecretVersions(name).byPage()
    try {
      for await (const page of through(wire, pages)) all.push(...page)
    } catch (thrown) {
      if (refusalOf(thrown)?.status !== 404) throw thrown
    }
    return all
  }

  async *#pagesOfVault(): AsyncGenerator<readonly SecretProperties[]> {
    const { client, wire } = await this.#connection()
    yield* through(wire, client.listPropertiesOfSecrets().byPage())
  }

  /** @param version the current one when left out */
  async #get(
    name: string,
    version?: string,
  ): Promise<{ readonly version: StoredVersion; readonly value: string } | undefined> {
    const { client, wire } = await this.#connection()
    const which = version === undefined ? {} : { version }
    try {
      const { properties, value } = await wire.run(undefined, () => client.getSecret(name, which))
      if (value === undefined) throw new PatrolError('unexpected-answer', `the vault gave no value of ${name}`)
      return { version: stored(properties), value }
    } catch (thrown) {
      if (refusalOf(thrown)?.status === 404) return undefined
      throw thrown
    }
  }

  #connection(): Promise<Connection> {
    this.#connecting ??= connect(this.#options)
    return this.#connecting
  }
}

function stored(properties: SecretProperties): StoredVersion {
  return {
    id: properties.version,
    createdAt: instant(properties.createdOn?.getTime() ?? 0),
    enabled: properties.enabled ?? true,
    reading: decodeMetadata(properties.tags ?? {}),
  }
}

function wholeSeconds(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(date.getTime() / 1_000)
}
