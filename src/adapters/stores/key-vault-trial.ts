import { asPatrolError, PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { after, hour, second, times } from '../../core/time.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Remains, StoreTrial } from '../../ports/store-trial.ts'
import { refusalOf } from './key-vault-errors.ts'
import { type AzureKeyVaultOptions, connect, type Connection } from './key-vault-connection.ts'

/** The one secret that is ever written, and removed again, to see whether that is allowed. */
export const trialSecret = 'patrol-doctor-probe'

/** A deletion and a recovery take some seconds, during which the name can be used for nothing. */
const patience = 6
const pause = times(2, second)

/**
 * A trial of a vault. Removing a secret needs permissions that Patrol needs for nothing else (delete, and purge for what
 * soft delete keeps), so what it may not remove it disables, and says so.
 * https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
 */
export function keyVaultTrial(options: AzureKeyVaultOptions): StoreTrial {
  let connecting: Promise<Connection> | undefined
  const connection = (): Promise<Connection> => (connecting ??= connect(options))
  return {
    async list() {
      const { client, wire } = await connection()
      await wire.run(undefined, () => client.listPropertiesOfSecrets().byPage().next())
    },
    async write(value, limits) {
      return new Trial(await connection(), options, limits).run(value)
    },
  }
}

class Trial {
  readonly #connection: Connection
  readonly #options: AzureKeyVaultOptions
  readonly #limits: () => Limits

  constructor(connection: Connection, options: AzureKeyVaultOptions, limits: () => Limits) {
    this.#connection = connection
    this.#options = options
    this.#limits = limits
  }

  async run(value: Secret): Promise<Remains | undefined> {
    await this.#recover()
    let version: string | undefined
    try {
      version = await this.#set(value)
      await this.#requireSame(version, value)
    } catch (thrown) {
      const failure = asPatrolError(thrown)
      // A write whose answer was lost may have taken place.
      if (version !== undefined || failure.outcome === 'unknown') await this.#remove(version).catch(() => undefined)
      throw failure
    }
    return this.#remove(version)
  }

  /** Where an earlier trial was not allowed to purge, the name is still taken by what it deleted. */
  async #recover(): Promise<void> {
    const { client, wire } = this.#connection
    try {
      await wire.run(undefined, () => client.getDeletedSecret(trialSecret))
    } catch (thrown) {
      // Not deleted, or not to be seen by us: then the write will tell.
      if ([403, 404].includes(refusalOf(thrown)?.status ?? 0)) return
      throw thrown
    }
    try {
      await wire.run(this.#limits(), () => client.beginRecoverDeletedSecret(trialSecret))
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      // The SDK looks at what it recovered at once, which may not be there yet, and is not handed out while it is disabled.
      const isUnderWay = refusal?.status === 404 || refusal?.status === 409 || refusal?.code === 'SecretDisabled'
      if (isUnderWay) return
      throw refusal?.status === 403 ? stillDeleted(this.#options.url) : thrown
    }
  }

  async #set(value: Secret): Promise<string> {
    const { client, wire } = this.#connection
    const expiresOn = new Date(after(this.#options.clock.now(), hour))
    const options = { expiresOn, contentType: 'text/plain', enabled: true }
    const written = await this.#onceSettled([409], () =>
      wire.run(this.#limits(), () => client.setSecret(trialSecret, value.reveal(), options)),
    )
    const { version } = written.properties
    if (version !== undefined) return version
    throw new PatrolError('unexpected-answer', `the vault gave no version of ${trialSecret}`, { outcome: 'unknown' })
  }

  async #requireSame(version: string, value: Secret): Promise<void> {
    const { client, wire } = this.#connection
    const read = await wire.run(undefined, () => client.getSecret(trialSecret, { version }))
    if (read.value !== undefined && value.equals(new Secret(read.value))) return
    throw new PatrolError('unexpected-answer', `the vault read back another value of ${trialSecret} than was written`)
  }

  async #remove(version: string | undefined): Promise<Remains | undefined> {
    const { client, wire } = this.#connection
    try {
      await wire.run(this.#limits(), () => client.beginDeleteSecret(trialSecret))
    } catch (thrown) {
      const status = refusalOf(thrown)?.status
      if (status === 403 && (await this.#isDisabled(version))) return { name: trialSecret, state: 'disabled' }
      // The SDK looks for what it deleted at once, where it may not be yet or may not be seen by us.
      if (status !== 403 && status !== 404) throw thrown
    }
    try {
      await this.#onceSettled([404, 409], () => wire.run(this.#limits(), () => client.purgeDeletedSecret(trialSecret)))
      return undefined
    } catch {
      // Purging may be forbidden to us, or by the vault to all; what is deleted goes by itself when its time has come.
      return { name: trialSecret, state: 'deleted but kept' }
    }
  }

  /** Disables what may not be deleted. @returns false when it was deleted after all */
  async #isDisabled(written: string | undefined): Promise<boolean> {
    const { client, wire } = this.#connection
    try {
      const version =
        written ?? (await wire.run(undefined, () => client.getSecret(trialSecret))).properties.version ?? ''
      await wire.run(this.#limits(), () => client.updateSecretProperties(trialSecret, version, { enabled: false }))
      return true
    } catch (thrown) {
      if (refusalOf(thrown)?.status === 404) return false
      throw thrown
    }
  }

  /** Repeats what is refused only because the vault is still busy with the name. */
  async #onceSettled<T>(busy: readonly number[], work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (thrown) {
        const isDeleted = asPatrolError(thrown).code === 'secret-deleted'
        if (isDeleted && attempt === patience) throw stillDeleted(this.#options.url)
        if (!busy.includes(refusalOf(thrown)?.status ?? 0) || attempt === patience) throw thrown
        await this.#options.clock.sleep(pause, 'go-on')
      }
    }
  }
}

function stillDeleted(url: string): PatrolError {
  return new PatrolError(
    'secret-deleted',
    `the secret ${trialSecret} of an earlier trial in ${url} is deleted but kept`,
    {
      remedy: `Purge or recover ${trialSecret}, or give the credential of the store the permission recover for secrets. No token depends on it.`,
    },
  )
}
