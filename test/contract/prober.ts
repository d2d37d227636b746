import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { after, day, type Duration, hour, type Instant, times } from '../../src/core/time.ts'
import type { Verification } from '../../src/core/token.ts'
import type { Probe, Prober } from '../../src/ports/prober.ts'

/** A prober with what is around it. What it cannot suffer is left out, and those facts are not asked for. */
export interface ProberWorld {
  readonly prober: Prober
  readonly organization: string
  /** Another one, in which a PAT of the first is not let in. */
  readonly otherOrganization: string
  /** The id by which the authority knows the account's user in the organization. */
  ownerId(): Promise<string>
  /** The present of the PATs' ends. */
  now(): Instant
  /** Lets time pass for everybody. */
  pass(length: Duration): void
  /** A PAT of the account's user, made by hand. */
  plant(pat: { validTo: Instant; allOrganizations: boolean }): { readonly id: string; readonly value: Secret }
  revokeOutside(authorizationId: string): void
  /** How many calls arrived that tried a value. */
  calls(): number
  /** The next call gets no answer. */
  loseNextAnswer(): void
  /** The next call is turned away for its rate. */
  throttleNext(): void
  /** Whether a call with a value that is not known is answered, but as to nobody. */
  answerAnonymously?(on: boolean): void
  /** An address at which the PATs that are planted may be tried, and one that must not be given any. */
  readonly addresses?: { readonly own: string; readonly foreign: string }
  stop(): Promise<void>
}

/** The obligations of `Prober`, asked of one implementation. */
export function proberContract(title: string, makeWorld: () => Promise<ProberWorld>): void {
  describe(`${title} as a prober`, () => {
    let world: ProberWorld

    const plant = (allOrganizations = false): { readonly id: string; readonly value: Secret } =>
      world.plant({ validTo: after(world.now(), times(30, day)), allOrganizations })
    const probe = (
      value: Secret,
      organization = world.organization,
      verification: Verification = { kind: 'connection-data' },
    ): Promise<Probe> => world.prober.probe(organization, value, verification)

    beforeAll(async () => {
      world = await makeWorld()
    })
    afterAll(() => world.stop())

    it('says that a live PAT works, and as whom', async () => {
      const { value } = plant()
      expect(await probe(value)).toEqual({ kind: 'works', ownerId: await world.ownerId() })
    })

    it('tries `listed`, which has no address of its own, like any other', async () => {
      const { value } = plant()
      expect(await probe(value, world.organization, { kind: 'listed' })).toEqual(await probe(value))
    })

    it('sees a PAT of one organization refused in another, and a global one let in everywhere', async () => {
      const [own, global] = [plant().value, plant(true).value]
      expect((await probe(own, world.otherOrganization)).kind).toBe('refused')
      expect((await probe(global)).kind).toBe('works')
      expect((await probe(global, world.otherOrganization)).kind).toBe('works')
    })

    it('sees a revoked PAT refused', async () => {
      const { id, value } = plant()
      expect((await probe(value)).kind).toBe('works')
      world.revokeOutside(id)
      expect((await probe(value)).kind).toBe('refused')
    })

    it('sees an expired PAT refused, and no other', async () => {
      const [short, long] = [world.plant({ validTo: after(world.now(), hour), allOrganizations: false }), plant()]
      expect((await probe(short.value)).kind).toBe('works')
      world.pass(times(2, hour))
      expect((await probe(short.value)).kind).toBe('refused')
      expect((await probe(long.value)).kind).toBe('works')
    })

    it('sees what is no PAT refused', async () => {
      for (const text of ['made-up', `${plant().value.reveal()}x`]) {
        expect((await probe(new Secret(text))).kind).toBe('refused')
      }
    })

    it('calls exactly once each time, whatever is answered', async () => {
      const values = [plant().value, new Secret('made-up')]
      for (const value of values) {
        const calls = world.calls()
        await probe(value)
        expect(world.calls()).toBe(calls + 1)
      }
    })

    it('without an answer knows nothing, asks no second time, and sees it work when asked again', async () => {
      const { value } = plant()
      const calls = world.calls()
      world.loseNextAnswer()
      expect((await probe(value)).kind).toBe('unknown')
      expect(world.calls()).toBe(calls + 1)
      expect((await probe(value)).kind).toBe('works')
    })

    it('turned away for its rate knows nothing, of a live PAT and of a dead one', async () => {
      for (const value of [plant().value, new Secret('made-up')]) {
        const calls = world.calls()
        world.throttleNext()
        expect((await probe(value)).kind).toBe('unknown')
        expect(world.calls()).toBe(calls + 1)
      }
    })

    it('tells an answer to nobody from one to the owner', async () => {
      if (world.answerAnonymously === undefined) return
      world.answerAnonymously(true)
      expect(await probe(new Secret('made-up'))).toEqual({ kind: 'anonymous' })
      expect((await probe(plant().value)).kind).toBe('works')
      world.answerAnonymously(false)
    })

    it('tries an address only where a PAT may go', async () => {
      if (world.addresses === undefined) return
      const { value } = plant()
      const at = (url: string): Promise<Probe> => probe(value, world.organization, { kind: 'url', url })
      expect(await at(world.addresses.own)).toEqual({ kind: 'works', ownerId: undefined })
      const calls = world.calls()
      expect((await at(world.addresses.foreign)).kind).toBe('unknown')
      expect(world.calls()).toBe(calls)
    })

    it('never shows the value in what it says', async () => {
      const { id, value } = plant()
      const said = [await probe(value), await probe(value, world.otherOrganization)]
      world.loseNextAnswer()
      said.push(await probe(value))
      world.revokeOutside(id)
      said.push(await probe(value))
      expect(said.map(({ kind }) => kind)).toEqual(['works', 'refused', 'unknown', 'refused'])
      expect(JSON.stringify(said)).not.toContain(value.reveal())
    })
  })
}
