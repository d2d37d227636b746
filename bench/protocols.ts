// What one fault does to each known way of rotating a PAT, and what consumers notice without any. Everything happens in
// virtual time, so the numbers are the same everywhere: npm run bench:protocols
import { measureAll } from './protocols/measure.ts'
import { sequences } from './protocols/sequences/all.ts'
import { pointsOf, tablesOf } from './protocols/table.ts'

const began = performance.now()
const measurements = await measureAll(sequences)
console.log(`${tablesOf(measurements)}\n\n${pointsOf(measurements)}`)
const trials = measurements.reduce((sum, { kills, lostAnswers }) => sum + kills.length + lostAnswers.length, 0)
console.error(`${trials} faults in ${((performance.now() - began) / 1_000).toFixed(1)} s`)
