import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { agentUserSignIn, type BlueprintCredential } from '../../../src/adapters/entra/agent-user-flow.ts'
import type { UserSignIn } from '../../../src/adapters/user-sign-in.ts'
import { azurePipelinesToken, githubActionsToken } from '../../../src/adapters/workload/job-token.ts'
import { managedIdentityToken } from '../../../src/adapters/workload/managed-identity.ts'
import { fileToken } from '../../../src/adapters/workload/token-file.ts'
import { asPatrolError, type PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { hour } from '../../../src/core/time.ts'
import { type EmulatedWorld, emulatedWorld, tenant } from '../support/emulated-world.ts'

const blueprint = 'c11e0000-0000-4000-8000-00000000b000'
const otherBlueprint = 'c11e0000-0000-4000-8000-00000000b001'
const agent = 'c11e0000-0000-4000-8000-00000000a000'
const otherAgent = 'c11e0000-0000-4000-8000-00000000a001'
const unknown = 'c11e0000-0000-4000-8000-00000000ffff'
const user = 'agent@contoso.example'
const machine = 'c11e0000-0000-4000-8000-00000000e000'
const machineId = '0b7e0000-0000-4000-8000-00000000e000'
const connection = '5c000000-0000-4000-8000-000000000001'
const cluster = 'https://oidc.cluster.example/'
const serviceAccount = 'system:serviceaccount:patrol:patrol'
const subject = 'repo:contoso/tokens:ref:refs/heads/main'
const organizationId = '0a6a0000-0000-4000-8000-000000000001'

let world: EmulatedWorld
let directory: string
let pem: Secret

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'blueprint' }], { keyType: 'rsa', keySize: 2048 })
  pem = new Secret(`${made.private}\n${made.cert}`)
  directory = await mkdtemp(join(tmpdir(), 'patrol-agent-'))
  world = await emulatedWorld({
    fixture: {
      tenants: [{ id: tenant, domains: ['contoso.example'] }],
      users: [
        { upn: user, tenant, agent },
        { upn: 'other@contoso.example', tenant, agent: otherAgent },
      ],
      clients: [
        {
          id: blueprint,
          tenant,
          confidential: true,
          certificates: [made.cert],
          federatedCredentials: [
            { issuer: `https://login.microsoftonline.com/${tenant}/v2.0`, subject: machineId },
            { issuer: 'https://token.actions.githubusercontent.com', subject },
            { issuer: cluster, subject: serviceAccount },
            { issuer: `https://vstoken.dev.azure.com/${organizationId}`, subject: 'sc://contoso/platform/patrol' },
          ],
        },
        { id: otherBlueprint, tenant, confidential: true, certificates: [made.cert] },
        { id: agent, tenant, blueprint },
        { id: otherAgent, tenant, blueprint },
      ],
      managedIdentities: [{ tenant, clientId: machine, objectId: machineId }],
      organizations: [{ name: 'contoso', id: organizationId, tenant: 'contoso.example', members: [user] }],
    },
  })
})
afterAll(async () => {
  await world.close()
  await rm(directory, { recursive: true })
})
afterEach(() => {
  vi.unstubAllEnvs()
  world.emulator.changeUser(user, { enabled: true, mfa: 'none', conditionalAccess: 'pass' })
})

interface Changes {
  readonly credential?: BlueprintCredential
  readonly blueprint?: string
  readonly agent?: string
  readonly user?: string
  readonly tenant?: string
  readonly entra?: string
}

const certificate = (): BlueprintCredential => ({ kind: 'certificate', pem, passphrase: undefined })

function signIn(changes: Changes = {}): UserSignIn {
  const { emulator, transport, clock, events, stop } = world
  return world.watched(
    agentUserSignIn(
      {
        name: 'agent',
        tenant: async () => changes.tenant ?? tenant,
        user: changes.user ?? user,
        blueprint: changes.blueprint ?? blueprint,
        agent: changes.agent ?? agent,
        credential: changes.credential ?? certificate(),
      },
      {
        transport,
        clock,
        reporter: { report: (event) => events.push(event) },
        stopping: () => stop.signal.aborted,
        entra: changes.entra ?? emulator.endpoints.entra,
        entraOverridden: true,
      },
    ),
  )
}

async function failure(promise: Promise<unknown>): Promise<PatrolError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asPatrolError(thrown),
  )
}

const job = (environment: Readonly<Record<string, string>>) => ({ environment, send: world.transport.send })

function byGitHub(of: string): BlueprintCredential {
  const variables = world.emulator.gitHubJob({ subject: of })
  return { kind: 'workload', token: (audience) => githubActionsToken(audience, job(variables)) }
}

/** Each way in which a blueprint can prove itself. */
const credentials: readonly (readonly [string, () => Promise<BlueprintCredential>])[] = [
  ['a certificate', async () => certificate()],
  [
    'the managed identity of the machine',
    async () => {
      for (const [name, value] of Object.entries(world.emulator.managedIdentityVariables('app-service')))
        vi.stubEnv(name, value)
      const token = (audience: string) =>
        managedIdentityToken(audience, { clientId: machine }, world.transport.azureClient)
      return { kind: 'workload', token }
    },
  ],
  ['a job of GitHub Actions', async () => byGitHub(subject)],
  [
    'a job of Azure Pipelines',
    async () => {
      const connections = [{ id: connection, name: 'patrol' }]
      const variables = world.emulator.pipelineJob({ organization: 'contoso', project: 'platform', connections })
      return { kind: 'workload', token: () => azurePipelinesToken({ serviceConnection: connection }, job(variables)) }
    },
  ],
  [
    'a pod of Kubernetes',
    async () => {
      const file = join(directory, 'token')
      await writeFile(file, await world.emulator.serviceAccountToken({ issuer: cluster, subject: serviceAccount }))
      return { kind: 'workload', token: () => fileToken(undefined, { AZURE_FEDERATED_TOKEN_FILE: file }) }
    },
  ],
]

describe.each(credentials)('the user of an agent, whose blueprint proves itself by %s', (_, credential) => {
  it('gets a token that opens the PAT API', async () => {
    const { value } = await signIn({ credential: await credential() }).accessToken('azure-devops')
    expect(String(value)).toBe('[secret]')
    const answer = await world.transport.send({
      method: 'GET',
      url: `${world.emulator.endpoints.vssps}/contoso/_apis/tokens/pats?api-version=7.1-preview.1`,
      headers: { authorization: `Bearer ${value.reveal()}` },
      timeout: hour,
    })
    expect(answer.status).toBe(200)
  })
})

describe('the three legs', () => {
  const exchanges = (since: number) =>
    world.emulator
      .requests()
      .slice(since)
      .filter(({ service, method }) => service === 'entra' && method === 'POST')

  it('are three requests, for all who ask at once', async () => {
    const mark = world.emulator.requests().length
    const shared = signIn()
    await Promise.all(Array.from({ length: 5 }, () => shared.accessToken('azure-devops')))
    expect(exchanges(mark)).toHaveLength(3)
  })

  it('are gone through again when the token is about to end', async () => {
    // MSAL dates what a certificate signs by the clock of this computer, which does not travel.
    const shared = signIn({ credential: byGitHub(subject) })
    const first = await shared.accessToken('azure-devops')
    await world.clock.sleep(hour)
    const mark = world.emulator.requests().length
    const second = await shared.accessToken('azure-devops')
    expect(second.value.equals(first.value)).toBe(false)
    expect(exchanges(mark)).toHaveLength(3)
    world.emulator.travel(-1 * hour)
  })

  it('leave no token and no key in an address', async () => {
    await signIn().accessToken('azure-devops')
    expect(world.emulator.requests().every(({ url }) => !url.includes('assertion'))).toBe(true)
  })

  it('go on after a bad minute of Entra, whichever of them it met', async () => {
    for (const afterwards of [0, 1, 2]) {
      const shared = signIn()
      const fault = world.emulator.fault({
        service: 'entra',
        pathIncludes: '/token',
        skip: afterwards,
        times: 1,
        effect: { kind: 'status', status: 503, body: '{}' },
      })
      await shared.accessToken('azure-devops')
      expect(fault.fired()).toBe(1)
    }
  })
})

describe('a refusal names its leg', () => {
  it.each<[string, () => Changes, string, string, string]>([
    ['an unknown blueprint', () => ({ blueprint: unknown }), 'leg 1', '700016', '`blueprint`'],
    ['an unknown agent', () => ({ agent: unknown }), 'leg 1', '700016', '`agent`'],
    ['an agent of another blueprint', () => ({ blueprint: otherBlueprint }), 'leg 1', '500131', 'does not belong'],
    [
      'a branch that nobody trusts',
      () => ({ credential: byGitHub('repo:contoso/tokens:ref:refs/heads/other') }),
      'leg 1',
      '700213',
      'federated credential',
    ],
    ['a user of another agent', () => ({ user: 'other@contoso.example' }), 'leg 3', '700213', 'not the user account'],
    ['an unknown user', () => ({ user: 'nobody@contoso.example' }), 'leg 3', '50034', 'Correct `user`'],
  ])('%s', async (_, changes, leg, number, remedy) => {
    const error = await failure(signIn(changes()).accessToken('azure-devops'))
    expect(error.message).toMatch(new RegExp(`^${leg} of 3, `))
    expect(error.message).toContain(`AADSTS${number}`)
    expect(error.remedy).toContain(remedy)
  })

  it('and a policy against the user is a policy', async () => {
    world.emulator.changeUser(user, { conditionalAccess: 'block' })
    const error = await failure(signIn().accessToken('azure-devops'))
    expect(error).toMatchObject({ code: 'sign-in-blocked', message: expect.stringContaining('leg 3 of 3') })
    expect(error.remedy).toContain('Conditional Access')
  })

  it('of a certificate that the blueprint does not know', async () => {
    const other = await generate([{ name: 'commonName', value: 'x' }], { keyType: 'rsa', keySize: 2048 })
    const credential = {
      kind: 'certificate',
      pem: new Secret(`${other.cert}${other.private}`),
      passphrase: undefined,
    } as const
    const error = await failure(signIn({ credential }).accessToken('azure-devops'))
    expect(error.message).toContain('leg 1 of 3')
    expect(error.remedy).toContain('Upload the public part')
  })

  it('of a runner that gives no token, with the runner’s own remedy', async () => {
    const credential: BlueprintCredential = {
      kind: 'workload',
      token: (audience) => githubActionsToken(audience, job({})),
    }
    const error = await failure(signIn({ credential }).accessToken('azure-devops'))
    expect(error).toMatchObject({ code: 'sign-in-misconfigured', remedy: expect.stringContaining('id-token: write') })
    expect(error.message).toContain('leg 1 of 3')
  })

  it('of an organization without a tenant, before anything is sent', async () => {
    const mark = world.emulator.requests().length
    const error = await failure(signIn({ tenant: 'organizations' }).accessToken('azure-devops'))
    expect(error).toMatchObject({ code: 'sign-in-misconfigured', message: expect.stringContaining('no tenant') })
    expect(world.emulator.requests()).toHaveLength(mark)
  })

  it('is not provoked a second time', async () => {
    const shared = signIn({ user: 'nobody@contoso.example' })
    await failure(shared.accessToken('azure-devops'))
    const mark = world.emulator.requests().length
    await failure(shared.accessToken('azure-devops'))
    expect(world.emulator.requests()).toHaveLength(mark)
  })
})
