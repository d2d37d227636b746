import { randomBytes } from 'node:crypto'
import type { VaultPermission } from '../fixture-schema.ts'
import type { SecretLedger } from '../secret-ledger.ts'

/** One version of a secret. Instants are whole seconds since the epoch, as Key Vault keeps them. */
export interface SecretVersion {
  readonly id: string
  readonly value: string
  contentType: string | undefined
  tags: Readonly<Record<string, string>> | undefined
  enabled: boolean
  notBefore: number | undefined
  expires: number | undefined
  readonly created: number
  updated: number
}

export interface VaultSecret {
  readonly name: string
  /** In the order they were set: the last one is the current one, even when stamps tie. */
  readonly versions: SecretVersion[]
  /** Seconds since the epoch; set while the secret is soft-deleted. */
  deletedAt: number | undefined
}

export interface VersionRecord {
  id: string
  value: string
  contentType?: string
  tags: Record<string, string>
  enabled: boolean
  /** Whole seconds since the epoch, as the other instants. */
  notBefore?: number
  expires?: number
  created: number
  updated: number
}

export interface SecretRecord {
  /** In the order they were set; the last is the current one. */
  versions: VersionRecord[]
  /** Seconds since the epoch; present while the secret is soft-deleted. */
  deletedAt?: number
}

/** What a test sees of a vault. */
export interface VaultRecord {
  name: string
  /** By the secret's name. */
  secrets: Record<string, SecretRecord>
}

export interface VaultSettings {
  readonly name: string
  readonly tenantId: string
  readonly authorization: 'rbac' | 'policy'
  readonly access: readonly { readonly principal: string; readonly may: readonly VaultPermission[] }[]
  readonly retentionDays: number
  readonly purgeProtection: boolean
}

const DAY_SECONDS = 86_400

export class Vault {
  readonly settings: VaultSettings
  readonly #secrets = new Map<string, VaultSecret>()
  readonly #ledger: SecretLedger

  constructor(settings: VaultSettings, ledger: SecretLedger) {
    this.settings = settings
    this.#ledger = ledger
  }

  /** Secrets by name, without regard to case. @param at seconds since the epoch, by which old deleted ones are purged */
  secret(name: string, at: number): VaultSecret | undefined {
    const secret = this.#secrets.get(name.toLowerCase())
    if (secret?.deletedAt === undefined || at < this.purgedAt(secret.deletedAt)) return secret
    this.purge(secret)
    return undefined
  }

  /** All that are not purged, by name. @param at seconds since the epoch */
  secrets(at: number): VaultSecret[] {
    return [...this.#secrets.keys()]
      .sort()
      .map((name) => this.secret(name, at))
      .filter((secret) => secret !== undefined)
  }

  /** Adds a version, which becomes the current one. */
  set(name: string, written: Omit<SecretVersion, 'id' | 'created' | 'updated'>, at: number): VaultSecret {
    this.#ledger.note(written.value)
    const key = name.toLowerCase()
    const secret = this.#secrets.get(key) ?? { name, versions: [], deletedAt: undefined }
    secret.versions.push({ ...written, id: randomBytes(16).toString('hex'), created: at, updated: at })
    this.#secrets.set(key, secret)
    return secret
  }

  purge(secret: VaultSecret): void {
    this.#secrets.delete(secret.name.toLowerCase())
  }

  /** When a secret deleted at `deletedAt` is purged of itself; both in seconds since the epoch. */
  purgedAt(deletedAt: number): number {
    return deletedAt + this.settings.retentionDays * DAY_SECONDS
  }

  record(): VaultRecord {
    const secrets = [...this.#secrets.values()].map((secret): [string, SecretRecord] => [
      secret.name,
      {
        versions: secret.versions.map((version) => recordOf(version)),
        ...(secret.deletedAt === undefined ? {} : { deletedAt: secret.deletedAt }),
      },
    ])
    return { name: this.settings.name, secrets: Object.fromEntries(secrets) }
  }
}

function recordOf(version: SecretVersion): VersionRecord {
  const { contentType, notBefore, expires } = version
  return {
    id: version.id,
    value: version.value,
    ...(contentType === undefined ? {} : { contentType }),
    tags: { ...version.tags },
    enabled: version.enabled,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expires === undefined ? {} : { expires }),
    created: version.created,
    updated: version.updated,
  }
}
