import type { HttpClient } from '@azure/core-rest-pipeline'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeMetadata } from '../../../src/core/metadata.ts'
import { Secret } from '../../../src/core/secret.ts'
import { minute } from '../../../src/core/time.ts'
import { defaultFixture } from '../../../src/emulator/default-fixture.ts'
import { clientId, type VaultWorld, vaultWorld } from './vault-world.ts'
import { sampleMetadata } from './sample-metadata.ts'

const inVault = 1_000

let world: VaultWorld
beforeAll(async () => {
  world = await vaultWorld()
  const tags = { ...encodeMetadata(sampleMetadata()) }
  const names = Array.from({ length: inVault }, (_, index) => nameOf(index))
  for (let at = 0; at < names.length; at += 20) {
    await Promise.all(names.slice(at, at + 20).map((name) => world.somebody.setSecret(name, `v-${name}`, { tags })))
  }
})
afterAll(() => world.stop())
beforeEach(() => {
  world.newRequests()
  world.events.length = 0
})

function nameOf(index: number): string {
  return `secret-${String(index).padStart(4, '0')}`
}

/** What was asked of the vault, without the one challenge of a new client. */
function cost(): { readonly pages: number; readonly asked: number; readonly total: number } {
  const requests = world.newRequests().filter((line) => !line.endsWith(' 401'))
  const pages = requests.filter((line) => line.startsWith('GET /secrets ')).length
  return { pages, asked: requests.length - pages, total: requests.length }
}

describe('observing a vault of a thousand secrets', () => {
  it('costs forty requests when all are wanted', async () => {
    const found = await world.open().current(Array.from({ length: inVault }, (_, index) => nameOf(index)))
    expect(found.size).toBe(inVault)
    expect(cost()).toEqual({ pages: 40, asked: 0, total: 40 })
  })

  it('costs forty requests for all that are managed', async () => {
    expect((await world.open().managed()).size).toBe(inVault)
    expect(cost().total).toBe(40)
  })

  const spread = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => nameOf(Math.floor((index * inVault) / count)))
  const last = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => nameOf(inVault - count + index))
  const absent = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `none-${index}`)

  it.each<[string, readonly string[]]>([
    ['one', spread(1)],
    ['two', last(2)],
    ['three at the end', last(3)],
    ['ten at the start', spread(inVault).slice(0, 10)],
    ['ten at the end', last(10)],
    ['fifty spread', spread(50)],
    ['fifty at the end', last(50)],
    ['three hundred at the end', last(300)],
    ['ten that are not there', absent(10)],
    ['a hundred that are not there', absent(100)],
    ['half there, half not', [...spread(30), ...absent(30)]],
    ['all but a few', [...spread(900), ...absent(20)]],
  ])('costs at most twice the cheaper way for %s', async (_, names) => {
    const found = await world.open().current(names)
    expect([...found.keys()].sort()).toEqual(names.filter((name) => name.startsWith('secret-')).sort())
    expect(cost().total).toBeLessThanOrEqual(2 * Math.min(names.length, inVault / 25))
  })

  it('asks for at most sixteen at once', async () => {
    let [now, most] = [0, 0]
    const counting: HttpClient = {
      sendRequest: async (request) => {
        most = Math.max(most, ++now)
        try {
          return await world.transport.azureClient.sendRequest(request)
        } finally {
          now--
        }
      },
    }
    await world.open({ httpClient: counting }).current(last(39))
    expect(most).toBe(16)
  })

  it('shows no value', async () => {
    const found = [...(await world.open().current(last(40))), ...(await world.open().current(last(2)))]
    expect(found).toHaveLength(42)
    expect(JSON.stringify(found)).not.toContain('v-secret')
  })

  it('asks for each secret when it may not list, and says so once', async () => {
    const refused = world.emulator.fault({
      service: 'vault',
      pathIncludes: '/secrets?',
      times: Infinity,
      effect: { kind: 'status', status: 403, body: '{"error":{"code":"Forbidden","message":"no list"}}' },
    })
    const store = world.open()
    await store.current(['nothing'])
    world.newRequests()
    expect((await store.current(last(50))).size).toBe(50)
    expect(cost()).toEqual({ pages: 1, asked: 50, total: 51 })
    expect((await store.current(last(50))).size).toBe(50)
    expect(cost()).toEqual({ pages: 0, asked: 50, total: 50 })
    expect(world.events).toEqual([{ kind: 'warning', message: expect.stringContaining('list') }])
    refused.cancel()
  })

  it.each<[string, number, string]>([
    ['a policy or a firewall refused one', 403, 'ForbiddenByPolicy'],
    ['nobody answered a whole round', 503, 'ServiceBusy'],
  ])('asks no further once %s', async (_, status, code) => {
    const body = JSON.stringify({ error: { code: 'Forbidden', innererror: { code } } })
    const unlisted = world.emulator.fault({
      service: 'vault',
      pathIncludes: '/secrets?',
      times: Infinity,
      effect: { kind: 'status', status: 403 },
    })
    const refused = world.emulator.fault({
      service: 'vault',
      times: Infinity,
      effect: { kind: 'status', status, body },
    })
    await expect(world.open().current(last(500))).rejects.toMatchObject({ code: expect.stringMatching(/^store-/) })
    unlisted.cancel()
    refused.cancel()
    expect(cost().total).toBeLessThan(32 * 4)
  })

  it('asks for every other secret while single ones are denied, silent or without sense', async () => {
    const names = last(60)
    const faults = [
      world.emulator.fault({
        service: 'vault',
        pathIncludes: '/secrets?',
        times: Infinity,
        effect: { kind: 'status', status: 403 },
      }),
      ...names.slice(0, 20).map((name) =>
        world.emulator.fault({
          service: 'vault',
          pathIncludes: `/secrets/${name}/`,
          times: Infinity,
          effect: { kind: 'status', status: 403, body: '{"error":{"code":"Forbidden"}}' },
        }),
      ),
      world.emulator.fault({
        service: 'vault',
        pathIncludes: `/secrets/${names[20]}/`,
        times: Infinity,
        effect: { kind: 'status', status: 503 },
      }),
      world.emulator.fault({
        service: 'vault',
        pathIncludes: `/secrets/${names[21]}/`,
        times: Infinity,
        effect: { kind: 'status', status: 200, body: '{}', headers: { 'content-type': 'application/json' } },
      }),
    ]
    const found = await world.open().current(names)
    for (const fault of faults) fault.cancel()
    const codes = names.map((name) => (found.get(name) as { readonly code?: string } | undefined)?.code)
    expect(codes).toEqual([
      ...Array.from({ length: 20 }, () => 'store-denied'),
      'store-unreachable',
      'unexpected-answer',
      ...Array.from({ length: 38 }, () => undefined),
    ])
    expect(found.size).toBe(60)
  })
})

describe('a vault that grants little', () => {
  it.each(['policy', 'rbac'] as const)('by %s has the missing permission named', async (authorization) => {
    const access = [{ principal: clientId, may: ['get' as const, 'list' as const] }]
    const vaults = [{ name: 'contoso', tenant: 'contoso.example', authorization, access }]
    const poor = await vaultWorld({ fixture: { ...defaultFixture, vaults } })
    const limits = { sendBy: poor.elapsed() + 60_000, timeout: minute }
    await expect(poor.store.write('feed', new Secret('value of feed'), sampleMetadata(), limits)).rejects.toMatchObject(
      { code: 'store-denied', remedy: expect.stringContaining('the permission set for') },
    )
    await poor.stop()
  })

  it('admits names although it does not show deleted secrets', async () => {
    const access = [{ principal: clientId, may: ['set' as const] }]
    const vaults = [{ name: 'contoso', tenant: 'contoso.example', access }]
    const poor = await vaultWorld({ fixture: { ...defaultFixture, vaults } })
    await poor.store.admit('feed')
    await poor.stop()
  })
})
