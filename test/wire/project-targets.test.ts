import { afterEach, expect, test } from 'vitest'
import { Estate, owner } from '../support/estate.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

let estate: Estate

afterEach(async () => {
  await estate.stop()
})

const targets = `targets:
  variables:
    type: azure-devops-variable-group
    project: Fabrikam
    variableGroup: build
    variable: FEED_PAT
  connection:
    type: azure-devops-service-connection
    project: Fabrikam
    connection: feed
    group: 2
`

const tokens = `tokens:
  - name: package-feed
    displayName: Package feed
    scopes:
      - vso.packaging_write
    targets:
      - variables
      - connection
`

const open = (changes: (text: string) => string = (text) => text): Promise<Estate> =>
  Estate.open({ tokens: changes(`${targets}${tokens}`) })

const held = (): readonly (string | undefined)[] => [
  estate.emulator.variableGroups()[0]?.variables['FEED_PAT']?.value,
  estate.emulator.serviceConnections()[0]?.secrets['password'],
]

const writes = (since = 0): number =>
  estate.emulator
    .requests()
    .slice(since)
    .filter(({ service, method }) => /^(?:variable-groups|service-connections)$/.test(service) && method === 'PUT')
    .length

const kinds = (json: any): readonly string[] =>
  json.results.map(({ kind, reason = 'asked', status, target = '' }: any) =>
    `${kind} ${reason} ${status} ${target}`.trim(),
  )

test('a variable group and a service connection follow each rotation, and the old PAT goes when both have the new one', async () => {
  estate = await open()
  const [before] = estate.emulator.variableGroups()
  expect((await estate.run('apply')).code).toBe(0)
  const value = await estate.value('package-feed')
  expect(held()).toEqual([value, value])
  expect(estate.emulator.variableGroups()[0]?.variables).toMatchObject(before?.variables ?? {})

  estate.emulator.travel(21 * day)
  await estate.run('apply')
  const next = await estate.value('package-feed')
  expect(next).not.toBe(value)
  expect(held()).toEqual([next, next])
  expect(estate.active().map((pat) => pat.value)).toContain(value)
  await estate.converge()
  expect(held()).toEqual([next, next])
  const mark = estate.emulator.requests().length
  expect(kinds((await estate.run('apply --json')).json)).toEqual([])
  expect(writes(mark)).toBe(0)
})

test('what others do to the group is seen and healed', async () => {
  estate = await open()
  await estate.run('apply')
  const value = await estate.value('package-feed')
  estate.emulator.changeVariableGroup('build', { variables: { FEED_PAT: null } })
  const status = await estate.run('status --json')
  expect(status.json.tokens[0].deliveries).toMatchObject([
    { target: 'variables', state: 'gone', message: expect.stringContaining('no variable FEED_PAT') },
    { target: 'connection', state: 'delivered' },
  ])
  expect(kinds((await estate.run('apply --json')).json)).toEqual(['deliver drifted done variables'])
  expect(held()).toEqual([value, value])
  estate.emulator.changeVariableGroup('build', { variables: { FEED_PAT: { value: 'by-somebody', isSecret: true } } })
  expect(kinds((await estate.run('apply --json')).json)).toEqual(['deliver drifted done variables'])
  expect(held()).toEqual([value, value])
  expect(kinds((await estate.run('apply --json')).json)).toEqual([])
})

test('a lost answer counts as a failure, holds the later group back, and is made good', async () => {
  estate = await open()
  estate.emulator.fault({ service: 'variable-groups', method: 'PUT', effect: 'answer-lost' })
  const first = await estate.run('apply --json')
  expect(first.code).toBe(1)
  expect(kinds(first.json)).toEqual([
    'mint absent done',
    'deliver asked failed variables',
    'deliver asked skipped connection',
  ])
  expect(first.json.results[1].error).toMatchObject({ code: 'target-unreachable' })
  estate.emulator.travel(6 * minute)
  expect((await estate.run('apply')).code).toBe(0)
  const value = await estate.value('package-feed')
  expect(held()).toEqual([value, value])
})

test('a group that is not there, and one that may not be changed, are told with what to do', async () => {
  estate = await open((text) => text.replace('variableGroup: build', 'variableGroup: biuld'))
  const { json } = await estate.run('apply --json')
  expect(json.results[1].error).toMatchObject({
    code: 'target-not-found',
    message: expect.stringContaining('variable group "biuld" of contoso/Fabrikam'),
    remedy: expect.stringContaining('Correct organization, project and name'),
  })
  const status = await estate.run('status --json')
  expect(status.json.tokens[0].deliveries[0]).toMatchObject({ state: 'failing', failures: 1, code: 'target-not-found' })
  expect(status.json.problems).toMatchObject([
    {
      token: 'package-feed',
      code: 'target-not-found',
      message: expect.stringMatching(/^the last delivery to variables failed: .*the variable group "biuld"/),
      remedy: expect.stringContaining('Correct organization, project and name'),
    },
  ])
  expect((await estate.run('status')).stdout).toMatch(
    /variables +failing +never +failed once \[target-not-found\], next try in/,
  )
  const doctor = await estate.run('doctor')
  expect(doctor.stdout).toContain('variable group "biuld"')
  await estate.stop()

  estate = await open()
  const effect = { kind: 'status', status: 403, body: '{"message":"Access denied."}' } as const
  estate.emulator.fault({ service: 'variable-groups', method: 'PUT', effect })
  const refused = await estate.run('apply --json')
  expect(refused.json.results[1].error).toMatchObject({
    code: 'target-denied',
    remedy: expect.stringContaining('Make the account ci-bot an Administrator of the variable group'),
  })
  const { json: later } = await estate.run('status --json')
  expect(later.problems).toMatchObject([{ code: 'target-denied', message: expect.stringContaining('is in order now') }])
})

test('in another organization a managed token opens the target, before and after its own rotation', async () => {
  const member = { tenant: 'contoso.example', members: [owner] }
  const delivered = targets
    .replaceAll('project: Fabrikam', 'organization: fabrikam\n    project: Fabrikam')
    .replace('variable: FEED_PAT\n', 'variable: FEED_PAT\n    token: deliverer\n')
    .replace('connection: feed\n', 'connection: feed\n    token: deliverer\n')
  estate = await Estate.open({
    fixture: {
      organizations: [
        { name: 'contoso', ...member },
        {
          name: 'fabrikam',
          ...member,
          variableGroups: [{ name: 'build', variables: { A: '1' } }],
          serviceConnections: [{ name: 'feed', url: 'https://dev.azure.com/contoso', secrets: { password: null } }],
        },
      ],
    },
    tokens: `${delivered}${tokens}  - name: deliverer
    organization: fabrikam
    scopes:
      - vso.variablegroups_manage
      - vso.serviceendpoint_manage
`,
  })
  await estate.run('apply')
  estate.emulator.travel(6 * minute)
  expect((await estate.run('apply')).code).toBe(0)
  const value = await estate.value('package-feed')
  expect(held()).toEqual([value, value])
  estate.emulator.travel(21 * day)
  await estate.run('apply')
  estate.emulator.travel(6 * minute)
  expect((await estate.run('apply')).code).toBe(0)
  const next = await estate.value('package-feed')
  expect(next).not.toBe(value)
  expect(held()).toEqual([next, next])
  const principals = estate.emulator
    .requests()
    .filter(({ service, method }) => service === 'variable-groups' && method === 'PUT')
    .map(({ principal = '' }) => principal.split(':')[0])
  expect(new Set(principals)).toEqual(new Set(['pat']))
})

test('the built program delivers as a process, too', async () => {
  estate = await open()
  const ended = await estate.start('apply --json').ended
  expect(ended.code).toBe(0)
  expect(kinds(ended.json)).toEqual([
    'mint absent done',
    'deliver asked done variables',
    'deliver asked done connection',
  ])
  const value = await estate.value('package-feed')
  expect(held()).toEqual([value, value])
})
