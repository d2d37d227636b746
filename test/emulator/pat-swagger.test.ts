import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, call } from './caller.ts'

interface Schema {
  $ref?: string
  type?: string
  format?: string
  enum?: string[]
  items?: Schema
  properties?: Record<string, Schema>
}

/** The vendor's own description of its API. It is not part of this project, so it may be absent. */
const SPECS = join(import.meta.dirname, '../../../shared/specs/tokens')

/** What the vendor's recorded examples leave empty although the description has no word for it. */
const nullable = new Set(['token', 'targetAccounts', 'patToken', 'patTokenErrorMessage'])

/** Every way in which a value differs from its description, fields that are not described included. */
function differences(definitions: Record<string, Schema>, schema: Schema, value: unknown, where: string): string[] {
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
      const described = schema.properties?.[name]
      return described === undefined
        ? [`${where}.${name} is not described`]
        : differences(definitions, described, field, `${where}.${name}`)
    })
  }
  if (schema.type !== undefined && typeof value !== schema.type) return [`${where} is no ${schema.type}`]
  const text = typeof value === 'string' ? value : ''
  if (schema.format === 'uuid' && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
    return [`${where}: ${text}`]
  if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/.test(text))
    return [`${where}: ${text}`]
  return []
}

test('a difference is found where there is one', () => {
  const definitions = { Pat: { type: 'object', properties: { id: { type: 'string', format: 'uuid' } } } }
  const schema = { $ref: '#/definitions/Pat' }
  expect(differences(definitions, schema, { id: '4ab5764f-4193-4f1d-b995-64144880b7d7' }, 'pat')).toEqual([])
  expect(differences(definitions, schema, { id: '4ab5764f' }, 'pat')).toHaveLength(1)
  expect(differences(definitions, schema, { id: null }, 'pat')).toHaveLength(1)
  expect(differences(definitions, schema, { id: 5 }, 'pat')).toHaveLength(1)
  expect(differences(definitions, schema, { other: 1 }, 'pat')).toHaveLength(1)
})

describe.each(['7.1', '7.2'])('every answer is as the official swagger of %s describes it', (version) => {
  const file = join(SPECS, version, 'tokens.json')
  const isThere = existsSync(file)
  // oxlint-disable-next-line no-console
  if (!isThere) console.warn(`SKIPPED: ${file} is not there, answers are not compared with the swagger`)
  let caller: Caller
  let bearer: string
  let definitions: Record<string, Schema>
  beforeAll(async () => {
    caller = await call()
    bearer = await caller.signIn()
    // These files begin with a byte order mark.
    if (isThere) definitions = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')).definitions
  })
  afterAll(() => caller.stop())

  const api = `${version}-preview.1`
  function expectDescribed(name: string, json: unknown) {
    expect(json).toBeTypeOf('object')
    expect(differences(definitions, { $ref: name }, json, name)).toEqual([])
  }

  test.skipIf(!isThere)('create, get, list, update', async () => {
    const validTo = new Date(caller.emulator.now() + 86_400_000).toISOString()
    const body = { displayName: 'Feed', scope: 'vso.packaging', validTo, allOrgs: false }
    const created = await caller.pats(bearer, 'POST', { version: api, body })
    expectDescribed('PatTokenResult', created.json)
    expect(created.json.patTokenError).toBe('none')
    const { authorizationId } = created.json.patToken
    const query = `&authorizationId=${authorizationId}`
    expectDescribed('PatTokenResult', (await caller.pats(bearer, 'GET', { version: api, query })).json)
    expectDescribed('PagedPatTokens', (await caller.pats(bearer, 'GET', { version: api })).json)
    const changed = await caller.pats(bearer, 'PUT', { version: api, body: { authorizationId, allOrgs: true } })
    expectDescribed('PatTokenResult', changed.json)
    expect(changed.json.patToken.targetAccounts).toBeNull()
  })

  test.skipIf(!isThere)('each value of patTokenError', async () => {
    const values = definitions['PatTokenResult']?.properties?.['patTokenError']?.enum ?? []
    expect(values.length).toBeGreaterThan(30)
    for (const value of values) {
      caller.emulator.fault({ service: 'pats', effect: { kind: 'pat-token-error', value } })
      const heard = await caller.pats(bearer, 'GET', { version: api })
      expectDescribed('PatTokenResult', heard.json)
      expect(heard.json.patTokenError).toBe(value)
    }
  })
})
