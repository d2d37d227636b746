import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../src/adapters/azure-devops/authority.ts'
import {
  judgeConnectionProbe,
  judgeSignedInUser,
  judgeUrlProbe,
} from '../../../src/adapters/azure-devops/connection-judgement.ts'
import { scopeProbeCall, urlProbeCall } from '../../../src/adapters/azure-devops/pat-requests.ts'
import { mayReceivePat } from '../../../src/adapters/azure-devops/pat-host.ts'
import { createProber } from '../../../src/adapters/azure-devops/prober.ts'
import { passwordSignIn } from '../../../src/adapters/entra/password-flow.ts'
import { systemRandom } from '../../../src/adapters/random.ts'
import { Secret } from '../../../src/core/secret.ts'
import { day, hour, instant } from '../../../src/core/time.ts'
import type { FaultRule } from '../../../src/emulator/faults.ts'
import type { Probe, Prober } from '../../../src/ports/prober.ts'
import { proberContract } from '../../contract/prober.ts'
import { answer, html, serviceError } from '../support/answers.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

const organization = 'contoso'
const anonymousId = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'
const asked = { what: 'asking contoso who is signed in', organization, mutates: false }
const identity = {
  id: '1DE00000-0000-6000-a000-000000000001',
  descriptor: 'Microsoft.IdentityModel.Claims.ClaimsIdentity;11111111\\CI-bot@contoso.example',
  properties: { Account: { $type: 'System.String', $value: 'CI-Bot@contoso.example' } },
}

describe('the judgement of connectionData', () => {
  it('takes id and user name in lower case', () => {
    const given = answer(200, { authenticatedUser: identity })
    expect(judgeSignedInUser(given, asked)).toEqual({ id: identity.id.toLowerCase(), user })
    expect(judgeConnectionProbe(given)).toEqual({ kind: 'works', ownerId: identity.id.toLowerCase() })
  })

  it.each([
    [{ ...identity, properties: {} }, user],
    [{ ...identity, properties: undefined }, user],
    [{ ...identity, properties: { Account: 'CI-Bot@contoso.example' } }, user],
    [{ id: identity.id, descriptor: 'aad.abc' }, undefined],
    [{ id: identity.id }, undefined],
  ])('finds the user name elsewhere or not at all (%#)', (authenticatedUser, expected) => {
    expect(judgeSignedInUser(answer(200, { authenticatedUser }), asked).user).toBe(expected)
  })

  it('knows nobody when it is answered as anonymous', () => {
    const given = answer(200, { authenticatedUser: { ...identity, id: anonymousId.toUpperCase() } })
    expect(judgeConnectionProbe(given)).toEqual({ kind: 'anonymous' })
    expect(() => judgeSignedInUser(given, asked)).toThrow(expect.objectContaining({ code: 'not-signed-in' }) as Error)
  })

  it.each([
    ['203', html(203), 'refused'],
    ['302', html(302), 'refused'],
    ['200 with a sign-in page', html(200), 'refused'],
    ['401', answer(401), 'refused'],
    ['401 with JSON', serviceError(401, 'AccessCheckException', 'has expired'), 'refused'],
    ['403', answer(403), 'refused'],
    ['404', html(404), 'unknown'],
    ['429', answer(429), 'unknown'],
    ['500', answer(500), 'unknown'],
    ['no user', answer(200, { authenticatedUser: null }), 'unknown'],
    ['a user without id', answer(200, { authenticatedUser: { id: '' } }), 'unknown'],
    ['no JSON', answer(200, '{', { 'content-type': 'application/json' }), 'unknown'],
    ['an empty body', answer(200), 'unknown'],
  ])('of %s', (_name, given, kind) => {
    expect(judgeConnectionProbe(given).kind).toBe(kind)
    expect(() => judgeSignedInUser(given, asked)).toThrow()
  })

  it('says what the service says', () => {
    const probe = judgeConnectionProbe(serviceError(401, 'AccessCheckException', 'The token used has expired.'))
    expect(probe).toEqual({
      kind: 'refused',
      message: 'trying the PAT: Azure DevOps says: the sign-in was not accepted (401): The token used has expired.',
    })
  })
})

describe('the judgement of another address', () => {
  it.each([
    ['JSON', answer(200, { value: [] }), 'works'],
    [
      'a git advertisement',
      answer(200, 'x', { 'content-type': 'application/x-git-upload-pack-advertisement' }),
      'works',
    ],
    ['204', answer(204), 'works'],
    ['a web page', html(200), 'refused'],
    ['203', answer(203, {}), 'refused'],
    ['302', html(302), 'refused'],
    ['401', answer(401), 'refused'],
    ['403', answer(403), 'refused'],
    ['404', answer(404, {}), 'unknown'],
    ['503', answer(503), 'unknown'],
  ])('%s', (_name, given, kind) => {
    expect(judgeUrlProbe(given).kind).toBe(kind)
  })
})

describe('the judgement of what was expected', () => {
  it.each<[string, Parameters<typeof judgeUrlProbe>, string]>([
    ['a status that was', [answer(404, {}), { statuses: [200, 404], contains: undefined }], 'works'],
    ['one that was not', [answer(200, {}), { statuses: [404], contains: undefined }], 'unknown'],
    ['a text that is there', [answer(200, { count: 3 }), { statuses: undefined, contains: '"count":3' }], 'works'],
    ['a text that is not', [answer(200, { count: 3 }), { statuses: undefined, contains: '"count":4' }], 'unknown'],
    [
      'a text in an answer that fails',
      [answer(500, { count: 3 }), { statuses: undefined, contains: 'count' }],
      'unknown',
    ],
    ['a refusal', [answer(401, {}), { statuses: [404], contains: undefined }], 'refused'],
    ['a web page with the expected status', [html(200), { statuses: [200], contains: undefined }], 'refused'],
  ])('%s', (_name, given, kind) => {
    expect(judgeUrlProbe(...given).kind).toBe(kind)
  })
})

describe('a probe of a scope', () => {
  it.each([
    ['https://dev.azure.com', 'git', 'https://dev.azure.com/contoso/_apis/git/repositories?api-version=7.1'],
    ['https://dev.azure.com/', 'feeds', 'https://feeds.dev.azure.com/contoso/_apis/packaging/feeds?api-version=7.1'],
    ['https://localhost:8443', 'feeds', 'https://localhost:8443/contoso/_apis/packaging/feeds?api-version=7.1'],
    [
      'https://dev.azure.com',
      'work-items',
      'https://dev.azure.com/contoso/_apis/wit/artifactlinktypes?api-version=7.1',
    ],
  ] as const)('at %s for %s calls %s', (base, probe, url) => {
    expect(scopeProbeCall(base, 'contoso', probe).url).toBe(url)
  })

  it('of an own address puts the organization in its place', () => {
    expect(urlProbeCall('https://dev.azure.com/{organization}/x', 'contoso').url).toBe(
      'https://dev.azure.com/contoso/x',
    )
  })
})

describe('a PAT', () => {
  const endpoint = 'https://localhost:8443'
  it.each([
    'https://dev.azure.com/contoso/_apis/projects',
    'https://pkgs.dev.azure.com/contoso/',
    'https://feeds.dev.azure.com/contoso/_apis/packaging/feeds/1',
    'https://contoso.visualstudio.com/_apis/projects',
    'https://localhost:8443/contoso/_apis/projects',
  ])('may be sent to %s', (url) => {
    expect(mayReceivePat(url, endpoint)).toBe(true)
  })

  it.each([
    'http://dev.azure.com/contoso',
    'http://localhost:8443/contoso',
    'https://dev.azure.com.evil.example/',
    'https://evildev.azure.com/',
    'https://dev.azure.com@evil.example/',
    'https://user:word@dev.azure.com/',
    'https://evil.example/dev.azure.com',
    'https://dev.azure.com:8443/',
    'https://localhost/contoso',
    'https://localhost:8444/contoso',
    'https://azure.com/',
    'https://visualstudio.com.evil/',
    'file:///etc/passwd',
    'dev.azure.com',
    '',
  ])('may not be sent to %j', (url) => {
    expect(mayReceivePat(url, endpoint)).toBe(false)
  })

  it('may not be sent in the clear even when the endpoint is so configured', () => {
    expect(mayReceivePat('http://localhost:8080/x', 'http://localhost:8080')).toBe(false)
  })
})

proberContract('Azure DevOps over the wire', async () => {
  const world = await emulatedWorld({
    fixture: {
      organizations: [organization, 'fabrikam'].map((name) => ({ name, tenant: 'contoso.example', members: [user] })),
    },
  })
  const { emulator, transport, clock, stop } = world
  // What a global PAT reaches is asked here, and not when all of them end.
  emulator.set({ globalPatsEndAt: '2100-01-01T00:00:00Z' })
  const { vssps, azureDevOps, entra } = emulator.endpoints
  const stopping = (): boolean => stop.signal.aborted
  const signIn = passwordSignIn(
    { name: 'bot', tenant: async () => tenant, username: user, password: new Secret(emulator.password(user)) },
    { transport, clock, reporter: { report: () => undefined }, stopping, entra, entraOverridden: true },
  )
  const authority = createAuthority(
    { vssps, azureDevOps },
    { transport, signIn, clock, random: systemRandom, stopping },
  )
  const tried = ({ url }: { readonly url: string }): boolean =>
    url.includes('/_apis/connectionData') || url.endsWith('/_apis/projects')
  return {
    prober: world.watched(createProber({ azureDevOps, transport, clock, stopping })),
    organization,
    otherOrganization: 'fabrikam',
    ownerId: async () => (await authority.signedInUser(organization)).id,
    now: () => instant(emulator.now()),
    pass: (length) => void clock.sleep(length),
    plant: ({ validTo, allOrganizations }) => {
      const pat = { displayName: 'tried', scope: 'vso.project', organization, validTo, allOrgs: allOrganizations }
      const { authorizationId, value } = emulator.createPat(user, pat)
      return { id: authorizationId, value: new Secret(value) }
    },
    revokeOutside: (id) => emulator.revokeOutside(id, 'administrator'),
    calls: () => emulator.requests().filter(tried).length,
    loseNextAnswer: () => void emulator.fault({ service: 'connection-data', effect: 'answer-lost' }),
    throttleNext: () =>
      void emulator.fault({ service: 'connection-data', effect: { kind: 'throttle-429', retryAfter: 1 } }),
    answerAnonymously: (on) => emulator.set({ anonymousConnectionData: on }),
    addresses: {
      own: `${azureDevOps}/${organization}/_apis/projects`,
      foreign: `${vssps}/${organization}/_apis/projects`,
    },
    stop: () => world.close(),
  }
})

describe('a probe over the wire', () => {
  let world: EmulatedWorld
  let prober: Prober
  beforeEach(async () => {
    world = await emulatedWorld()
    const { transport, clock, stop } = world
    const { azureDevOps } = world.emulator.endpoints
    prober = world.watched(createProber({ azureDevOps, transport, clock, stopping: () => stop.signal.aborted }))
  })
  afterEach(() => world.close())

  const pat = (scope = 'vso.code'): { value: Secret; id: string } => {
    const validTo = world.emulator.now() + day
    const made = world.emulator.createPat(user, { displayName: 'x', scope, organization, validTo })
    return { value: new Secret(made.value), id: made.authorizationId }
  }
  const tryConnection = (value: Secret): Promise<Probe> =>
    prober.probe(organization, value, { kind: 'connection-data' })
  const tryUrl = (value: Secret, path: string): Promise<Probe> =>
    prober.probe(organization, value, { kind: 'url', url: `${world.emulator.endpoints.azureDevOps}${path}` })

  it('of a live PAT tells its owner', async () => {
    const probe = await tryConnection(pat().value)
    expect(probe).toEqual({ kind: 'works', ownerId: '1de00000-0000-6000-a000-000000000001' })
    expect(await prober.probe(organization, pat().value, { kind: 'listed' })).toEqual(probe)
  })

  it('of a dead one is refused', async () => {
    const revoked = pat()
    world.emulator.revokeOutside(revoked.id, 'scanner')
    expect((await tryConnection(revoked.value)).kind).toBe('refused')
    const expired = pat()
    world.emulator.travel(2 * day)
    expect((await tryConnection(expired.value)).kind).toBe('refused')
    expect((await tryConnection(new Secret('made-up'))).kind).toBe('refused')
  })

  it('of a dead one may be answered as anonymous', async () => {
    world.emulator.set({ anonymousConnectionData: true })
    expect(await tryConnection(new Secret('made-up'))).toEqual({ kind: 'anonymous' })
  })

  it('of an address is let in with the scope for it and refused without', async () => {
    expect(await tryUrl(pat('vso.project').value, `/${organization}/_apis/projects`)).toEqual({
      kind: 'works',
      ownerId: undefined,
    })
    for (const missingScopeStatus of [401, 403] as const) {
      world.emulator.set({ missingScopeStatus })
      expect((await tryUrl(pat('vso.code').value, `/${organization}/_apis/projects`)).kind).toBe('refused')
    }
    expect((await tryUrl(pat().value, '/contoso/nothing')).kind).toBe('unknown')
  })

  it('of a foreign address sends nothing', async () => {
    const probe = await prober.probe(organization, pat().value, { kind: 'url', url: world.emulator.endpoints.vssps })
    expect(probe.kind).toBe('unknown')
    expect(world.emulator.requests()).toEqual([])
  })

  const effects: [FaultRule['effect'], Probe['kind']][] = [
    ['html-203', 'refused'],
    ['redirect-302', 'refused'],
    ['unauthorized-json', 'refused'],
    ['unauthorized-empty', 'refused'],
    ['conditional-access', 'refused'],
    ['wrong-content-type', 'refused'],
    ['answer-lost', 'unknown'],
    ['drop', 'unknown'],
    ['truncated', 'unknown'],
    ['throttle-429', 'unknown'],
    [{ kind: 'status', status: 500 }, 'unknown'],
  ]
  it.each(effects)('with %j is %s, asked once', async (effect, kind) => {
    const fault = world.emulator.fault({ service: 'connection-data', times: Infinity, effect })
    expect((await tryConnection(pat().value)).kind).toBe(kind)
    expect(fault.fired()).toBe(1)
    expect(world.slept).toEqual([])
  })

  it('waits for the pace that the service asked for, but not for long', async () => {
    const { value } = pat()
    world.emulator.fault({ service: 'connection-data', effect: { kind: 'retry-after-200', seconds: 5 } })
    await tryConnection(value)
    expect((await tryConnection(value)).kind).toBe('works')
    expect(world.slept).toHaveLength(1)
    world.emulator.fault({ service: 'connection-data', effect: { kind: 'throttle-429', retryAfter: hour / 1_000 } })
    await tryConnection(value)
    const requests = world.emulator.requests().length
    expect(await tryConnection(value)).toMatchObject({ kind: 'unknown' })
    expect(world.emulator.requests()).toHaveLength(requests)
  })

  it('never rejects, and shows no secret', async () => {
    const { value } = pat()
    world.emulator.fault({
      service: 'connection-data',
      effect: { kind: 'status', status: 400, body: 'x', headers: { 'X-TFS-ServiceError': value.reveal() } },
    })
    const probes = [await tryConnection(value)]
    probes.push(await prober.probe('a/b', value, { kind: 'connection-data' }))
    await world.emulator.stop()
    probes.push(await tryConnection(value))
    for (const probe of probes) {
      expect(probe.kind).toBe('unknown')
      expect(JSON.stringify(probe)).not.toContain(value.reveal())
    }
  })
})
