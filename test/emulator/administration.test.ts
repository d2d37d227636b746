import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AZURE_CLI, call, type Caller, DAY, UPN } from './caller.ts'
import { definitionsOf, differences } from './swagger.ts'

const ADMINISTRATOR = 'admin@contoso.example'
const LEFT = 'left@contoso.example'

let caller: Caller
beforeEach(async () => {
  caller = await call({
    fixture: {
      tenants: [{ id: '11111111-2222-3333-4444-555555555555', domains: ['contoso.example'] }],
      users: [
        { upn: UPN, tenant: 'contoso.example', identityId: '1de00000-0000-6000-a000-000000000001' },
        { upn: ADMINISTRATOR, tenant: 'contoso.example' },
        { upn: LEFT, tenant: 'contoso.example', enabled: false, deleted: true },
      ],
      clients: [{ id: 'c11e0000-0000-4000-8000-000000000001', tenant: 'contoso.example' }],
      organizations: [
        {
          name: 'contoso',
          tenant: 'contoso.example',
          members: [UPN, ADMINISTRATOR, LEFT],
          administrators: [ADMINISTRATOR],
        },
        { name: 'fabrikam', tenant: 'contoso.example', members: [UPN] },
      ],
      pats: [
        { owner: UPN, organization: 'contoso', displayName: 'Feed', scope: 'vso.packaging', validTo: '+9d' },
        { owner: UPN, organization: 'fabrikam', displayName: 'Elsewhere', scope: 'vso.code', validTo: '+9d' },
        {
          owner: UPN,
          organization: 'fabrikam',
          displayName: 'Everywhere',
          scope: 'app_token',
          validTo: '+90d',
          allOrgs: true,
        },
        { owner: UPN, organization: 'contoso', displayName: 'Old', scope: 'vso.code', validTo: '+9d', format: 'old' },
        { owner: LEFT, organization: 'contoso', displayName: 'Gone', scope: 'vso.code', validTo: '+9d', revoked: true },
      ],
    },
  })
})
afterEach(() => caller.stop())

const signIn = (username: string) => caller.signIn({ username, client_id: AZURE_CLI })
const vssps = (path: string) => `${caller.emulator.endpoints.vssps}${path}`

async function users(query = '', bearer?: string) {
  const url = vssps(`/contoso/_apis/graph/users?api-version=7.1-preview.1${query}`)
  return caller.say(url, { bearer: bearer ?? (await signIn(ADMINISTRATOR)) })
}

async function descriptorOf(upn: string): Promise<string> {
  const heard = await users()
  return heard.json.value.find(({ principalName }: { principalName: string }) => principalName === upn).descriptor
}

async function tokens(upn: string, query = '', bearer?: string) {
  const url = vssps(
    `/contoso/_apis/tokenadmin/personalaccesstokens/${await descriptorOf(upn)}?api-version=7.2-preview.1${query}`,
  )
  return caller.say(url, { bearer: bearer ?? (await signIn(ADMINISTRATOR)) })
}

describe('the users of an organization', () => {
  test('come by pages whose header says how to go on', async () => {
    caller.emulator.set({ graphPageSize: 2 })
    const first = await users()
    expect(first.json.count).toBe(2)
    const next = first.headers.get('x-ms-continuationtoken') ?? ''
    const second = await users(`&continuationToken=${encodeURIComponent(next)}`)
    expect(second.headers.has('x-ms-continuationtoken')).toBe(false)
    const names = [...first.json.value, ...second.json.value].map(({ principalName }) => principalName)
    expect(names.slice(0, 3)).toEqual([UPN, ADMINISTRATOR, LEFT])
    expect(names).toHaveLength(4)
    expect((await users('&continuationToken=bm9ib2R5')).status).toBe(400)
  })

  test('are chosen by their kind', async () => {
    const kinds = async (query: string) =>
      (await users(query)).json.value.map(({ descriptor }: { descriptor: string }) => descriptor.slice(0, 3))
    expect(await kinds('&subjectTypes=aad,msa')).toEqual(['aad', 'aad', 'aad'])
    expect(await kinds('&subjectTypes=svc')).toEqual(['svc'])
  })

  test('show who is gone, and whether the membership is active', async () => {
    const gone = (await users()).json.value.filter((user: { isDeletedInOrigin?: boolean }) => user.isDeletedInOrigin)
    expect(gone.map(({ principalName }: { principalName: string }) => principalName)).toEqual([LEFT])
    const active = async (upn: string) => {
      const url = vssps(`/contoso/_apis/graph/membershipstates/${await descriptorOf(upn)}?api-version=7.1-preview.1`)
      return (await caller.say(url, { bearer: await signIn(ADMINISTRATOR) })).json.active
    }
    expect(await active(LEFT)).toBe(false)
    caller.emulator.changeUser(UPN, { enabled: false })
    expect(await active(UPN)).toBe(false)
    caller.emulator.set({ disabledMember: 'active' })
    expect(await active(UPN)).toBe(true)
  })

  test('want the scope vso.graph of an access token and of a PAT', async () => {
    expect((await users('', await caller.signIn({ username: ADMINISTRATOR }))).status).toBe(401)
    const url = vssps('/contoso/_apis/graph/users?api-version=7.1-preview.1')
    const made = (scope: string) =>
      caller.emulator.createPat(UPN, {
        displayName: scope,
        scope,
        organization: 'contoso',
        validTo: caller.emulator.now() + DAY,
      }).value
    expect((await caller.say(url, { pat: made('vso.code') })).status).toBe(401)
    expect((await caller.say(url, { pat: made('vso.graph') })).status).toBe(200)
    expect((await caller.say(url)).status).toBe(302)
  })

  test('are found by what is stored of them, and back', async () => {
    const bearer = await signIn(ADMINISTRATOR)
    const descriptor = await descriptorOf(UPN)
    const key = await caller.say(vssps(`/contoso/_apis/graph/storagekeys/${descriptor}?api-version=7.1-preview.1`), {
      bearer,
    })
    expect(key.json).toEqual({ value: '1de00000-0000-6000-a000-000000000001' })
    const back = await caller.say(
      vssps(`/contoso/_apis/graph/descriptors/${key.json.value}?api-version=7.1-preview.1`),
      {
        bearer,
      },
    )
    expect(back.json).toEqual({ value: descriptor })
    const wrong = await caller.say(vssps('/contoso/_apis/graph/users/nonsense?api-version=7.1-preview.1'), { bearer })
    expect([wrong.status, wrong.json.typeKey]).toEqual([400, 'InvalidGetDescriptorRequestException'])
  })
})

describe('the administration of tokens', () => {
  test('lists the PATs of a user that are of this organization or of all', async () => {
    const { json } = await tokens(UPN)
    expect(json.continuationToken).toBeNull()
    expect(json.value.map(({ displayName }: { displayName: string }) => displayName)).toEqual([
      'Feed',
      'Everywhere',
      'Old',
    ])
    expect(json.value[1]).toMatchObject({ targetAccounts: null, isValid: true, isPublic: false, token: null })
    expect((await tokens(UPN, '&isPublic=true')).json.value).toEqual([])
  })

  test('goes on by a token in the body until there is none', async () => {
    const first = await tokens(UPN, '&pageSize=2')
    expect(first.json.value).toHaveLength(2)
    const second = await tokens(UPN, `&pageSize=2&continuationToken=${first.json.continuationToken}`)
    expect([second.json.value.length, second.json.continuationToken]).toEqual([1, null])
    expect((await tokens(UPN, '&pageSize=0')).status).toBe(400)
    expect((await tokens(UPN, '&continuationToken=4ab5764f-4193-4f1d-b995-64144880b7d7')).status).toBe(400)
  })

  test('tells the hash of a value, which no other value has', async () => {
    const [feed, , old] = (await tokens(UPN)).json.value
    const values = caller.emulator.pats()
    const hashOf = (name: string): string => {
      const { value } = values.find(({ displayName }) => displayName === name) ?? { value: '' }
      const inner = createHash('sha256').update(value).digest('hex').toUpperCase()
      return createHash('sha256').update(`CrossMicrosoftCorrelatingId:${inner}`).digest('base64').slice(0, 20)
    }
    expect(feed.crossCompanyCorrelatingId).toBe(hashOf('Feed'))
    expect(old.crossCompanyCorrelatingId).toBe(hashOf('Old'))
    expect(values.find(({ displayName }) => displayName === 'Old')?.value).toMatch(/^[a-z2-7]{52}$/)
  })

  test('is for administrators of the organization, and for the scope', async () => {
    expect((await tokens(UPN, '', await signIn(UPN))).status).toBe(401)
    expect((await tokens(UPN, '', await caller.signIn({ username: ADMINISTRATOR }))).status).toBe(401)
  })

  test('revokes many at once, and leaves alone what it does not know', async () => {
    const [feed] = (await tokens(UPN)).json.value
    const revoke = async (body: unknown) =>
      caller.say(vssps('/contoso/_apis/tokenadmin/revocations?api-version=7.1'), {
        method: 'POST',
        bearer: await signIn(ADMINISTRATOR),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const unknown = { authorizationId: '4ab5764f-4193-4f1d-b995-64144880b7d7' }
    expect((await revoke([{ authorizationId: feed.authorizationId }, unknown])).status).toBe(204)
    const revoked = caller.emulator.pats().find(({ displayName }) => displayName === 'Feed')
    expect([revoked?.state, revoked?.revokedBy]).toEqual(['revoked', 'administrator'])
    expect((await revoke([])).status).toBe(400)
    expect((await revoke({})).status).toBe(400)
    const elsewhere = caller.emulator.pats().find(({ displayName }) => displayName === 'Elsewhere')
    await revoke([{ authorizationId: elsewhere?.authorizationId }])
    expect(caller.emulator.pats().find(({ displayName }) => displayName === 'Elsewhere')?.state).toBe('active')
  })

  test('administratorsSee and administrationInstants', async () => {
    expect((await tokens(LEFT)).json.value).toMatchObject([{ displayName: 'Gone', isValid: false }])
    caller.emulator.set({ administratorsSee: 'active', administrationInstants: 'bare' })
    expect((await tokens(LEFT)).json.value).toEqual([])
    expect((await tokens(UPN)).json.value[0].validTo).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+$/)
  })

  test('administrationPageSize and administrationLargestPage', async () => {
    caller.emulator.set({ administrationPageSize: 1, administrationLargestPage: 2 })
    expect((await tokens(UPN)).json.value).toHaveLength(1)
    expect((await tokens(UPN, '&pageSize=3')).status).toBe(400)
  })
})

describe('the organizations that a user belongs to', () => {
  test('are told to the user alone', async () => {
    const bearer = await signIn(UPN)
    const me = await caller.say(vssps('/_apis/profile/profiles/me?api-version=7.1'), { bearer })
    expect(me.json).toMatchObject({ id: '1de00000-0000-6000-a000-000000000001', emailAddress: UPN })
    const accounts = (id: string, as: string) =>
      caller.say(vssps(`/_apis/accounts?memberId=${id}&api-version=7.1`), { bearer: as })
    const mine = await accounts(me.json.id, bearer)
    expect(mine.json.value.map(({ accountName }: { accountName: string }) => accountName)).toEqual([
      'contoso',
      'fabrikam',
    ])
    expect((await accounts(me.json.id, await signIn(ADMINISTRATOR))).status).toBe(401)
  })

  test('want an access token with the scope', async () => {
    const url = vssps('/_apis/profile/profiles/me?api-version=7.1')
    expect((await caller.say(url, { bearer: await caller.signIn() })).status).toBe(401)
    const [pat] = caller.emulator.pats()
    expect((await caller.say(url, { pat: pat?.value ?? '' })).status).toBe(203)
  })
})

describe('PATs for all organizations', () => {
  test('stop at an instant, whatever their expiry', async () => {
    const everywhere = caller.emulator.pats().find(({ displayName }) => displayName === 'Everywhere')
    caller.emulator.set({ globalPatsEndAt: new Date(caller.emulator.now() + DAY).toISOString() })
    expect((await caller.connectionData(everywhere?.value ?? '')).status).toBe(200)
    caller.emulator.travel(2 * DAY)
    expect((await caller.connectionData(everywhere?.value ?? '')).status).toBe(203)
    const made = await caller.mint(await caller.signIn(), { allOrgs: true })
    expect(made.json.patTokenError).toBe('globalPATCreationBlocked')
  })
})

describe('a crowd', () => {
  test('is many users with PATs, dealt out in turn', async () => {
    const crowded = await call({
      fixture: {
        crowds: [
          {
            organization: 'contoso',
            users: 30,
            pats: 70,
            upn: 'dev-{n}@contoso.example',
            displayName: 'Laptop {n}',
            scopes: ['vso.code', 'app_token'],
            leftDays: [5, 300],
          },
        ],
      },
    })
    try {
      const pats = crowded.emulator.pats()
      expect(pats).toHaveLength(70)
      expect(new Set(pats.map(({ owner }) => owner)).size).toBe(30)
      expect(pats[1]).toMatchObject({ owner: 'dev-2@contoso.example', displayName: 'Laptop 2', scope: 'app_token' })
      expect(new Set(pats.map(({ value }) => value)).size).toBe(70)
      expect(crowded.emulator.users()).toHaveLength(31)
    } finally {
      await crowded.stop()
    }
  })
})

describe('every answer is as the official swagger describes it', () => {
  const graph = definitionsOf('graph/7.2/graph.json')
  const administration = definitionsOf('tokenAdmin/7.2/tokenAdmin.json')
  test.skipIf(graph === undefined || administration === undefined)('users and session tokens', async () => {
    const flat = (name: string): Record<string, unknown> => {
      const { allOf = [], properties = {} } = (graph?.[name] ?? {}) as {
        allOf?: { $ref: string }[]
        properties?: object
      }
      return Object.assign({}, ...allOf.map(({ $ref }) => flat($ref.split('/').at(-1) ?? '')), properties)
    }
    const user = { type: 'object', properties: { ...flat('GraphUser'), _links: { type: 'object' } } }
    const [first, , left] = (await users()).json.value
    for (const { _links, ...fields } of [first, left])
      expect(differences({}, user as never, fields, 'user')).toEqual([])
    const { json } = await tokens(UPN, '&pageSize=2')
    const found = differences(administration ?? {}, { $ref: 'TokenAdminPagedSessionTokens' }, json, 'page')
    expect(found).toEqual([])
  })
})
