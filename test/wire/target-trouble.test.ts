import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { defaultFixture } from '../../src/emulator/default-fixture.ts'
import type { Fixture } from '../../src/emulator/fixture-schema.ts'
import { testCertificate, type TestCertificate } from '../adapters/support/certificate.ts'
import { type ScriptedServer, scriptedServer } from '../adapters/support/servers.ts'
import { GithubServer } from '../adapters/targets/github-server.ts'
import { KubeServer } from '../adapters/targets/kube-server.ts'
import { Estate, packageFeed } from '../support/estate.ts'

let certificate: TestCertificate
let stranger: TestCertificate
let github: GithubServer
let kube: KubeServer
let untrusted: ScriptedServer
let directory: string
let estate: Estate

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'patrol-trouble-'))
  ;[certificate, stranger] = [await testCertificate(), await testCertificate()]
  github = await GithubServer.open(certificate)
  kube = await KubeServer.open(certificate)
  untrusted = await scriptedServer(stranger, (response) => response.writeHead(204).end())
})
afterEach(() => estate.stop())
afterAll(async () => {
  await Promise.all([github.stop(), kube.stop(), untrusted.stop()])
  await Promise.all([certificate.remove(), stranger.remove()])
  rmSync(directory, { recursive: true })
})

/** One way in which a delivery fails, and what a person is told of it. */
interface Trouble {
  readonly title: string
  readonly target: () => readonly string[]
  readonly fixture?: Fixture
  readonly arrange?: () => void
  readonly code: string
  readonly message: RegExp
  readonly remedy: RegExp
}

const onGithub = (repository = 'contoso/app'): readonly string[] => [
  'type: github-secret',
  `repository: ${repository}`,
  'secret: FEED_PAT',
  'token: ${GITHUB_SECRETS_TOKEN}',
  `apiUrl: ${github.apiUrl}`,
]

const onKubernetes = (): readonly string[] => {
  const kubeconfig = join(directory, 'kubeconfig')
  const cluster = { server: kube.origin, 'certificate-authority': certificate.caFile }
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'lab',
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'patrol', namespace: 'build' } }],
      clusters: [{ name: 'lab', cluster }],
      users: [{ name: 'patrol', user: { token: kube.token } }],
    }),
  )
  return ['type: kubernetes-secret', 'secret: feed', `kubeconfig: ${kubeconfig}`]
}

const organization = defaultFixture.organizations[0]

const troubles: readonly Trouble[] = [
  {
    title: 'a variable group that is not there',
    target: () => ['type: azure-devops-variable-group', 'project: Fabrikam', 'variableGroup: biuld', 'variable: A'],
    code: 'target-not-found',
    message: /variable group "biuld" of contoso\/Fabrikam/,
    remedy: /Correct organization, project and name/,
  },
  {
    title: 'a variable group that others may change',
    target: () => ['type: azure-devops-variable-group', 'project: Fabrikam', 'variableGroup: build', 'variable: A'],
    arrange: () => {
      const effect = { kind: 'status', status: 403, body: '{"message":"Access denied."}' } as const
      estate.emulator.fault({ service: 'variable-groups', method: 'PUT', effect })
    },
    code: 'target-denied',
    message: /changing the variable group "build" of contoso\/Fabrikam: .*access is denied \(403\)/,
    remedy: /Administrator of the variable group/,
  },
  {
    title: 'a service connection of another scheme',
    target: () => ['type: azure-devops-service-connection', 'project: Fabrikam', 'connection: azure'],
    fixture: {
      ...defaultFixture,
      organizations: [
        {
          name: 'contoso',
          tenant: 'contoso.example',
          members: organization?.members ?? [],
          serviceConnections: [
            {
              name: 'azure',
              url: 'https://dev.azure.com/contoso',
              type: 'azurerm',
              scheme: 'ServicePrincipal',
              secrets: { serviceprincipalkey: null },
            },
          ],
        },
      ],
    },
    code: 'delivery-failed',
    message: /azurerm and authenticates by ServicePrincipal/,
    remedy: /UsernamePassword or Token/,
  },
  {
    title: 'a repository that is not there, or not shown',
    target: () => onGithub('contoso/elsewhere'),
    code: 'target-not-found',
    message: /404/,
    remedy: /says "not found" for what may not be seen/,
  },
  {
    title: 'a token that may not write secrets',
    target: () => onGithub(),
    arrange: () => github.refuseNext(403, 'Resource not accessible by personal access token'),
    code: 'target-denied',
    message: /Resource not accessible/,
    remedy: /permission/,
  },
  {
    title: 'a Secret that another changes at the same time',
    target: onKubernetes,
    arrange: () => kube.refuseNext(409, 'Operation cannot be fulfilled on secrets "feed"', {}),
    code: 'delivery-failed',
    message: /Operation cannot be fulfilled/,
    remedy: /tried again in a later run/,
  },
  {
    title: 'a role that may not patch secrets',
    target: onKubernetes,
    arrange: () => kube.refuseNext(403, 'secrets "feed" is forbidden', {}),
    code: 'target-denied',
    message: /is forbidden/,
    remedy: /a role with get, create and patch on secrets/,
  },
  {
    title: 'a certificate that nobody vouches for',
    target: () => ['type: webhook', `url: ${untrusted.origin}/hook`, 'secret: ${WEBHOOK_SECRET}'],
    code: 'target-unreachable',
    message: /certificate of localhost:\d+ is not signed by an authority that this computer trusts/,
    remedy: /tls\.caFile/,
  },
  {
    title: 'an address where nobody listens',
    target: () => ['type: webhook', 'url: https://localhost:1/hook', 'secret: ${WEBHOOK_SECRET}'],
    code: 'target-unreachable',
    message: /connection was refused/,
    remedy: /address of the target/,
  },
  {
    title: 'a program that takes too long',
    target: () => ['type: command', 'command: [sleep, "30"]', 'timeout: 1s'],
    code: 'delivery-failed',
    message: /took longer than 1s and was ended/,
    remedy: /tried again/,
  },
  {
    title: 'a directory that is not there',
    target: () => ['type: dotenv', 'path: ./nowhere/tokens.env', 'variable: A'],
    code: 'target-not-found',
    message: /there is no directory .*nowhere/,
    remedy: /directory/,
  },
]

test.each(troubles)('$title is one line with target, code and remedy, and status repeats why', async (trouble) => {
  estate = await Estate.open({
    ...(trouble.fixture === undefined ? {} : { fixture: trouble.fixture }),
    tokens: `targets:\n  remote:\n${trouble
      .target()
      .map((line) => `    ${line}\n`)
      .join('')}${packageFeed}    targets:\n      - remote\n`,
    rewrite: (text) =>
      text.replace(/^ {2}caFile: .*$/m, (line) => {
        const both = join(directory, 'both.pem')
        writeFileSync(both, `${pem(line.replace(/^ {2}caFile: /, ''))}${pem(certificate.caFile)}`)
        return `  caFile: ${both}`
      }),
  })
  trouble.arrange?.()
  const environment = { GITHUB_SECRETS_TOKEN: github.token, WEBHOOK_SECRET: 'a-secret-of-a-webhook' }
  const applied = await estate.run('apply --json', { environment })
  expect(applied.code).toBe(1)
  const failed = applied.json.results.find(({ kind }: any) => kind === 'deliver')
  expect(failed).toMatchObject({ token: 'package-feed', target: 'remote', status: 'failed' })
  const { code, message, remedy } = failed.error
  expect([code, message, remedy]).toEqual([
    trouble.code,
    expect.stringMatching(trouble.message),
    expect.stringMatching(trouble.remedy),
  ])
  expect(message).toMatch(/^delivering to remote: [^\n]+$/)
  expect(
    applied.stderr.split('\n').filter((line) => line.includes('package-feed: delivering to remote: ')),
  ).toHaveLength(1)

  const status = await estate.run('status --json', { environment })
  expect(status.json.tokens[0].deliveries).toMatchObject([
    { target: 'remote', state: 'failing', failures: 1, code: trouble.code, nextAttemptAt: expect.any(String) },
  ])
  expect(status.json.problems).toContainEqual(
    expect.objectContaining({
      token: 'package-feed',
      message: expect.stringMatching(/^the last delivery to remote failed/),
    }),
  )
})

const pem = (path: string): string => readFileSync(path, 'utf8')
