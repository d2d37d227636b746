import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, call } from './caller.ts'
import { definitionsOf, differences } from './swagger.ts'

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
  const definitions = definitionsOf(`tokens/${version}/tokens.json`) ?? {}
  const isThere = Object.keys(definitions).length > 0
  let caller: Caller
  let bearer: string
  beforeAll(async () => {
    caller = await call()
    caller.emulator.set({ globalPatsEndAt: '2100-01-01T00:00:00Z' })
    bearer = await caller.signIn()
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
