import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createTransport, type Transport } from '../../../src/adapters/http/transport.ts'
import { kubeAccess, type KubeAccessParts, type WantedCluster } from '../../../src/adapters/targets/kube-access.ts'
import { type KubernetesSecretParts, kubernetesSecretTarget } from '../../../src/adapters/targets/kubernetes-secret.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration, instant } from '../../../src/core/time.ts'
import type { Consignment, Copy, Target } from '../../../src/ports/target.ts'
import { targetContract, type TargetWorld } from '../../contract/target.ts'
import { testCertificate, type TestCertificate } from '../support/certificate.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock } from '../stores/test-clock.ts'
import { KubeServer } from './kube-server.ts'

let certificate: TestCertificate
let directory: string
const opened: Transport[] = []

beforeAll(async () => {
  certificate = await testCertificate()
  directory = await mkdtemp(join(tmpdir(), 'patrol-kube-'))
})
afterAll(async () => {
  await Promise.all(opened.map((transport) => transport.close()))
  await rm(directory, { recursive: true })
  await certificate.remove()
})

const openTransport: KubeAccessParts['openTransport'] = async (secureContext) => {
  const transport = await createTransport({ secureContext, environment: {}, userAgent: 'test' })
  opened.push(transport)
  return transport
}

let files = 0

/** A kubeconfig of one context, and what it is to be opened with. */
async function kubeconfig(kube: KubeServer, user: unknown, cluster: Record<string, unknown> = {}): Promise<string> {
  const path = join(directory, `config-${++files}`)
  const authority = { 'certificate-authority': certificate.caFile }
  await writeFile(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'lab',
      contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'patrol', namespace: 'build' } }],
      clusters: [{ name: 'lab', cluster: { server: kube.origin, ...authority, ...cluster } }],
      users: [{ name: 'patrol', user }],
    }),
  )
  return path
}

function targetOf(
  cluster: WantedCluster,
  differences: Partial<KubernetesSecretParts> = {},
  environment: Readonly<Record<string, string | undefined>> = {},
  serviceAccount?: string,
): Target {
  const parts = { environment, openTransport, ...(serviceAccount === undefined ? {} : { serviceAccount }) }
  return kubernetesSecretTarget({
    name: 'cluster',
    namespace: undefined,
    secret: 'pats',
    key: '{TOKEN}.pat',
    restart: [],
    open: () => kubeAccess(cluster, parts),
    clock: testClock,
    ...differences,
  })
}

const inContext = async (kube: KubeServer, user: unknown): Promise<WantedCluster> => ({
  kubeconfig: await kubeconfig(kube, user),
  context: undefined,
})

async function world(): Promise<TargetWorld> {
  const kube = await KubeServer.open(certificate)
  const leaks = new LeakWatch()
  const keyOf = ({ token }: { token: string }): string => `${token.toUpperCase().replaceAll('-', '_')}.pat`
  kube.update('build', 'pats', 'other', 'theirs', 'helm')
  return {
    target: leaks.over(targetOf(await inContext(kube, { token: kube.token }))),
    tells: true,
    removes: true,
    apart: true,
    isReadable: true,
    elapsed: () => testClock.elapsed(),
    held: async (of) => kube.held('build', 'pats', keyOf(of)),
    overwrite: async (of, value) => kube.update('build', 'pats', keyOf(of), value),
    destroy: async (of) => kube.drop('build', 'pats', keyOf(of)),
    surroundings: async () => kube.ofOthers('build', 'pats'),
    mutations: () => kube.mutations(),
    denyNext: () => kube.refuseNext(403, 'secrets "pats" is forbidden'),
    loseThePlace: async () => void kube.namespaces.delete('build'),
    stop: async () => {
      await kube.stop()
      expect(kube.faults).toEqual([])
      leaks.check([kube.token], { urls: kube.seen.map(({ url }) => url) })
    },
  }
}

targetContract('a key of a Secret of Kubernetes', world)

let serial = 0
function consignment(): Consignment {
  serial += 1
  return {
    token: `token-${serial}`,
    organization: 'contoso',
    owner: 'ci-bot@contoso.example',
    authorizationId: '11111111-2222-3333-4444-555555555555',
    generation: `gene${String(serial).padStart(8, '0')}`,
    value: new Secret(`value${serial}x`.padEnd(84, 'Zq7')),
    validTo: instant(Date.UTC(2026, 11, 24)),
  }
}
const soon = () => ({ sendBy: testClock.elapsed() + 60_000, timeout: duration(30_000) })
const copyOf = ({ token, organization, generation }: Consignment, receipt: string | undefined): Copy => ({
  token,
  organization,
  generation,
  receipt,
  deliveredAt: instant(0),
})
async function failure(work: Promise<unknown>): Promise<PatrolError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(PatrolError)
  return thrown as PatrolError
}

describe('a Secret of Kubernetes', () => {
  let kube: KubeServer
  beforeAll(async () => {
    kube = await KubeServer.open(certificate)
  })
  afterAll(() => kube.stop())
  const byToken = () => inContext(kube, { token: kube.token })

  it('is made when it is not there, in the namespace that is written', async () => {
    const given = consignment()
    await targetOf(await byToken(), { namespace: 'default', secret: 'pat-{token}', key: 'token' }).deliver(
      given,
      soon(),
    )
    expect(kube.held('default', `pat-${given.token}`, 'token')).toBe(given.value.reveal())
  })

  it('that is deleted while a copy is taken away is not made anew', async () => {
    const given = consignment()
    const target = targetOf(await byToken(), { secret: 'fleeting', key: 'token' })
    const copy = copyOf(given, await target.deliver(given, soon()))
    const inTheWay = kubernetesSecretTarget({
      name: 'cluster',
      namespace: undefined,
      secret: 'fleeting',
      key: 'token',
      restart: [],
      clock: testClock,
      open: async () => {
        const access = await kubeAccess(await byToken(), { environment: {}, openTransport })
        return {
          ...access,
          send: async (request) => {
            if (request.method === 'PATCH') kube.delete('build', 'fleeting')
            return access.send(request)
          },
        }
      },
    })
    expect(await failure(inTheWay.remove(copy, soon()))).toMatchObject({ code: 'delivery-failed', outcome: 'none' })
    expect(kube.has('build', 'fleeting')).toBe(false)
  })

  it('keeps a key that somebody else put there with the same value', async () => {
    const given = consignment()
    const target = targetOf(await byToken(), { secret: 'shared', key: 'token' })
    const copy = copyOf(given, await target.deliver(given, soon()))
    kube.update('build', 'shared', 'token', given.value.reveal(), 'helm')
    expect(await target.remove(copy, soon())).toMatchObject({
      kind: 'kept',
      why: expect.stringContaining('somebody else'),
    })
    expect(kube.held('build', 'shared', 'token')).toBe(given.value.reveal())
  })

  it('restarts workloads for each new value and for a healed one, and not for the same again', async () => {
    const [api, db] = [new Map<string, string>(), new Map<string, string>()]
    kube.workloads.set('build/deployments/api', api)
    kube.workloads.set('build/statefulsets/db', db)
    const restart = [
      { kind: 'deployment', name: 'api' },
      { kind: 'statefulset', name: 'db' },
    ] as const
    const target = targetOf(await byToken(), { restart })
    const marks = () => [...api.values(), ...db.values()].map((mark) => mark.split('.')[0])
    const [first, second] = [consignment(), consignment()]
    await target.deliver(first, soon())
    expect(marks()).toEqual([first.generation, first.generation])
    const before = [...api.values()]
    await target.deliver(first, soon())
    expect([...api.values()]).toEqual(before)
    kube.update('build', 'pats', `TOKEN_${serial - 1}.pat`, 'somebody else')
    await target.deliver(first, soon())
    expect([...api.values()]).not.toEqual(before)
    // Another token has a mark of its own.
    await target.deliver(second, soon())
    expect(marks()).toEqual([first.generation, second.generation, first.generation, second.generation])
  })

  it('has not arrived while a restart is owed, and catches up with it', async () => {
    const target = targetOf(await byToken(), { restart: [{ kind: 'daemonset', name: 'agent' }] })
    const given = consignment()
    expect(await failure(target.deliver(given, soon()))).toMatchObject({
      code: 'target-not-found',
      message: 'there is no daemonset build/agent to restart',
    })
    const agent = new Map<string, string>()
    kube.workloads.set('build/daemonsets/agent', agent)
    await target.deliver(given, soon())
    expect([...agent.values()][0]).toMatch(new RegExp(`^${given.generation}\\.`))
  })

  it.each(['get secrets', 'patch secrets', 'patch deployments'])(
    'is found wanting by a check when %s is not allowed',
    async (what) => {
      kube.forbidden.add(what)
      const restart = [{ kind: 'deployment', name: 'api' }] as const
      const error = await failure(targetOf(await byToken(), { restart }).check())
      kube.forbidden.delete(what)
      expect(error).toMatchObject({ code: 'target-denied', remedy: expect.stringContaining(what.split(' ')[0] ?? '') })
    },
  )

  it('can be checked by who may not see namespaces', async () => {
    kube.forbidden.add('get namespaces')
    await targetOf(await byToken()).check()
    kube.forbidden.delete('get namespaces')
  })

  it.each([
    [401, 'Unauthorized', {}, 'target-denied', 'none', 'another context'],
    [403, 'forbidden: patch', {}, 'target-denied', 'none', 'get, create and patch on secrets'],
    [409, 'conflict', {}, 'delivery-failed', 'none', 'Somebody else changes'],
    [422, 'Secret is immutable', {}, 'delivery-failed', 'none', 'marked `immutable`'],
    [429, 'slow down', { 'retry-after': '3' }, 'throttled', 'none', 'Try again later'],
    [500, 'etcd is away', {}, 'target-unreachable', 'unknown', 'tried again'],
  ])('that is refused with %i (%s) is told as what it is', async (status, said, headers, code, outcome, remedy) => {
    kube.refuseNext(status, said, headers)
    const error = await failure(targetOf(await byToken()).deliver(consignment(), soon()))
    const told = { message: expect.stringContaining(said), remedy: expect.stringContaining(remedy) }
    expect(error).toMatchObject({ code, outcome, ...told })
  })
})

describe('the way into a cluster', () => {
  let kube: KubeServer
  beforeAll(async () => {
    kube = await KubeServer.open(certificate)
  })
  afterAll(() => kube.stop())

  const delivers = async (target: Target): Promise<void> => {
    const given = consignment()
    await target.deliver(given, soon())
    expect(kube.held('build', 'pats', `TOKEN_${serial}.pat`)).toBe(given.value.reveal())
  }

  it('is the service account of the pod, whose token is read anew each time', async () => {
    const account = join(directory, 'account')
    await mkdir(account)
    await writeFile(join(account, 'ca.crt'), await readFile(certificate.caFile))
    await writeFile(join(account, 'namespace'), 'build')
    await writeFile(join(account, 'token'), 'an old one')
    const environment = { KUBERNETES_SERVICE_HOST: 'localhost', KUBERNETES_SERVICE_PORT: String(kube.port) }
    const target = targetOf({ kubeconfig: undefined, context: undefined }, {}, environment, account)
    expect(await failure(target.deliver(consignment(), soon()))).toMatchObject({ code: 'target-denied' })
    await writeFile(join(account, 'token'), `${kube.token}\n`)
    await delivers(target)
  })

  it('is the kubeconfig that kubectl would take, the first of several that has a name', async () => {
    const path = await kubeconfig(kube, { token: kube.token })
    const second = await kubeconfig(kube, { token: 'another' })
    const environment = { KUBECONFIG: `${join(directory, 'nowhere')}:${path}:${second}` }
    await delivers(targetOf({ kubeconfig: undefined, context: 'lab' }, {}, environment))
    const home = join(directory, 'home')
    await mkdir(join(home, '.kube'), { recursive: true })
    await writeFile(join(home, '.kube/config'), await readFile(path))
    await delivers(targetOf({ kubeconfig: undefined, context: undefined }, {}, { HOME: home }))
  })

  it('opens by the token in a file', async () => {
    await writeFile(join(directory, 'token'), `${kube.token}\n`)
    await delivers(targetOf(await inContext(kube, { tokenFile: 'token' })))
  })

  it('opens by a program, which is run without a shell and told what it asks', async () => {
    const plugin = join(directory, 'plugin')
    const lines = [
      '#!/bin/sh',
      '[ "$1" = "a b; exit 9" ] || exit 8',
      'case "$KUBERNETES_EXEC_INFO" in *\'"interactive":false\'*certificate-authority-data*) ;; *) exit 7;; esac',
      'echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$GIVEN\\"}}"',
    ]
    await writeFile(plugin, lines.join('\n'), { mode: 0o755 })
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin',
      args: ['a b; exit 9'],
      env: [{ name: 'GIVEN', value: kube.token }],
      provideClusterInfo: true,
    }
    await delivers(targetOf(await inContext(kube, { exec })))
  })

  it.each([
    ['fails', { command: 'sh', args: ['-c', 'echo lost my keys >&2; exit 3'] }, 'failed (3): lost my keys'],
    ['is not there', { command: './nowhere' }, 'is not there'],
    ['gives nothing', { command: 'echo', args: ['{}'] }, 'gave neither a token nor a client certificate'],
  ])('does not open when the program %s', async (_, exec, said) => {
    const cluster = await inContext(kube, { exec: { ...exec, installHint: 'Install it.' } })
    const error = await failure(targetOf(cluster, {}, { PATH: process.env['PATH'] }).deliver(consignment(), soon()))
    expect(error).toMatchObject({ code: 'target-denied', message: expect.stringContaining(said) })
    expect(error.remedy).toContain('Install it.')
  })

  it('opens by a client certificate', async () => {
    const client = await generate([{ name: 'commonName', value: 'patrol' }], {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
    })
    const closed = await KubeServer.open(certificate, client.cert)
    const given = consignment()
    const data = (text: string): string => Buffer.from(text).toString('base64')
    const user = { 'client-certificate-data': data(client.cert), 'client-key-data': data(client.private) }
    await targetOf(await inContext(closed, user)).deliver(given, soon())
    expect(closed.held('build', 'pats', `TOKEN_${serial}.pat`)).toBe(given.value.reveal())
    const error = await failure(targetOf(await inContext(closed, { token: closed.token })).deliver(given, soon()))
    expect(error.code).toBe('target-unreachable')
    await closed.stop()
  })

  it.each([
    ['another context', { context: 'other' }, {}, {}, 'target-not-found', 'has no context other'],
    ['a server without TLS', {}, {}, { server: 'http://localhost' }, 'config-invalid', 'no https address'],
    [
      'TLS that is not checked',
      {},
      {},
      { 'insecure-skip-tls-verify': true },
      'config-invalid',
      'insecure-skip-tls-verify',
    ],
    ['a user name and password', {}, { username: 'a', password: 'b' }, {}, 'config-invalid', 'has username'],
    [
      'a program that asks a person',
      {},
      { exec: { command: 'x', interactiveMode: 'Always' } },
      {},
      'config-invalid',
      'asks a person',
    ],
  ])('is not %s', async (_, wanted, user, cluster, code, said) => {
    const path = await kubeconfig(kube, user, cluster)
    const error = await failure(targetOf({ kubeconfig: path, context: undefined, ...wanted }).check())
    expect(error).toMatchObject({ code, message: expect.stringContaining(said) })
  })

  it('is not there without any kubeconfig, and not in what is no YAML', async () => {
    const missing = await failure(targetOf({ kubeconfig: join(directory, 'nowhere'), context: undefined }).check())
    expect(missing).toMatchObject({ code: 'target-not-found', message: expect.stringContaining('there is no file') })
    await writeFile(join(directory, 'bad'), 'a: [canary-in-the-file')
    const bad = await failure(targetOf({ kubeconfig: join(directory, 'bad'), context: undefined }).check())
    expect(bad.code).toBe('config-invalid')
    expect(bad.message).not.toContain('canary')
  })
})
