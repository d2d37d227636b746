import type { Options } from './options.ts'
import type { Outcome, simulate } from './simulator.ts'

/** Replays are cheap, but a story with hundreds of troubles has many parts. */
const mostReplays = 400

/** Simpler worlds, the greatest simplification first; each is kept only if it still breaks. */
const simpler: readonly Partial<Options>[] = [
  { instances: 1 },
  { tokens: 1 },
  { organizations: 1 },
  { difference: 'none' },
  { targets: 0 },
  { inGroups: false },
  { concurrency: 1 },
  { clockWrong: 0, clockError: 0 },
  { createLag: 0, revokeLag: 0, useLag: 0 },
  { latency: 50 },
]

/**
 * The shortest story that can be found in which the same invariant breaks: the world is made simpler, then parts of the
 * troubles are left out, first large ones, then single troubles, as long as it still breaks.
 *
 * @param broken what a seed gave
 * @param play the simulator that gave it
 */
export async function shrink(broken: Outcome, play: typeof simulate): Promise<Outcome> {
  const invariant = broken.violations[0]?.invariant
  let best = broken
  let without: ReadonlySet<string> = new Set()
  let replays = 0
  let options: Partial<Options> = {}
  for (const change of simpler) {
    const candidate = { ...options, ...change }
    replays += 1
    const outcome = await play(broken.seed, { options: candidate })
    if (outcome.violations[0]?.invariant !== invariant) continue
    best = outcome
    options = candidate
  }
  let part = Math.ceil(best.troubles.length / 2)
  while (part >= 1 && replays < mostReplays) {
    let shorter = false
    for (let from = 0; from < best.troubles.length && replays < mostReplays; from += part) {
      const candidate = new Set([...without, ...best.troubles.slice(from, from + part)])
      replays += 1
      const outcome = await play(broken.seed, { without: candidate, options })
      if (outcome.violations[0]?.invariant !== invariant || outcome.troubles.length >= best.troubles.length) continue
      best = outcome
      without = candidate
      shorter = true
      break
    }
    if (!shorter) part = part === 1 ? 0 : Math.ceil(part / 2)
  }
  return best
}
