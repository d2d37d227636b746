import type { SecretProperties } from '@azure/keyvault-secrets'
import type { Condition } from '../../core/copy.ts'
import { type ErrorCode, PatrolError, remedies } from '../../core/errors.ts'
import { decodeMetadata } from '../../core/metadata.ts'
import type { Limits } from '../../ports/limits.ts'
import type { Addressee, Consignment, Copy, Removal, Target } from '../../ports/target.ts'
import { type AzureKeyVaultOptions, connect, type Connection, through } from './key-vault-connection.ts'
import { refusalOf } from './key-vault-errors.ts'
import { patContentType } from './version-tags.ts'
import { fingerprint } from '../fingerprint.ts'
import { filled } from '../placeholders.ts'

export interface KeyVaultCopyParts {
  readonly name: string
  readonly vault: AzureKeyVaultOptions
  /** Placeholders stand as written. */
  readonly secretName: string
}

/** The tags of a copy. None of them is one of a managed version, so that nobody takes a copy for the store's. */
const copyTag = 'patrol-copy-of'
const generationTag = 'patrol-copy-generation'

/** What the vault hands out. `disabled`: the current version is, so there is nothing for readers. */
type Current = { readonly properties: SecretProperties; readonly value?: string } | 'disabled' | undefined

/**
 * A copy in another Azure Key Vault. Each new value is a version; the current one is known again by its id. Tags mark
 * the versions as copies, and a secret that Patrol manages itself is never written over.
 * https://learn.microsoft.com/azure/key-vault/secrets/about-secrets
 */
export function keyVaultCopyTarget(parts: KeyVaultCopyParts): Target {
  const { url } = parts.vault
  let connecting: Promise<Connection> | undefined
  const connection = (): Promise<Connection> => (connecting ??= connect(parts.vault))
  const nameOf = (of: Addressee): string => filled(parts.secretName, of)

  const current = async (name: string): Promise<Current> => {
    const { client, wire } = await connection()
    try {
      return await wire.run(undefined, () => client.getSecret(name))
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      if (refusal?.code === 'SecretDisabled') return 'disabled'
      if (refusal?.status === 404) return undefined
      throw thrown
    }
  }

  const versions = async (name: string): Promise<readonly SecretProperties[]> => {
    const { client, wire } = await connection()
    const all: SecretProperties[] = []
    try {
      for await (const page of through(wire, client.listPropertiesOfSecretVersions(name).byPage())) all.push(...page)
    } catch (thrown) {
      if (refusalOf(thrown)?.status !== 404) throw thrown
    }
    return all
  }

  const write = async (name: string, consignment: Consignment, limits: Limits): Promise<string | undefined> => {
    const { client, wire } = await connection()
    const tags = { [copyTag]: ownerTagOf(consignment), [generationTag]: consignment.generation }
    const options = { tags, expiresOn: new Date(consignment.validTo), contentType: patContentType, enabled: true }
    const { properties } = await wire.run(limits, () => client.setSecret(name, consignment.value.reveal(), options))
    return properties.version
  }

  const conditionOf = async (copy: Copy): Promise<Condition> => {
    const name = nameOf(copy)
    const found = await current(name)
    if (found === undefined) return { kind: 'gone', message: `there is no secret ${name} in ${url}` }
    if (found === 'disabled') return { kind: 'gone', message: `the current version of ${name} in ${url} is disabled` }
    if (receiptOf(found.properties.version) === copy.receipt) return { kind: 'intact' }
    return { kind: 'overwritten', message: `${name} in ${url} has another current version than was delivered` }
  }

  return {
    name: parts.name,
    deliver: (consignment, limits) =>
      told(async () => {
        const name = nameOf(consignment)
        const before = await current(name)
        assertNotManaged(before === 'disabled' ? await versions(name) : tagged(before), name, url)
        // The same again is no new version.
        const stands =
          typeof before === 'object' &&
          before.value === consignment.value.reveal() &&
          isOurs(before.properties, consignment)
        const version = stands ? before.properties.version : await write(name, consignment, limits)
        const after = await current(name)
        if (version !== undefined && typeof after === 'object' && after.properties.version === version) {
          return receiptOf(version)
        }
        const text = `the current version of ${name} in ${url} is another than was written just now`
        throw new PatrolError('delivery-failed', text, { outcome: 'unknown' })
      }),
    inspect: (copy) => told(() => conditionOf(copy)),
    remove: (copy, limits) =>
      told(async (): Promise<Removal> => {
        const name = nameOf(copy)
        const condition = await conditionOf(copy)
        const ours = (await versions(name)).filter((each) => isOurs(each, copy) && each.enabled !== false)
        const { client, wire } = await connection()
        for (const { version } of ours) {
          if (version === undefined) continue
          await wire.run(limits, () => client.updateSecretProperties(name, version, { enabled: false }))
        }
        if (condition.kind === 'overwritten') {
          const found = await current(name)
          if (typeof found === 'object') return { kind: 'kept', why: condition.message }
        }
        return { kind: ours.length > 0 ? 'removed' : 'absent' }
      }),
    check: () =>
      told(async () => {
        const name = nameOf({ token: 'patrol', organization: 'patrol' })
        assertNotManaged(tagged(await current(name)), name, url)
      }),
  }
}

function receiptOf(version: string | undefined): string | undefined {
  return version === undefined ? undefined : fingerprint(version)
}

/** The tag that says whose copy it is. */
function ownerTagOf({ organization, token }: Addressee): string {
  return `${organization}/${token}`.slice(0, 256)
}

function isOurs({ tags }: SecretProperties, of: Addressee): boolean {
  return tags?.[copyTag] === ownerTagOf(of)
}

function tagged(found: Current): readonly SecretProperties[] {
  return typeof found === 'object' ? [found.properties] : []
}

/** Another installation may have its store in this vault. */
function assertNotManaged(found: readonly SecretProperties[], name: string, url: string): void {
  if (found.every(({ tags = {} }) => decodeMetadata(tags).kind === 'foreign')) return
  throw new PatrolError('delivery-failed', `${name} in ${url} is a secret that Patrol manages, and no copy`, {
    remedy: 'Choose another secretName for the target, or another vault.',
  })
}

const codes: Partial<Record<ErrorCode, ErrorCode>> = {
  'store-denied': 'target-denied',
  'store-unreachable': 'target-unreachable',
  'secret-deleted': 'delivery-failed',
  'invalid-request': 'delivery-failed',
  'unexpected-answer': 'delivery-failed',
  'moved-on': 'target-not-found',
}

function remedyOf(code: ErrorCode, remedy: string): string {
  const told = remedy.replace('of the store', 'of the target')
  return code === 'target-unreachable' ? `${told} Until then nothing is revoked.` : told
}

/** The client of Key Vault speaks of stores; what failed here is a target. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof PatrolError)) throw thrown
    const code = codes[thrown.code]
    if (code === undefined) throw thrown
    const { message, outcome, retryAfter, correlationId, cause } = thrown
    const own = thrown.code === 'secret-deleted' || thrown.remedy !== remedies[thrown.code]
    throw new PatrolError(code, message, {
      outcome,
      cause,
      remedy: own ? remedyOf(code, thrown.remedy) : remedies[code],
      ...(retryAfter === undefined ? {} : { retryAfter }),
      ...(correlationId === undefined ? {} : { correlationId }),
    })
  }
}
