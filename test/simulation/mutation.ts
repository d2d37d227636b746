// npm run sim:mutants [-- --seeds N] [--only TEXT]: for each mutant the first seed that breaks an invariant.
import { parseArgs } from 'node:util'
import { loadMutant } from './mutants.ts'
import { protocolMutants } from './protocol-mutants.ts'
import type { Outcome } from './simulator.ts'

const { values } = parseArgs({ options: { seeds: { type: 'string' }, only: { type: 'string' } } })
const most = Number(values.seeds ?? 400)

console.log('| left out | found by seed | invariant |')
console.log('| --- | ---: | --- |')
let missed = 0
for (const mutant of protocolMutants) {
  if (values.only !== undefined && !mutant.name.includes(values.only)) continue
  const { module, remove } = await loadMutant<typeof import('./simulator.ts')>(mutant, 'test/simulation/simulator.ts')
  let found: Outcome | undefined
  for (let seed = 1; seed <= most && found === undefined; seed++) {
    const outcome = await module.simulate(seed)
    if (outcome.violations.length > 0) found = outcome
  }
  remove()
  if (found === undefined) missed += 1
  const [violation] = found?.violations ?? []
  console.log(
    `| ${mutant.name} | ${found?.seed ?? `none of ${most}`} | ${violation === undefined ? '' : `${violation.invariant}: ${violation.message}`} |`,
  )
}
process.exitCode = missed > 0 ? 1 : 0
