import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PatrolError } from '../../src/core/errors.ts'
import { type Hold, longestReason } from '../../src/core/hold.ts'
import { encodeMetadata, type Metadata } from '../../src/core/metadata.ts'
import { Secret } from '../../src/core/secret.ts'
import { duration, type Instant, instant } from '../../src/core/time.ts'
import type { Limits } from '../../src/ports/limits.ts'
import type { Found, Store, StoredVersion } from '../../src/ports/store.ts'
import { largeMetadata, sampleMetadata } from '../adapters/stores/sample-metadata.ts'

/** A store with what is around it. What a store cannot suffer is left out, and those facts are not asked for. */
export interface StoreWorld {
  readonly store: Store
  /** Whether the store begins as one that does not exist. */
  readonly beginsAbsent: boolean
  /** The present on the scale of `Limits.sendBy`. */
  elapsed(): number
  /** The present of the store's own stamps. */
  now(): Instant
  /** A version that somebody else wrote. */
  plant(name: string, planted: Planted): Promise<void>
  /** How many mutating requests arrived where the data is. */
  mutations?(): number
  /** The next mutating request takes effect, but its answer never arrives. */
  loseNextAnswer?(): void
  /** The next mutating request is lost on its way. */
  loseNextRequest?(): void
  /** The next request is refused for lack of permission. */
  denyNext?(): void
  /** Damages or locks away one secret, so that nobody can read it any more. */
  makeUnreadable(name: string): Promise<void>
  /** Deletes so that the name stays taken. */
  softDelete?(name: string): Promise<void>
  stop(): Promise<void>
}

export interface Planted {
  readonly value: string
  readonly tags: Readonly<Record<string, string>>
  readonly enabled?: boolean
}

let serial = 0

/** The obligations of `Store`, asked of one implementation. */
export function storeContract(title: string, makeWorld: () => Promise<StoreWorld>): void {
  describe(`${title} as a store`, () => {
    let world: StoreWorld
    let store: Store
    const fresh = (): string => `secret-${++serial}`
    const soon = (): Limits => ({ sendBy: world.elapsed() + 60_000, timeout: duration(30_000) })
    const value = (): Secret => new Secret(`value-of-${++serial}-${'x'.repeat(60)}`)
    const versionOf = (found: Found | undefined): StoredVersion | undefined => {
      if (found instanceof PatrolError) throw found
      return found
    }
    const currentOf = async (name: string): Promise<StoredVersion | undefined> =>
      versionOf((await store.current([name])).get(name.toLowerCase()))
    const metadataOf = (found: Found | undefined): Metadata | undefined => {
      const version = versionOf(found)
      return version?.reading.kind === 'read' ? version.reading.metadata : undefined
    }
    const failure = async (work: Promise<unknown>): Promise<PatrolError> => {
      const thrown = await work.then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(thrown).toBeInstanceOf(PatrolError)
      return thrown as PatrolError
    }
    const whenItCan =
      (hook: 'loseNextAnswer' | 'loseNextRequest' | 'denyNext' | 'softDelete' | 'mutations') =>
      (context: { skip(condition: boolean, note?: string): void }): void => {
        context.skip(world[hook] === undefined, `this store knows no ${hook}`)
      }

    beforeAll(async () => {
      world = await makeWorld()
      store = world.store
    })
    afterAll(() => world.stop())

    it('holds nothing while it does not exist, and has an identity from its preparation on', async () => {
      if (world.beginsAbsent) {
        expect(await store.identity()).toBeUndefined()
        expect(await store.current(['nothing'])).toEqual(new Map())
        expect(await store.managed()).toEqual(new Map())
        expect(await store.versions('nothing')).toEqual([])
        expect(await store.read('nothing')).toBeUndefined()
        await store.admit('nothing')
      }
      const identity = await store.prepare()
      expect(identity).not.toBe('')
      expect(await store.identity()).toBe(identity)
      expect(await store.prepare()).toBe(identity)
    })

    it('knows nothing of a secret that was never written', async () => {
      const name = fresh()
      expect(await store.current([name])).toEqual(new Map())
      expect(await store.current([])).toEqual(new Map())
      expect(await store.versions(name)).toEqual([])
      expect(await store.read(name)).toBeUndefined()
      await store.admit(name)
    })

    it('hands out what was written, with its metadata', async () => {
      const [name, secret, metadata, before] = [fresh(), value(), sampleMetadata(), world.now()]
      const written = await store.write(name, secret, metadata, soon())
      expect(written).toMatchObject({ enabled: true, reading: { kind: 'read', metadata } })
      expect(written.id).toEqual(expect.any(String))
      expect(written.createdAt).toBeGreaterThanOrEqual(before - (before % 1_000))
      expect(written.createdAt).toBeLessThanOrEqual(world.now())
      const read = await store.read(name)
      expect(read?.value.equals(secret)).toBe(true)
      expect(read?.version).toEqual(written)
      expect(await store.versions(name)).toEqual([written])
      expect(await currentOf(name)).toMatchObject({ enabled: true, createdAt: written.createdAt })
      expect(metadataOf(await currentOf(name))).toEqual(metadata)
    })

    it('does not regard the case of names', async () => {
      const name = fresh()
      const first = await store.write(name, value(), sampleMetadata(), soon())
      await store.write(name.toUpperCase(), value(), sampleMetadata(), soon())
      expect(await store.versions(`S${name.slice(1)}`)).toHaveLength(2)
      expect([...(await store.current([name.toUpperCase(), name])).keys()]).toEqual([name])
      await store.disable(name.toUpperCase(), first.id!, soon())
      expect((await store.versions(name)).filter((version) => !version.enabled)).toHaveLength(1)
      expect(await store.read(name.toUpperCase())).toBeDefined()
    })

    it.each(['', 'a/b', '../up', 'with space', 'ü', 'a.b', 'x'.repeat(128)])('refuses the name %j', async (name) => {
      for (const work of [
        () => store.write(name, value(), sampleMetadata(), soon()),
        () => currentOf(name),
        () => store.versions(name),
        () => store.read(name),
        () => store.readVersion(name, '1'),
        () => store.admit(name),
      ]) {
        expect(await failure(work())).toMatchObject({ code: 'invalid-request', outcome: 'none' })
      }
    })

    it('calls the version current that was written last, also within one second', async () => {
      const name = fresh()
      const written: StoredVersion[] = []
      for (let round = 0; round < 6; round++) {
        const secret = value()
        const metadata = sampleMetadata({ writtenAt: instant(1_795_489_446_001 - round * 1_000) })
        written.push(await store.write(name, secret, metadata, soon()))
        expect(metadataOf(await currentOf(name))?.generation).toBe(metadata.generation)
        const read = await store.read(name)
        expect(read?.value.equals(secret)).toBe(true)
        expect(read?.version.id).toBe(written.at(-1)?.id)
      }
      const ids = (await store.versions(name)).map((version) => version.id!)
      expect(ids.sort()).toEqual(written.map((version) => version.id!).sort())
      expect(new Set(ids).size).toBe(6)
    })

    it('lists the versions of a secret that has many', async () => {
      const name = fresh()
      for (let round = 0; round < 30; round++) await store.write(name, value(), sampleMetadata(), soon())
      expect(new Set((await store.versions(name)).map((version) => version.id)).size).toBe(30)
    })

    it('keeps long lists of scopes, twenty deliveries and any characters', async () => {
      const [name, metadata] = [fresh(), largeMetadata()]
      await store.write(name, value(), metadata, soon())
      expect(metadataOf(await currentOf(name))).toEqual(metadata)
      expect(metadataOf((await store.versions(name))[0])).toEqual(metadata)
    })

    it('refuses metadata that does not fit, before anything is sent', async () => {
      const name = fresh()
      const metadata = sampleMetadata({
        supersedes: Array.from({ length: 90 }, () => sampleMetadata().authorizationId),
      })
      const sent = world.mutations?.()
      const error = await failure(store.write(name, value(), metadata, soon()))
      expect(error).toMatchObject({ code: 'invalid-request', outcome: 'none' })
      expect(world.mutations?.()).toBe(sent)
      expect(await store.versions(name)).toEqual([])
    })

    it('gives the current versions of many secrets at once', async () => {
      const names = Array.from({ length: 40 }, fresh)
      await Promise.all(names.map((name) => store.write(name, value(), sampleMetadata({ displayName: name }), soon())))
      const found = await store.current([...names, fresh(), fresh()])
      expect([...found.keys()].sort()).toEqual([...names].sort())
      for (const name of names) expect(metadataOf(found.get(name))?.displayName).toBe(name)
    })

    it('fails one secret that cannot be read by its name, and serves all others', async () => {
      const [bad, ...good] = Array.from({ length: 30 }, fresh)
      for (const name of [bad!, ...good])
        await store.write(name, value(), sampleMetadata({ displayName: name }), soon())
      await world.makeUnreadable(bad!)
      const two = await store.current([bad!.toUpperCase(), good[0]!])
      expect(two.get(bad!)).toBeInstanceOf(PatrolError)
      expect(two.get(bad!)).toMatchObject({ code: expect.stringMatching(/^store-/), outcome: 'none' })
      expect(metadataOf(two.get(good[0]!))?.displayName).toBe(good[0])
      expect((await failure(store.versions(bad!))).code).toMatch(/^store-/)
      // A listing may show what must not be read by itself.
      for (const found of [await store.current([bad!, ...good]), await store.managed()]) {
        expect(found.has(bad!)).toBe(true)
        for (const name of good) expect(metadataOf(found.get(name))?.displayName).toBe(name)
      }
    })

    it('fails a name that no secret can have, and serves all others', async () => {
      const name = fresh()
      await store.write(name, value(), sampleMetadata(), soon())
      const found = await store.current(['No Name', name, 'x/Y'])
      expect([...found.keys()].sort()).toEqual(['no name', name, 'x/y'].sort())
      expect(found.get('no name')).toMatchObject({ code: 'invalid-request', outcome: 'none' })
      expect(metadataOf(found.get(name))).toBeDefined()
    })

    it('replaces the metadata of one version and leaves its value, its state and the other versions', async () => {
      const [name, secret] = [fresh(), value()]
      const first = await store.write(name, value(), largeMetadata(), soon())
      const second = await store.write(name, secret, largeMetadata(), soon())
      const changed = sampleMetadata({ validTo: instant(1_799_000_000_000), extendedAt: instant(1_795_489_447_002) })
      await store.updateMetadata(name, second.id!, changed, soon())
      expect(metadataOf(await currentOf(name))).toEqual(changed)
      const versions = await store.versions(name)
      expect(versions.find((version) => version.id === first.id)).toEqual(first)
      expect(versions.find((version) => version.id === second.id)).toMatchObject({
        enabled: true,
        createdAt: second.createdAt,
        reading: { metadata: changed },
      })
      expect((await store.read(name))?.value.equals(secret)).toBe(true)
      await store.updateMetadata(name, first.id!, changed, soon())
      expect((await store.read(name))?.version.id).toBe(second.id)
    })

    it('places a hold, keeps it whatever is recorded after that, and takes it off', async () => {
      const name = fresh()
      const read = largeMetadata()
      const id = (await store.write(name, value(), read, soon())).id!
      const other = await store.write(name, value(), sampleMetadata(), soon())
      const hold: Hold = { until: instant(1_799_000_000_000), stops: 'revocation', reason: 'the build broke' }
      await store.setHold(name, id, hold, soon())
      const held = async () => (await store.versions(name)).find((version) => version.id === id)
      expect(metadataOf(await held())).toEqual({ ...read, hold })
      // Whoever records something read the metadata before there was a hold, or while there was an older one.
      const recorded = { ...read, extendedAt: instant(1_795_489_447_002) }
      await store.updateMetadata(name, id, recorded, soon())
      expect(metadataOf(await held())).toEqual({ ...recorded, hold })
      await store.updateMetadata(name, id, { ...recorded, hold: { ...hold, reason: 'an older one' } }, soon())
      expect(metadataOf(await held())).toEqual({ ...recorded, hold })
      await store.setHold(name, id, undefined, soon())
      expect(metadataOf(await held())).toEqual(recorded)
      await store.updateMetadata(name, id, { ...recorded, hold }, soon())
      expect(metadataOf(await held())).toEqual(recorded)
      expect((await store.versions(name)).find((version) => version.id === other.id)).toEqual(other)
      const long = { ...hold, reason: 'x'.repeat(longestReason + 1) }
      expect(await failure(store.setHold(name, id, long, soon()))).toMatchObject({ code: 'invalid-request' })
    })

    it('hands out the current version after an older one was disabled', async () => {
      const [name, secret] = [fresh(), value()]
      const first = await store.write(name, value(), sampleMetadata(), soon())
      const second = await store.write(name, secret, sampleMetadata(), soon())
      await store.disable(name, first.id!, soon())
      await store.disable(name, first.id!, soon())
      const states = new Map((await store.versions(name)).map((version) => [version.id, version]))
      expect(states.get(first.id)).toEqual({ ...first, enabled: false })
      expect(states.get(second.id)).toEqual(second)
      expect((await store.read(name))?.value.equals(secret)).toBe(true)
    })

    it('says that the current version is disabled, and does not fall back to an older one', async () => {
      const name = fresh()
      await store.write(name, value(), sampleMetadata(), soon())
      const metadata = sampleMetadata()
      const current = await store.write(name, value(), metadata, soon())
      await store.disable(name, current.id!, soon())
      expect(await store.read(name)).toBeUndefined()
      expect(await currentOf(name)).toMatchObject({ enabled: false, reading: { kind: 'read', metadata } })
      const many = await store.current([name, ...Array.from({ length: 40 }, fresh)])
      expect(many.get(name)).toMatchObject({ enabled: false, reading: { kind: 'read', metadata } })
      const changed = { ...metadata, extendedAt: instant(1_795_489_447_002) }
      await store.updateMetadata(name, current.id!, changed, soon())
      expect(await currentOf(name)).toMatchObject({ enabled: false, reading: { metadata: changed } })
      const successor = await store.write(name, value(), sampleMetadata(), soon())
      expect((await store.read(name))?.version.id).toBe(successor.id)
    })

    it('gives the value of an older version, as long as that one is enabled, and nobody else becomes current', async () => {
      const [name, secret, other] = [fresh(), value(), fresh()]
      const first = await store.write(name, secret, sampleMetadata(), soon())
      const elsewhere = await store.write(other, value(), sampleMetadata(), soon())
      const second = await store.write(name, value(), sampleMetadata(), soon())
      for (const asked of [name, name.toUpperCase()]) {
        const older = await store.readVersion(asked, first.id!)
        expect(older?.value.equals(secret)).toBe(true)
        expect(older?.version).toEqual(first)
      }
      const current = await store.readVersion(name, second.id!)
      expect(current?.value.equals((await store.read(name))!.value)).toBe(true)
      expect((await store.read(name))?.version.id).toBe(second.id)
      await store.disable(name, first.id!, soon())
      expect(await store.readVersion(name, first.id!)).toBeUndefined()
      expect(await store.readVersion(name, `${first.id!.slice(0, -4)}0000`)).toBeUndefined()
      expect(await store.readVersion(name, elsewhere.id!)).toBeUndefined()
      expect(await store.readVersion(fresh(), first.id!)).toBeUndefined()
      await store.disable(name, second.id!, soon())
      expect(await store.readVersion(name, second.id!)).toBeUndefined()
    })

    it('refuses to change a version that is not there', async () => {
      const name = fresh()
      const { id } = await store.write(name, value(), sampleMetadata(), soon())
      const none = `${id!.slice(0, -4)}0000`
      for (const [secretName, version] of [
        [name, none],
        [fresh(), id!],
      ] as const) {
        const update = await failure(store.updateMetadata(secretName, version, sampleMetadata(), soon()))
        const disable = await failure(store.disable(secretName, version, soon()))
        const hold = await failure(store.setHold(secretName, version, undefined, soon()))
        expect([update, disable, hold]).toMatchObject([
          { code: 'moved-on', outcome: 'none' },
          { code: 'moved-on', outcome: 'none' },
          { code: 'moved-on', outcome: 'none' },
        ])
      }
    })

    it('tells what others wrote from what Patrol wrote, and keeps their tags', async () => {
      const [foreign, newer, damaged, ours] = [fresh(), fresh(), fresh(), fresh()]
      const tags = encodeMetadata(sampleMetadata())
      await world.plant(foreign, { value: 'by hand', tags: { owner: 'somebody' } })
      await world.plant(newer, { value: 'later', tags: { ...tags, patrol: '7 something else' } })
      await world.plant(damaged, { value: 'torn', tags: { ...tags, account: '' } })
      await world.plant(ours, { value: 'ours', tags: { ...tags, 'cost-center': '4711' } })
      const found = await store.current([foreign, newer, damaged, ours])
      expect(versionOf(found.get(foreign))?.reading).toEqual({ kind: 'foreign' })
      expect(versionOf(found.get(newer))?.reading).toEqual({ kind: 'unsupported', version: '7' })
      expect(versionOf(found.get(damaged))?.reading).toEqual({ kind: 'damaged', field: 'account' })
      expect(versionOf(found.get(ours))?.reading.kind).toBe('read')
      const managed = await store.managed()
      expect(managed.has(foreign)).toBe(false)
      for (const name of [newer, damaged, ours])
        expect(managed.get(name)).toMatchObject({ reading: versionOf(found.get(name))?.reading })
      const read = await store.read(ours)
      expect(read?.value.reveal()).toBe('ours')
      const room = Object.keys(tags).length + 1
      const extra = Object.fromEntries(Array.from({ length: 15 - room }, (_, index) => [`extra-${index}`, 'x']))
      const full = fresh()
      await world.plant(full, { value: 'full', tags: { ...tags, 'cost-center': '4711', ...extra } })
      const id = (await store.read(full))!.version.id!
      await store.updateMetadata(full, id, sampleMetadata({ account: 'other@contoso.example' }), soon())
      const error = await failure(store.updateMetadata(full, id, sampleMetadata({ rule: '*' }), soon()))
      expect(error).toMatchObject({ code: 'invalid-request', outcome: 'none' })
      expect(error.message).toContain('cost-center')
      expect(metadataOf(await currentOf(full))?.account).toBe('other@contoso.example')
    })

    it('lists as managed every secret that Patrol wrote, with its current version', async () => {
      const names = Array.from({ length: 30 }, fresh)
      for (const name of names) await store.write(name, value(), sampleMetadata({ rule: 'Pack*' }), soon())
      const latest = sampleMetadata({ rule: 'Pack*' })
      await store.write(names[0]!, value(), latest, soon())
      const managed = await store.managed()
      expect(names.filter((name) => !managed.has(name))).toEqual([])
      expect(metadataOf(managed.get(names[0]!))).toEqual(latest)
    })

    it('sends nothing when it is too late', async () => {
      const name = fresh()
      const first = await store.write(name, value(), sampleMetadata(), soon())
      const sent = world.mutations?.()
      const late: Limits = { sendBy: world.elapsed() - 1, timeout: duration(30_000) }
      for (const work of [
        () => store.write(name, value(), sampleMetadata(), late),
        () => store.updateMetadata(name, first.id!, sampleMetadata(), late),
        () => store.disable(name, first.id!, late),
        () => store.setHold(name, first.id!, undefined, late),
      ]) {
        expect(await failure(work())).toMatchObject({ code: 'turn-expired', outcome: 'none' })
      }
      expect(world.mutations?.()).toBe(sent)
      expect(await store.versions(name)).toEqual([first])
    })

    it('takes writes of many secrets at once, and of one', async () => {
      const [name, many] = [fresh(), Array.from({ length: 12 }, fresh)]
      await Promise.all([
        ...many.map((other) => store.write(other, value(), sampleMetadata(), soon())),
        ...many.map(() => store.write(name, value(), sampleMetadata(), soon())),
      ])
      expect(await store.versions(name)).toHaveLength(12)
      expect((await store.current(many)).size).toBe(12)
    })

    it('says that a write may have taken place when its answer was lost; reading back shows it', async (context) => {
      whenItCan('loseNextAnswer')(context)
      const [name, metadata] = [fresh(), sampleMetadata()]
      await store.current([name])
      const sent = world.mutations?.()
      world.loseNextAnswer?.()
      const error = await failure(store.write(name, value(), metadata, soon()))
      expect(error).toMatchObject({ code: 'store-unreachable', outcome: 'unknown' })
      expect(metadataOf(await currentOf(name))).toEqual(metadata)
      expect(await store.versions(name)).toHaveLength(1)
      if (sent !== undefined) expect(world.mutations?.()).toBe(sent + 1)
    })

    it('does not repeat a write that was lost on its way, and does not claim to know', async (context) => {
      whenItCan('loseNextRequest')(context)
      const name = fresh()
      await store.current([name])
      world.loseNextRequest?.()
      const error = await failure(store.write(name, value(), sampleMetadata(), soon()))
      expect(error).toMatchObject({ code: 'store-unreachable', outcome: 'unknown' })
      expect(await store.versions(name)).toEqual([])
    })

    it('says that access is denied, and that nothing took place', async (context) => {
      whenItCan('denyNext')(context)
      const name = fresh()
      await store.current([name])
      world.denyNext?.()
      const error = await failure(store.write(name, value(), sampleMetadata(), soon()))
      expect(error).toMatchObject({ code: 'store-denied', outcome: 'none' })
      expect(error.remedy).toMatch(/permission|role|read and write/)
    })

    it('does not admit a name that is deleted but kept, and refuses to write it', async (context) => {
      whenItCan('softDelete')(context)
      const name = fresh()
      await store.write(name, value(), sampleMetadata(), soon())
      await store.admit(name)
      await world.softDelete?.(name)
      expect(await store.current([name])).toEqual(new Map())
      expect(await store.read(name)).toBeUndefined()
      expect(await failure(store.admit(name))).toMatchObject({ code: 'secret-deleted' })
      const error = await failure(store.write(name, value(), sampleMetadata(), soon()))
      expect(error).toMatchObject({ code: 'secret-deleted', outcome: 'none' })
    })

    it('puts no value into an error', async () => {
      const secret = value()
      const error = await failure(store.write('not a name', secret, sampleMetadata(), soon()))
      expect(`${error.message} ${error.remedy} ${error.stack} ${String(error.cause)}`).not.toContain(secret.reveal())
    })
  })
}
