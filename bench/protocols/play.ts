import { type Instant, instant } from '../../src/core/time.ts'
import { SimulatedEstate } from '../../test/simulation/estate.ts'
import type { Call } from '../../test/simulation/gate.ts'
import { Fault, FaultGate, type FaultPlan } from './fault-gate.ts'
import { type Sequence, startsOf } from './sequence.ts'

export interface Run {
  readonly startedAt: Instant
  readonly endedAt: Instant
  readonly calls: readonly Call[]
  /** Where the fault of the trial struck, if it was in this run. */
  readonly disturbed: string | undefined
}

export interface Play {
  readonly estate: SimulatedEstate
  readonly runs: readonly Run[]
}

/** A fault, and the runs in which it may strike, by their indices. */
export interface Disturbance {
  readonly fault: FaultPlan
  readonly first: number
  readonly last: number
}

/** Lets a sequence run on its schedule in a world of its own, from nothing, for as many runs as are asked for. */
export async function play(sequence: Sequence, count: number, disturbance?: Disturbance): Promise<Play> {
  const estate = new SimulatedEstate()
  const fault = disturbance === undefined ? undefined : new Fault(disturbance.fault)
  const runs: Run[] = []
  for (const { at, job } of startsOf(sequence, estate.now)) {
    if (runs.length === count) break
    estate.now = instant(Math.max(estate.now, at))
    const startedAt = estate.now
    const inReach = disturbance !== undefined && runs.length >= disturbance.first && runs.length <= disturbance.last
    const metBefore = fault?.met !== undefined
    const gate = new FaultGate(estate, inReach ? fault : undefined)
    // A run that ends with an error is a failed run of a pipeline; the schedule goes on.
    await Promise.race([job.run(estate, gate).catch(() => undefined), gate.life.ended])
    const disturbed = metBefore ? undefined : fault?.met
    runs.push({ startedAt, endedAt: estate.now, calls: gate.calls, disturbed })
  }
  return { estate, runs }
}
