import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { passwordSignIn } from '../../../src/adapters/entra/password-flow.ts'
import type { UserSignIn } from '../../../src/adapters/user-sign-in.ts'
import { credentialOf } from '../../../src/adapters/entra/token-credential.ts'
import { msalNetwork } from '../../../src/adapters/http/msal-network.ts'
import { asPatrolError, type PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { hour, minute } from '../../../src/core/time.ts'
import { answer } from '../support/answers.ts'
import { closedPort } from '../support/servers.ts'
import { type EmulatedWorld, emulatedWorld, tenant, user } from '../support/emulated-world.ts'

let world: EmulatedWorld
beforeEach(async () => {
  world = await emulatedWorld()
})
afterEach(() => world.close())

interface Changes {
  readonly username?: string
  readonly password?: string
  readonly tenant?: string
  readonly clientId?: string
  readonly entra?: string
}

function signIn(changes: Changes = {}): UserSignIn {
  const { emulator, transport, clock, events, stop } = world
  return world.watched(
    passwordSignIn(
      {
        name: 'bot',
        tenant: async () => changes.tenant ?? tenant,
        username: changes.username ?? user,
        password: new Secret(changes.password ?? emulator.password(user)),
        clientId: changes.clientId,
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

/** How often a token was asked for. */
function tokenRequests(): number {
  return world.emulator.requests().filter(({ service, method }) => service === 'entra' && method === 'POST').length
}

async function failure(promise: Promise<unknown>): Promise<PatrolError> {
  return promise.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => asPatrolError(thrown),
  )
}

describe('a sign-in with a password', () => {
  it('gives a token that prints as a secret, and its end by the clock of the service', async () => {
    const { value, expiresAt } = await signIn().accessToken('azure-devops')
    expect(world.emulator.secrets()).toContain(value.reveal())
    expect(String(value)).toBe('[secret]')
    expect(Math.abs((expiresAt ?? 0) - world.emulator.now() - hour)).toBeLessThan(2 * minute)
  })

  it('asks nobody whether the overridden authority is one', async () => {
    await signIn().accessToken('azure-devops')
    const urls = world.emulator.requests().map(({ url }) => url)
    expect(urls.some((url) => url.includes('discovery/instance'))).toBe(false)
    expect(urls.every((url) => url.startsWith(`/${tenant}/`))).toBe(true)
  })

  it('happens once for all who ask at the same time', async () => {
    const shared = signIn()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => shared.accessToken('azure-devops')))
    expect(new Set(tokens.map(({ value }) => value.reveal())).size).toBe(1)
    expect(tokenRequests()).toBe(1)
  })

  it('gives a token for Key Vault without the password again', async () => {
    const shared = signIn()
    const first = await shared.accessToken('azure-devops')
    // With the password this would be refused.
    world.emulator.changeUser(user, { mfa: 'required' })
    expect((await failure(signIn().accessToken('key-vault'))).code).toBe('sign-in-mfa-required')
    world.emulator.changeUser(user, { mfa: 'none' })
    const second = await shared.accessToken('key-vault')
    expect(first.value.equals(second.value)).toBe(false)
    expect(tokenRequests()).toBe(3)
  })
})

describe("a sign-in at Microsoft's own address", () => {
  it.each([
    'https://login.microsoftonline.com',
    'https://login.microsoftonline.us',
    'https://login.partner.microsoftonline.cn',
  ])('%s sends one request, with the client id of the Azure CLI and no secret in the address', async (entra) => {
    const requests: { method: string; url: string; body: string }[] = []
    const send = async (request: { method: string; url: string; body?: string | Uint8Array }) => {
      requests.push({ method: request.method, url: request.url, body: String(request.body ?? '') })
      const body = { token_type: 'Bearer', expires_in: 3599, access_token: 'opaque', scope: 'x' }
      return answer(200, body)
    }
    const { clock, events } = world
    const direct = passwordSignIn(
      { name: 'bot', tenant: async () => tenant, username: user, password: new Secret('pass-word-of-bot') },
      {
        transport: { msalNetwork: () => msalNetwork(send) },
        clock,
        reporter: { report: (event) => events.push(event) },
        stopping: () => false,
        entra,
        entraOverridden: false,
      },
    )
    await direct.accessToken('azure-devops')
    expect(requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      `POST ${entra}/${tenant}/oauth2/v2.0/token`,
    ])
    const form = new URLSearchParams(requests[0]?.body)
    expect(form.get('client_id')).toBe('04b07795-8ddb-461a-bbee-02f9e1bf7b46')
    expect(form.get('grant_type')).toBe('password')
    expect(form.get('scope')).toContain('499b84ac-1321-427f-aa17-267ca6975798/.default')
    expect(requests[0]?.url).not.toContain('pass-word')
  })
})

describe('a token', () => {
  it('is kept while it is good and replaced before it ends', async () => {
    const shared = signIn()
    const first = await shared.accessToken('azure-devops')
    await world.clock.sleep(minute)
    expect((await shared.accessToken('azure-devops')).value.equals(first.value)).toBe(true)
    await world.clock.sleep(hour)
    const second = await shared.accessToken('azure-devops')
    expect(second.value.equals(first.value)).toBe(false)
    expect((second.expiresAt ?? 0) - world.emulator.now()).toBeGreaterThan(50 * minute)
  })

  it('comes by the refresh token, not by the password', async () => {
    const shared = signIn()
    await shared.accessToken('azure-devops')
    // Were the password sent again, the lock would show.
    world.emulator.changeUser(user, { locked: true })
    const locked = await failure(signIn().accessToken('azure-devops'))
    expect(locked.code).toBe('sign-in-blocked')
    world.emulator.changeUser(user, { locked: false })
    const before = tokenRequests()
    await world.clock.sleep(hour)
    await shared.accessToken('azure-devops')
    expect(tokenRequests()).toBe(before + 1)
  })

  it('that the service refused is replaced, but only once it is a minute old', async () => {
    const shared = signIn()
    const first = await shared.accessToken('azure-devops')
    expect((await shared.accessToken('azure-devops', first.value)).value.equals(first.value)).toBe(true)
    await world.clock.sleep(minute)
    await world.clock.sleep(minute)
    const [second, third] = await Promise.all([
      shared.accessToken('azure-devops', first.value),
      shared.accessToken('azure-devops', first.value),
    ])
    expect(second.value.equals(first.value)).toBe(false)
    expect(third.value.equals(second.value)).toBe(true)
  })

  it('that cannot be replaced in good time serves until its end', async () => {
    const shared = signIn()
    const first = await shared.accessToken('azure-devops')
    await world.clock.sleep((hour - 2 * minute) as typeof hour)
    world.emulator.fault({ service: 'entra', times: Infinity, effect: { kind: 'status', status: 503, body: '{}' } })
    expect((await shared.accessToken('azure-devops')).value.equals(first.value)).toBe(true)
    await world.clock.sleep(hour)
    expect((await failure(shared.accessToken('azure-devops'))).code).toBe('sign-in-unavailable')
  })

  it('comes by the password again when the refresh token has died', async () => {
    const shared = signIn()
    await shared.accessToken('azure-devops')
    world.emulator.fault({ service: 'entra', method: 'POST', effect: { kind: 'aadsts', code: 700082 } })
    await world.clock.sleep(hour)
    await shared.accessToken('azure-devops')
    expect(tokenRequests()).toBe(3)
  })
})

describe('a refused sign-in', () => {
  it('with a wrong password is tried once in a run and remembered', async () => {
    const shared = signIn({ password: 'not-the-password' })
    const errors = await Promise.all([
      failure(shared.accessToken('azure-devops')),
      failure(shared.accessToken('azure-devops')),
      failure(shared.accessToken('key-vault')),
    ])
    errors.push(await failure(shared.accessToken('azure-devops')))
    for (const error of errors) expect(error.code).toBe('sign-in-invalid-credentials')
    expect(tokenRequests()).toBe(1)
  })

  it.each([
    [{ enabled: false }, 'sign-in-blocked', 'AADSTS50057'],
    [{ mfa: 'required' as const }, 'sign-in-mfa-required', 'AADSTS50076'],
    [{ mfa: 'enrol' as const }, 'sign-in-mfa-required', 'AADSTS50079'],
    [{ locked: true }, 'sign-in-blocked', 'AADSTS50053'],
    [{ passwordExpired: true }, 'sign-in-expired', 'AADSTS50055'],
    [{ conditionalAccess: 'block' as const }, 'sign-in-blocked', 'AADSTS53003'],
  ])('of a user with %j is %s', async (changes, code, number) => {
    world.emulator.changeUser(user, changes)
    const error = await failure(signIn().accessToken('azure-devops'))
    expect(error.code).toBe(code)
    expect(error.message).toContain(number)
    expect(tokenRequests()).toBe(1)
  })

  it('is the same second factor under its other name', async () => {
    world.emulator.changeUser(user, { mfa: 'required' })
    world.emulator.set({ mfaError: 'interaction_required' })
    expect((await failure(signIn().accessToken('azure-devops'))).code).toBe('sign-in-mfa-required')
  })

  it.each([
    [{ username: 'nobody@contoso.example' }, 'sign-in-invalid-credentials', 'AADSTS50034'],
    [{ tenant: 'nowhere.example' }, 'sign-in-misconfigured', 'AADSTS90002'],
    [{ clientId: 'c11e0000-0000-4000-8000-00000000dead' }, 'sign-in-misconfigured', 'AADSTS700016'],
  ])('with %j is %s', async (changes, code, number) => {
    const error = await failure(signIn(changes).accessToken('azure-devops'))
    expect(error.code).toBe(code)
    expect(error.message).toContain(number)
  })

  it('for one audience leaves the other alone', async () => {
    const shared = signIn()
    await shared.accessToken('azure-devops')
    world.emulator.fault({ service: 'entra', method: 'POST', effect: { kind: 'aadsts', code: 53003 } })
    expect((await failure(shared.accessToken('key-vault'))).code).toBe('sign-in-blocked')
    expect((await failure(shared.accessToken('key-vault'))).code).toBe('sign-in-blocked')
    await world.clock.sleep(hour)
    await shared.accessToken('azure-devops')
    expect(tokenRequests()).toBe(3)
  })

  it.each(['common', 'consumers'])('of the tenant %s names the tenant as the cause', async (name) => {
    const error = await failure(signIn({ tenant: name }).accessToken('azure-devops'))
    expect(error.code).toBe('sign-in-misconfigured')
  })
})

describe('a sign-in that meets a passing fault', () => {
  it.each([
    [{ kind: 'status', status: 503, body: '{}' } as const],
    [{ kind: 'throttle-429', retryAfter: 3 } as const],
    [{ kind: 'drop' } as const],
    [{ kind: 'aadsts', code: 90055, status: 429 } as const],
  ])('%j tries again', async (effect) => {
    world.emulator.fault({ service: 'entra', method: 'POST', effect })
    await signIn().accessToken('azure-devops')
    expect(world.slept).toHaveLength(1)
  })

  it('and goes on meeting it gives up after three tries, and may try again later', async () => {
    const fault = world.emulator.fault({
      service: 'entra',
      method: 'POST',
      times: Infinity,
      effect: { kind: 'status', status: 500, body: '{}' },
    })
    const shared = signIn()
    expect((await failure(shared.accessToken('azure-devops'))).code).toBe('sign-in-unavailable')
    expect(fault.fired()).toBe(3)
    fault.cancel()
    await shared.accessToken('azure-devops')
  })

  it('says what is wrong with the network in place of what MSAL makes of it', async () => {
    const error = await failure(
      signIn({ entra: `https://localhost:${await closedPort()}` }).accessToken('azure-devops'),
    )
    expect(error.code).toBe('sign-in-unavailable')
    expect(error.message).toContain('the connection was refused')
  })

  it('takes the web page of a proxy for what it is', async () => {
    world.emulator.fault({ service: 'entra', times: Infinity, effect: { kind: 'html-203' } })
    const error = await failure(signIn().accessToken('azure-devops'))
    expect(error.code).toBe('sign-in-unavailable')
    expect(error.message).toContain('text/html in place of JSON')
  })

  it.each(['{}', '{"access_token":""}', '{"access_token":null}'])(
    'takes a success that says %s for no answer of Microsoft Entra, and not for a fault of its own',
    async (body) => {
      const headers = { 'content-type': 'application/json' }
      const effect = { kind: 'status', status: 200, body, headers } as const
      world.emulator.fault({ service: 'entra', method: 'POST', times: Infinity, effect })
      const error = await failure(signIn().accessToken('azure-devops'))
      expect(error.code).toBe('sign-in-unavailable')
      expect(error.message).toContain('no token')
    },
  )

  it('does not wait when the program was told to stop', async () => {
    world.stop.abort()
    world.emulator.fault({ service: 'entra', times: Infinity, effect: { kind: 'drop' } })
    await failure(signIn().accessToken('azure-devops'))
    expect(world.slept).toEqual([])
  })
})

describe('the credential of an account', () => {
  it('gives the token of its audience, with its end by our clock', async () => {
    const credential = credentialOf(signIn(), 'key-vault', world.clock)
    const token = await credential.getToken('https://vault.azure.net/.default')
    expect(world.emulator.secrets()).toContain(token?.token)
    expect(Math.abs((token?.expiresOnTimestamp ?? 0) - Date.now() - hour)).toBeLessThan(2 * minute)
  })

  it('refuses to give it for anything else', async () => {
    const credential = credentialOf(signIn(), 'key-vault', world.clock)
    for (const scope of ['https://management.azure.com/.default', '499b84ac-1321-427f-aa17-267ca6975798/.default']) {
      const error = await failure(Promise.resolve(credential.getToken([scope])))
      expect(error.code).toBe('sign-in-misconfigured')
    }
    expect(tokenRequests()).toBe(0)
  })
})
