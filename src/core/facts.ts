import type { CopyState } from './copy.ts'
import type { Metadata } from './metadata.ts'
import { installationOf, markOf } from './names.ts'
import type { Pat } from './pat.ts'
import { indexed } from './pat-index.ts'
import type { Instant } from './time.ts'
import type { Token } from './token.ts'
import type { Reading } from './metadata.ts'

/** A version of the token's secret, as the store tells of it. */
export interface Version {
  readonly id: string | undefined
  readonly createdAt: Instant
  readonly enabled: boolean
  readonly reading: Reading
}

/** What was observed for one token, in the order in which it was read: PATs, then the current version, then all versions. */
export interface Facts {
  readonly observedAt: Instant
  /** The account's active PATs in the organization, all of them. */
  readonly pats: readonly Pat[]
  /** What the store hands out; undefined when the secret does not exist, or the token has no store. */
  readonly current: Version | undefined
  /** All versions; read only where `needsVersions` asks for them. */
  readonly versions: readonly Version[] | undefined
  /**
   * Whether a real call with the current value was let in; asked only where the list lacks the current PAT, because
   * lists lag. Undefined when not asked; `unknown` when the call told nothing.
   */
  readonly currentWorks: boolean | 'unknown' | undefined
  /** The identity of the store; undefined while it does not exist. */
  readonly storeId: string | undefined
  /** What was seen of the copies that the record calls delivered, by their targets. Absent where nobody looked. */
  readonly copies?: ReadonlyMap<string, CopyState>
  /** What was seen of the PATs that this token replaces. Absent where it replaces none. */
  readonly successions?: readonly Succession[]
}

/** A token that must be in place before a PAT may go; without facts where it was not, or could not be, looked at. */
export interface Successor {
  readonly token: Token
  readonly facts: Facts | undefined
}

/** A PAT from before Patrol with all that hangs on it. */
export interface Succession {
  readonly authorizationId: string
  /** Whether all entries say that it is to be revoked in the end. */
  readonly revoke: boolean
  /** Undefined where no list shows it. */
  readonly pat: Pat | undefined
  /** The organizations whose lists show it. One for all organizations stands in every list. */
  readonly organizations: readonly string[]
  /** Whether the lists of all successors' organizations could be read. */
  readonly isWhole: boolean
  /** The tokens that replace it, in the order of their entries; never none. */
  readonly successors: readonly Successor[]
  /** Other tokens that hand out its value, did so before, or may do so. */
  readonly bystanders: readonly Successor[]
}

/** The current version's metadata, where Patrol wrote it and can read it. */
export function currentMetadata(facts: Facts): Metadata | undefined {
  return facts.current?.reading.kind === 'read' ? facts.current.reading.metadata : undefined
}

/** The generation that a version holds; undefined where there is no version, or no metadata that Patrol can read. */
export function generationIn(version: Version | undefined): string | undefined {
  return version?.reading.kind === 'read' ? version.reading.metadata.generation : undefined
}

/** The PAT that the token is right now: the one that the store hands out, or the one that a rule covers. */
export function currentPat(token: Token, facts: Facts): Pat | undefined {
  const id = currentMetadata(facts)?.authorizationId ?? (facts.current === undefined ? token.covers : undefined)
  return indexed(facts.pats).byId(id)
}

/** Whether the mark of a PAT says that it was minted for this token's secret in this store. */
export function isOurs(token: Token, facts: Facts, pat: Pat): boolean {
  const own = installation(token, facts)
  return own !== undefined && markOf(pat.displayName)?.installation === own
}

/** The installation part of the marks of this token; undefined without a store, or while it does not exist. */
export function installation(token: Token, facts: Facts): string | undefined {
  if (token.place === undefined || facts.storeId === undefined) return undefined
  return installationOf(facts.storeId, token.place.secretName)
}

/**
 * The active PATs, other than the current one, that this token brought forth or replaced. While there are any, all
 * versions must be read to tell superseded ones from orphans.
 */
export function otherPats(token: Token, facts: Facts): readonly Pat[] {
  const metadata = currentMetadata(facts)
  const index = indexed(facts.pats)
  const own = installation(token, facts)
  const ours = own === undefined ? [] : index.byInstallation(own).map(({ pat }) => pat)
  const replaced = metadata?.supersedes.map((id) => index.byId(id)).filter((pat) => pat !== undefined) ?? []
  // One that was adopted bears no mark, and instances that stored at the same time may not have named it.
  const stood = (facts.versions ?? []).flatMap(({ reading }) =>
    reading.kind === 'read' ? (index.byId(reading.metadata.authorizationId) ?? []) : [],
  )
  return [...new Set([...ours, ...replaced, ...stood])].filter(
    (pat) => pat.authorizationId !== metadata?.authorizationId,
  )
}

/** Whether all versions of the token's secret must be read before anything can be told of its other PATs. */
export function needsVersions(token: Token, facts: Facts): boolean {
  return otherPats(token, facts).length > 0
}

/** Whether the current PAT must be tried with a real call, because the list lacks it although it should still live. */
export function needsProbe(facts: Facts, now: Instant): boolean {
  const metadata = currentMetadata(facts)
  if (metadata === undefined || facts.current?.enabled !== true || metadata.validTo <= now) return false
  return indexed(facts.pats).byId(metadata.authorizationId) === undefined
}
