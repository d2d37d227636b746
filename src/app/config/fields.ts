import { z } from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import { longestDisplayName } from '../../core/names.ts'

/** What the reference document and editors say of a key. */
export interface KeyMeta {
  /** What the key means, in sentences. */
  readonly description: string
  readonly examples?: readonly string[]
  /** What holds when the key is left out. */
  readonly builtIn?: string
  /** What the cross-field rules refuse, as an end to "Refused when". */
  readonly refused?: string
  /** What may come of a wrong value only at run time. */
  readonly errors?: readonly ErrorCode[]
  /** Taken from the environment or a file, never from the configuration itself. */
  readonly secret?: true
  /** How to come by a value that is missing, where that is not plain. */
  readonly howTo?: string
  /** What somebody probably meant by a value that does not fit. */
  readonly hint?: (written: string) => string | undefined
}

const metas = z.registry<KeyMeta>()

/** A schema with what people are told of it. */
export function field<Schema extends z.ZodType>(schema: Schema, meta: KeyMeta): Schema {
  metas.add(schema, meta)
  return schema
}

export function metaOf(schema: z.core.$ZodType): KeyMeta | undefined {
  return metas.get(schema)
}

/** Text of a certain form; `phrase` says which, so that it fits after "is not". */
export function text(pattern: RegExp, phrase: string): z.ZodString {
  return z.string({ error: phrase }).regex(pattern, { error: phrase })
}

/** An address whose path can be read as text, too. */
export function isWholeAddress(written: string): boolean {
  if (!isAddress(written)) return false
  try {
    return decodeURIComponent(new URL(written).pathname) !== ''
  } catch {
    return false
  }
}

export function choice<const Values extends readonly [string, ...string[]]>(
  values: Values,
): z.ZodEnum<z.core.util.ToEnum<Values[number]>> {
  return z.enum(values, { error: `one of ${values.join(', ')}` })
}

/** Whether the address parser takes it, which looks closer than a pattern can. */
export function isAddress(written: string): boolean {
  return URL.canParse(written)
}

/** `true` and `false`, and the same as texts, since a reference always gives a text. */
export function truth(): z.ZodUnion<[z.ZodBoolean, z.ZodEnum<{ true: 'true'; false: 'false' }>]> {
  return z.union([z.boolean(), z.enum(['true', 'false'])], { error: 'true or false' })
}

export function isTrue(written: boolean | 'true' | 'false' | undefined, builtIn: boolean): boolean {
  return written === undefined ? builtIn : written === true || written === 'true'
}

/** A duration, or `max` for as long as is granted. */
export const lifetime = (): z.ZodString =>
  text(/^(?:max|[1-9]\d{0,8}[smhd])$/, 'a duration such as 90s, 15m, 12h or 30d, or max')

export const duration = (): z.ZodString => text(/^[1-9]\d{0,8}[smhd]$/, 'a duration such as 90s, 15m, 12h or 30d')

/** Also the form of names of accounts and stores: it can be typed anywhere without quotes. */
export const name = (): z.ZodString =>
  text(/^[a-z0-9](?:[a-z0-9-]{0,98}[a-z0-9])?$/, 'a name of lower-case letters, digits and hyphens')

/** https://learn.microsoft.com/azure/devops/organizations/settings/naming-restrictions */
export const organization = (): z.ZodString =>
  text(/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/, 'the name of an organization, such as contoso')

export const guid = (): z.ZodString =>
  text(/^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/, 'an id such as 11111111-2222-3333-4444-555555555555')

export const tenant = (): z.ZodString =>
  text(
    /^(?:[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)$/,
    'a tenant id (11111111-2222-3333-4444-555555555555) or a domain of the tenant (contoso.onmicrosoft.com)',
  )

export const userName = (): z.ZodString =>
  text(/^[^\s@]{1,64}@[^\s@]{1,150}$/, 'a user name such as ci-bot@contoso.com')

export const httpsUrl = (): z.ZodString =>
  text(
    /^https:\/\/[^\s/?#@\\]+(?:\/[^\s?#\\]*)?$/,
    'an address that begins with https:// and has no user, query or fragment',
  ).refine(isAddress, { error: 'an address that begins with https:// and has no user, query or fragment' })

export const filePath = (): z.ZodString => text(/^[^\0\s](?:[^\0\r\n]*[^\0\s])?$/, 'a path of a file or directory')

/**
 * Key Vault's rule for names of secrets; the file store keeps it, too.
 * https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates
 */
export const secretName = (): z.ZodString =>
  text(
    /^(?:[0-9A-Za-z-]{1,127}|(?=.*\{name\})(?:[0-9A-Za-z-]|\{name\}|\{organization\}){1,100})$/,
    'a name of 1 to 127 letters, digits and hyphens, or for a rule a template with {name}',
  )

/** Text that people see. Its length is that of what a PAT's name may hold beside the mark. */
export const displayText = (): z.ZodString =>
  text(
    new RegExp(String.raw`^\S(?:[^\x00-\x1f\x7f]{0,${longestDisplayName - 2}}\S)?$`),
    `1 to ${longestDisplayName} characters in one line, without blanks at its ends`,
  )

/** An id of the service, or words that begin with no `vso.`: whether they are a friendly name is told later. */
export const scope = (): z.ZodString =>
  text(
    /^(?:app_token|user_impersonation|vso\.[A-Za-z]+(?:[._][A-Za-z]+)*|[A-Za-z]+(?:[.-][A-Za-z]+)+)$/,
    'a scope such as vso.code_write',
  )

/** The whole value of a secret field: one reference, for a literal would stand in the repository for all to read. */
export const secretReference = (): z.ZodString =>
  text(
    /^\$\{(?:[A-Za-z_][A-Za-z0-9_]*|file:[^}]+)\}$/,
    'a reference such as ${USER_PASSWORD} or ${file:/run/secrets/password}',
  )
