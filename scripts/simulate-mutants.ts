// npm run sim:mutants [-- --seeds N] [--only TEXT]: for each mutant the first seed that breaks an invariant.
import { parseArgs } from 'node:util'
import { withMutant } from '../test/simulation/mutants.ts'
import { protocolMutants } from '../test/simulation/protocol-mutants.ts'
import type { Outcome, simulate } from '../test/simulation/simulator.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string' }, only: { type: 'string' } } })
const most = Number(values.seeds ?? 800)

console.log('| left out | found by seed | invariant |')
console.log('| --- | ---: | --- |')
for (const mutant of protocolMutants) {
  if (values.only !== undefined && !mutant.name.includes(values.only)) continue
  const found = await withMutant(mutant, 'test/simulation/simulator.ts', async (exports) => {
    const play = exports['simulate'] as typeof simulate
    for (let seed = 1; seed <= most; seed++) {
      const outcome: Outcome = await play(seed)
      if (outcome.violations.length > 0) return outcome
    }
    return undefined
  })
  if (found === undefined) process.exitCode = 1
  const [violation] = found?.violations ?? []
  const said = violation === undefined ? '' : `${violation.invariant}: ${violation.message}`
  console.log(`| ${mutant.name} | ${found?.seed ?? `none of ${most}`} | ${said} |`)
}
