import type { HttpClient, PipelineRequest } from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/core-auth'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { duration, instant, minute, second } from '../../../src/core/time.ts'
import type { FaultRule } from '../../../src/emulator/faults.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Limits } from '../../../src/ports/limits.ts'
import type { Store } from '../../../src/ports/store.ts'
import { currentVersion } from '../../../src/reconcile/current-version.ts'
import { sampleMetadata } from './sample-metadata.ts'
import { testClock } from './test-clock.ts'
import { type VaultWorld, vaultWorld } from './vault-world.ts'

let world: VaultWorld
let store: Store
let serial = 0
beforeAll(async () => {
  world = await vaultWorld()
})
afterAll(() => world.stop())
beforeEach(async () => {
  store = world.open()
  // Past the vault's challenge, so that faults hit what they are meant for.
  await store.current(['nothing'])
  world.newRequests()
  world.waits.length = 0
  world.events.length = 0
})

const fresh = (): string => `wire-${++serial}`
const value = (): Secret => new Secret(`value-of-${++serial}-${'v'.repeat(60)}`)

function soon(timeout = 30_000): Limits {
  return { sendBy: testClock.elapsed() + 600_000, timeout: duration(timeout) }
}

async function failure(work: Promise<unknown>): Promise<PatrolError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(PatrolError)
  const error = thrown as PatrolError
  const told = [error.message, error.remedy, error.stack, String(error.cause), JSON.stringify(error)].join(' ')
  for (const secret of world.emulator.secrets()) expect(told).not.toContain(secret)
  expect(error.message).not.toContain('\n')
  return error
}

interface Carried {
  readonly signedIn: boolean
  readonly body: boolean
}

/** The way to the network, and what went over it. */
function watched(): { readonly httpClient: HttpClient; readonly carried: Carried[] } {
  const carried: Carried[] = []
  const sendRequest = (request: PipelineRequest): ReturnType<HttpClient['sendRequest']> => {
    const body = request.body !== undefined && request.body !== null
    carried.push({ signedIn: request.headers.has('authorization'), body })
    return world.transport.azureClient.sendRequest(request)
  }
  return { httpClient: { sendRequest }, carried }
}

/** The way to the network; refusals lose their bodies on it. */
function emptied(): HttpClient {
  return {
    sendRequest: async (request) => {
      const answer = await world.transport.azureClient.sendRequest(request)
      return answer.status === 401 ? { ...answer, bodyAsText: '' } : answer
    },
  }
}

describe('a write', () => {
  it('is one request with value, tags, expiry and content type', async () => {
    const [name, secret, metadata] = [fresh(), value(), sampleMetadata({ validTo: instant(1_798_081_445_999) })]
    await store.write(name, secret, metadata, soon())
    expect(world.newRequests()).toEqual([`PUT /secrets/${name} 200`])
    expect(world.emulator.vault('contoso').secrets[name]?.versions).toMatchObject([
      {
        value: secret.reveal(),
        enabled: true,
        contentType: 'application/vnd.azure-devops.pat',
        expires: 1_798_081_445,
        tags: { 'authorization-id': metadata.authorizationId },
      },
    ])
  })

  it.each<[string, FaultRule['effect'], number, string]>([
    ['a 503 from before it took place', { kind: 'status', status: 503 }, 0, 'store-unreachable'],
    ['a 503 from after it took place', { kind: 'status', status: 503, after: true }, 1, 'store-unreachable'],
    ['a 500 without JSON', { kind: 'status', status: 500, body: '<html>', after: true }, 1, 'store-unreachable'],
    ['a 408', { kind: 'status', status: 408 }, 0, 'store-unreachable'],
    ['a broken connection', 'drop', 0, 'store-unreachable'],
    ['a lost answer', 'answer-lost', 1, 'store-unreachable'],
    ['half an answer', 'truncated', 1, 'store-unreachable'],
    ['a page of a proxy', 'html-203', 0, 'unexpected-answer'],
  ])('is not repeated after %s, for it may have taken place', async (_, effect, versions, code) => {
    const name = fresh()
    world.emulator.fault({ service: 'vault', method: 'PUT', effect })
    const error = await failure(store.write(name, value(), sampleMetadata(), soon()))
    expect(error).toMatchObject({ code, outcome: 'unknown' })
    expect(world.newRequests()).toHaveLength(1)
    expect(await store.versions(name)).toHaveLength(versions)
    expect(world.waits).toEqual([])
  })

  it.each<[string, FaultRule['effect'], string]>([
    ['401', { kind: 'status', status: 401, body: '{"error":{"code":"Unauthorized","message":"no"}}' }, 'store-denied'],
    ['403', { kind: 'status', status: 403 }, 'store-denied'],
    ['400', { kind: 'status', status: 400, body: '{"error":{"code":"BadParameter"}}' }, 'invalid-request'],
    ['302', 'redirect-302', 'unexpected-answer'],
  ])('that was refused with %s did not take place', async (_, effect, code) => {
    const name = fresh()
    world.emulator.fault({ service: 'vault', method: 'PUT', effect })
    const error = await failure(store.write(name, value(), sampleMetadata(), soon()))
    expect(error).toMatchObject({ code, outcome: 'none' })
    expect(world.newRequests()).toHaveLength(1)
    expect(await store.versions(name)).toEqual([])
  })

  it.each(['block', 'block-after'] as const)(
    'that gets no answer in time (%s) may have taken place',
    async (effect) => {
      const name = fresh()
      const fault = world.emulator.fault({ service: 'vault', method: 'PUT', effect })
      const error = await failure(store.write(name, value(), sampleMetadata(), soon(60)))
      expect(error).toMatchObject({ code: 'store-unreachable', outcome: 'unknown' })
      fault.release()
    },
  )

  it('is sent again after a 429, when the service says', async () => {
    const name = fresh()
    world.emulator.fault({ service: 'vault', method: 'PUT', times: 2, effect: { kind: 'throttle-429', retryAfter: 7 } })
    await store.write(name, value(), sampleMetadata(), soon())
    expect(world.newRequests()).toEqual([429, 429, 200].map((status) => `PUT /secrets/${name} ${status}`))
    expect(world.waits).toEqual([7_000, 7_000])
    expect(await store.versions(name)).toHaveLength(1)
  })

  it('does not wait for a 429 past the end of its turn', async () => {
    const name = fresh()
    world.emulator.fault({ service: 'vault', method: 'PUT', effect: { kind: 'throttle-429', retryAfter: 30 } })
    const limits = { sendBy: testClock.elapsed() + 20_000, timeout: second }
    const error = await failure(store.write(name, value(), sampleMetadata(), limits))
    expect(error).toMatchObject({ code: 'throttled', outcome: 'none', retryAfter: 30_000 })
    expect(world.newRequests()).toHaveLength(1)
  })

  it('gives up on a service that goes on saying 429', async () => {
    const fault = world.emulator.fault({ service: 'vault', method: 'PUT', times: Infinity, effect: 'throttle-429' })
    const error = await failure(store.write(fresh(), value(), sampleMetadata(), soon()))
    fault.cancel()
    expect(error).toMatchObject({ code: 'throttled', outcome: 'none' })
    expect(world.newRequests()).toHaveLength(4)
    expect(world.waits).toEqual([1_000, 2_000, 4_000])
  })

  it('is not sent when the sign-in took longer than the turn', async () => {
    let late = 0
    const clock: Clock = { ...testClock, elapsed: () => late }
    const credential: TokenCredential = {
      getToken: async (scopes, options) => {
        late = 1_001
        return world.credential.getToken(scopes, options)
      },
    }
    const slow = world.open({ clock, credential })
    const error = await failure(slow.write(fresh(), value(), sampleMetadata(), { sendBy: 1_000, timeout: second }))
    expect(error).toMatchObject({ code: 'turn-expired', outcome: 'none' })
    expect(world.newRequests().filter((line) => !line.endsWith(' 401'))).toEqual([])
  })

  it('to an address where nobody listens did not take place', async () => {
    const nowhere = world.open({ url: 'https://localhost:1' })
    const error = await failure(nowhere.write(fresh(), value(), sampleMetadata(), soon()))
    expect(error).toMatchObject({ code: 'store-unreachable', outcome: 'none' })
  })
})

describe('the first requests', () => {
  it('of several writers at once all arrive, and none carries a value before the vault has proved itself', async () => {
    const { httpClient, carried } = watched()
    const opened = world.open({ httpClient })
    const names = Array.from({ length: 8 }, fresh)
    await Promise.all(names.map((name) => opened.write(name, value(), sampleMetadata(), soon())))
    expect((await opened.current(names)).size).toBe(8)
    expect(carried.filter(({ signedIn, body }) => body && !signedIn)).toEqual([])
    expect(carried.filter(({ signedIn }) => !signedIn)).toHaveLength(1)
  })

  it('try again after a sign-in that failed, with the right values', async () => {
    let failures = 2
    const credential: TokenCredential = {
      getToken: async (scopes, options) => {
        if (failures-- > 0) throw new PatrolError('store-denied', 'not yet')
        return world.credential.getToken(scopes, options)
      },
    }
    const { httpClient, carried } = watched()
    const opened = world.open({ credential, httpClient })
    const writes = Array.from({ length: 4 }, () => ({ name: fresh(), secret: value() }))
    const done = await Promise.allSettled(
      writes.map(({ name, secret }) => opened.write(name, secret, sampleMetadata(), soon())),
    )
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(carried.filter(({ signedIn, body }) => body && !signedIn)).toEqual([])
    for (const [index, { name, secret }] of writes.entries()) {
      const read = await opened.read(name)
      if (done[index]?.status === 'fulfilled') expect(read?.value.equals(secret)).toBe(true)
      else expect(read).toBeUndefined()
    }
  })

  it('with a token that the vault does not accept are denied, and nothing took place', async () => {
    const credential: TokenCredential = {
      getToken: async () => ({ token: 'a-token-of-nobody', expiresOnTimestamp: Date.now() + 3_600_000 }),
    }
    for (const open of [() => world.open({ credential }), () => world.open({ credential, httpClient: emptied() })]) {
      const error = await failure(open().write(fresh(), value(), sampleMetadata(), soon()))
      expect(error).toMatchObject({ code: 'store-denied', outcome: 'none' })
      expect(await failure(open().current(['feed']))).toMatchObject({ code: 'store-denied' })
    }
  })

  it('go to no address outside of Key Vault’s domain unless that was allowed', async () => {
    const strict = world.open({ verifyChallengeResource: true })
    const error = await failure(strict.write(fresh(), value(), sampleMetadata(), soon()))
    expect(error).toMatchObject({ code: 'store-denied', outcome: 'none' })
    expect(error.remedy).toContain('verifyChallengeResource')
    expect(world.newRequests().filter((line) => !line.endsWith(' 401'))).toEqual([])
  })
})

describe('a read', () => {
  it.each<[string, FaultRule['effect'], readonly number[]]>([
    ['500', { kind: 'status', status: 500 }, [1_000, 2_000]],
    ['503 with Retry-After', { kind: 'status', status: 503, headers: { 'retry-after': '3' } }, [3_000, 3_000]],
    ['429', { kind: 'throttle-429', retryAfter: 5 }, [5_000, 5_000]],
    ['broken connections', 'drop', [1_000, 2_000]],
    ['half answers', 'truncated', [1_000, 2_000]],
  ])('is repeated after %s', async (_, effect, waits) => {
    const name = fresh()
    await store.write(name, value(), sampleMetadata(), soon())
    world.emulator.fault({ service: 'vault', method: 'GET', times: 2, effect })
    expect((await store.current([name])).size).toBe(1)
    expect(world.waits).toEqual(waits)
  })

  it('in the middle of a listing is repeated without beginning anew', async () => {
    const name = fresh()
    for (let round = 0; round < 30; round++) await store.write(name, value(), sampleMetadata(), soon())
    world.newRequests()
    world.emulator.fault({ service: 'vault', method: 'GET', pathIncludes: 'skiptoken', times: 2, effect: 'drop' })
    expect(await store.versions(name)).toHaveLength(30)
    expect(world.newRequests().map((line) => line.split(' ').at(-1))).toEqual(['200', 'dropped', 'dropped', '200'])
  })

  it('fails in the end, and says how', async () => {
    const fault = world.emulator.fault({
      service: 'vault',
      times: Infinity,
      effect: { kind: 'status', status: 503, body: '{"error":{"code":"ServiceBusy","message":"Try later."}}' },
    })
    const error = await failure(store.current(['feed']))
    fault.cancel()
    expect(error).toMatchObject({ code: 'store-unreachable', outcome: 'none' })
    expect(error.message).toMatch(
      /^GET https:\/\/localhost:\d+\/secrets\/feed\S* was answered with 503 ServiceBusy: Try/,
    )
    expect(world.newRequests()).toHaveLength(4)
  })

  it('does not wait for ever because the service says so', async () => {
    world.emulator.fault({ service: 'vault', effect: { kind: 'throttle-429', retryAfter: 3_600 } })
    expect(await failure(store.read('feed'))).toMatchObject({ code: 'throttled', retryAfter: 60 * minute })
    expect(world.waits).toEqual([])
  })
})

describe('an update', () => {
  it('is one look and one PATCH, which leaves the tags of others and takes away stale ones of ours', async () => {
    const name = fresh()
    const written = await store.write(name, value(), sampleMetadata({ rule: 'Pack*' }), soon())
    await world.somebody.updateSecretProperties(name, written.id!, {
      tags: { ...world.emulator.vault('contoso').secrets[name]!.versions[0]!.tags, 'cost-center': '4711' },
    })
    world.newRequests()
    const metadata = sampleMetadata({ validTo: instant(1_799_000_000_000) })
    await store.updateMetadata(name, written.id!, metadata, soon())
    const path = `/secrets/${name}/${written.id}`
    expect(world.newRequests()).toEqual([`GET ${path} 200`, `PATCH ${path} 200`])
    const version = world.emulator.vault('contoso').secrets[name]!.versions[0]!
    expect(version.tags).toMatchObject({ 'cost-center': '4711', account: metadata.account })
    expect(version.tags).not.toHaveProperty('rule')
    expect(version.expires).toBe(1_799_000_000)
    expect(version.contentType).toBe('application/vnd.azure-devops.pat')
  })

  it('of the state changes nothing but the state', async () => {
    const name = fresh()
    const written = await store.write(name, value(), sampleMetadata(), soon())
    const before = world.emulator.vault('contoso').secrets[name]!.versions[0]!
    world.newRequests()
    await store.disable(name, written.id!, soon())
    expect(world.newRequests()).toEqual([`PATCH /secrets/${name}/${written.id} 200`])
    const after = world.emulator.vault('contoso').secrets[name]!.versions[0]!
    expect(after).toEqual({ ...before, enabled: false, updated: after.updated })
  })

  it('whose answer was lost took place', async () => {
    const name = fresh()
    const written = await store.write(name, value(), sampleMetadata(), soon())
    world.emulator.fault({ service: 'vault', method: 'PATCH', effect: 'answer-lost' })
    expect(await failure(store.disable(name, written.id!, soon()))).toMatchObject({ outcome: 'unknown' })
    expect(await store.read(name)).toBeUndefined()
  })
})

it('a vault is the same whichever way its address is written', async () => {
  expect(await world.open({ url: 'https://Contoso.Vault.azure.net/' }).identity()).toBe(
    'https://contoso.vault.azure.net',
  )
  expect(await world.open({ url: 'https://contoso.vault.azure.net' }).prepare()).toBe('https://contoso.vault.azure.net')
})

describe('an answer that is JSON, but not what a vault says', () => {
  const json = { 'content-type': 'application/json' }
  const secret = (changes: Record<string, unknown>): string =>
    JSON.stringify({
      id: `${world.url}/secrets/odd/1`,
      value: 'x',
      attributes: { enabled: true, created: 1 },
      ...changes,
    })
  const answerWith = (body: string): void => {
    world.emulator.fault({ service: 'vault', effect: { kind: 'status', status: 200, body, headers: json } })
  }

  it.each<[string, () => string]>([
    ['nothing in it', () => '{}'],
    ['no object', () => '[]'],
    ['null', () => 'null'],
    ['no id', () => secret({ id: undefined })],
    [
      'no time of its making, without which no overlap can be reckoned',
      () => secret({ attributes: { enabled: true } }),
    ],
    ['no attributes', () => secret({ attributes: undefined })],
    ['no value', () => secret({ value: undefined })],
  ])('is no secret with %s', async (_, body) => {
    for (const ask of [() => currentVersion(store, 'odd'), () => store.read('odd')]) {
      answerWith(body())
      const error = await failure(ask())
      expect(error).toMatchObject({ code: 'unexpected-answer', outcome: 'none' })
      expect(error.message).not.toMatch(/undefined|TypeError/)
    }
  })

  it.each<[string, string]>([
    ['nothing in it', '{}'],
    ['something else in place of its entries', '{"value":{}}'],
    ['an entry without attributes', '{"value":[{"id":"https://vault.example/secrets/a/1"}]}'],
    ['an entry that is none', '{"value":[null]}'],
  ])('is no list with %s, for what it leaves out would look as if it were gone', async (_, body) => {
    for (const ask of [() => store.versions('odd'), () => store.managed()]) {
      answerWith(body)
      const error = await failure(ask())
      expect(error).toMatchObject({ code: 'unexpected-answer', outcome: 'none' })
      expect(error.message).not.toMatch(/undefined|TypeError/)
    }
  })

  it('to a write leaves open whether it took place', async () => {
    const name = fresh()
    world.emulator.fault({
      service: 'vault',
      method: 'PUT',
      effect: { kind: 'status', status: 200, body: '{}', headers: json, after: true },
    })
    const error = await failure(store.write(name, value(), sampleMetadata(), soon()))
    expect(error).toMatchObject({ code: 'unexpected-answer', outcome: 'unknown' })
    expect(await store.versions(name)).toHaveLength(1)
  })
})
