import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTransport, type Transport } from '../../../src/adapters/http/transport.ts'
import type { GithubIdentity } from '../../../src/adapters/targets/github-client.ts'
import { type GithubPlace, githubSecretTarget } from '../../../src/adapters/targets/github-secret.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration, instant } from '../../../src/core/time.ts'
import type { Consignment, Target } from '../../../src/ports/target.ts'
import { targetContract, type TargetWorld } from '../../contract/target.ts'
import { testCertificate, type TestCertificate } from '../support/certificate.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock } from '../stores/test-clock.ts'
import { GithubServer } from './github-server.ts'

let certificate: TestCertificate
let transport: Transport

beforeAll(async () => {
  certificate = await testCertificate()
  transport = await createTransport({ caFile: certificate.caFile, environment: {}, userAgent: 'test' })
})
afterAll(async () => {
  await transport.close()
  await certificate.remove()
})

const repository: GithubPlace = { kind: 'repository', repository: 'contoso/app' }
const environment: GithubPlace = { kind: 'environment', repository: 'contoso/app', environment: 'on call' }
const organization: GithubPlace = { kind: 'organization', organization: 'contoso', visibility: undefined }

const pathOf = {
  repository: 'repos/contoso/app/actions',
  environment: 'repos/contoso/app/environments/on call',
  organization: 'orgs/contoso/actions',
}

const tokenOf = (github: GithubServer): GithubIdentity => ({ kind: 'token', token: new Secret(github.token) })

function targetOf(
  github: GithubServer,
  place: GithubPlace,
  identity = tokenOf(github),
  secret = 'PAT_{TOKEN}',
): Target {
  const { apiUrl } = github
  return githubSecretTarget({ name: 'github', apiUrl, identity, place, secret, send: transport.send, clock: testClock })
}

function world(place: GithubPlace, identityOf = tokenOf): () => Promise<TargetWorld> {
  return async () => {
    const github = await GithubServer.open(certificate)
    const leaks = new LeakWatch()
    const path = pathOf[place.kind]
    const nameOf = ({ token }: { token: string }): string => `PAT_${token.toUpperCase().replaceAll('-', '_')}`
    github.set(path, 'OTHER', 'theirs')
    return {
      target: leaks.over(targetOf(github, place, identityOf(github))),
      tells: true,
      removes: true,
      apart: true,
      isReadable: true,
      elapsed: () => testClock.elapsed(),
      held: async (of) => github.held(path, nameOf(of))?.value,
      overwrite: async (of, value) => github.set(path, nameOf(of), value),
      destroy: async (of) => github.delete(path, nameOf(of)),
      surroundings: async () => JSON.stringify(github.held(path, 'OTHER')),
      mutations: () => github.mutations(),
      denyNext: () => github.refuseNext(403, 'Resource not accessible by personal access token'),
      loseThePlace: async () => github.lose(path),
      stop: async () => {
        await github.stop()
        expect(github.faults).toEqual([])
        leaks.check([github.token], { urls: github.seen.map(({ url, body }) => url + body) })
      },
    }
  }
}

targetContract('a secret of a GitHub repository', world(repository))
targetContract(
  'a secret of a GitHub environment, by an App',
  world(environment, (github) => appOf(github)),
)
targetContract('a secret of a GitHub organization', world(organization))

function appOf(github: GithubServer, differences: Partial<GithubIdentity & { kind: 'app' }> = {}): GithubIdentity {
  const privateKey = new Secret(github.appKey)
  return { kind: 'app', id: github.appId, privateKey, installation: undefined, ...differences }
}

describe('a secret of GitHub', () => {
  let github: GithubServer
  beforeAll(async () => {
    github = await GithubServer.open(certificate)
  })
  afterAll(() => github.stop())

  let serial = 0
  const consignment = (): Consignment => ({
    token: `token-${++serial}`,
    organization: 'fabrikam',
    owner: 'ci-bot@contoso.example',
    authorizationId: '11111111-2222-3333-4444-555555555555',
    generation: 'gene00000001',
    value: new Secret(`value${serial}x`.padEnd(84, 'Zq7')),
    validTo: instant(Date.UTC(2026, 11, 24)),
  })
  const soon = () => ({ sendBy: testClock.elapsed() + 60_000, timeout: duration(30_000) })
  const failure = async (work: Promise<unknown>): Promise<PatrolError> => {
    const thrown = await work.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(thrown).toBeInstanceOf(PatrolError)
    return thrown as PatrolError
  }
  const heldOf = ({ token }: Consignment) =>
    github.held(pathOf.organization, `PAT_${token.toUpperCase().replaceAll('-', '_')}`)

  it('of an organization is seen by its private repositories when it is made', async () => {
    const given = consignment()
    await targetOf(github, organization).deliver(given, soon())
    expect(heldOf(given)).toMatchObject({ value: given.value.reveal(), visibility: 'private' })
  })

  it.each([
    ['all', []],
    ['selected', [101, 103]],
  ])('of an organization that is seen by %s stays so', async (visibility, repositories) => {
    const given = consignment()
    github.set(pathOf.organization, `PAT_TOKEN_${serial}`, 'old', { visibility, repositories })
    await targetOf(github, organization).deliver(given, soon())
    expect(heldOf(given)).toMatchObject({ value: given.value.reveal(), visibility, repositories })
  })

  it('of an organization keeps more selected repositories than fit on a page', async () => {
    const repositories = Array.from({ length: 230 }, (_, index) => 1_000 + index)
    for (const id of repositories) github.repositories.set(`contoso/many-${id}`, id)
    const given = consignment()
    github.set(pathOf.organization, `PAT_TOKEN_${serial}`, 'old', { visibility: 'selected', repositories })
    await targetOf(github, organization).deliver(given, soon())
    expect(heldOf(given)?.repositories).toEqual(repositories)
  })

  it('of an organization is seen by the repositories that are written', async () => {
    const given = consignment()
    const visibility = { repositories: ['web', 'docs'] }
    await targetOf(github, { kind: 'organization', organization: 'contoso', visibility }).deliver(given, soon())
    expect(heldOf(given)).toMatchObject({ visibility: 'selected', repositories: [102, 103] })
  })

  it('needs every repository that is written', async () => {
    const visibility = { repositories: ['web', 'nowhere'] }
    const target = targetOf(github, { kind: 'organization', organization: 'contoso', visibility })
    const errors = [await failure(target.check()), await failure(target.deliver(consignment(), soon()))]
    expect(errors.map(({ code, message }) => [code, message.includes('nowhere')])).toEqual([
      ['target-not-found', true],
      ['target-not-found', true],
    ])
  })

  it('is written by an App whose installation is named, which is not looked for then', async () => {
    const before = github.seen.length
    await targetOf(github, repository, appOf(github, { installation: github.installation })).deliver(
      consignment(),
      soon(),
    )
    const asked = github.seen.slice(before).map(({ method, url }) => `${method} ${url}`)
    expect(asked.some((line) => line.endsWith('/installation'))).toBe(false)
    expect(asked.filter((line) => line.endsWith('/access_tokens'))).toHaveLength(1)
  })

  it.each([
    ['a token that ended', () => ({ kind: 'token', token: new Secret('ghp_ended1234567890') }) as const],
    ['another App', () => appOf(github, { id: '1' })],
    [
      'a key that is none',
      () => appOf(github, { privateKey: new Secret('-----BEGIN PRIVATE KEY-----\nnone\n-----END PRIVATE KEY-----') }),
    ],
  ])('is not written by %s', async (_, identity) => {
    const before = github.mutations()
    const error = await failure(targetOf(github, repository, identity()).deliver(consignment(), soon()))
    expect(error).toMatchObject({ code: 'target-denied', outcome: 'none' })
    expect(github.mutations()).toBe(before)
  })

  it.each([
    [429, 'slow down', { 'retry-after': '30' }, 'throttled', 'none', 30_000],
    [403, 'You have exceeded a secondary rate limit', { 'retry-after': '60' }, 'throttled', 'none', 60_000],
    [403, 'no', { 'x-accepted-github-permissions': 'secrets=write' }, 'target-denied', 'none', undefined],
    [422, 'Secret name is invalid', {}, 'delivery-failed', 'none', undefined],
    [409, 'too many', {}, 'delivery-failed', 'none', undefined],
    [502, 'bad gateway', {}, 'target-unreachable', 'unknown', undefined],
  ])('that is refused with %i (%s) is told as what it is', async (status, said, headers, code, outcome, retryAfter) => {
    github.refuseNext(status, said, headers)
    const error = await failure(targetOf(github, repository).deliver(consignment(), soon()))
    expect(error).toMatchObject({ code, outcome, retryAfter, correlationId: 'AAAA:1:2:3' })
    expect(error.message).toContain(said)
    if (code === 'target-denied') expect(error.remedy).toContain('secrets=write')
    if (code === 'delivery-failed') expect(error.remedy).toContain('room for 100 secrets')
  })

  it('that single sign-on keeps from a token says who must release it, and no address of that session', async () => {
    const sso = 'required; url=https://github.com/orgs/contoso/sso?authorization_request=AZSCKL'
    github.refuseNext(403, 'Resource protected by organization SAML enforcement.', { 'x-github-sso': sso })
    const error = await failure(targetOf(github, repository).deliver(consignment(), soon()))
    expect(error).toMatchObject({ code: 'target-denied', remedy: expect.stringContaining('single sign-on') })
    expect(`${error.message} ${error.remedy}`).not.toContain('AZSCKL')
  })

  it('says that a repository was renamed, and follows nobody', async () => {
    const before = github.seen.length
    github.answerNext(301, { location: 'https://elsewhere.example/' })
    expect(await failure(targetOf(github, repository).check())).toMatchObject({
      code: 'target-not-found',
      remedy: expect.stringContaining('renamed'),
    })
    expect(github.seen.length).toBe(before + 1)
  })

  it('is not reached where nobody listens', async () => {
    const parts = { name: 'github', identity: tokenOf(github), place: repository, secret: 'A' }
    const target = githubSecretTarget({
      ...parts,
      apiUrl: 'https://localhost:1',
      send: transport.send,
      clock: testClock,
    })
    const error = await failure(target.deliver(consignment(), soon()))
    expect(error).toMatchObject({ code: 'target-unreachable', outcome: 'none' })
  })
})
