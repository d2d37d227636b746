import { createTransport, type Transport } from '../../../src/adapters/http/transport.ts'
import { createServiceClock, type ServiceClock } from '../../../src/adapters/service-clock.ts'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../src/emulator/emulator.ts'
import type { Event } from '../../../src/ports/reporter.ts'
import { LeakWatch, textsOf } from './leak-watch.ts'

export const user = 'ci-bot@contoso.example'
export const tenant = '11111111-2222-3333-4444-555555555555'

/** The emulator with our transport and clock in front of it. Sleeping takes no time: all clocks go ahead together. */
export interface EmulatedWorld {
  readonly emulator: Emulator
  readonly transport: Transport
  readonly clock: ServiceClock
  readonly events: Event[]
  readonly slept: number[]
  readonly stop: AbortController
  /** The adapter, listened to for secrets in its errors. */
  readonly watched: <Adapter extends object>(adapter: Adapter) => Adapter
  /** Fails when a secret stood in an error, an event or a URL. */
  readonly close: () => Promise<void>
}

export async function emulatedWorld(options: EmulatorOptions = {}): Promise<EmulatedWorld> {
  const emulator = await startEmulator(options)
  const events: Event[] = []
  const slept: number[] = []
  const stop = new AbortController()
  let skipped = 0
  const clock = createServiceClock({
    wall: () => Date.now() + skipped,
    monotonic: () => performance.now() + skipped,
    wait: async (ms, signal) => {
      signal?.throwIfAborted()
      slept.push(ms)
      skipped += ms
      emulator.travel(ms)
    },
    stop: stop.signal,
    reporter: { report: (event) => events.push(event) },
  })
  const transport = await createTransport({
    caFile: emulator.caFile,
    environment: {},
    userAgent: 'patrol/test',
    onDate: (sample) => clock.observe(sample),
  })
  const leaks = new LeakWatch()
  const close = async (): Promise<void> => {
    await transport.close()
    await emulator.stop()
    leaks.check(emulator.secrets(), {
      events: textsOf(events),
      urls: emulator.requests().map(({ url }) => url),
    })
  }
  return { emulator, transport, clock, events, slept, stop, watched: (adapter) => leaks.over(adapter), close }
}
