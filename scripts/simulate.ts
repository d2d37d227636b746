// npm run sim -- --seed N | --seeds N [--from M] | --minutes N
import { parseArgs } from 'node:util'
import { shrink } from '../test/simulation/shrink.ts'
import { type Outcome, simulate } from '../test/simulation/simulator.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    minutes: { type: 'string' },
  },
})

if (values.seed !== undefined) {
  const outcome = await simulate(Number(values.seed))
  tell(outcome.violations.length > 0 ? await shrink(outcome, simulate) : outcome, true)
  process.exitCode = outcome.violations.length > 0 ? 1 : 0
} else {
  const until =
    values.minutes === undefined ? Number.POSITIVE_INFINITY : performance.now() + Number(values.minutes) * 60_000
  const most = Number(values.seeds ?? (values.minutes === undefined ? 200 : Number.MAX_SAFE_INTEGER))
  const first = Number(values.from ?? 1)
  let effects = 0
  let runs = 0
  let bad = 0
  let seed = first
  for (; seed < first + most && performance.now() < until; seed++) {
    const outcome = await simulate(seed)
    effects += outcome.effects
    runs += outcome.runs
    if (outcome.violations.length === 0) continue
    bad += 1
    tell(outcome, false)
  }
  console.log(`${seed - first} seeds, ${runs} runs, ${effects} effects, ${bad} seeds with a broken invariant`)
  process.exitCode = bad > 0 ? 1 : 0
}

function tell(outcome: Outcome, whole: boolean): void {
  const { seed, options, violations, trace } = outcome
  console.log(`seed ${seed} ${JSON.stringify(options)}`)
  for (const line of whole ? trace : trace.slice(-12)) console.log(`  ${line}`)
  for (const { invariant, message } of violations) console.log(`  BROKEN ${invariant}: ${message}`)
}
