import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AZURE_DEVOPS, type Caller, call, DAY, TENANT, UPN, VAULT_CLIENT } from './caller.ts'

const START = Date.UTC(2026, 5, 1)
const SECONDS = START / 1000
const READER = 'reader@contoso.example'

let caller: Caller
let bearer: string
beforeEach(async () => {
  caller = await call({
    startAt: START,
    fixture: {
      tenants: [{ id: TENANT, domains: ['contoso.example'] }, { id: '22222222-2222-3333-4444-555555555555' }],
      users: [
        { upn: UPN, tenant: TENANT },
        { upn: READER, tenant: TENANT },
      ],
      clients: [
        { id: 'c11e0000-0000-4000-8000-000000000001', tenant: TENANT },
        { id: VAULT_CLIENT, confidential: true },
      ],
      vaults: [
        {
          name: 'contoso',
          tenant: TENANT,
          access: [
            { principal: UPN, may: ['get', 'list', 'set', 'delete', 'recover', 'purge'] },
            { principal: READER, may: ['get'] },
            { principal: VAULT_CLIENT, may: ['list'] },
          ],
        },
        { name: 'guarded', tenant: TENANT, authorization: 'policy', purgeProtection: true, retentionDays: 7 },
      ],
    },
  })
  bearer = await caller.vaultToken()
})
afterEach(() => caller.stop())

const put = (name: string, body: unknown) => caller.vault(bearer, 'PUT', `/secrets/${name}`, { body })
const get = (path: string) => caller.vault(bearer, 'GET', path)
const patch = (path: string, body: unknown) => caller.vault(bearer, 'PATCH', path, { body })
const versionOf = (id: string) => id.split('/').at(-1) ?? ''

describe('setting and getting', () => {
  test('a set is one version with all that was said, and is current at once', async () => {
    const body = {
      value: 'one',
      contentType: 'text/plain',
      tags: { owner: 'ci' },
      attributes: { enabled: true, nbf: SECONDS, exp: SECONDS + 86_400 },
    }
    const { status, json } = await put('feed', body)
    expect(status).toBe(200)
    expect(json).toMatchObject({ value: 'one', contentType: 'text/plain', tags: { owner: 'ci' } })
    expect(json.attributes).toMatchObject({
      enabled: true,
      nbf: SECONDS,
      exp: SECONDS + 86_400,
      recoverableDays: 90,
      recoveryLevel: 'Recoverable+Purgeable',
    })
    expect(Number.isInteger(json.attributes.created) && json.attributes.created === json.attributes.updated).toBe(true)
    expect(json.id).toMatch(/^https:\/\/localhost:\d+\/secrets\/feed\/[0-9a-f]{32}$/)
    expect((await get('/secrets/feed')).json).toEqual(json)
    expect((await get('/secrets/FEED/')).json).toEqual(json)
    expect((await get(`/secrets/feed/${versionOf(json.id)}`)).json).toEqual(json)
  })

  test('current is what was set last, even within one second', async () => {
    for (let index = 0; index < 20; index += 1) await put('feed', { value: `value ${index}` })
    expect((await get('/secrets/feed')).json.value).toBe('value 19')
    const { versions } = caller.emulator.vault('contoso').secrets['feed']!
    expect(versions.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, index) => `value ${index}`))
    expect(new Set(versions.map(({ created }) => created)).size).toBeLessThan(20)
  })

  test('an end that has passed does not keep anybody from reading', async () => {
    await put('feed', { value: 'one', attributes: { exp: SECONDS + 10 } })
    caller.emulator.travel(60_000)
    expect((await get('/secrets/feed')).status).toBe(200)
  })

  test('a patch changes what it names, of the version it names, and never the value', async () => {
    const first = (await put('feed', { value: 'one', tags: { a: '1' }, contentType: 'x' })).json
    const second = (await put('feed', { value: 'two' })).json
    caller.emulator.travel(5000)
    const patched = await patch(`/secrets/feed/${versionOf(first.id)}`, { tags: { b: '2' } })
    expect(patched.json).toMatchObject({ id: first.id, tags: { b: '2' }, contentType: 'x' })
    expect(patched.json).not.toHaveProperty('value')
    expect(patched.json.attributes.updated).toBeGreaterThan(first.attributes.updated)
    expect(patched.json.attributes.created).toBe(first.attributes.created)
    const current = await patch('/secrets/feed', { attributes: { enabled: false } })
    expect(current.json).toMatchObject({ id: second.id, attributes: { enabled: false } })
    expect((await patch('/secrets/feed', { value: 'three' })).status).toBe(400)
    expect(caller.emulator.vault('contoso').secrets['feed']?.versions.map(({ value }) => value)).toEqual(['one', 'two'])
  })

  test('a disabled version cannot be read, but the others can', async () => {
    const first = (await put('feed', { value: 'one' })).json
    await put('feed', { value: 'two' })
    await patch(`/secrets/feed/${versionOf(first.id)}`, { attributes: { enabled: false } })
    const refused = await get(`/secrets/feed/${versionOf(first.id)}`)
    expect(refused.status).toBe(403)
    expect(refused.json.error).toMatchObject({ code: 'Forbidden', innererror: { code: 'SecretDisabled' } })
    expect((await get('/secrets/feed')).json.value).toBe('two')
  })

  test('what is not there is SecretNotFound', async () => {
    await put('feed', { value: 'one' })
    for (const path of ['/secrets/none', '/secrets/none/versions', `/secrets/feed/${'0'.repeat(32)}`]) {
      const heard = await get(path)
      expect([heard.status, heard.json.error.code]).toEqual([404, 'SecretNotFound'])
    }
  })
})

describe('limits', () => {
  const tags = (count: number, length: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, 'x'.repeat(length)]))

  test.each<[string, unknown, number]>([
    ['a value of 25 KB', { value: 'x'.repeat(25_600) }, 200],
    ['a value above 25 KB', { value: 'x'.repeat(25_601) }, 400],
    ['a value of fewer characters but more bytes', { value: 'é'.repeat(13_000) }, 400],
    ['an empty value', { value: '' }, 200],
    ['15 tags of 256 characters', { value: 'x', tags: tags(15, 256) }, 200],
    ['16 tags', { value: 'x', tags: tags(16, 1) }, 400],
    ['a tag of 257 characters', { value: 'x', tags: tags(1, 257) }, 400],
    ['a tag that is no string', { value: 'x', tags: { a: 1 } }, 400],
    ['a content type of 256 characters', { value: 'x', contentType: 'x'.repeat(256) }, 400],
    ['no value', { tags: {} }, 400],
    ['an unknown field', { value: 'x', Tags: {} }, 400],
    ['an end in fractions of a second', { value: 'x', attributes: { exp: 1.5 } }, 400],
    ['an end before the beginning', { value: 'x', attributes: { nbf: 20, exp: 10 } }, 400],
    ['an unknown attribute', { value: 'x', attributes: { expires: 10 } }, 400],
  ])('%s is answered %#', async (_, body, status) => {
    const heard = await put('feed', body)
    expect(heard.status).toBe(status)
    if (status === 400) expect(heard.json.error.code).toBe('BadParameter')
    expect(caller.emulator.secrets()).not.toContain('')
  })

  test('tags of 512 characters, where the switch says so', async () => {
    caller.emulator.set({ maxTagLength: 512 })
    expect((await put('feed', { value: 'x', tags: tags(1, 512) })).status).toBe(200)
    expect((await put('feed', { value: 'x', tags: tags(1, 513) })).status).toBe(400)
  })

  test.each([
    ['under_score', 400],
    ['dot.dot', 400],
    ['x'.repeat(128), 400],
    ['x'.repeat(127), 200],
    ['Feed-1', 200],
  ])('the name %s is answered %i', async (name, status) => {
    expect((await put(name, { value: 'x' })).status).toBe(status)
  })

  test.each([
    ['7.4', 200],
    ['7.5', 200],
    ['7.6', 200],
    ['2025-06-01', 200],
    ['2025-07-01', 200],
    ['2026-04-01', 200],
    ['7.3', 400],
    ['2030-01-01', 400],
  ])('api-version %s is answered %i', async (version, status) => {
    expect((await caller.vault(bearer, 'GET', '/secrets', { query: `api-version=${version}` })).status).toBe(status)
    expect((await caller.vault(bearer, 'GET', '/secrets', { query: '' })).status).toBe(400)
  })
})

describe('lists', () => {
  async function walk(
    path: string,
  ): Promise<{ pages: number[]; items: { id: string; tags?: object; attributes: { enabled: boolean } }[] }> {
    const pages: number[] = []
    const items = []
    let next: string | null = `${caller.emulator.endpoints.vaults['contoso']}${path}?api-version=7.6`
    while (next !== null) {
      const { json } = await caller.say(next, { bearer })
      pages.push(json.value.length)
      items.push(...json.value)
      next = json.nextLink
    }
    return { pages, items }
  }

  test('of secrets: base ids, 25 a page, with the metadata of the current version and no value', async () => {
    for (let index = 0; index < 30; index += 1) await put(`s${index}`, { value: 'a', tags: { round: '1' } })
    await put('s3', { value: 'b', tags: { round: '2' } })
    await patch('/secrets/s4', { attributes: { enabled: false } })
    const { pages, items } = await walk('/secrets')
    expect(pages).toEqual([25, 5])
    expect(new Set(items.map(({ id }) => id)).size).toBe(30)
    const item = (name: string) => items.find(({ id }) => id.endsWith(`/secrets/${name}`))
    expect(item('s3')?.tags).toEqual({ round: '2' })
    expect(item('s4')?.attributes.enabled).toBe(false)
    expect(JSON.stringify(items)).not.toContain('"value"')
  })

  test('of versions: every one once, in no order of time', async () => {
    for (let index = 0; index < 60; index += 1)
      await put('feed', { value: String(index), tags: { index: String(index) } })
    const { pages, items } = await walk('/secrets/feed/versions')
    expect(pages).toEqual([25, 25, 10])
    const ids = items.map(({ id }) => versionOf(id))
    expect(ids).toEqual(ids.toSorted())
    const inTime = caller.emulator.vault('contoso').secrets['feed']!.versions.map(({ id }) => id)
    expect(new Set(ids)).toEqual(new Set(inTime))
    expect(ids).not.toEqual(inTime)
  })

  test('maxresults is 1 to 25', async () => {
    await put('a', { value: 'x' })
    await put('b', { value: 'x' })
    const one = await caller.vault(bearer, 'GET', '/secrets', { query: 'api-version=7.6&maxresults=1' })
    expect(one.json.value).toHaveLength(1)
    const two = await caller.say(one.json.nextLink, { bearer })
    expect([two.json.value.length, two.json.nextLink]).toEqual([1, null])
    for (const size of ['0', '26', 'all']) {
      const heard = await caller.vault(bearer, 'GET', '/secrets', { query: `api-version=7.6&maxresults=${size}` })
      expect(heard.status).toBe(400)
    }
  })
})

describe('soft delete', () => {
  const remove = (path: string) => caller.vault(bearer, 'DELETE', path)

  test('takes the name until it is recovered', async () => {
    await put('feed', { value: 'one' })
    const deleted = await remove('/secrets/feed')
    expect(deleted.json).toMatchObject({ recoveryId: expect.stringContaining('/deletedsecrets/feed') })
    expect(deleted.json.scheduledPurgeDate - deleted.json.deletedDate).toBe(90 * 86_400)
    expect((await get('/secrets/feed')).status).toBe(404)
    const conflict = await put('feed', { value: 'two' })
    expect(conflict.status).toBe(409)
    expect(conflict.json.error).toMatchObject({
      code: 'Conflict',
      innererror: { code: 'ObjectIsDeletedButRecoverable' },
    })
    expect((await get('/deletedsecrets')).json.value).toHaveLength(1)
    expect((await get('/secrets')).json.value).toHaveLength(0)
    const recovered = await caller.vault(bearer, 'POST', '/deletedsecrets/feed/recover')
    expect(recovered.status).toBe(200)
    expect((await get('/secrets/feed')).json.value).toBe('one')
    expect((await get('/deletedsecrets/feed')).status).toBe(404)
  })

  test('a purge forgets for good', async () => {
    await put('feed', { value: 'one' })
    await remove('/secrets/feed')
    expect((await remove('/deletedsecrets/feed')).status).toBe(204)
    expect((await get('/deletedsecrets/feed')).status).toBe(404)
    expect((await put('feed', { value: 'two' })).status).toBe(200)
    expect(caller.emulator.vault('contoso').secrets['feed']?.versions).toHaveLength(1)
  })

  test('ends of itself after the retention', async () => {
    await put('feed', { value: 'one' })
    await remove('/secrets/feed')
    caller.emulator.travel(91 * DAY)
    bearer = await caller.vaultToken()
    expect((await get('/deletedsecrets/feed')).status).toBe(404)
    expect((await put('feed', { value: 'two' })).status).toBe(200)
  })
})

describe('who may', () => {
  test('a call without a token is told where to get one, whatever else is wrong with it', async () => {
    const heard = await caller.vault(undefined, 'PUT', '/secrets/feed', { query: '' })
    expect([heard.status, heard.json.error.code]).toEqual([401, 'Unauthorized'])
    expect(heard.headers.get('www-authenticate')).toBe(
      `Bearer authorization="${caller.emulator.endpoints.entra}/${TENANT}", resource="https://vault.azure.net"`,
    )
  })

  test('a token for another audience, of another tenant, expired or unknown is 401', async () => {
    const azureDevOps = await caller.signIn({ scope: `${AZURE_DEVOPS}/.default` })
    expect((await caller.vault(azureDevOps, 'GET', '/secrets')).status).toBe(401)
    expect((await caller.vault('nonsense', 'GET', '/secrets')).status).toBe(401)
    const form = {
      client_id: VAULT_CLIENT,
      client_secret: caller.emulator.clientSecret(VAULT_CLIENT),
      grant_type: 'client_credentials',
      scope: 'https://vault.azure.net/.default',
    }
    const foreign = (await caller.token(form, '22222222-2222-3333-4444-555555555555')).json.access_token
    expect((await caller.vault(foreign, 'GET', '/secrets')).json.error.message).toContain('issuer')
    const own = (await caller.token(form)).json.access_token
    expect((await caller.vault(own, 'GET', '/secrets')).status).toBe(200)
    caller.emulator.travel(3_600_000)
    expect((await caller.vault(bearer, 'GET', '/secrets')).status).toBe(401)
  })

  test('each permission is needed for its own', async () => {
    await put('feed', { value: 'one' })
    const reader = await caller.signIn({ username: READER, scope: 'https://vault.azure.net/.default' })
    expect((await caller.vault(reader, 'GET', '/secrets/feed')).status).toBe(200)
    for (const [method, path] of [
      ['GET', '/secrets'],
      ['GET', '/secrets/feed/versions'],
      ['PUT', '/secrets/feed'],
      ['PATCH', '/secrets/feed'],
      ['DELETE', '/secrets/feed'],
      ['POST', '/deletedsecrets/feed/recover'],
      ['DELETE', '/deletedsecrets/feed'],
    ] as const) {
      const heard = await caller.vault(reader, method, path)
      expect([method, path, heard.status, heard.json.error.innererror.code]).toEqual([
        method,
        path,
        403,
        'ForbiddenByRbac',
      ])
    }
  })

  test('a disabled user may nothing', async () => {
    caller.emulator.changeUser(UPN, { enabled: false })
    expect((await get('/secrets')).status).toBe(403)
  })

  test('a vault of access policies says so, and one with purge protection does not purge', async () => {
    const guarded = caller.emulator.endpoints.vaults['guarded']!
    const heard = await caller.say(`${guarded}/secrets?api-version=7.6`, { bearer })
    expect(heard.json.error.innererror.code).toBe('ForbiddenByPolicy')
    expect(caller.emulator.requests().at(-1)).toMatchObject({ host: guarded, principal: UPN, status: 403 })
    const other = await call({
      fixture: {
        vaults: [
          {
            name: 'contoso',
            tenant: 'contoso.example',
            purgeProtection: true,
            access: [{ principal: UPN, may: ['set', 'delete', 'purge'] }],
          },
        ],
      },
    })
    const token = await other.vaultToken()
    const set = await other.vault(token, 'PUT', '/secrets/feed', { body: { value: 'one' } })
    expect(set.json.attributes.recoveryLevel).toBe('Recoverable')
    await other.vault(token, 'DELETE', '/secrets/feed')
    expect((await other.vault(token, 'DELETE', '/deletedsecrets/feed')).status).toBe(403)
    await other.stop()
  })
})
