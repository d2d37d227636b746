import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asPatrolError, type PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { type Instant, instant } from '../../src/core/time.ts'
import type { SignInEntry, SignInStore } from '../../src/ports/sign-in-store.ts'

/** A kind of sign-in store with what is around it. */
export interface SignInWorld {
  /** A store of this name, as another instance has it, too. */
  open(name: string): SignInStore
  /** Puts a text where a sign-in would stand. */
  plant(name: string, text: string): Promise<void>
  stop(): Promise<void>
}

let serial = 0

export function sampleEntry(changes: Partial<SignInEntry> = {}): SignInEntry {
  const number = ++serial
  const at: Instant = instant(1_795_489_446_001 + number * 1_000)
  const token = `refresh-token-${number}-${crypto.randomUUID()}${crypto.randomUUID().repeat(24)}`
  return {
    session: `session${number}`,
    user: 'ci-bot@contoso.example',
    tenant: '11111111-2222-3333-4444-555555555555',
    clientId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
    signedInAt: at,
    redeemedAt: at,
    cache: new Secret(JSON.stringify({ RefreshToken: { key: { secret: token } }, AccessToken: {} })),
    ...changes,
  }
}

const plain = (entry: SignInEntry | undefined) => entry && { ...entry, cache: entry.cache.reveal() }

/** The obligations of `SignInStore`, asked of one implementation. */
export function signInStoreContract(title: string, makeWorld: () => Promise<SignInWorld>): void {
  describe(`${title} as a store of sign-ins`, () => {
    let world: SignInWorld
    const fresh = (): string => `sign-in-${++serial}`
    const always = (): boolean => true
    const failure = (work: Promise<unknown>): Promise<PatrolError> =>
      work.then(() => expect.fail('it did not fail'), asPatrolError)

    beforeAll(async () => {
      world = await makeWorld()
    })
    afterAll(() => world.stop())

    it('holds nothing before somebody signs in', async () => {
      const store = world.open(fresh())
      expect(await store.read()).toBeUndefined()
      expect(await store.others('any')).toEqual([])
      expect(await store.remove()).toBe(false)
      expect(await store.read()).toBeUndefined()
    })

    it('gives to every instance what was written', async () => {
      const [name, entry] = [fresh(), sampleEntry()]
      expect(await world.open(name).write(entry, always)).toEqual({ written: true, before: undefined })
      expect(plain(await world.open(name).read())).toEqual(plain(entry))
      expect(await world.open(name).others(entry.session)).toEqual([])
    })

    it('shows to whoever writes what stands there, and writes nothing without permission', async () => {
      const [name, first, second] = [fresh(), sampleEntry(), sampleEntry()]
      await world.open(name).write(first, always)
      const seen: (SignInEntry | undefined)[] = []
      const refused = await world.open(name).write(second, (present) => {
        seen.push(present)
        return false
      })
      expect(seen.map(plain)).toEqual([plain(first)])
      expect(refused.written).toBe(false)
      expect(plain(refused.before)).toEqual(plain(first))
      expect(plain(await world.open(name).read())).toEqual(plain(first))
      const taken = await world.open(name).write(second, always)
      expect({ ...taken, before: plain(taken.before) }).toEqual({ written: true, before: plain(first) })
      expect(plain(await world.open(name).read())).toEqual(plain(second))
    })

    it('asks for permission where nobody is signed in, too', async () => {
      const name = fresh()
      const refused = await world.open(name).write(sampleEntry(), (present) => present !== undefined)
      expect(refused).toEqual({ written: false, before: undefined })
      expect(await world.open(name).read()).toBeUndefined()
    })

    it('forgets what is removed, and takes a new sign-in afterwards', async () => {
      const [name, entry] = [fresh(), sampleEntry()]
      await world.open(name).write(sampleEntry(), always)
      await world.open(name).write(sampleEntry(), always)
      expect(await world.open(name).remove()).toBe(true)
      expect(await world.open(name).read()).toBeUndefined()
      expect(await world.open(name).others('any')).toEqual([])
      expect(await world.open(name).remove()).toBe(false)
      expect(await world.open(name).write(sampleEntry(), (present) => present !== undefined)).toMatchObject({
        written: false,
      })
      await world.open(name).write(entry, always)
      expect(plain(await world.open(name).read())).toEqual(plain(entry))
    })

    it('holds one of those that many instances write at once', async () => {
      const [name, session] = [fresh(), 'one']
      const entries = Array.from({ length: 12 }, () => sampleEntry({ session }))
      await world.open(name).write(sampleEntry({ session }), always)
      await Promise.all(entries.map((entry) => world.open(name).write(entry, always)))
      const kept = plain(await world.open(name).read())
      expect(entries.map(plain)).toContainEqual(kept)
    })

    it('keeps names apart', async () => {
      const [one, other] = [sampleEntry(), sampleEntry()]
      const name = fresh()
      await world.open(name).write(one, always)
      await world.open(`${name}-more`).write(other, always)
      expect(plain(await world.open(name).read())).toEqual(plain(one))
      expect(plain(await world.open(`${name}-more`).read())).toEqual(plain(other))
    })

    it.each(['a password of somebody', '{"format":1,"session":"x"}', '[]', '{"format":0}'])(
      'refuses to read or to replace what is no sign-in: %s',
      async (text) => {
        const name = fresh()
        await world.plant(name, text)
        const read = await failure(world.open(name).read())
        expect(read.code).toBe('secret-not-managed')
        expect(read.message).toContain(world.open(name).place)
        expect(read.message).not.toContain('somebody')
        expect((await failure(world.open(name).write(sampleEntry(), always))).code).toBe('secret-not-managed')
        expect((await failure(world.open(name).read())).code).toBe('secret-not-managed')
      },
    )

    it('refuses what a newer version wrote', async () => {
      const name = fresh()
      await world.plant(name, '{"format":2}')
      expect((await failure(world.open(name).read())).code).toBe('metadata-unsupported')
      expect((await failure(world.open(name).write(sampleEntry(), always))).code).toBe('metadata-unsupported')
    })
  })
}
