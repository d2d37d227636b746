import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SwitchChanges } from '../../src/emulator/switches.ts'
import { type Caller, call, type Heard, OWN_CLIENT } from './caller.ts'
import { definitionsOf, differences } from './swagger.ts'

const fixture = {
  users: [
    { upn: 'ci-bot@contoso.example', tenant: 'contoso.example' },
    { upn: 'reader@contoso.example', tenant: 'contoso.example' },
  ],
  organizations: [
    {
      name: 'contoso',
      tenant: 'contoso.example',
      members: ['ci-bot@contoso.example', 'reader@contoso.example'],
      projects: ['Fabrikam', 'Other one'],
      variableGroups: [
        {
          name: 'build',
          description: 'for builds',
          projects: ['Fabrikam', 'Other one'],
          editors: ['ci-bot@contoso.example'],
          variables: { PLAIN: 'x', KEY: { isSecret: true }, FIXED: { value: '1', isReadOnly: true } },
        },
        { name: 'vault', type: 'AzureKeyVault' as const, variables: { A: { isSecret: true } } },
      ],
      serviceConnections: [
        {
          name: 'feed',
          url: 'https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/',
          parameters: { username: 'me' },
          secrets: { password: null, certificate: null },
          data: { a: 'b' },
        },
      ],
    },
  ],
}

let caller: Caller
let bearer: string
let base: string

beforeEach(async () => {
  caller = await call({ fixture })
  bearer = await caller.signIn({ client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46' })
  base = `${caller.emulator.endpoints.azureDevOps}/contoso`
})
afterEach(() => caller.stop())

const groups = '_apis/distributedtask/variablegroups'
const endpoints = '_apis/serviceendpoint/endpoints'

async function get(path: string, query = ''): Promise<Heard> {
  return caller.say(`${base}/${path}?api-version=7.1${query}`, { bearer })
}

async function put(path: string, body: unknown, as: { pat?: string } = {}): Promise<Heard> {
  return caller.say(`${base}/${path}?api-version=7.1`, {
    method: 'PUT',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
    ...(as.pat === undefined ? { bearer } : as),
  })
}

const group = () => caller.emulator.variableGroups()[0]
const connection = () => caller.emulator.serviceConnections()[0]

/** Reads a whole, changes it, and writes it back. */
async function rewrite(kind: 'group' | 'connection', change: (whole: any) => void): Promise<Heard> {
  const path = kind === 'group' ? `${groups}/1` : `${endpoints}/${connection()?.id}`
  const { json } = await get(`Fabrikam/${path}`)
  change(json)
  return put(path, json)
}

describe('a variable group', () => {
  test('is read without its secrets, by id and by name, within its projects', async () => {
    const { json } = await get(`Fabrikam/${groups}/1`)
    expect(json).toMatchObject({
      id: 1,
      name: 'build',
      type: 'Vsts',
      isShared: true,
      variables: {
        PLAIN: { value: 'x' },
        KEY: { value: null, isSecret: true },
        FIXED: { value: '1', isReadOnly: true },
      },
    })
    expect(json.variableGroupProjectReferences).toHaveLength(2)
    expect((await get(`other%20one/${groups}`, '&groupName=BUILD')).json).toMatchObject({
      count: 1,
      value: [{ id: 1 }],
    })
    expect((await get(`Fabrikam/${groups}`, '&groupName=bu*')).json.count).toBe(1)
    expect((await get(`Fabrikam/${groups}`, '&groupName=bu')).json.count).toBe(0)
    expect((await get(`Nowhere/${groups}/1`)).status).toBe(404)
    expect((await get(`Other%20one/${groups}/2`)).status).toBe(404)
    expect((await get(`${groups}/1`)).status).toBe(405)
  })

  test('is replaced as a whole: what is left out is gone', async () => {
    const heard = await rewrite('group', (whole) => {
      delete whole.variables.PLAIN
      delete whole.description
      whole.variables.KEY = { value: 'new-secret-value', isSecret: true }
      whole.variableGroupProjectReferences.pop()
    })
    expect(heard.status).toBe(200)
    expect(heard.json.variables.KEY).toEqual({ value: null, isSecret: true })
    expect(group()).toMatchObject({
      description: '',
      projects: ['Fabrikam'],
      modifiedBy: 'ci-bot@contoso.example',
      variables: { KEY: { value: 'new-secret-value', isSecret: true } },
    })
    expect(Object.keys(group()?.variables ?? {})).toEqual(['KEY', 'FIXED'])
    expect(caller.emulator.secrets()).toContain('new-secret-value')
  })

  test.each([
    ['kept', true, true],
    ['erased', true, false],
    ['dropped', false, false],
  ] as const)('whose secrets are sent as null has them %s', async (nullSecrets, isThere, isSame) => {
    const before = group()?.variables['KEY']?.value
    caller.emulator.set({ nullSecrets })
    await rewrite('group', () => undefined)
    const after = group()?.variables['KEY']
    expect([after !== undefined, after?.value === before]).toEqual([isThere, isSame])
  })

  test('is in no project any more when a write names none, or the write is refused', async () => {
    const without = (whole: any): void => void delete whole.variableGroupProjectReferences
    caller.emulator.set({ omittedReferences: 'refused' })
    expect((await rewrite('group', without)).status).toBe(401)
    caller.emulator.set({ omittedReferences: 'lost' })
    expect((await rewrite('group', without)).status).toBe(200)
    expect(group()?.projects).toEqual([])
    expect((await get(`Fabrikam/${groups}/1`)).status).toBe(404)
  })

  test('tells when it was changed, and by whom', async () => {
    const first = (await rewrite('group', () => undefined)).json
    caller.emulator.changeVariableGroup('build', { variables: { PLAIN: 'y', KEY: null } })
    const second = (await get(`Fabrikam/${groups}/1`)).json
    expect(Date.parse(second.modifiedOn)).toBeGreaterThan(Date.parse(first.modifiedOn))
    expect([first.modifiedBy.uniqueName, second.modifiedBy.uniqueName]).toEqual([
      'ci-bot@contoso.example',
      'somebody@contoso.example',
    ])
    expect(second.variables).toEqual({ PLAIN: { value: 'y' }, FIXED: { value: '1', isReadOnly: true } })
  })

  test.each<[string, (whole: any) => void]>([
    ['without a variable', (whole) => (whole.variables = {})],
    ['without a name', (whole) => delete whole.name],
    ['of another type', (whole) => (whole.type = 'AzureKeyVault')],
    ['with a variable twice', (whole) => (whole.variables.plain = { value: '' })],
    ['of a project that is not there', (whole) => (whole.variableGroupProjectReferences[0].projectReference.id = 'x')],
  ])('%s is refused', async (_, change) => {
    const before = group()
    expect((await rewrite('group', change)).status).toBe(400)
    expect(group()).toEqual(before)
  })
})

describe('a service connection', () => {
  test('is read without its secrets, by id and by name', async () => {
    const byName = await get(`Fabrikam/${endpoints}`, '&endpointNames=feed')
    const [found] = byName.json.value
    expect(found).toMatchObject({
      name: 'feed',
      authorization: { scheme: 'UsernamePassword', parameters: { username: 'me', password: null, certificate: null } },
    })
    expect((await get(`Fabrikam/${endpoints}/${found.id}`)).json).toEqual(found)
    caller.emulator.set({ hiddenSecrets: 'absent' })
    const { json } = await get(`Fabrikam/${endpoints}/${found.id}`)
    expect(json.authorization.parameters).toEqual({ username: 'me' })
  })

  test.each<[SwitchChanges, string]>([
    [{ nullSecrets: 'kept' }, 'same'],
    [{ nullSecrets: 'erased' }, 'empty'],
    [{ nullSecrets: 'dropped' }, 'gone'],
    [{ nullSecrets: 'kept', hiddenSecrets: 'absent' }, 'same'],
  ])('is replaced as a whole; under %o its other secret is %s', async (switches, expected) => {
    caller.emulator.set(switches)
    const before = connection()?.secrets['certificate']
    await rewrite('connection', (whole) => {
      whole.authorization.parameters.password = 'another-password'
      delete whole.data
      delete whole.authorization.parameters.username
    })
    const after = connection()
    expect(after).toMatchObject({ data: {}, parameters: {}, secrets: { password: 'another-password' } })
    const states = { same: before, empty: '', gone: undefined }
    expect(after?.secrets['certificate']).toBe(states[expected as keyof typeof states])
  })

  test('that was deleted is not there', async () => {
    const id = connection()?.id
    caller.emulator.changeServiceConnection('feed', { deleted: true })
    expect((await get(`Fabrikam/${endpoints}/${id}`)).status).toBe(404)
    caller.emulator.set({ unknownLibraryItem: 'null' })
    expect(await get(`Fabrikam/${endpoints}/${id}`)).toMatchObject({ status: 200, text: 'null' })
    expect((await put(`${endpoints}/${id}`, {})).status).toBe(404)
  })
})

describe('who may', () => {
  const make = (scope: string, owner = 'ci-bot@contoso.example'): string =>
    caller.emulator.createPat(owner, {
      displayName: 'a',
      scope,
      organization: 'contoso',
      validTo: caller.emulator.now() + 86_400_000,
    }).value

  test.each([
    [groups, '1', 'vso.variablegroups_read', 'vso.variablegroups_manage'],
    [endpoints, undefined, 'vso.serviceendpoint', 'vso.serviceendpoint_manage'],
  ])('read and write %s hangs on the scope of a PAT', async (resource, key, reads, writes) => {
    const path = `${resource}/${key ?? connection()?.id}`
    const whole = (await get(`Fabrikam/${path}`)).json
    const seen = async (scope: string): Promise<number> =>
      (await caller.say(`${base}/Fabrikam/${path}?api-version=7.1`, { pat: make(scope) })).status
    expect([await seen(reads), await seen(writes), await seen('vso.code')]).toEqual([200, 200, 401])
    expect((await put(path, whole, { pat: make(reads) })).status).toBe(401)
    expect((await put(path, whole, { pat: make(writes) })).status).toBe(200)
  })

  test('write hangs on the permission as well, and on the scopes of an access token', async () => {
    const whole = (await get(`Fabrikam/${groups}/1`)).json
    const reader = make('vso.variablegroups_manage', 'reader@contoso.example')
    const refused = await put(`${groups}/1`, whole, { pat: reader })
    expect([refused.status, refused.json.typeKey]).toEqual([403, 'AccessDeniedException'])
    caller.emulator.changeClient(OWN_CLIENT, { azureDevOps: ['vso.pats', 'vso.variablegroups_read'] })
    bearer = await caller.signIn()
    expect((await get(`Fabrikam/${groups}/1`)).status).toBe(200)
    expect((await put(`${groups}/1`, whole)).status).toBe(401)
    expect((await get(`Fabrikam/${endpoints}`)).status).toBe(401)
  })
})

test('the control address shows both without secrets, and changes them as somebody else', async () => {
  const { control } = caller.emulator.endpoints
  const shown = await caller.say(`${control}/variable-groups`)
  expect(shown.json[0].variables.KEY).toEqual({ isSecret: true, isReadOnly: false })
  expect(shown.json[0].variables.PLAIN.value).toBe('x')
  expect((await caller.say(`${control}/service-connections`)).json[0]).not.toHaveProperty('secrets')
  await caller.say(`${control}/variable-groups/build`, { method: 'POST', body: '{"variables":{"PLAIN":null}}' })
  await caller.say(`${control}/service-connections/feed`, {
    method: 'POST',
    body: '{"secrets":{"password":"otherwise"}}',
  })
  expect(group()?.variables).not.toHaveProperty('PLAIN')
  expect(connection()?.secrets['password']).toBe('otherwise')
  const wrong = await caller.say(`${control}/variable-groups/none`, { method: 'POST', body: '{}' })
  expect([wrong.status, wrong.json.error]).toEqual([400, 'the emulator has no variable group none'])
})

test('requests for them stand in the journal under names of their own', async () => {
  await rewrite('group', () => undefined)
  await get(`Fabrikam/${endpoints}`)
  const services = caller.emulator.requests().map(({ service }) => service)
  expect(services.slice(-3)).toEqual(['variable-groups', 'variable-groups', 'service-connections'])
})

test('every answer is as the official swagger describes it', async (context) => {
  const tasks = definitionsOf('distributedTask/7.1/taskAgent.json')
  const connections = definitionsOf('serviceEndpoint/7.1/serviceEndpoint.json')
  if (tasks === undefined || connections === undefined) return context.skip('the swagger is not there')
  for (const json of [(await get(`Fabrikam/${groups}/1`)).json, (await rewrite('group', () => undefined)).json]) {
    expect(differences(tasks, { $ref: 'VariableGroup' }, json, 'VariableGroup')).toEqual([])
  }
  const path = `Fabrikam/${endpoints}/${connection()?.id}`
  for (const json of [(await get(path)).json, (await rewrite('connection', () => undefined)).json]) {
    const found = differences(connections, { $ref: 'ServiceEndpoint' }, json, 'ServiceEndpoint')
    expect(found.filter((difference) => !difference.endsWith('certificate is null'))).toEqual([])
  }
})
