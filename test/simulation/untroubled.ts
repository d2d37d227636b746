import { duration, hour, instant } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { nameOf } from './behaviour.ts'
import { runErrand } from './errand.ts'
import { SimulatedEstate } from './estate.ts'
import type { Gate } from './gate.ts'
import type { Begun } from './begun.ts'
import type { Judge } from './judge.ts'
import type { Violation } from './violation.ts'
import { tell } from './small-worlds.ts'

const beganAt = new SimulatedEstate().now

/**
 * A run to which nothing happens, all at once.
 *
 * @param names how many names were drawn before it
 * @param begun undefined when the judge is not to ask whether it was needed
 */
export async function untroubled(
  estate: SimulatedEstate,
  judge: Judge,
  token: Token,
  names: number,
  begun: Begun | undefined,
): Promise<{ readonly mutations: readonly string[]; readonly names: number }> {
  const mutations: string[] = []
  let drawn = names
  const gate: Gate = {
    pass: async (call, take) => {
      const answer = take()
      if (!call.mutates) return answer
      mutations.push(call.name)
      tell(judge, call.name, begun)
      return answer
    },
    now: () => estate.now,
    elapsed: () => estate.now - beganAt,
    sleep: () => Promise.resolve(),
    skew: () => ({ kind: 'corrected', offset: duration(0) }),
    stopping: () => false,
    characters: (count) => nameOf(++drawn, count),
    report: () => undefined,
  }
  await runErrand(estate, gate, token, 'run')
  return { mutations, names: drawn }
}

/**
 * Untroubled runs must heal everything, and each of them what copies there are: it begins longer after the last trouble than
 * anything can be under way, and some later one rotates.
 */
export async function peaceIn(
  estate: SimulatedEstate,
  judge: Judge,
  token: Token,
  names: number,
): Promise<Violation | undefined> {
  const step = duration(Math.max(token.lifetime / 20, 3 * hour))
  let drawn = names
  let mutations: readonly string[] = []
  const run = async (): Promise<void> => {
    const ended = await untroubled(estate, judge, token, drawn, { at: estate.now, tokens: [token], troubled: false })
    drawn = ended.names
    mutations = ended.mutations
    judge.afterAnything()
  }
  for (let count = 0; count < 10; count++) {
    estate.now = instant(estate.now + step)
    judge.afterAnything()
    await run()
    judge.afterSettling([token])
  }
  for (let again = 0; again < 3; again++) await run()
  judge.afterPeace([token], mutations, 3 * step)
  return judge.violations[0]
}
