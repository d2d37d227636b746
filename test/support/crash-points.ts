import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import type { RequestRecord } from '../../src/emulator/journal.ts'
import { Estate, type EstateOptions } from './estate.ts'

const hour = 3_600_000
const day = 24 * hour

/** One request of a run, and what becomes of it when the program is killed while it waits for the answer. */
export interface CrashPoint {
  readonly name: string
  readonly service: RequestRecord['service']
  /** Requests to that service before this one. */
  readonly skip: number
  /** The request never arrives, or it takes effect at once, or only after somebody else has run. */
  readonly fate: 'never' | 'at once' | 'late'
}

/** A situation, and the command line that is killed in it. */
export interface Phase {
  readonly words: string
  readonly hasTargets: boolean
  prepare(): Promise<Estate>
}

/** Nothing exists yet; the first value is there and another is asked for; the overlap of the first has passed. */
export function phases(options: EstateOptions): Readonly<Record<'establish' | 'rotate' | 'retire', Phase>> {
  const established = async (): Promise<Estate> => {
    const estate = await Estate.open(options)
    await estate.run('apply')
    estate.emulator.travel(2 * hour)
    // What was delivered at once is delivered once more.
    if (options.targets === true) await estate.run('apply')
    return estate
  }
  const superseded = async (): Promise<Estate> => {
    const estate = await established()
    await estate.run('rotate package-feed')
    if (options.targets === true) {
      estate.emulator.travel(2 * hour)
      await estate.run('apply')
    }
    estate.emulator.travel(2 * day + hour)
    return estate
  }
  const hasTargets = options.targets === true
  return {
    establish: { words: 'apply', hasTargets, prepare: () => Estate.open(options) },
    rotate: { words: 'rotate package-feed', hasTargets, prepare: established },
    retire: { words: 'apply', hasTargets, prepare: superseded },
  }
}

/**
 * Kills the program at each request of a phase, and each time lets further runs converge: the store always hands out a
 * PAT that works, and nobody is cut off.
 *
 * @returns how many requests there were
 */
export async function killAtEach(phase: Phase, establishes: boolean): Promise<number> {
  const points = await crashPointsOf(phase)
  for (const point of points) {
    const estate = await killAt(phase, point, async (killed) => {
      if (!establishes) expect(await killed.hands('package-feed'), point.name).toBe(true)
    })
    await estate.converge()
    expect(await estate.hands('package-feed'), point.name).toBe(true)
    expect(estate.cutOff(2 * day), point.name).toEqual([])
    if (phase.hasTargets) {
      const value = await estate.value('package-feed')
      expect(estate.copies.held(), point.name).toEqual([value, value])
    }
    await estate.stop()
  }
  const requests = new Set(points.map(({ service, skip }) => `${service} ${skip}`)).size
  return requests
}

/** Every request of the phase; those that change something with each of their fates. */
export async function crashPointsOf(phase: Phase): Promise<readonly CrashPoint[]> {
  const estate = await phase.prepare()
  const mark = estate.emulator.requests().length
  const { code, stderr } = await estate.start(phase.words).ended
  if (code !== 0) throw new Error(`the run to be killed fails by itself: ${stderr}`)
  const requests = estate.emulator.requests().slice(mark)
  await estate.stop()
  return requests.flatMap(({ service, method, url }, index): CrashPoint[] => {
    // Targets make a difference to what is read from the vault and written to it, and to nothing else.
    if (phase.hasTargets && service !== 'vault') return []
    const skip = requests.slice(0, index).filter((request) => request.service === service).length
    const changes = (service === 'pats' || service === 'vault') && method !== 'GET'
    const fates = changes ? (['never', 'at once', 'late'] as const) : (['never'] as const)
    return fates.map((fate) => ({ name: `${method} ${url.replace(/\?.*/, '')}, ${fate}`, service, skip, fate }))
  })
}

/**
 * Kills the program at one point, as a power cut would, and lets another run take place before a late request lands.
 *
 * @param between is called right after the kill
 */
export async function killAt(
  phase: Phase,
  point: CrashPoint,
  between: (estate: Estate) => Promise<void>,
): Promise<Estate> {
  const estate = await phase.prepare()
  const { service, skip, fate } = point
  const fault = estate.emulator.fault({ service, skip, effect: fate === 'at once' ? 'block-after' : 'block' })
  const { child, ended } = estate.start(phase.words)
  await Promise.race([fault.whenFired(), ended])
  // Behind `block-after` the request takes effect right after it was hit.
  if (fate === 'at once') await wait(5)
  child.kill('SIGKILL')
  const { code, stderr } = await ended
  if (code !== 137) throw new Error(`not killed at ${point.name}, but ended with ${code}: ${stderr}`)
  fault.cancel()
  await between(estate)
  if (fate === 'late') {
    await estate.run('apply')
    fault.release()
    await wait(20)
  }
  return estate
}
