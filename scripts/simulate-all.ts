// npm run sim:exhaustive [-- --states N] [--only TEXT]: every interleaving of two instances, until there is nothing new.
import { parseArgs } from 'node:util'
import { scenarios } from '../test/simulation/scenarios.ts'
import { search } from '../test/simulation/search.ts'

const { values } = parseArgs({ options: { states: { type: 'string' }, only: { type: 'string' } } })
const most = Number(values.states ?? 1_000_000)

console.log('| scenario | states | exhausted | broken |')
console.log('| --- | ---: | --- | --- |')
for (const scenario of scenarios) {
  if (values.only !== undefined && !scenario.name.includes(values.only)) continue
  const from = performance.now()
  const result = await search(scenario, most)
  const { violation } = result
  console.log(
    `| ${result.scenario} | ${result.states} | ${result.exhausted ? 'yes' : 'no'} | ${violation === undefined ? '' : violation.found.message} |`,
  )
  console.error(`${Math.round(performance.now() - from)} ms`, result.effort, process.memoryUsage.rss() >> 20)
  if (violation === undefined) continue
  process.exitCode = 1
  for (const step of violation.schedule) console.log(`    ${step}`)
}
