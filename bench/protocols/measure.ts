import { duration, hour, times } from '../../src/core/time.ts'
import { refusals, type Refusals } from './consumers.ts'
import type { FaultPlan } from './fault-gate.ts'
import { handedOut } from './handed-out.ts'
import { type Play, play, type Run } from './play.ts'
import type { Sequence } from './sequence.ts'
import { judge, usualAfterlife, type Verdict } from './verdict.ts'

export const cacheTimes = [duration(0), hour, times(12, hour), times(24, hour)] as const

/** The rotation that is disturbed, counted from the creation of the first PAT: the first ones may be special. */
const disturbedRotation = 3

/** How many rotations consumers live through. */
const rotations = 24

export interface Measurement {
  readonly sequence: Sequence
  /** What each kill led to: one for every boundary. */
  readonly kills: readonly Verdict[]
  /** What each lost answer led to: one for every request that changes something. */
  readonly lostAnswers: readonly Verdict[]
  /** Whether a create call that the service refuses leaves consumers without a PAT that works. */
  readonly deadByRefusal: boolean
  /** By `cacheTimes`. */
  readonly refusals: readonly Refusals[]
  /** Of one rotation, in the runs that change something, and of a run that changes nothing, if there is any. */
  readonly calls: { readonly changing: number; readonly all: number; readonly idle: number | undefined }
}

/** Plays a sequence without a fault, and then once for every fault that there can be in one rotation. */
export async function measure(sequence: Sequence): Promise<Measurement> {
  const calm = await playRotations(sequence, rotations + disturbedRotation)
  const { first, last } = rotationIn(calm, disturbedRotation)
  const usual = usualAfterlife(calm)
  // Whatever lived when the fault struck has reached its end by then.
  const runs = last + Math.ceil((2 * sequence.lifetime) / sequence.period) * sequence.jobs.length
  const trial = async (fault: FaultPlan): Promise<Verdict | undefined> => {
    const played = await play(sequence, runs, { fault, first, last })
    return played.runs.some(({ disturbed }) => disturbed !== undefined) ? judge(played, usual) : undefined
  }
  const rotation = calm.runs.slice(first, last + 1).filter(changes)
  const refusal = await trial({ kind: 'refuse', nth: 1 })
  return {
    sequence,
    kills: await verdictsOf((nth) => trial({ kind: 'kill', nth })),
    lostAnswers: await verdictsOf((nth) => trial({ kind: 'lose', nth })),
    deadByRefusal: refusal?.deadAtOnce === true || refusal?.deadLater === true,
    refusals: cacheTimes.map((cacheTime) => refusals(handedOut(calm.estate), cacheTime)),
    calls: {
      changing: rotation.flatMap(({ calls }) => calls).filter(({ mutates }) => mutates).length,
      all: rotation.flatMap(({ calls }) => calls).length,
      idle: calm.runs.slice(first).find((run) => !changes(run))?.calls.length,
    },
  }
}

/** All of them, in their order. */
export async function measureAll(sequences: readonly Sequence[]): Promise<readonly Measurement[]> {
  const measurements: Measurement[] = []
  for (const sequence of sequences) measurements.push(await measure(sequence))
  return measurements
}

/** Tries the first point, the second, and so on, until a trial meets no fault. */
async function verdictsOf(trial: (nth: number) => Promise<Verdict | undefined>): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = []
  for (let nth = 1; ; nth++) {
    const verdict = await trial(nth)
    if (verdict === undefined) return verdicts
    verdicts.push(verdict)
  }
}

async function playRotations(sequence: Sequence, count: number): Promise<Play> {
  const runsPerLife = Math.ceil(sequence.lifetime / sequence.period) * sequence.jobs.length
  const played = await play(sequence, runsPerLife * (count + 1))
  if (played.runs.filter(mints).length <= count) throw new Error(`${sequence.name} rotates too seldom`)
  return played
}

/** From the run that mints to the last one that changes something before the next mint. */
function rotationIn(played: Play, nth: number): { readonly first: number; readonly last: number } {
  const minting = played.runs.flatMap((run, index) => (mints(run) ? [index] : []))
  const [first, next] = [minting[nth - 1], minting[nth]]
  if (first === undefined || next === undefined) throw new Error('there are too few rotations')
  return { first, last: first + played.runs.slice(first, next).findLastIndex(changes) }
}

function mints({ calls }: Run): boolean {
  return calls.some(({ name }) => name.startsWith('mint'))
}

function changes({ calls }: Run): boolean {
  return calls.some(({ mutates }) => mutates)
}
