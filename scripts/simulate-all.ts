// npm run sim:exhaustive [-- --states N] [--only TEXT]: every interleaving of two instances, until there is nothing new.
// npm run sim:exhaustive -- --mutants | --mutant TEXT [--states N] [--faults N] [--only TEXT]: the shortest way to what breaks without a sentence.
import { parseArgs } from 'node:util'
import { type Mutant, withMutant } from '../test/simulation/mutants.ts'
import { protocolMutants } from '../test/simulation/protocol-mutants.ts'
import { scenarios } from '../test/simulation/scenarios.ts'
import { search, type SearchResult } from '../test/simulation/search.ts'

const { values } = parseArgs({
  options: {
    states: { type: 'string' },
    only: { type: 'string' },
    faults: { type: 'string' },
    mutant: { type: 'string' },
    mutants: { type: 'boolean' },
  },
})
const mostFaults = Number(values.faults ?? 2)
const chosen = scenarios
  .filter(({ name }) => values.only === undefined || name.includes(values.only))
  .map((scenario) => ({ ...scenario, faults: Math.min(scenario.faults, mostFaults) }))
const wanted = values.mutants === true ? '' : values.mutant
const began = performance.now()
await (wanted === undefined ? searchAll() : searchMutants(wanted))
console.error(`${Math.round((performance.now() - began) / 1000)} s`)

async function searchAll(): Promise<void> {
  console.log('| scenario | states | exhausted | broken |')
  console.log('| --- | ---: | --- | --- |')
  for (const scenario of chosen) {
    const result = await search(scenario, Number(values.states ?? 9_000_000))
    const { states, exhausted, violation, effort } = result
    const broken = violation === undefined ? '' : `${violation.found.invariant}: ${violation.found.message}`
    console.log(`| ${result.scenario} | ${states} | ${exhausted ? 'yes' : 'no'} | ${broken} |`)
    const mebibytes = Math.round(process.resourceUsage().maxRSS / 1024)
    console.error(
      `${effort.worlds} estates, ${effort.replays} replays, ${effort.peaces} peaces; ${mebibytes} MiB so far`,
    )
    if (violation === undefined) continue
    process.exitCode = 1
    tell(violation.schedule)
  }
}

/** Told is the way with the fewest faults, and of those the shortest of the first scenario that has one. */
async function searchMutants(text: string): Promise<void> {
  console.log('| left out | breaks in | steps | states | invariant |')
  console.log('| --- | --- | ---: | ---: | --- |')
  for (const mutant of protocolMutants) {
    if (!mutant.name.includes(text)) continue
    const { found, states } = await searchMutant(mutant)
    const where = found?.violation === undefined ? ['none', ''] : [found.scenario, found.violation.schedule.length]
    const said = found?.violation === undefined ? '' : found.violation.found
    const broken = said === '' ? '' : `${said.invariant}: ${said.message}`
    console.log(`| ${mutant.name} | ${where.join(' | ')} | ${states} | ${broken} |`)
    if (values.mutant !== undefined) tell(found?.violation?.schedule ?? [])
  }
}

async function searchMutant(
  mutant: Mutant,
): Promise<{ readonly found: SearchResult | undefined; readonly states: number }> {
  const most = Number(values.states ?? 40_000)
  return withMutant(mutant, 'test/simulation/search.ts', async (exports) => {
    const searchMutated = exports['search'] as typeof search
    let states = 0
    for (const faults of [0, 1, 2]) {
      for (const scenario of chosen) {
        if (scenario.faults < faults) continue
        const result = await searchMutated({ ...scenario, faults }, most)
        states += result.states
        if (result.violation !== undefined) return { found: result, states }
      }
    }
    return { found: undefined, states }
  })
}

function tell(schedule: readonly string[]): void {
  for (const step of schedule) console.log(`    ${step}`)
}
