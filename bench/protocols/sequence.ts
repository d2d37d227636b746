import { evenHash } from '../../src/core/hash.ts'
import { type Duration, type Instant, instant, minute } from '../../src/core/time.ts'
import type { SimulatedEstate } from '../../test/simulation/estate.ts'
import type { Gate } from '../../test/simulation/gate.ts'
import { openServices, type Services } from './services.ts'

/** Something that a scheduler starts again and again. */
export interface Job {
  /** After the beginning of each period. */
  readonly offset: Duration
  /** One whole run, until it ends or its program is killed. */
  readonly run: (estate: SimulatedEstate, gate: Gate) => Promise<void>
}

/** A way to rotate one PAT, and when it runs. */
export interface Sequence {
  readonly name: string
  readonly period: Duration
  /** How long its PATs live. */
  readonly lifetime: Duration
  readonly jobs: readonly Job[]
}

/** A job of a sequence that is written over the neutral services. */
export function jobOf(run: (services: Services) => Promise<void>, offset: Duration): Job {
  return { offset, run: (estate, gate) => run(openServices(estate, gate)) }
}

export interface Start {
  readonly at: Instant
  readonly job: Job
}

/** Schedulers start runs late, by a few minutes that differ from run to run. */
const latest = 10 * minute

/** When the runs of a sequence start, for ever. */
export function* startsOf(sequence: Sequence, from: Instant): Generator<Start> {
  for (let period = 0; ; period++) {
    for (const [index, job] of sequence.jobs.entries()) {
      const late = evenHash(`${sequence.name} ${period} ${index}`) % latest
      yield { at: instant(from + period * sequence.period + job.offset + late), job }
    }
  }
}
