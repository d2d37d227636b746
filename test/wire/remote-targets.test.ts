import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { defaultFixture } from '../../src/emulator/default-fixture.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { testCertificate, type TestCertificate } from '../adapters/support/certificate.ts'
import { scriptedServer } from '../adapters/support/servers.ts'
import { GithubServer } from '../adapters/targets/github-server.ts'
import { KubeServer } from '../adapters/targets/kube-server.ts'
import { Estate } from '../support/estate.ts'

const hour = 3_600_000
const day = 24 * hour

let certificate: TestCertificate
let estate: Estate

beforeAll(async () => {
  certificate = await testCertificate()
})
afterAll(() => certificate.remove())
afterEach(() => estate.stop())

/** An estate whose token has one target of these lines, and which trusts the test's server as well. */
async function estateWith(lines: readonly string[], fixture: Fixture = defaultFixture): Promise<Estate> {
  return Estate.open({
    fixture,
    rewrite: (text) => {
      const caFile = /^ {2}caFile: (.*)$/m.exec(text)?.[1] ?? ''
      const both = join(caFile, '..', 'both.pem')
      writeFileSync(both, readFileSync(caFile, 'utf8') + readFileSync(certificate.caFile, 'utf8'))
      const target = `targets:\n  remote:\n${lines.map((line) => `    ${line}\n`).join('')}`
      return text
        .replace(caFile, both)
        .replace(/^defaults:$/m, `${target}defaults:`)
        .replace(/^( {4}displayName: .*\n)/m, '$1    targets:\n      - remote\n')
    },
  })
}

const kinds = (json: any): readonly string[] =>
  json.results.map(({ kind, reason = 'asked', status }: any) => `${kind} ${reason} ${status}`)

describe('github-secret', () => {
  let github: GithubServer
  const place = 'repos/contoso/app/actions'
  beforeAll(async () => {
    github = await GithubServer.open(certificate)
  })
  afterAll(() => github.stop())

  const lines = (identity: readonly string[]): readonly string[] => [
    'type: github-secret',
    'repository: contoso/app',
    'secret: "PAT_{TOKEN}"',
    `apiUrl: ${github.apiUrl}`,
    ...identity,
  ]

  test('the built program delivers to it by an App, and sees and heals what others changed', async () => {
    estate = await estateWith(lines(['app:', '  id: 424242', '  privateKey: ${GITHUB_APP_KEY}']))
    const environment = { GITHUB_APP_KEY: github.appKey }
    const held = () => github.held(place, 'PAT_PACKAGE_FEED')?.value
    const first = await estate.start('apply --json', { environment }).ended
    expect(first.stderr).not.toContain('failed')
    expect(kinds(first.json)).toEqual(['mint absent done', 'deliver asked done'])
    const value = await estate.value('package-feed')
    expect(held()).toBe(value)

    github.set(place, 'PAT_PACKAGE_FEED', 'somebody else')
    const status = await estate.run('status --json', { environment })
    expect(status.json.tokens[0].deliveries).toMatchObject([{ target: 'remote', state: 'overwritten' }])
    expect(kinds((await estate.run('apply --json', { environment })).json)).toEqual(['deliver drifted done'])
    expect(held()).toBe(value)
    const mutations = github.mutations()
    expect(kinds((await estate.run('apply --json', { environment })).json)).toEqual([])
    expect(github.mutations()).toBe(mutations)
    expect(github.faults).toEqual([])
  })

  test('while it refuses, the old PAT stays, and its time is no measure of the time', async () => {
    estate = await estateWith(lines(['token: ${GITHUB_SECRETS_TOKEN}']))
    const environment = { GITHUB_SECRETS_TOKEN: github.token }
    await estate.run('apply', { environment })
    estate.emulator.travel(2 * hour)
    expect(kinds((await estate.run('apply --json', { environment })).json)).toEqual(['deliver unsettled done'])
    // Three weeks on, the target's clock is that far behind.
    estate.emulator.travel(21 * day)
    github.refuseNext(403, 'Resource not accessible by personal access token')
    const { code, json } = await estate.run('apply --json', { environment })
    expect(code).toBe(1)
    expect(kinds(json)).toEqual(['mint due done', 'deliver asked failed'])
    expect(json.results[1].error).toMatchObject({ code: 'target-denied' })
    expect(estate.active()).toHaveLength(2)
    estate.emulator.travel(hour)
    expect(kinds((await estate.run('apply --json', { environment })).json)).toEqual(['deliver failed-before done'])
    expect(github.held(place, 'PAT_PACKAGE_FEED')?.value).toBe(await estate.value('package-feed'))
  })
})

test('kubernetes-secret: the built program delivers to it and restarts what reads it, once for each value', async () => {
  const kube = await KubeServer.open(certificate)
  const deployment = new Map<string, string>()
  kube.workloads.set('build/deployments/api', deployment)
  const copies = mkdtempSync(join(tmpdir(), 'patrol-kubeconfig-'))
  const kubeconfig = join(copies, 'config')
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'lab',
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'patrol', namespace: 'build' } }],
      clusters: [{ name: 'lab', cluster: { server: kube.origin, 'certificate-authority': certificate.caFile } }],
      users: [{ name: 'patrol', user: { token: kube.token } }],
    }),
  )
  estate = await estateWith([
    'type: kubernetes-secret',
    'secret: feed',
    `kubeconfig: ${kubeconfig}`,
    'restart: [deployment/api]',
  ])
  const first = await estate.start('apply --json').ended
  expect(kinds(first.json)).toEqual(['mint absent done', 'deliver asked done'])
  expect(kube.held('build', 'feed', 'token')).toBe(await estate.value('package-feed'))
  const mark = [...deployment.values()][0]
  expect(kinds((await estate.run('apply --json')).json)).toEqual([])
  expect([...deployment.values()]).toEqual([mark])
  kube.drop('build', 'feed', 'token')
  expect(kinds((await estate.run('apply --json')).json)).toEqual(['deliver drifted done'])
  expect(kube.held('build', 'feed', 'token')).toBe(await estate.value('package-feed'))
  expect((await estate.run('doctor --json')).json.checks).toContainEqual(
    expect.objectContaining({ check: 'target', result: 'ok' }),
  )
  expect(kube.faults).toEqual([])
  await kube.stop()
  rmSync(copies, { recursive: true })
})

test('azure-key-vault: a copy in another vault, opened by the account, follows its token', async () => {
  const vaults = defaultFixture.vaults.flatMap((vault) => [vault, { ...vault, name: 'asia' }])
  const lines = [
    'type: azure-key-vault',
    'url: ${ASIA_URL}',
    'credential: account:ci-bot',
    'verifyChallengeResource: false',
  ]
  estate = await estateWith(lines, { ...defaultFixture, vaults })
  const environment = { ASIA_URL: estate.emulator.endpoints.vaults['asia'] ?? '' }
  const values = (vault: string) =>
    estate.emulator.vault(vault).secrets['package-feed']?.versions.map(({ value }) => value)
  const apply = async () => kinds((await estate.run('apply --json', { environment })).json)
  expect(kinds((await estate.start('apply --json', { environment }).ended).json)).toEqual([
    'mint absent done',
    'deliver asked done',
  ])
  expect(values('asia')).toEqual(values('contoso'))
  expect(await apply()).toEqual([])
  estate.emulator.travel(2 * hour)
  expect(await apply()).toEqual(['deliver unsettled done'])
  estate.emulator.travel(21 * day)
  expect(await apply()).toEqual(['mint due done', 'deliver asked done'])
  expect(values('asia')).toEqual(values('contoso'))
  const status = await estate.run('status --json', { environment })
  expect(status.json.tokens[0].deliveries).toMatchObject([{ target: 'remote', state: 'delivered' }])
})

test('webhook: the built program tells an address of a value, and never the value', async () => {
  const server = await scriptedServer(certificate, (response) => response.writeHead(204).end())
  estate = await estateWith(['type: webhook', `url: ${server.origin}/hook`, 'secret: ${WEBHOOK_SECRET}'])
  const environment = { WEBHOOK_SECRET: 'a-secret-of-a-webhook' }
  const { json } = await estate.start('apply --json', { environment }).ended
  expect(kinds(json)).toEqual(['mint absent done', 'deliver asked done'])
  expect(server.seen).toHaveLength(1)
  const body = server.seen[0]?.body ?? ''
  expect(JSON.parse(body)).toMatchObject({
    version: 1,
    target: 'remote',
    token: 'package-feed',
    organization: 'contoso',
  })
  expect(server.seen[0]?.headers['patrol-signature']).toMatch(/^v1=[0-9a-f]{64}$/)
  expect(body).not.toContain(await estate.value('package-feed'))
  expect(kinds((await estate.run('apply --json', { environment })).json)).toEqual([])
  await server.stop()
})
