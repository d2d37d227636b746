import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type KeychainEntry, keychainSignIns } from '../../../src/adapters/stores/keychain-sign-ins.ts'
import { asPatrolError, PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { sampleEntry, signInStoreContract, type SignInWorld } from '../../contract/sign-in-store.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { testClock } from './test-clock.ts'

/** A keychain in memory, whose entries take their time. */
class Keychain {
  readonly entries = new Map<string, Uint8Array>()

  async open(name: string): Promise<KeychainEntry> {
    const { entries } = this
    const pause = (): Promise<unknown> => new Promise((resolve) => setImmediate(resolve))
    return {
      async getSecret() {
        await pause()
        const found = entries.get(name)
        return found === undefined ? null : [...found]
      },
      async setSecret(secret) {
        await pause()
        entries.set(name, secret)
      },
      async deleteCredential() {
        await pause()
        return entries.delete(name)
      },
    }
  }
}

async function keychainWorld(): Promise<SignInWorld> {
  const lockDirectory = await mkdtemp(join(tmpdir(), 'patrol-keychain-'))
  const keychain = new Keychain()
  const leaks = new LeakWatch()
  const open = (name: string) => keychain.open(name)
  return {
    open: (name) => leaks.over(keychainSignIns({ name, open, lockDirectory, clock: testClock })),
    plant: async (name, text) => void keychain.entries.set(name, deflateRawSync(text)),
    stop: async () => {
      const names = await readdir(lockDirectory)
      const texts = await Promise.all(names.map((name) => readFile(join(lockDirectory, name), 'latin1')))
      await rm(lockDirectory, { recursive: true })
      leaks.check([], { files: texts })
    },
  }
}

signInStoreContract('a keychain', keychainWorld)

describe('a keychain', () => {
  it('gets less than the 2560 bytes that Windows takes, with a refresh token of 1500 characters', async () => {
    const lockDirectory = await mkdtemp(join(tmpdir(), 'patrol-keychain-'))
    const keychain = new Keychain()
    const store = keychainSignIns({ name: 'bot', open: (name) => keychain.open(name), lockDirectory, clock: testClock })
    const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(1_125))).toString('base64url')
    const [id, tenant, client] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
    const [home, environment] = [`${id}.${tenant}`, 'login.microsoftonline.com']
    // What MSAL keeps for one account.
    const account = {
      home_account_id: home,
      environment,
      realm: tenant,
      local_account_id: id,
      username: 'ci-bot@contoso.com',
    }
    const token = { home_account_id: home, environment, credential_type: 'RefreshToken', client_id: client, secret }
    const cache = {
      Account: { [`${home}-${environment}-${tenant}`]: { ...account, authority_type: 'MSSTS', name: 'CI bot' } },
      IdToken: {},
      AccessToken: {},
      RefreshToken: { [`${home}-${environment}-refreshtoken-${client}----`]: token },
      AppMetadata: { [`appmetadata-${environment}-${client}`]: { client_id: client, environment } },
    }
    await store.write(sampleEntry({ cache: new Secret(JSON.stringify(cache)) }), () => true)
    expect(secret).toHaveLength(1_500)
    expect(keychain.entries.get('bot')?.length).toBeLessThan(2_560)
    await rm(lockDirectory, { recursive: true })
  })

  it('that is not there says to name a file store', async () => {
    const lockDirectory = await mkdtemp(join(tmpdir(), 'patrol-keychain-'))
    const open = (): Promise<KeychainEntry> => Promise.reject(new Error('no secret service\nat line 1'))
    const store = keychainSignIns({ name: 'bot', open, lockDirectory, clock: testClock })
    for (const work of [() => store.read(), () => store.write(sampleEntry(), () => true), () => store.remove()]) {
      const error = await work().then(() => expect.fail('it did not fail'), asPatrolError)
      expect(error).toMatchObject({ code: 'store-unreachable', remedy: expect.stringContaining('file store') })
      expect(error.message).toBe('the keychain entry azdo-patrol, bot cannot be used: no secret service')
    }
    await rm(lockDirectory, { recursive: true })
  })

  it('of this computer keeps a sign-in, or says why it cannot', async (context) => {
    const lockDirectory = await mkdtemp(join(tmpdir(), 'patrol-keychain-'))
    const store = keychainSignIns({ name: `test ${crypto.randomUUID()}`, lockDirectory, clock: testClock })
    const entry = sampleEntry()
    try {
      await store.write(entry, () => true)
      expect((await store.read())?.cache.equals(entry.cache)).toBe(true)
      expect(await store.remove()).toBe(true)
      expect(await store.read()).toBeUndefined()
    } catch (thrown) {
      if (!(thrown instanceof PatrolError)) throw thrown
      expect(thrown).toMatchObject({ code: 'store-unreachable', remedy: expect.stringContaining('file store') })
      context.skip(true, thrown.message)
    } finally {
      await rm(lockDirectory, { recursive: true })
    }
  })
})
