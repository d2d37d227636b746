import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTransport } from '../../src/adapters/http/transport.ts'
import { systemRandom } from '../../src/adapters/random.ts'
import { createServiceClock } from '../../src/adapters/service-clock.ts'
import { duration, hour, instant, minute, second, times } from '../../src/core/time.ts'
import { startEmulator } from '../../src/emulator/emulator.ts'
import type { Event } from '../../src/ports/reporter.ts'
import { clockContract, type ClockWorld } from '../contract/clock.ts'

clockContract('this computer’s clock beside the services', async (): Promise<ClockWorld> => {
  const emulator = await startEmulator()
  const stop = new AbortController()
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  let passed = 0
  let set = 0
  const monotonic = (): number => performance.now() + passed
  const clock = createServiceClock({
    wall: () => emulator.now() + set,
    monotonic,
    wait: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        const rejectStopped = (): void => reject(new Error('told to stop'))
        if (signal?.aborted === true) rejectStopped()
        signal?.addEventListener('abort', rejectStopped)
        sleepers.push({ at: monotonic() + ms, wake: resolve })
      }),
    stop: stop.signal,
    reporter: { report: () => undefined },
  })
  const transport = await createTransport({
    caFile: emulator.caFile,
    environment: {},
    userAgent: 'patrol/test',
    onDate: (sample) => clock.observe(sample),
  })
  const addresses = { 'azure-devops': emulator.endpoints.vssps, vault: Object.values(emulator.endpoints.vaults)[0]! }
  const hosts = { 'azure-devops': 'vssps', vault: 'vault' } as const
  return {
    clock,
    truth: () => instant(emulator.now()),
    pass: async (length) => {
      emulator.travel(length)
      passed += length
      for (const { at, wake } of sleepers) if (at <= monotonic()) wake()
      await wait(0)
    },
    set: (by) => void (set += by),
    hear: async (service) => {
      const answer = await transport.send({ method: 'GET', url: addresses[service], timeout: times(30, second) })
      expect(answer.headers['date']).toBeDefined()
    },
    setService: (service, by) => emulator.set({ perHostClockSkewSeconds: { [hosts[service]]: by / second } }),
    tellToStop: () => stop.abort(),
    stop: async () => {
      await transport.close()
      await emulator.stop()
    },
  }
})

const noon = Date.UTC(2026, 5, 1, 12)

function world() {
  const state = { wall: noon, monotonic: 1_000 }
  const stop = new AbortController()
  const events: Event[] = []
  const clock = createServiceClock({
    wall: () => state.wall,
    monotonic: () => state.monotonic,
    wait: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
    stop: stop.signal,
    reporter: { report: (event) => events.push(event) },
  })
  return {
    clock,
    events,
    stop,
    pass: (wall: number, monotonic: number): void => {
      state.wall += wall
      state.monotonic += monotonic
    },
    answer: (service: string, ahead: number): void => {
      const date = Math.floor((state.wall + ahead) / 1_000) * 1_000
      clock.observe({ service, date: instant(date), took: duration(0) })
    },
  }
}

describe('elapsed time', () => {
  it('follows the monotonic clock in sub-milliseconds without growing by rounding', () => {
    const { clock, pass } = world()
    const start = clock.elapsed()
    for (let index = 0; index < 1_000; index++) {
      pass(index % 2, 0.5)
      clock.elapsed()
    }
    expect(clock.elapsed() - start).toBe(500)
  })

  it('goes on while the computer sleeps and the monotonic clock stands', () => {
    const { clock, pass } = world()
    pass(hour, 200)
    expect(clock.elapsed()).toBe(hour)
    pass(1_000, 1_000)
    expect(clock.elapsed()).toBe(hour + 1_000)
  })

  it('does not go back with a wall clock that was set back', () => {
    const { clock, pass } = world()
    pass(-1 * hour, 200)
    expect(clock.elapsed()).toBe(200)
    pass(100, 100)
    expect(clock.elapsed()).toBe(300)
  })
})

describe("the services' time", () => {
  it('is ours until an answer came', () => {
    const { clock } = world()
    expect(clock.now()).toBe(noon)
    expect(clock.skew()).toEqual({ kind: 'unknown' })
  })

  it('is corrected, and a difference above a minute is told once', () => {
    const { clock, answer, events } = world()
    answer('a', hour)
    answer('b', hour)
    expect(clock.now()).toBe(noon + hour)
    expect(events).toEqual([
      { kind: 'warning', message: "this computer's clock is 1h behind the services' clocks; their time is used" },
    ])
  })

  it('tells nothing of a difference of half a minute', () => {
    const { clock, answer, events } = world()
    answer('a', 30_000)
    expect(clock.now()).toBe(noon + 30_000)
    expect(events).toEqual([])
  })

  it('is unreliable when two services disagree, and is then not corrected', () => {
    const { clock, answer } = world()
    answer('a', 0)
    answer('b', hour)
    expect(clock.skew().kind).toBe('unreliable')
    expect(clock.now()).toBe(noon)
  })

  it('follows when our own clock is set right during a run', () => {
    const { clock, answer, pass } = world()
    answer('a', hour)
    answer('b', hour)
    pass(hour, 10)
    answer('a', 0)
    expect(clock.skew()).toEqual({ kind: 'corrected', offset: 0 })
    expect(clock.now()).toBe(noon + hour)
  })

  it('survives a sleep of the computer', () => {
    const { clock, answer, pass } = world()
    answer('a', 10 * minute)
    pass(8 * hour, 5)
    expect(clock.now()).toBe(noon + 8 * hour + 10 * minute)
  })
})

describe('a sleep', () => {
  it('ends at once when the program is told to stop', async () => {
    const { clock, stop } = world()
    const sleeping = clock.sleep(hour)
    stop.abort()
    await sleeping
    await clock.sleep(hour)
    expect(stop.signal.aborted).toBe(true)
  })

  it('that must go on does not end then', async () => {
    const { clock, stop } = world()
    stop.abort()
    const sleeping = clock.sleep(duration(60), 'go-on').then(() => 'slept')
    expect(await Promise.race([sleeping, clock.sleep(hour).then(() => 'woken')])).toBe('woken')
    expect(await sleeping).toBe('slept')
  })

  it('longer than a timer can be does not end at once', async () => {
    const { clock, stop } = world()
    const sleeping = clock.sleep(duration(2 ** 40)).then(() => 'awake')
    expect(await Promise.race([sleeping, wait(20, 'asleep')])).toBe('asleep')
    stop.abort()
    expect(await sleeping).toBe('awake')
  })
})

describe('chance', () => {
  it('uses all of its characters about equally often', () => {
    const counts = new Map<string, number>()
    for (const character of systemRandom.characters(36_000)) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect([...counts.keys()].sort().join('')).toBe('0123456789abcdefghijklmnopqrstuvwxyz')
    // Eight standard deviations around the expected thousand.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250)
  })

  it('gives as many characters as asked for', () => {
    expect(systemRandom.characters(0)).toBe('')
    expect(systemRandom.characters(8)).toMatch(/^[0-9a-z]{8}$/)
  })
})
