// npm run sim:exhaustive [-- --states N] [--only TEXT]: every interleaving of two instances, until there is nothing new.
import { parseArgs } from 'node:util'
import { scenarios } from '../test/simulation/scenarios.ts'
import { search } from '../test/simulation/search.ts'

const { values } = parseArgs({ options: { states: { type: 'string' }, only: { type: 'string' } } })
const most = Number(values.states ?? 1_000_000)

console.log('| scenario | states | replays | exhausted | broken |')
console.log('| --- | ---: | ---: | --- | --- |')
for (const scenario of scenarios) {
  if (values.only !== undefined && !scenario.name.includes(values.only)) continue
  const result = await search(scenario, most)
  const { violation } = result
  console.log(
    `| ${result.scenario} | ${result.states} | ${result.replays} | ${result.exhausted ? 'yes' : 'no'} | ${violation === undefined ? '' : violation.found.message} |`,
  )
  if (violation === undefined) continue
  process.exitCode = 1
  for (const step of violation.schedule) console.log(`    ${step}`)
}
