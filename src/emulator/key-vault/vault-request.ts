import type { Call } from '../exchange.ts'
import { badParameter } from './vault-refusal.ts'

/** What a set or an update says. Absent means left out. Instants are whole seconds since the epoch. */
export interface SecretRequest {
  readonly value?: string
  readonly contentType?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly enabled?: boolean
  readonly notBefore?: number
  readonly expires?: number
}

/** Limits: https://learn.microsoft.com/en-us/azure/key-vault/secrets/about-secrets */
const MAX_VALUE_BYTES = 25 * 1024
const MAX_CONTENT_TYPE = 255
const MAX_TAGS = 15

const attributeFields = ['enabled', 'nbf', 'exp', 'created', 'updated', 'recoveryLevel', 'recoverableDays']

/** Reads the body of a set (`PUT`) or an update (`PATCH`); a value is demanded for the one and refused for the other. */
export function readSecretRequest(call: Call, maxTagLength: number): SecretRequest {
  const body = readObject(call.body)
  const isSet = call.method === 'PUT'
  refuseUnknown(body, isSet ? ['value', 'contentType', 'tags', 'attributes'] : ['contentType', 'tags', 'attributes'])
  const { value, contentType, tags, attributes } = body
  if (isSet && typeof value !== 'string') throw badParameter('Property value has invalid value')
  if (typeof value === 'string' && Buffer.byteLength(value) > MAX_VALUE_BYTES)
    throw badParameter(`The value exceeds the maximum of ${MAX_VALUE_BYTES} bytes.`)
  if (contentType !== undefined && (typeof contentType !== 'string' || contentType.length > MAX_CONTENT_TYPE))
    throw badParameter('Property contentType has invalid value')
  return {
    ...(typeof value === 'string' ? { value } : {}),
    ...(typeof contentType === 'string' ? { contentType } : {}),
    ...(tags === undefined ? {} : { tags: readTags(tags, maxTagLength) }),
    ...(attributes === undefined ? {} : readAttributes(attributes)),
  }
}

function readObject(text: string): Record<string, unknown> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw badParameter('The request body is not JSON.')
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badParameter('The request body is no object.')
  return body as Record<string, unknown>
}

function refuseUnknown(object: Record<string, unknown>, known: readonly string[]): void {
  for (const name of Object.keys(object)) {
    if (!known.includes(name)) throw badParameter(`Property ${name} is not known here.`)
  }
}

function readTags(tags: unknown, maxLength: number): Record<string, string> {
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags))
    throw badParameter('Property tags has invalid value')
  const entries = Object.entries(tags)
  if (entries.length > MAX_TAGS) throw badParameter(`The number of tags exceeds ${MAX_TAGS}.`)
  for (const [name, value] of entries) {
    if (typeof value !== 'string') throw badParameter('A tag has a value that is no string.')
    if (name === '' || name.length > maxLength || value.length > maxLength)
      throw badParameter(`The name or value of a tag is empty or longer than ${maxLength} characters.`)
  }
  return Object.fromEntries(entries)
}

function readAttributes(attributes: unknown): Pick<SecretRequest, 'enabled' | 'notBefore' | 'expires'> {
  if (typeof attributes !== 'object' || attributes === null || Array.isArray(attributes))
    throw badParameter('Property attributes has invalid value')
  const { enabled, nbf, exp, ...rest } = attributes as Record<string, unknown>
  refuseUnknown(rest, attributeFields)
  if (enabled !== undefined && typeof enabled !== 'boolean') throw badParameter('Property enabled has invalid value')
  const notBefore = readSeconds('nbf', nbf)
  const expires = readSeconds('exp', exp)
  if (notBefore !== undefined && expires !== undefined && notBefore >= expires)
    throw badParameter('The end is not after the beginning.')
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expires === undefined ? {} : { expires }),
  }
}

function readSeconds(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw badParameter(`Property ${name} has invalid value`)
  return value
}
