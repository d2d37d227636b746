import { BenchEstate } from './estate.ts'
import { PlainClient } from './plain-client.ts'
import type { Workload } from './workloads.ts'

/** What one workload cost: the program, and beside it clients that only send. Times in milliseconds. */
export interface Measurement {
  readonly workload: Workload
  readonly tookMs: number
  readonly requests: number
  readonly peakKiB: number
  /** As many requests as are needed, as many at once as the program has turns, by a client without a thought. */
  readonly bareMs: number
  /** The same requests, one after the other. */
  readonly serialMs: number
  /** The part of the time for which the emulator kept a core busy; undefined where the system does not tell. */
  readonly emulatorBusy: number | undefined
}

const configurations = { idle: 'idle', rotation: 'due', renewal: 'renewal' } as const

/**
 * Measures a workload some times and gives the quickest run, because whatever else the machine does only adds. What it
 * is compared with is measured right beside each run.
 */
export async function measureWorkload(workload: Workload, rounds: number): Promise<Measurement> {
  let best: Measurement | undefined
  for (let round = 0; round < rounds; round++) {
    const measured = await measureOnce(workload)
    if (best === undefined || measured.tookMs < best.tookMs) best = measured
  }
  if (best === undefined) throw new Error('nothing was measured')
  return best
}

async function measureOnce(workload: Workload): Promise<Measurement> {
  const estate = await BenchEstate.open(workload, workload.kind !== 'renewal')
  try {
    await estate.emulator.set({ roundTripMs: workload.roundTripMs })
    const run = await estate.apply(configurations[workload.kind])
    const done = doneIn(run.document)
    const expected = workload.kind === 'idle' ? 0 : workload.tokens
    if (done !== expected) throw new Error(`${done} in place of ${expected} tokens were done`)
    const client = new PlainClient(estate)
    return {
      workload,
      tookMs: run.tookMs,
      requests: run.requests,
      peakKiB: run.peakKiB,
      bareMs: await client.allAtOnce(workload),
      serialMs: await client.oneAfterTheOther(workload),
      emulatorBusy: run.emulatorCpuMs === undefined ? undefined : run.emulatorCpuMs / run.tookMs,
    }
  } finally {
    await estate.stop()
  }
}

/**
 * Whether the emulator has room: how much longer two programs take that rotate half of the tokens each, at once, than
 * one that rotates its half alone. About 1 means that it does not slow anybody down.
 */
export async function crowding(workload: Workload): Promise<number> {
  const alone = await halves(workload, (estate) => estate.apply('due', '--only', 'morning-*').then((run) => run.tookMs))
  const together = await halves(workload, async (estate) => {
    const runs = await Promise.all(['morning-*', 'evening-*'].map((glob) => estate.apply('due', '--only', glob)))
    return Math.max(...runs.map((run) => run.tookMs))
  })
  return together / alone
}

async function halves(workload: Workload, work: (estate: BenchEstate) => Promise<number>): Promise<number> {
  const estate = await BenchEstate.open(workload, true)
  try {
    await estate.emulator.set({ roundTripMs: workload.roundTripMs })
    return await work(estate)
  } finally {
    await estate.stop()
  }
}

function doneIn(document: unknown): number {
  return (document as { readonly summary: { readonly done: number } }).summary.done
}
