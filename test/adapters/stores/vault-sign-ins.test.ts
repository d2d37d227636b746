import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { vaultSignIns } from '../../../src/adapters/stores/vault-sign-ins.ts'
import { asPatrolError, PatrolError } from '../../../src/core/errors.ts'
import { diesAt } from '../../../src/core/sign-in-life.ts'
import { instant } from '../../../src/core/time.ts'
import type { SignInStore } from '../../../src/ports/sign-in-store.ts'
import { sampleEntry, signInStoreContract, type SignInWorld } from '../../contract/sign-in-store.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock } from './test-clock.ts'
import { type VaultWorld, vaultWorld } from './vault-world.ts'

interface VaultSignInWorld extends SignInWorld {
  readonly vault: VaultWorld
}

async function vaultSignInWorld(): Promise<VaultSignInWorld> {
  const vault = await vaultWorld()
  const leaks = new LeakWatch()
  const { url, credential, transport, emulator } = vault
  const clock = { ...testClock, now: () => instant(emulator.now()), sleep: async () => undefined }
  const options = { url, credential, verifyChallengeResource: false, httpClient: transport.azureClient, clock }
  return {
    vault,
    open: (secret) => leaks.over(vaultSignIns({ ...options, secret })),
    plant: async (name, text) => {
      await vault.somebody.setSecret(name, text, { tags: { 'patrol-sign-in': 'planted' } })
    },
    stop: async () => {
      leaks.check([], { urls: emulator.requests().map((request) => request.url) })
      await vault.stop()
    },
  }
}

signInStoreContract('a key vault', vaultSignInWorld)

describe('a sign-in in a key vault', () => {
  let world: VaultSignInWorld
  let store: SignInStore
  let name: string
  let serial = 0
  const always = (): boolean => true
  const versions = () => world.vault.emulator.vault('contoso').secrets[name]?.versions ?? []

  beforeAll(async () => {
    world = await vaultSignInWorld()
  })
  beforeEach(() => {
    name = `bot-${++serial}`
    store = world.open(name)
  })
  afterAll(() => world.stop())

  it('says what it is and when it dies, and is never taken for a token', async () => {
    const entry = sampleEntry()
    await store.write(entry, always)
    const { properties } = await world.vault.somebody.getSecret(name)
    expect(properties).toMatchObject({
      contentType: 'application/vnd.azdo-patrol.sign-in+json',
      tags: { 'patrol-sign-in': entry.session },
    })
    expect(properties.expiresOn?.getTime()).toBe(Math.floor(diesAt(entry) / 1_000) * 1_000)
    const tokens = world.vault.open()
    expect((await tokens.managed()).has(name)).toBe(false)
    expect((await tokens.current([name])).get(name)).toMatchObject({ reading: { kind: 'foreign' } })
  })

  it('disables the version that it replaces, and no other', async () => {
    const first = sampleEntry()
    await store.write(first, always)
    await store.write({ ...first, redeemedAt: instant(first.redeemedAt + 1) }, always)
    expect(versions().map(({ enabled }) => enabled)).toEqual([false, true])
  })

  it('finds the better one beneath, when two wrote at once', async () => {
    const [old, login] = [sampleEntry(), sampleEntry()]
    await store.write(old, always)
    // Between the look and the write of a run, a person signs in.
    const run = store.write({ ...old, redeemedAt: instant(old.redeemedAt + 1) }, () => true)
    await Promise.all([run, world.open(name).write(login, always)])
    const present = await store.read()
    const found = [present, ...(await store.others(present?.session ?? ''))].map((entry) => entry?.session)
    expect(found).toContain(login.session)
  })

  it('that somebody else wrote over with another secret is left alone', async () => {
    await world.vault.somebody.setSecret(name, 'connection-string-of-production')
    const error = await store.write(sampleEntry(), always).then(() => expect.fail('it wrote'), asPatrolError)
    expect(error.code).toBe('secret-not-managed')
    expect(versions()).toHaveLength(1)
  })

  it('is gone after signing out: every version with a refresh token is disabled', async () => {
    const entry = sampleEntry()
    await store.write(entry, always)
    await store.write(sampleEntry(), always)
    await store.remove()
    const left = versions().filter(({ enabled }) => enabled)
    expect(left).toHaveLength(1)
    expect(left[0]?.value).not.toContain('RefreshToken')
  })

  it.each(['loseNextAnswer', 'loseNextRequest'] as const)(
    'is written once, whatever becomes of the request: %s',
    async (lose) => {
      const entry = sampleEntry()
      await store.read()
      world.vault[lose]?.()
      await store.write(entry, always)
      expect((await store.read())?.session).toBe(entry.session)
      expect(versions()).toHaveLength(1)
    },
  )

  it.each(['drop', 'answer-lost'] as const)('is written also where nothing stood before: %s', async (effect) => {
    const entry = sampleEntry()
    await store.read()
    const fault = world.vault.emulator.fault({ service: 'vault', method: 'PUT', effect })
    await store.write(entry, always)
    expect(fault.fired()).toBe(1)
    expect((await store.read())?.session).toBe(entry.session)
    expect(versions()).toHaveLength(1)
  })

  it('is written also where an administrator disabled what stood there', async () => {
    await store.write(sampleEntry(), always)
    await world.vault.somebody.updateSecretProperties(name, versions()[0]?.id ?? '', { enabled: false })
    const entry = sampleEntry()
    world.vault.emulator.fault({ service: 'vault', method: 'PUT', effect: 'drop' })
    await store.write(entry, always)
    expect((await store.read())?.session).toBe(entry.session)
  })

  it('that is deleted but kept says so', async () => {
    await store.write(sampleEntry(), always)
    await world.vault.softDelete?.(name)
    expect(await store.read()).toBeUndefined()
    const error = await store.write(sampleEntry(), always).then(() => expect.fail('it wrote'), asPatrolError)
    expect(error).toMatchObject({ code: 'secret-deleted', remedy: expect.stringContaining('signIn.cache') })
  })

  it('that may not be read says what permission is missing', async () => {
    await store.write(sampleEntry(), always)
    world.vault.denyNext?.()
    expect(await store.read().catch(asPatrolError)).toBeInstanceOf(PatrolError)
  })
})
