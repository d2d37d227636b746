import type { PatrolError } from '../core/errors.ts'
import type { Hold } from '../core/hold.ts'
import type { Metadata, Reading } from '../core/metadata.ts'
import type { Secret } from '../core/secret.ts'
import type { Instant } from '../core/time.ts'
import type { Limits } from './limits.ts'

/** One version of a secret, without its value. */
export interface StoredVersion {
  /** The store's id of the version; undefined where a listing of a whole store does not tell it. */
  readonly id: string | undefined
  /** The store's own stamp, which may be in whole seconds. */
  readonly createdAt: Instant
  readonly enabled: boolean
  readonly reading: Reading
}

/** What was found under one name: the current version, or why this one secret could not be read. */
export type Found = StoredVersion | PatrolError

/**
 * The system of record for values: secrets with versions, and with metadata beside each version. The *current* version
 * is the one that the store hands out to somebody who names no version; only the store knows which that is.
 *
 * Every method rejects with a PatrolError (`store-denied`, `store-unreachable`, `secret-deleted`, `throttled` …).
 * Reading methods repeat themselves after passing faults. Mutating ones send one request that can take effect, obey
 * `limits`, and say in the error's `outcome` whether it may have taken place. Names do not regard case.
 */
export interface Store {
  /**
   * What identifies this store from every machine, for the mark of PATs. Undefined while the store does not exist yet,
   * and so holds nothing; `prepare` changes that.
   */
  identity(): Promise<string | undefined>
  /** Makes the store ready to be written to and gives its identity. Called before the first mutation. */
  prepare(): Promise<string>
  /**
   * The current version of each of these secrets. A secret that does not exist (a deleted one included) is not in the
   * map, whose keys are lower-case names. No value leaves the adapter.
   *
   * Secrets are independent: one that is damaged or denied stands in the map with its failure, and so does one that got
   * no answer after all repetitions. It rejects only with what nothing in the store can be read for, such as a sign-in
   * that fails or a store that is out of reach.
   */
  current(names: readonly string[]): Promise<ReadonlyMap<string, Found>>
  /**
   * The current versions of all secrets whose metadata Patrol wrote; keys are lower-case names. For rules. A secret that
   * is there but cannot be read stands in the map with its failure, whoever may have written it.
   */
  managed(): Promise<ReadonlyMap<string, Found>>
  /** All versions of a secret, in no particular order; empty when there is none. */
  versions(name: string): Promise<readonly StoredVersion[]>
  /** The current value with its version; undefined when the secret does not exist or is disabled. */
  read(name: string): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined>
  /**
   * The value of one version, whether it is current or not, with the version as it is now; undefined when the secret has no
   * such version, or it is disabled.
   */
  readVersion(
    name: string,
    version: string,
  ): Promise<{ readonly version: StoredVersion; readonly value: Secret } | undefined>
  /**
   * Rejects when it is known beforehand that a write of this name will be refused (soft-deleted, for one). Asked before
   * a mint, so that no PAT is minted that cannot be stored.
   */
  admit(name: string): Promise<void>
  /** Makes a new version, which becomes current: value, metadata and expiry in one write. */
  write(name: string, value: Secret, metadata: Metadata, limits: Limits): Promise<StoredVersion>
  /**
   * Replaces the metadata (and expiry) of one version; value, state and hold stay. The hold is the one that stands there
   * when this is written, whatever the metadata says: it was read before, and somebody may have placed one since.
   */
  updateMetadata(name: string, version: string, metadata: Metadata, limits: Limits): Promise<void>
  /**
   * Places a hold on one version, in place of an earlier one, or takes it off; all else stays as it is when this is written.
   * Repeating it is harmless.
   */
  setHold(name: string, version: string, hold: Hold | undefined, limits: Limits): Promise<void>
  /** Makes the store refuse to hand out this version. Repeating it is harmless. */
  disable(name: string, version: string, limits: Limits): Promise<void>
}
