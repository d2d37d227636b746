import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Schema {
  $ref?: string
  type?: string
  format?: string
  enum?: string[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema
  allOf?: Schema[]
}

/** What the vendor's recorded examples leave empty although the description has no word for it. */
const nullable = new Set([
  'token',
  'targetAccounts',
  'patToken',
  'patTokenErrorMessage',
  'continuationToken',
  'alternateToken',
  'publicData',
  'source',
  'value',
  'password',
  'apitoken',
])

/** Every way in which a value differs from its description, fields that are not described included. */
export function differences(
  definitions: Record<string, Schema>,
  schema: Schema,
  value: unknown,
  where: string,
): string[] {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? ''
    return differences(definitions, definitions[name] ?? {}, value, where)
  }
  if (value === null) return nullable.has(where.split('.').at(-1) ?? '') ? [] : [`${where} is null`]
  if (schema.enum !== undefined) {
    return typeof value === 'string' && schema.enum.includes(value) ? [] : [`${where}: ${JSON.stringify(value)}`]
  }
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [`${where} is no array`]
    return value.flatMap((item) => differences(definitions, schema.items ?? {}, item, `${where}[]`))
  }
  if (schema.type === 'object') {
    if (typeof value !== 'object') return [`${where} is no object`]
    return Object.entries(value).flatMap(([name, field]) => {
      const described = propertyOf(definitions, schema, name)
      return described === undefined
        ? [`${where}.${name} is not described`]
        : differences(definitions, described, field, `${where}.${name}`)
    })
  }
  if (schema.type === 'integer') return Number.isInteger(value) ? [] : [`${where} is no integer`]
  if (schema.type !== undefined && typeof value !== schema.type) return [`${where} is no ${schema.type}`]
  const text = typeof value === 'string' ? value : ''
  if (schema.format === 'uuid' && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
    return [`${where}: ${text}`]
  if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/.test(text))
    return [`${where}: ${text}`]
  return []
}

/** What is said of a property, here or in what the description builds upon. */
function propertyOf(definitions: Record<string, Schema>, schema: Schema, name: string): Schema | undefined {
  const own = schema.properties?.[name] ?? schema.additionalProperties
  if (own !== undefined) return own
  for (const { $ref = '' } of schema.allOf ?? []) {
    const base = definitions[$ref.split('/').at(-1) ?? '']
    const inherited = base === undefined ? undefined : propertyOf(definitions, base, name)
    if (inherited !== undefined) return inherited
  }
  return undefined
}

/** The vendor's own descriptions of its APIs. They are no part of this project, so they may be absent. */
const SPECS = join(import.meta.dirname, '../../../shared/specs')

/** The definitions of one description; undefined, and said so, where it is not there. */
export function definitionsOf(file: string): Record<string, Schema> | undefined {
  const path = join(SPECS, file)
  if (!existsSync(path)) {
    // oxlint-disable-next-line no-console
    console.warn(`SKIPPED: ${path} is not there, answers are not compared with the swagger`)
    return undefined
  }
  // These files begin with a byte order mark.
  return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')).definitions
}
