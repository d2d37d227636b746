import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isReceipt } from '../../src/core/copy.ts'
import { PatrolError } from '../../src/core/errors.ts'
import { Secret } from '../../src/core/secret.ts'
import { day, duration, instant, times } from '../../src/core/time.ts'
import type { Limits } from '../../src/ports/limits.ts'
import type { Addressee, Consignment, Copy, Target } from '../../src/ports/target.ts'

/**
 * A target with what is around it. `tells`: whether it can tell a copy that was overwritten. What a target cannot
 * suffer is left out, and those facts are not asked for.
 */
export interface TargetWorld {
  readonly target: Target
  readonly tells: boolean
  readonly removes: boolean
  /** One target holds one copy for each token; false when all tokens share one place. */
  readonly apart: boolean
  /** The present on the scale of `Limits.sendBy`. */
  elapsed(): number
  /** The value as a consumer gets it; undefined when there is none, or when nobody can look. */
  held(of: Addressee): Promise<string | undefined>
  /** Whether `held` can look at all. */
  readonly isReadable: boolean
  /** Somebody else puts another value there. */
  overwrite?(of: Addressee, value: string): Promise<void>
  /** Somebody else takes the copy away. */
  destroy?(of: Addressee): Promise<void>
  /** What else the target holds, as text to compare. */
  surroundings?(): Promise<string>
  /** How many mutating requests arrived. */
  mutations?(): number
  /** The next delivery is refused for lack of permission. */
  denyNext?(): Promise<void> | void
  /** The place where copies go is not there any more. */
  loseThePlace?(): Promise<void>
  stop(): Promise<void>
}

let serial = 0

/** The obligations of `Target`, asked of one implementation. */
export function targetContract(title: string, makeWorld: () => Promise<TargetWorld>): void {
  describe(`${title} as a target`, () => {
    let world: TargetWorld
    let target: Target
    const soon = (): Limits => ({ sendBy: world.elapsed() + 60_000, timeout: duration(30_000) })
    const fresh = (differences: Partial<Consignment> = {}): Consignment => {
      serial += 1
      return {
        token: `token-${serial}`,
        organization: 'contoso',
        owner: 'ci-bot@contoso.example',
        authorizationId: `11111111-2222-3333-4444-${String(serial).padStart(12, '0')}`,
        generation: `gene${String(serial).padStart(8, '0')}`,
        value: new Secret(`value${serial}x`.padEnd(84, 'Zq7')),
        validTo: instant(Date.UTC(2026, 10, 24) + times(30, day)),
        ...differences,
      }
    }
    const successorOf = (first: Consignment): Consignment => fresh({ token: first.token })
    const copyOf = (delivered: Consignment, receipt: string | undefined): Copy => {
      const { token, organization, generation } = delivered
      return { token, organization, generation, receipt, deliveredAt: instant(Date.UTC(2026, 10, 24)) }
    }
    const deliver = async (consignment: Consignment): Promise<Copy> =>
      copyOf(consignment, await target.deliver(consignment, soon()))
    const conditionOf = async (copy: Copy): Promise<string> => (await target.inspect(copy)).kind
    const failure = async (work: Promise<unknown>): Promise<PatrolError> => {
      const thrown = await work.then(
        () => undefined,
        (error: unknown) => error,
      )
      expect(thrown).toBeInstanceOf(PatrolError)
      return thrown as PatrolError
    }
    type Hook = 'overwrite' | 'destroy' | 'surroundings' | 'mutations' | 'denyNext' | 'loseThePlace'
    const whenItCan =
      (...hooks: readonly Hook[]) =>
      (context: { skip(condition: boolean, note?: string): void }): void => {
        const lacking = hooks.filter((hook) => world[hook] === undefined)
        context.skip(lacking.length > 0, `this target knows no ${lacking.join(', ')}`)
      }

    beforeAll(async () => {
      world = await makeWorld()
      target = world.target
    })
    afterAll(() => world.stop())

    it('can be checked, and nothing is written for it', async () => {
      const before = world.mutations?.()
      await target.check()
      expect(world.mutations?.()).toBe(before)
    })

    it('gives consumers the value that was delivered, and then the next one', async (context) => {
      context.skip(!world.isReadable, 'nobody can look into this target')
      const first = fresh()
      await deliver(first)
      expect(await world.held(first)).toBe(first.value.reveal())
      const second = successorOf(first)
      await deliver(second)
      expect(await world.held(second)).toBe(second.value.reveal())
    })

    it('gives a receipt that fits beside the value in a store and tells nothing of it', async () => {
      const consignment = fresh()
      const receipt = await target.deliver(consignment, soon())
      if (receipt === undefined) return
      expect(isReceipt(receipt)).toBe(true)
      expect(consignment.value.reveal()).not.toContain(receipt)
    })

    it('takes the same value twice', async () => {
      const consignment = fresh()
      await deliver(consignment)
      const copy = await deliver(consignment)
      if (world.isReadable) expect(await world.held(consignment)).toBe(consignment.value.reveal())
      expect(await conditionOf(copy)).toBe(world.tells ? 'intact' : 'unknowable')
    })

    it('sees that a copy is intact, and changes nothing to see it', async () => {
      const copy = await deliver(fresh())
      const before = world.mutations?.()
      expect(await conditionOf(copy)).toBe(world.tells ? 'intact' : 'unknowable')
      expect(await conditionOf(copy)).toBe(world.tells ? 'intact' : 'unknowable')
      expect(world.mutations?.()).toBe(before)
    })

    it('sees that a copy was overwritten by another value', async (context) => {
      whenItCan('overwrite')(context)
      const consignment = fresh()
      const copy = await deliver(consignment)
      await world.overwrite?.(consignment, `other${'Yx'.repeat(20)}`)
      expect(await conditionOf(copy)).toBe(world.tells ? 'overwritten' : 'unknowable')
      const healed = await deliver(consignment)
      expect(await conditionOf(healed)).toBe(world.tells ? 'intact' : 'unknowable')
      if (world.isReadable) expect(await world.held(consignment)).toBe(consignment.value.reveal())
    })

    it('does not take the predecessor, put back by somebody, for the copy', async (context) => {
      whenItCan('overwrite')(context)
      const first = fresh()
      await deliver(first)
      const second = successorOf(first)
      const copy = await deliver(second)
      await world.overwrite?.(first, first.value.reveal())
      expect(await conditionOf(copy)).toBe(world.tells ? 'overwritten' : 'unknowable')
    })

    it('sees that a copy is gone', async (context) => {
      whenItCan('destroy')(context)
      const consignment = fresh()
      const copy = await deliver(consignment)
      await world.destroy?.(consignment)
      expect(await conditionOf(copy)).toBe(world.tells ? 'gone' : 'unknowable')
      await deliver(consignment)
      if (world.isReadable) expect(await world.held(consignment)).toBe(consignment.value.reveal())
    })

    it('takes nothing for intact that it did not deliver', async () => {
      const never = fresh()
      const condition = await conditionOf(copyOf(never, undefined))
      expect(condition).not.toBe('intact')
    })

    it('keeps the copies of two tokens apart', async (context) => {
      context.skip(!world.apart || !world.isReadable, 'this target has one place for all')
      const [one, other] = [fresh(), fresh()]
      await deliver(one)
      await deliver(other)
      expect(await world.held(one)).toBe(one.value.reveal())
      expect(await world.held(other)).toBe(other.value.reveal())
    })

    it('leaves what else is there as it was', async (context) => {
      whenItCan('surroundings')(context)
      const consignment = fresh()
      const before = await world.surroundings?.()
      const copy = await deliver(consignment)
      expect(await world.surroundings?.()).toBe(before)
      await deliver(successorOf(consignment))
      await target.remove(copy, soon())
      expect(await world.surroundings?.()).toBe(before)
    })

    it('sends nothing that changes anything after its time', async () => {
      const consignment = fresh()
      const before = world.mutations?.()
      const late: Limits = { sendBy: world.elapsed() - 1, timeout: duration(30_000) }
      const error = await failure(target.deliver(consignment, late))
      expect([error.code, error.outcome]).toEqual(['turn-expired', 'none'])
      expect(world.mutations?.()).toBe(before)
      if (world.isReadable && world.apart) expect(await world.held(consignment)).toBeUndefined()
    })

    it('removes a copy, and does so again without harm', async (context) => {
      context.skip(!world.removes, 'this target takes nothing back')
      const consignment = fresh()
      const copy = await deliver(consignment)
      expect((await target.remove(copy, soon())).kind).toBe('removed')
      if (world.isReadable) expect(await world.held(consignment)).toBeUndefined()
      expect((await target.remove(copy, soon())).kind).toBe('absent')
    })

    it('says why when it takes nothing back', async (context) => {
      context.skip(world.removes, 'this target takes copies back')
      const copy = await deliver(fresh())
      expect(await target.remove(copy, soon())).toMatchObject({ kind: 'kept', why: expect.stringMatching(/\w/) })
    })

    it('keeps what somebody else put in the place of a copy', async (context) => {
      whenItCan('overwrite')(context)
      context.skip(!world.removes || !world.tells || !world.isReadable, 'this target cannot tell')
      const consignment = fresh()
      const copy = await deliver(consignment)
      const other = `other${'Wv'.repeat(20)}`
      await world.overwrite?.(consignment, other)
      expect((await target.remove(copy, soon())).kind).toBe('kept')
      expect(await world.held(consignment)).toBe(other)
    })

    it('says that it was denied, and takes the value the next time', async (context) => {
      whenItCan('denyNext')(context)
      const consignment = fresh()
      await world.denyNext?.()
      const error = await failure(target.deliver(consignment, soon()))
      expect(error.code).toBe('target-denied')
      expect(error.remedy).not.toBe('')
      await deliver(consignment)
    })

    it('says that the place is not there', async (context) => {
      whenItCan('loseThePlace')(context)
      await world.loseThePlace?.()
      const errors = [await failure(target.deliver(fresh(), soon())), await failure(target.check())]
      expect(errors.map(({ code }) => code)).toEqual(['target-not-found', 'target-not-found'])
    })
  })
}
