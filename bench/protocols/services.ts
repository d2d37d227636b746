import { type Instant, instant } from '../../src/core/time.ts'
import type { SimulatedEstate, SimulatedVersion } from '../../test/simulation/estate.ts'
import type { Gate } from '../../test/simulation/gate.ts'
import { vault } from '../../test/simulation/ports.ts'

export interface ListedPat {
  readonly id: string
  readonly displayName: string
  readonly validFrom: Instant
  readonly validTo: Instant
}

/** The answer to a create call. Azure DevOps may refuse with HTTP 200, no PAT and the name of an error. */
export interface Created {
  readonly pat: { readonly id: string; readonly value: string; readonly validTo: Instant } | undefined
  /** `none` when the PAT was created. */
  readonly error: string
}

/** A version in a store; for Terraform this is the state, for AzureAuth the cache on disk. */
export interface Version {
  readonly id: string
  readonly enabled: boolean
  readonly tags: Readonly<Record<string, string>>
}

/** All that the sequences of others need of the world; each method but `now` is one request. */
export interface Services {
  now(): Instant
  /** The account's active PATs. */
  list(): Promise<readonly ListedPat[]>
  mint(request: { readonly displayName: string; readonly validTo: Instant }): Promise<Created>
  revoke(id: string): Promise<void>
  /** The current version. */
  read(): Promise<Version | undefined>
  versions(): Promise<readonly Version[]>
  /** A new version, which becomes the current one. */
  write(value: string, tags: Readonly<Record<string, string>>): Promise<Version>
  /** Replaces the tags of a version, and with `enabled: false` switches it off, in one request. */
  update(version: string, change: { readonly tags: Version['tags']; readonly enabled?: false }): Promise<void>
}

/** The one secret that every sequence keeps. */
export const secretName = 'package-feed-pat'

export const displayName = 'Package feed'

/** The name of an error with which a gate makes the service refuse to create a PAT. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

const owner = 'ci-bot@contoso.example'
const organization = 'contoso'

/** The estate as a script or a tool of others sees it; every request passes the gate. */
export function openServices(estate: SimulatedEstate, gate: Gate): Services {
  const read = <Answer>(to: string, name: string, take: () => Answer): Promise<Answer> =>
    gate.pass({ name: `read:${name}`, to, mutates: false, limits: undefined }, take)
  const change = <Answer>(to: string, name: string, take: () => Answer): Promise<Answer> =>
    gate.pass({ name, to, mutates: true, limits: undefined }, take)
  const versions = (): readonly SimulatedVersion[] => estate.secrets.get(secretName) ?? []
  return {
    now: () => gate.now(),
    list: () =>
      read(organization, 'pats', () =>
        estate.listActive(owner, organization).map((pat) => ({
          id: pat.authorizationId,
          displayName: pat.displayName,
          validFrom: pat.validFrom,
          // The estate grants every PAT an end.
          validTo: pat.validTo ?? instant(Number.NaN),
        })),
      ),
    mint: async (request) => {
      try {
        return await change(organization, 'mint', () => {
          const pat = estate.createPat({ ...request, owner, organization })
          return { pat: { id: pat.authorizationId, value: pat.value, validTo: pat.validTo }, error: 'none' }
        })
      } catch (error) {
        if (error instanceof Refusal) return { pat: undefined, error: error.message }
        throw error
      }
    },
    revoke: (id) => change(organization, 'revoke', () => estate.revoke(owner, organization, id)),
    read: () => read(vault, 'current', () => estate.current(secretName)),
    versions: () => read(vault, 'versions', () => [...versions()]),
    write: (value, tags) =>
      change(vault, 'store', () => {
        const version: SimulatedVersion = {
          id: String(estate.next()),
          createdAt: estate.now,
          storedAt: estate.now,
          value,
          enabled: true,
          tags,
        }
        estate.secrets.set(secretName, [...versions(), version])
        return version
      }),
    update: (id, { tags, enabled = true }) =>
      change(vault, 'update', () => {
        const version = versions().find((one) => one.id === id)
        if (version === undefined) throw new Error(`there is no version ${id}`)
        version.tags = tags
        version.enabled &&= enabled
      }),
  }
}

/** What was created. Most callers take anything else for a failure. */
export function createdPat(created: Created): NonNullable<Created['pat']> {
  if (created.error !== 'none' || created.pat === undefined) throw new Error(`no PAT was created: ${created.error}`)
  return created.pat
}
