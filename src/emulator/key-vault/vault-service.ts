import { randomUUID } from 'node:crypto'
import { type Answer, type Call, emptyAnswer, jsonAnswer } from '../exchange.ts'
import type { VaultPermission } from '../fixture-schema.ts'
import type { World } from '../world.ts'
import type { SecretVersion, Vault, VaultSecret } from './vault.ts'
import { demandAccess } from './vault-access.ts'
import { type PageEntry, writePage } from './vault-page.ts'
import { badParameter, vaultErrorAnswer, VaultRefusal } from './vault-refusal.ts'
import { readSecretRequest } from './vault-request.ts'

interface Visit {
  readonly world: World
  readonly call: Call
  readonly vault: Vault
  readonly base: string
  /** Whole seconds since the epoch. */
  readonly at: number
  readonly name: string
  /** Empty for the current one. */
  readonly version: string
}

interface Route {
  readonly pattern: RegExp
  readonly method: string
  readonly permission: VaultPermission
  readonly answer: (visit: Visit) => Answer
}

/** https://learn.microsoft.com/en-us/rest/api/keyvault/secrets/operation-groups */
const routes: readonly Route[] = [
  { method: 'GET', pattern: /^\/secrets\/?$/i, permission: 'list', answer: listSecrets },
  { method: 'GET', pattern: /^\/secrets\/([^/]+)\/versions\/?$/i, permission: 'list', answer: listVersions },
  { method: 'PUT', pattern: /^\/secrets\/([^/]+)\/?$/i, permission: 'set', answer: setSecret },
  { method: 'GET', pattern: /^\/secrets\/([^/]+)(?:\/([^/]*))?$/i, permission: 'get', answer: getSecret },
  { method: 'PATCH', pattern: /^\/secrets\/([^/]+)(?:\/([^/]*))?$/i, permission: 'set', answer: updateSecret },
  { method: 'DELETE', pattern: /^\/secrets\/([^/]+)\/?$/i, permission: 'delete', answer: deleteSecret },
  { method: 'GET', pattern: /^\/deletedsecrets\/?$/i, permission: 'list', answer: listDeleted },
  { method: 'GET', pattern: /^\/deletedsecrets\/([^/]+)\/?$/i, permission: 'get', answer: getDeleted },
  { method: 'DELETE', pattern: /^\/deletedsecrets\/([^/]+)\/?$/i, permission: 'purge', answer: purgeDeleted },
  {
    method: 'POST',
    pattern: /^\/deletedsecrets\/([^/]+)\/recover\/?$/i,
    permission: 'recover',
    answer: recoverDeleted,
  },
]

const apiVersions = new Set(['7.4', '7.5', '7.6', '2025-06-01', '2025-07-01', '2026-04-01'])
const NAME = /^[0-9a-zA-Z-]{1,127}$/

/** One vault's data plane. */
export function answerVault(world: World, call: Call, vault: Vault): Answer {
  const answer = refusable(() => {
    const route = routes.find(({ method, pattern }) => method === call.method && pattern.test(call.path))
    // Authentication comes first: a call without a token learns where to get one before it learns of its faults.
    demandAccess(world, call, vault, route?.permission ?? 'get')
    const version = call.query.get('api-version')
    if (version === null) throw badParameter('api-version must be specified')
    if (!apiVersions.has(version)) throw badParameter(`The specified version (${version}) is not recognized.`)
    if (route === undefined) return vaultErrorAnswer(404, 'NotFound', 'There is no such resource or method.')
    const [, name = '', secretVersion = ''] = route.pattern.exec(call.path) ?? []
    if (name !== '' && !NAME.test(name)) {
      throw badParameter(`The request URI contains an invalid name: ${name}`)
    }
    const base = world.endpoints.vaults[vault.settings.name] ?? ''
    const at = Math.floor(call.at / 1000)
    return route.answer({ world, call, vault, base, at, name, version: secretVersion.toLowerCase() })
  })
  return { ...answer, headers: { ...answer.headers, 'x-ms-request-id': randomUUID(), 'Cache-Control': 'no-cache' } }
}

function refusable(answer: () => Answer): Answer {
  try {
    return answer()
  } catch (fault) {
    if (fault instanceof VaultRefusal) return fault.answer
    throw fault
  }
}

function setSecret(visit: Visit): Answer {
  const { world, call, vault, at, name } = visit
  const request = readSecretRequest(call, world.switches.maxTagLength)
  if (vault.secret(name, at)?.deletedAt !== undefined) {
    throw new VaultRefusal(
      409,
      'Conflict',
      `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
      { inner: 'ObjectIsDeletedButRecoverable' },
    )
  }
  const secret = vault.set(
    name,
    {
      value: request.value ?? '',
      contentType: request.contentType,
      tags: request.tags,
      enabled: request.enabled ?? true,
      notBefore: request.notBefore,
      expires: request.expires,
    },
    at,
  )
  return bundle(visit, secret, currentOf(secret), true)
}

function getSecret(visit: Visit): Answer {
  const { secret, version } = demandVersion(visit)
  if (!version.enabled) {
    throw new VaultRefusal(403, 'Forbidden', 'Operation get is not allowed on a disabled secret.', {
      inner: 'SecretDisabled',
    })
  }
  return bundle(visit, secret, version, true)
}

/** Only what is stated changes, but tags are replaced as a whole. */
function updateSecret(visit: Visit): Answer {
  const { secret, version } = demandVersion(visit)
  const request = readSecretRequest(visit.call, visit.world.switches.maxTagLength)
  version.contentType = request.contentType ?? version.contentType
  version.tags = request.tags ?? version.tags
  version.enabled = request.enabled ?? version.enabled
  version.notBefore = request.notBefore ?? version.notBefore
  version.expires = request.expires ?? version.expires
  version.updated = visit.at
  return bundle(visit, secret, version, false)
}

function listSecrets(visit: Visit): Answer {
  const live = visit.vault.secrets(visit.at).filter((secret) => secret.deletedAt === undefined)
  const entries = live.map((secret): PageEntry => {
    return {
      key: secret.name.toLowerCase(),
      item: { id: `${visit.base}/secrets/${secret.name}`, ...metadata(visit, currentOf(secret)) },
    }
  })
  return writePage(visit.call, visit.base, entries)
}

/** Sorted by version id, which is random: nothing but a wish says that the current one is at either end. */
function listVersions(visit: Visit): Answer {
  const secret = demandSecret(visit)
  const entries = secret.versions.map((version): PageEntry => {
    return { key: version.id, item: { id: idOf(visit, secret, version), ...metadata(visit, version) } }
  })
  return writePage(visit.call, visit.base, entries)
}

function deleteSecret(visit: Visit): Answer {
  const secret = demandSecret(visit)
  secret.deletedAt = visit.at
  return jsonAnswer(200, deletedItem(visit, secret, visit.at, true))
}

function listDeleted(visit: Visit): Answer {
  const entries = visit.vault.secrets(visit.at).flatMap((secret): PageEntry[] => {
    if (secret.deletedAt === undefined) return []
    return [{ key: secret.name.toLowerCase(), item: deletedItem(visit, secret, secret.deletedAt, false) }]
  })
  return writePage(visit.call, visit.base, entries)
}

function getDeleted(visit: Visit): Answer {
  const { secret, deletedAt } = demandDeleted(visit)
  return jsonAnswer(200, deletedItem(visit, secret, deletedAt, true))
}

function purgeDeleted(visit: Visit): Answer {
  const { secret } = demandDeleted(visit)
  if (visit.vault.settings.purgeProtection) {
    throw new VaultRefusal(
      403,
      'Forbidden',
      'Operation "purge" is not allowed because purge protection is enabled for this vault.',
    )
  }
  visit.vault.purge(secret)
  return emptyAnswer(204)
}

function recoverDeleted(visit: Visit): Answer {
  const { secret } = demandDeleted(visit)
  secret.deletedAt = undefined
  return bundle(visit, secret, currentOf(secret), false)
}

function demandSecret({ vault, at, name }: Visit): VaultSecret {
  const secret = vault.secret(name, at)
  if (secret !== undefined && secret.deletedAt === undefined) return secret
  throw notFound(name)
}

function demandVersion(visit: Visit): { secret: VaultSecret; version: SecretVersion } {
  const secret = demandSecret(visit)
  if (visit.version === '') return { secret, version: currentOf(secret) }
  const version = secret.versions.find(({ id }) => id === visit.version)
  if (version === undefined) throw notFound(`${visit.name}/${visit.version}`)
  return { secret, version }
}

function demandDeleted({ vault, at, name }: Visit): { secret: VaultSecret; deletedAt: number } {
  const secret = vault.secret(name, at)
  if (secret?.deletedAt === undefined)
    throw new VaultRefusal(404, 'SecretNotFound', `Deleted Secret not found: ${name}`)
  return { secret, deletedAt: secret.deletedAt }
}

function notFound(id: string): VaultRefusal {
  return new VaultRefusal(
    404,
    'SecretNotFound',
    `A secret with (name/id) ${id} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command.`,
  )
}

/** The version set last. */
function currentOf(secret: VaultSecret): SecretVersion {
  const current = secret.versions.at(-1)
  if (current === undefined) throw new Error(`the secret ${secret.name} has no version`)
  return current
}

function idOf({ base }: Visit, secret: VaultSecret, version: SecretVersion): string {
  return `${base}/secrets/${secret.name}/${version.id}`
}

function metadata({ vault }: Visit, version: SecretVersion): Record<string, unknown> {
  const { settings } = vault
  return {
    ...(version.contentType === undefined ? {} : { contentType: version.contentType }),
    attributes: {
      enabled: version.enabled,
      ...(version.notBefore === undefined ? {} : { nbf: version.notBefore }),
      ...(version.expires === undefined ? {} : { exp: version.expires }),
      created: version.created,
      updated: version.updated,
      recoveryLevel: recoveryLevel(settings),
      recoverableDays: settings.retentionDays,
    },
    ...(version.tags === undefined ? {} : { tags: version.tags }),
  }
}

function recoveryLevel(settings: Vault['settings']): string {
  const recoverable = settings.retentionDays < 90 ? 'CustomizedRecoverable' : 'Recoverable'
  return settings.purgeProtection ? recoverable : `${recoverable}+Purgeable`
}

function bundle(visit: Visit, secret: VaultSecret, version: SecretVersion, withValue: boolean): Answer {
  return jsonAnswer(200, {
    ...(withValue ? { value: version.value } : {}),
    id: idOf(visit, secret, version),
    ...metadata(visit, version),
  })
}

function deletedItem(
  visit: Visit,
  secret: VaultSecret,
  deletedAt: number,
  withVersion: boolean,
): Record<string, unknown> {
  const version = currentOf(secret)
  return {
    recoveryId: `${visit.base}/deletedsecrets/${secret.name}`,
    deletedDate: deletedAt,
    scheduledPurgeDate: visit.vault.purgedAt(deletedAt),
    id: withVersion ? idOf(visit, secret, version) : `${visit.base}/secrets/${secret.name}`,
    ...metadata(visit, version),
  }
}
