import { createHash } from 'node:crypto'
import { PatrolError } from '../../core/errors.ts'
import type { Tags } from '../../core/metadata.ts'
import { type Instant, instant } from '../../core/time.ts'

/** The format of the files; a newer one is refused. */
const fileFormat = 1

/** One version of a secret on disk. */
export interface FileVersion {
  readonly id: string
  readonly createdAt: Instant
  readonly expiresAt: Instant
  readonly enabled: boolean
  readonly contentType: string
  readonly tags: Tags
  /** The value as an armored age file. */
  readonly value: string
}

/** A secret with all its versions in the order in which they were written: the last one is current. */
export interface SecretFile {
  readonly name: string
  readonly versions: readonly FileVersion[]
}

/** The text of a secret's file: JSON for people and tools to read, with a sum over its content. */
export function formatSecretFile(file: SecretFile): string {
  const versions = file.versions.map((version) => ({
    ...version,
    createdAt: new Date(version.createdAt).toISOString(),
    expiresAt: new Date(version.expiresAt).toISOString(),
  }))
  return formatSummed({ name: file.name, versions })
}

/** @throws PatrolError `store-corrupt` naming the path, or `metadata-unsupported` */
export function parseSecretFile(text: string, path: string): SecretFile {
  const { name, versions } = parseSummed(text, path)
  if (typeof name !== 'string' || !Array.isArray(versions)) throw corrupt(path)
  return { name, versions: versions.map((version: unknown) => readVersion(version, path)) }
}

function readVersion(written: unknown, path: string): FileVersion {
  const { id, createdAt, expiresAt, enabled, contentType, tags, value } = record(written) ?? {}
  const [created, expires] = [createdAt, expiresAt].map((text) => (typeof text === 'string' ? Date.parse(text) : NaN))
  if (created === undefined || expires === undefined || Number.isNaN(created + expires)) throw corrupt(path)
  const texts = record(tags)
  const readable = typeof id === 'string' && typeof contentType === 'string' && typeof value === 'string'
  if (!readable || typeof enabled !== 'boolean' || texts === undefined) throw corrupt(path)
  const times = { createdAt: instant(created), expiresAt: instant(expires) }
  return { id, ...times, enabled, contentType, tags: texts as Tags, value }
}

/**
 * JSON of the fields, with their format and a checksum in front. The sum finds rot and edits by hand, which would
 * otherwise read as other metadata.
 */
export function formatSummed(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ format: fileFormat, sha256: sumOf(fields), ...fields }, undefined, 2)}\n`
}

/** @throws PatrolError `store-corrupt` naming the path, or `metadata-unsupported` */
export function parseSummed(text: string, path: string): Readonly<Record<string, unknown>> {
  const { format, sha256, ...fields } = record(parseJson(text)) ?? {}
  if (typeof format === 'number' && format > fileFormat) {
    throw new PatrolError('metadata-unsupported', `${path} has the format ${format}, which this Patrol does not know`)
  }
  if (format !== fileFormat || sha256 !== sumOf(fields)) throw corrupt(path)
  return fields
}

export function corrupt(path: string): PatrolError {
  return new PatrolError('store-corrupt', `${path} is damaged`)
}

function sumOf(fields: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}
