// How long runs take, how many requests they send and how much memory they need, against the emulator at a set round-trip
// time. Prints a Markdown table: npm run bench. With `tiny`, next to nothing is measured; other words choose among the
// workloads: npm run bench -- rotation 80
import { crowding, measureWorkload, type Measurement } from './run/measurement.ts'
import { headRows, labelOf, measuredRow, memoryLines } from './run/table.ts'
import { tinyWorkloads, workloads } from './run/workloads.ts'

const words = process.argv.slice(2)
const tiny = words.includes('tiny')
const chosen = tiny
  ? tinyWorkloads
  : workloads.filter((workload) => words.every((word) => labelOf(workload).some((cell) => cell.split(' ')[0] === word)))

for (const line of headRows()) console.log(line)
const measured: Measurement[] = []
for (const workload of chosen) {
  const measurement = await measureWorkload(workload, tiny || workload.tokens > 1_000 ? 1 : 2)
  measured.push(measurement)
  console.log(measuredRow(measurement))
}

console.log('')
for (const line of memoryLines(measured)) console.log(line)
const busy = measured.map(({ emulatorBusy }) => emulatorBusy).filter((part) => part !== undefined)
if (busy.length > 0) console.log(`the emulator kept a core busy for ${(Math.max(...busy) * 100).toFixed(0)} % at most`)
if (words.length === 0) {
  const ratio = await crowding({ kind: 'rotation', tokens: 1_000, organizations: 10, roundTripMs: 20 })
  console.log(`two rotations of 500 tokens at once took ${ratio.toFixed(2)} times as long as one alone`)
}
