import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  between,
  day,
  type Duration,
  duration,
  hour,
  type Instant,
  minute,
  second,
  times,
} from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'

export type DatedService = 'azure-devops' | 'vault'

/** A clock with what is around it. What cannot happen to it is left out, and those facts are not asked for. */
export interface ClockWorld {
  readonly clock: Clock
  /** The services' time. */
  truth(): Instant
  /** Lets time pass for everybody; whoever sleeps and should wake meanwhile wakes. */
  pass(length: Duration): Promise<void>
  /** Somebody sets this computer's clock, by so much. */
  set(by: Duration): void
  /** A service answers. */
  hear(service: DatedService): Promise<void>
  /** A service's own clock goes wrong, by so much; 0 sets it right. */
  setService?(service: DatedService, by: Duration): void
  /** The program is told to stop. */
  tellToStop?(): void
  stop(): Promise<void>
}

/** Dates of answers have whole seconds, and an answer takes a while. */
const tolerance = times(3, second)

/** The obligations of `Clock`, asked of one implementation. */
export function clockContract(title: string, makeWorld: () => Promise<ClockWorld>): void {
  describe(`${title} as a clock`, () => {
    let world: ClockWorld
    let clock: Clock

    const hearAll = async (): Promise<void> => {
      await world.hear('azure-devops')
      await world.hear('vault')
    }
    const isOffBy = (expected: number): void => {
      expect(Math.abs(between(world.truth(), clock.now()) - expected)).toBeLessThan(tolerance)
    }

    beforeEach(async () => {
      world = await makeWorld()
      ;({ clock } = world)
    })
    afterEach(() => world.stop())

    it('knows no better than this computer until a service answered', async () => {
      isOffBy(0)
      world.set(hour)
      isOffBy(hour)
      expect(clock.skew()).toEqual({ kind: 'unknown' })
    })

    it.each([times(3, hour), times(-3, hour), times(20, hour), duration(0)])(
      'tells the services’ time on a computer that is off by %i ms, from the first answer on',
      async (by) => {
        world.set(by)
        await world.hear('vault')
        isOffBy(0)
        const skew = clock.skew()
        expect(skew.kind).toBe('corrected')
        if (skew.kind === 'corrected') expect(Math.abs(skew.offset + by)).toBeLessThan(tolerance)
        await world.pass(times(5, hour))
        isOffBy(0)
      },
    )

    it.each([times(10, minute), times(-10, minute), times(5, hour), times(-5, hour)])(
      'is right again after the answers that follow when somebody sets the clock by %i ms meanwhile',
      async (by) => {
        await hearAll()
        await world.pass(minute)
        world.set(by)
        await hearAll()
        isOffBy(0)
        await world.pass(minute)
        world.set(times(-1, by))
        await hearAll()
        isOffBy(0)
      },
    )

    it('follows a clock that is set by less than anybody is told of', async () => {
      await hearAll()
      world.set(times(40, second))
      await hearAll()
      isOffBy(0)
      world.set(times(-40, second))
      await hearAll()
      isOffBy(0)
    })

    it.each([times(2, day), times(-2, day)])('is not reliable %i ms off, and is when it is set right', async (by) => {
      world.set(by)
      await hearAll()
      expect(clock.skew()).toMatchObject({ kind: 'unreliable', message: expect.stringContaining('hours') })
      world.set(times(-1, by))
      await hearAll()
      expect(clock.skew().kind).toBe('corrected')
      isOffBy(0)
    })

    it('is not reliable while services disagree', async () => {
      if (world.setService === undefined) return
      world.setService('vault', times(20, minute))
      await hearAll()
      expect(clock.skew().kind).toBe('unreliable')
      world.setService('vault', duration(0))
      await hearAll()
      expect(clock.skew().kind).toBe('corrected')
      isOffBy(0)
    })

    it('counts the time that passes, and never back, whoever sets the clock', async () => {
      let last = clock.elapsed()
      const grows = async (least: Duration, most: number): Promise<void> => {
        await world.pass(least)
        const grown = clock.elapsed() - last
        expect(grown).toBeGreaterThanOrEqual(least)
        expect(grown).toBeLessThan(most)
        last += grown
      }
      await grows(hour, hour + tolerance)
      world.set(times(-3, hour))
      await grows(minute, minute + tolerance)
      await hearAll()
      // A clock that was set forward may be taken for a computer that slept, which ends turns early and never late.
      world.set(times(2, hour))
      await grows(minute, minute + 2 * hour + tolerance)
      await grows(minute, minute + tolerance)
    })

    it('wakes a sleeper when the time has passed, and not before', async () => {
      let awake = 0
      const sleeping = [times(10, second), times(40, second)].map((length) =>
        clock.sleep(length).then(() => (awake += 1)),
      )
      await world.pass(times(5, second))
      expect(awake).toBe(0)
      await world.pass(times(10, second))
      expect(awake).toBe(1)
      await world.pass(times(30, second))
      await Promise.all(sleeping)
      expect(awake).toBe(2)
    })

    it('wakes a sleeper when the program is told to stop, unless it must go on', async () => {
      if (world.tellToStop === undefined) return
      const woken: string[] = []
      const sleeping = [
        clock.sleep(hour).then(() => woken.push('idle')),
        clock.sleep(times(2, second), 'go-on').then(() => woken.push('safe')),
      ]
      world.tellToStop()
      await sleeping[0]
      expect(woken).toEqual(['idle'])
      await world.pass(times(3, second))
      await Promise.all(sleeping)
      expect(woken).toEqual(['idle', 'safe'])
    })
  })
}
