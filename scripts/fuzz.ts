// npm run fuzz [-- --seed N | --seeds N | --minutes N] [--from M] [--only offline|emulator]: random calls of the program.
import { parseArgs } from 'node:util'
import { fuzzAgainstEmulator } from '../test/fuzz/against-emulator.ts'
import { type Fuzzed, findingText } from '../test/fuzz/fuzzed.ts'
import { fuzzWithoutNetwork } from '../test/fuzz/without-network.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    minutes: { type: 'string' },
    only: { type: 'string' },
  },
})

/** An emulator takes as long to start as many calls without one. */
const offlineForEach = 20

const first = Number(values.seed ?? values.from ?? 1)
const bounded = values.minutes === undefined ? 200 : Number.MAX_SAFE_INTEGER
const most = values.seed === undefined ? Number(values.seeds ?? bounded) : 1
const until = performance.now() + Number(values.minutes ?? Number.POSITIVE_INFINITY) * 60_000
const ended = new Map<unknown, number>()
let findings = 0
let seed = first

process.on('unhandledRejection', (reason) => {
  findings += 1
  console.log(`a promise was rejected and nobody noticed: ${String(reason)}`)
})

for (; seed < first + most && performance.now() < until; seed++) {
  if (values.only !== 'emulator') {
    const count = values.seed === undefined ? offlineForEach : 1
    for (let index = 0; index < count; index++) {
      const own = values.seed === undefined ? seed * offlineForEach + index : seed
      tell(`--only offline --seed ${own}`, await fuzzWithoutNetwork(own))
    }
  }
  if (values.only !== 'offline') tell(`--only emulator --seed ${seed}`, await fuzzAgainstEmulator(seed))
}

const counts = [...ended].map(([code, count]) => `${count} with ${String(code)}`)
console.log(`${seed - first} seeds; calls that ended: ${counts.toSorted().join(', ')}; ${findings} findings`)
process.exitCode = findings > 0 ? 1 : 0

function tell(call: string, fuzzed: Fuzzed): void {
  for (const code of fuzzed.ended) ended.set(code, (ended.get(code) ?? 0) + 1)
  for (const finding of fuzzed.findings) {
    findings += 1
    console.log(`npm run fuzz -- ${call}\n${findingText(finding)}`)
  }
}
