import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../src/adapters/azure-devops/authority.ts'
import { createProber } from '../../../src/adapters/azure-devops/prober.ts'
import { AccessTokenSignIn } from '../../../src/adapters/entra/access-token-sign-in.ts'
import { passwordSignIn } from '../../../src/adapters/entra/password-flow.ts'
import type { UserSignIn } from '../../../src/adapters/user-sign-in.ts'
import { systemRandom } from '../../../src/adapters/random.ts'
import { asPatrolError, type PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { after, day, duration, hour, instant, minute, second, times } from '../../../src/core/time.ts'
import type { FaultRule } from '../../../src/emulator/faults.ts'
import type { Authority } from '../../../src/ports/authority.ts'
import type { Limits } from '../../../src/ports/limits.ts'
import { authorityContract } from '../../contract/authority.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

const organization = 'contoso'

const fixture = {
  organizations: [
    { name: 'contoso', tenant: 'contoso.example', members: [user] },
    { name: 'fabrikam', tenant: 'contoso.example', members: [user] },
  ],
}

function signedIn(world: EmulatedWorld): UserSignIn {
  const { emulator, transport, clock, events, stop } = world
  return world.watched(
    passwordSignIn(
      { name: 'bot', tenant: async () => tenant, username: user, password: new Secret(emulator.password(user)) },
      {
        transport,
        clock,
        reporter: { report: (event) => events.push(event) },
        stopping: () => stop.signal.aborted,
        entra: emulator.endpoints.entra,
        entraOverridden: true,
      },
    ),
  )
}

function authorityOf(world: EmulatedWorld, signIn: UserSignIn = signedIn(world)): Authority {
  const { transport, clock, stop } = world
  const { vssps, azureDevOps } = world.emulator.endpoints
  const stopping = (): boolean => stop.signal.aborted
  return world.watched(
    createAuthority({ vssps, azureDevOps }, { transport, signIn, clock, random: systemRandom, stopping }),
  )
}

authorityContract('Azure DevOps over the wire', async () => {
  const world = await emulatedWorld({ fixture })
  const { emulator, clock } = world
  const prober = createProber({
    azureDevOps: emulator.endpoints.azureDevOps,
    transport: world.transport,
    clock,
    stopping: () => false,
  })
  const mutating = ['POST', 'PUT', 'DELETE']
  /** One fault for the next mutating request, of whatever method. */
  const strikeNext = (effect: FaultRule['effect']): void => {
    const faults = mutating.map((method) => emulator.fault({ service: 'pats', method, effect }))
    const watch = faults.map((fault) => fault.whenFired())
    void Promise.race(watch).then(() => faults.forEach((fault) => fault.cancel()))
  }
  return {
    authority: authorityOf(world),
    organization,
    otherOrganization: 'fabrikam',
    user,
    elapsed: () => clock.elapsed(),
    now: () => instant(emulator.now()),
    pass: (length) => void clock.sleep(length),
    plant: ({ displayName, scopes, validTo, allOrganizations }) =>
      emulator.createPat(user, {
        displayName,
        scope: scopes.join(' '),
        organization,
        validTo,
        allOrgs: allOrganizations,
      }).authorizationId,
    works: async (value) => (await prober.probe(organization, value, { kind: 'connection-data' })).kind === 'works',
    mutations: () =>
      emulator.requests().filter(({ service, method }) => service === 'pats' && mutating.includes(method)).length,
    loseNextAnswer: () => strikeNext('answer-lost'),
    loseNextRequest: () => strikeNext('drop'),
    throttleNext: (wait) => strikeNext({ kind: 'throttle-429', retryAfter: wait / second }),
    limitLifespan: (length) => {
      emulator.set({ policies: { maxLifespanDays: length === undefined ? null : length / day } })
    },
    stop: () => world.close(),
  }
})

describe('the PAT API over the wire', () => {
  let world: EmulatedWorld
  let authority: Authority
  beforeEach(async () => {
    world = await emulatedWorld({ fixture })
    authority = authorityOf(world)
  })
  afterEach(() => world.close())

  const soon = (): Limits => ({ sendBy: world.clock.elapsed() + 5 * minute, timeout: times(30, second) })
  const mint = (displayName = 'feed (patrol abcd12345678)'): ReturnType<Authority['mint']> => {
    const validTo = after(world.clock.now(), times(30, day))
    return authority.mint(organization, { displayName, scopes: ['vso.packaging'], validTo }, soon())
  }
  const requests = (method?: string): number =>
    world.emulator
      .requests()
      .filter((each) => each.service === 'pats' && (method === undefined || each.method === method)).length
  const patCount = (): number => world.emulator.pats().length

  async function failure(promise: Promise<unknown>): Promise<PatrolError> {
    return promise.then(
      () => expect.fail('it did not fail'),
      (thrown: unknown) => asPatrolError(thrown),
    )
  }

  it('is asked with a preview version, in JSON, with the filter on every page, and never for a redirect', async () => {
    for (let index = 0; index < 150; index++) {
      const validTo = world.emulator.now() + day
      world.emulator.createPat(user, { displayName: `p${index}`, scope: 'vso.code', organization, validTo })
    }
    expect(await authority.listActive(organization)).toHaveLength(150)
    const urls = world.emulator
      .requests()
      .filter(({ service }) => service === 'pats')
      .map(({ url }) => url)
    expect(urls).toHaveLength(2)
    for (const url of urls) {
      expect(url).toContain('api-version=7.2-preview.1')
      expect(url).toContain('displayFilterOption=active')
      expect(url).toContain('%24top=100')
    }
  })

  describe('reading', () => {
    const passing: FaultRule['effect'][] = [
      'answer-lost',
      'drop',
      'truncated',
      { kind: 'status', status: 500 },
      { kind: 'status', status: 503, headers: { 'Retry-After': '2' } },
      { kind: 'throttle-429', retryAfter: 3 },
      { kind: 'throttle-429' },
      { kind: 'pat-token-error', value: 'failedToReadTenantPolicy' },
    ]
    it.each(passing)('gets over three times %j', async (effect) => {
      await mint()
      const fault = world.emulator.fault({ service: 'pats', method: 'GET', times: 3, effect })
      expect(await authority.listActive(organization)).toHaveLength(1)
      expect(fault.fired()).toBe(3)
      expect(world.slept.length).toBeGreaterThanOrEqual(3)
    })

    it('gives up after the fourth', async () => {
      const fault = world.emulator.fault({ service: 'pats', times: Infinity, effect: { kind: 'status', status: 500 } })
      expect((await failure(authority.listActive(organization))).code).toBe('service-unavailable')
      expect(fault.fired()).toBe(4)
    })

    it.each([
      ['conditional-access', 'conditional-access'],
      ['wrong-content-type', 'not-signed-in'],
      [{ kind: 'status', status: 400 }, 'invalid-request'],
      [{ kind: 'status', status: 403 }, 'access-denied'],
      [{ kind: 'pat-token-error', value: 'accessDenied', status: 403 }, 'access-denied'],
    ] as [FaultRule['effect'], string][])('does not repeat %j', async (effect, code) => {
      const fault = world.emulator.fault({ service: 'pats', times: Infinity, effect })
      expect((await failure(authority.listActive(organization))).code).toBe(code)
      expect(fault.fired()).toBe(1)
    })

    it('waits as long as the service asks', async () => {
      world.emulator.fault({ service: 'pats', effect: { kind: 'throttle-429', retryAfter: 42 } })
      const began = performance.now()
      await authority.listActive(organization)
      // What passed by itself since the answer need not be slept.
      const passed = world.slept.reduce((sum, ms) => sum + ms, 0) + performance.now() - began
      expect(passed).toBeGreaterThanOrEqual(42_000)
    })

    it('does not wait for longer than people would', async () => {
      world.emulator.fault({ service: 'pats', times: Infinity, effect: { kind: 'throttle-429', retryAfter: 3_600 } })
      const error = await failure(authority.listActive(organization))
      expect(error).toMatchObject({ code: 'throttled', retryAfter: hour })
      expect(world.slept).toEqual([])
    })

    it('does not wait at all when the program was told to stop', async () => {
      world.stop.abort()
      const fault = world.emulator.fault({ service: 'pats', times: Infinity, effect: 'drop' })
      await failure(authority.listActive(organization))
      expect(fault.fired()).toBe(1)
    })

    it('takes pages that come twice once', async () => {
      for (let index = 0; index < 150; index++) {
        const validTo = world.emulator.now() + day
        world.emulator.createPat(user, { displayName: `p${index}`, scope: 'vso.code', organization, validTo })
      }
      world.emulator.fault({ service: 'pats', times: 2, effect: 'duplicate-page' })
      expect(await authority.listActive(organization)).toHaveLength(150)
    })

    it('ends when the same page comes for ever', async () => {
      await mint()
      const fault = world.emulator.fault({ service: 'pats', method: 'GET', times: Infinity, effect: 'duplicate-page' })
      expect((await failure(authority.listActive(organization))).code).toBe('unexpected-answer')
      expect(fault.fired()).toBeLessThan(20)
    })

    it('of an organization that does not exist says so', async () => {
      expect((await failure(authority.listActive('nowhere'))).code).toBe('organization-not-found')
      expect((await failure(authority.signedInUser('nowhere'))).code).toBe('organization-not-found')
      world.emulator.set({ unknownOrganization: 'sign-in' })
      expect((await failure(authority.listActive('nowhere'))).code).toBe('not-signed-in')
    })

    it.each(['', '..', 'a/b', 'a?b', 'a#b', '%2e', '\\x', 'a\nb'])(
      'of an organization named %j sends nothing',
      async (name) => {
        expect((await failure(authority.listActive(name))).code).toBe('organization-not-found')
        expect(
          (await failure(authority.mint(name, { displayName: 'x', scopes: [], validTo: instant(0) }, soon()))).code,
        ).toBe('organization-not-found')
        expect(requests()).toBe(0)
      },
    )
  })

  describe('a Retry-After on an answer that succeeded', () => {
    it('delays the next request and repeats nothing', async () => {
      world.emulator.fault({ service: 'pats', method: 'POST', effect: { kind: 'retry-after-200', seconds: 20 } })
      await mint()
      expect(requests('POST')).toBe(1)
      expect(world.slept).toEqual([])
      await authority.listActive(organization)
      expect(world.slept).toHaveLength(1)
      expect(world.slept[0]).toBeGreaterThan(19_000)
    })

    it('delays all who share the account', async () => {
      world.emulator.fault({ service: 'pats', effect: { kind: 'retry-after-200', seconds: 20 } })
      await authority.listActive(organization)
      const from = world.clock.elapsed()
      await Promise.all([authority.listActive(organization), authority.listRevoked('fabrikam')])
      expect(world.clock.elapsed() - from).toBeGreaterThanOrEqual(19_000)
    })

    it('does not delay another host', async () => {
      world.emulator.fault({ service: 'pats', effect: { kind: 'retry-after-200', seconds: 20 } })
      await authority.listActive(organization)
      await authority.signedInUser(organization)
      expect(world.slept).toEqual([])
    })

    it('that is longer than a change may wait refuses the change', async () => {
      world.emulator.fault({ service: 'pats', effect: { kind: 'retry-after-200', seconds: 200 } })
      await authority.listActive(organization)
      const limits = { sendBy: world.clock.elapsed() + minute, timeout: minute }
      const error = await failure(authority.revoke(organization, 'x', limits))
      expect(error).toMatchObject({ code: 'throttled', outcome: 'none' })
      expect(requests('DELETE')).toBe(0)
    })

    it('is no reason to wait on when the program was told to stop', async () => {
      world.emulator.fault({ service: 'pats', effect: { kind: 'retry-after-200', seconds: 20 } })
      await authority.listActive(organization)
      world.stop.abort()
      const error = await failure(mint())
      expect(error).toMatchObject({ code: 'interrupted', outcome: 'none' })
      expect(requests('POST')).toBe(0)
    })
  })

  describe('minting', () => {
    it.each([
      ['answer-lost', 'service-unavailable', 'unknown', 1],
      ['drop', 'service-unavailable', 'unknown', 0],
      ['truncated', 'service-unavailable', 'unknown', 1],
      ['wrong-content-type', 'not-signed-in', 'unknown', 1],
      [{ kind: 'status', status: 500 }, 'service-unavailable', 'unknown', 0],
      [{ kind: 'status', status: 504, after: true }, 'service-unavailable', 'unknown', 1],
      [
        { kind: 'pat-token-error', value: 'failedToIssueAccessToken', after: true },
        'service-unavailable',
        'unknown',
        1,
      ],
      [{ kind: 'pat-token-error', value: 'brandNewError' }, 'unexpected-answer', 'unknown', 0],
      [{ kind: 'pat-token-error', value: 'disablePatCreationPolicyViolation' }, 'policy-creation-disabled', 'none', 0],
      ['conditional-access', 'conditional-access', 'none', 0],
    ] as [FaultRule['effect'], string, string, number][])(
      'with %j is %s, sent once',
      async (effect, code, outcome, pats) => {
        world.emulator.fault({ service: 'pats', method: 'POST', effect })
        expect(await failure(mint())).toMatchObject({ code, outcome })
        expect(requests('POST')).toBe(1)
        expect(patCount()).toBe(pats)
      },
    )

    it.each([200, 400, 403] as const)(
      'is refused by policies whatever the status: %i',
      async (statusOfPatTokenError) => {
        world.emulator.set({ statusOfPatTokenError, policies: { disablePatCreation: 'all' } })
        expect(await failure(mint())).toMatchObject({ code: 'policy-creation-disabled', outcome: 'none' })
        world.emulator.set({ policies: { disablePatCreation: 'off', unreadable: 'tenant' } })
        expect(await failure(mint())).toMatchObject({ code: 'service-unavailable', outcome: 'none' })
        world.emulator.set({ policies: { unreadable: 'none', restrictFullScope: true } })
        const validTo = after(world.clock.now(), day)
        const full = authority.mint(organization, { displayName: 'full', scopes: ['app_token'], validTo }, soon())
        expect((await failure(full)).code).toBe('policy-full-scope')
        world.emulator.set({ policies: { maxLifespanDays: 7 }, lifespan: 'error' })
        expect((await failure(mint())).code).toBe('policy-lifespan')
        const unknown = authority.mint(organization, { displayName: 'x', scopes: ['vso.nonsense'], validTo }, soon())
        expect((await failure(unknown)).code).toBe('invalid-scope')
      },
    )

    it('that is slow is in doubt after its time-out, and never sent again', async () => {
      const fault = world.emulator.fault({ service: 'pats', method: 'POST', effect: 'block' })
      await authority.listActive(organization)
      const limits = { sendBy: world.clock.elapsed() + minute, timeout: duration(300) }
      const validTo = after(world.clock.now(), day)
      const minting = failure(
        authority.mint(organization, { displayName: 'slow', scopes: ['vso.code'], validTo }, limits),
      )
      expect(await minting).toMatchObject({ code: 'service-unavailable', outcome: 'unknown' })
      fault.release()
      expect(fault.fired()).toBe(1)
    })

    it('is not sent when the computer slept while the connection was made', async () => {
      await authority.listActive(organization)
      const { emulator } = world
      let slept = 0
      const elapsed = world.clock.elapsed()
      const transport = {
        send: (request: Parameters<typeof world.transport.send>[0]) => {
          slept = hour
          return world.transport.send(request)
        },
      }
      const sleepy = createAuthority(emulator.endpoints, {
        transport,
        signIn: signedIn(world),
        clock: { ...world.clock, elapsed: () => elapsed + slept },
        random: systemRandom,
        stopping: () => false,
      })
      const validTo = after(world.clock.now(), day)
      const limits = { sendBy: elapsed + minute, timeout: minute }
      const minting = sleepy.mint(organization, { displayName: 'late', scopes: ['vso.code'], validTo }, limits)
      expect(await failure(minting)).toMatchObject({ code: 'turn-expired', outcome: 'none' })
      expect(requests('POST')).toBe(0)
    })

    it('after 429 gives up when it goes on, and nothing has happened', async () => {
      const fault = world.emulator.fault({
        service: 'pats',
        method: 'POST',
        times: Infinity,
        effect: { kind: 'throttle-429', retryAfter: 1 },
      })
      expect(await failure(mint())).toMatchObject({ code: 'throttled', outcome: 'none' })
      expect(fault.fired()).toBe(4)
      expect(patCount()).toBe(0)
    })
  })

  describe('an access token that is not accepted', () => {
    const notSignedIn: FaultRule['effect'][] = ['html-203', 'redirect-302', 'unauthorized-json', 'unauthorized-empty']

    it.each(notSignedIn)('by %j is replaced once, for a read and for a change', async (effect) => {
      await mint('first')
      await world.clock.sleep(times(2, minute))
      world.emulator.fault({ service: 'pats', method: 'GET', effect })
      expect(await authority.listActive(organization)).toHaveLength(1)
      await world.clock.sleep(times(2, minute))
      world.emulator.fault({ service: 'pats', method: 'POST', effect })
      await mint('second')
      expect(patCount()).toBe(2)
      const tokens = world.emulator.requests().filter(({ service, method }) => service === 'entra' && method === 'POST')
      expect(tokens).toHaveLength(3)
    })

    it.each(notSignedIn)('by %j twice is an error that says so', async (effect) => {
      await authority.listActive(organization)
      await world.clock.sleep(times(2, minute))
      const fault = world.emulator.fault({ service: 'pats', times: Infinity, effect })
      expect(await failure(authority.listActive(organization))).toMatchObject({ code: 'not-signed-in' })
      expect(fault.fired()).toBe(2)
      expect(await failure(mint())).toMatchObject({ code: 'not-signed-in', outcome: 'none' })
      expect(patCount()).toBe(0)
    })

    it('because it has expired is replaced without anybody noticing', async () => {
      await authority.listActive(organization)
      await world.clock.sleep(times(3, hour))
      expect(await authority.listActive(organization)).toEqual([])
    })

    it('of a fixed access token is not sent a second time', async () => {
      const fixed = authorityOf(world, new AccessTokenSignIn('bot', new Secret('made-up-token')))
      expect((await failure(fixed.listActive(organization))).code).toBe('not-signed-in')
      expect(requests()).toBe(1)
    })

    it('of a fixed access token that is good works', async () => {
      const { value } = await signedIn(world).accessToken('azure-devops')
      const fixed = authorityOf(world, new AccessTokenSignIn('bot', value))
      expect(await fixed.listActive(organization)).toEqual([])
    })

    it('because it is for another audience says so', async () => {
      const { value } = await signedIn(world).accessToken('key-vault')
      const wrong = authorityOf(world, new AccessTokenSignIn('bot', value))
      expect((await failure(wrong.listActive(organization))).code).toBe('not-signed-in')
    })
  })

  it('shares one sign-in among many organizations and callers', async () => {
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => authority.listActive(index % 2 === 0 ? 'contoso' : 'fabrikam')),
    )
    const tokens = world.emulator.requests().filter(({ service, method }) => service === 'entra' && method === 'POST')
    expect(tokens).toHaveLength(1)
  })

  it.each([
    { deleteStatus: 200 as const },
    { deleteUnknown: 204 as const },
    { deleteUnknown: 404 as const },
    { statusOfPatTokenError: 403 as const },
    { tokenFormat: 'old' as const },
    { scopeOrder: 'sorted' as const },
    { defaultTop: 1 },
    { topAbove100: 'error' as const },
  ])('works the same with the switch %j', async (switches) => {
    world.emulator.set(switches)
    const { pat } = await mint()
    expect(await authority.listActive(organization)).toEqual([pat])
    await authority.revoke(organization, pat.authorizationId, soon())
    await authority.revoke(organization, pat.authorizationId, soon())
    expect(await authority.listActive(organization)).toEqual([])
    expect(await authority.listRevoked(organization)).toHaveLength(1)
  })

  it('tells a value that an extension brings', async () => {
    const { pat, value } = await mint()
    world.emulator.set({ putChangesValue: 'returned' })
    const validTo = after(world.clock.now(), times(60, day))
    const extended = await authority.extend(organization, pat.authorizationId, validTo, soon())
    expect(extended.value?.equals(value)).toBe(false)
    expect(world.emulator.pats()[0]?.value).toBe(extended.value?.reveal())
  })

  it('has the name of the request in its errors, and no secret', async () => {
    world.emulator.set({ policies: { disablePatCreation: 'all' } })
    const error = await failure(mint())
    expect(error.correlationId).toMatch(/^[0-9a-f-]{36}$/)
    const text = JSON.stringify([error.message, error.remedy, error.cause, world.events])
    for (const secret of world.emulator.secrets()) expect(text).not.toContain(secret)
  })

  it('is corrected by the clock of the service', async () => {
    world.emulator.travel(3 * hour)
    await authority.listActive(organization)
    expect(Math.abs(world.clock.now() - world.emulator.now())).toBeLessThan(2_000)
    expect(world.events.some((event) => event.kind === 'warning' && event.message.includes('3h behind'))).toBe(true)
  })

  it('with a clock that differs from that of the sign-in is unreliable', async () => {
    world.emulator.set({ perHostClockSkewSeconds: { azureDevOps: 1_200 } })
    await authority.listActive(organization)
    expect(world.clock.skew().kind).toBe('unreliable')
  })
})
