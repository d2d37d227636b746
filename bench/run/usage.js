// Loaded into a measured process ahead of the program: writes what the process used when it ends.
import { writeFileSync } from 'node:fs'

process.once('exit', () => {
  const file = process.env['BENCH_USAGE_FILE']
  if (file === undefined) return
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
  writeFileSync(file, JSON.stringify({ peakKiB: maxRSS, cpuMs: (userCPUTime + systemCPUTime) / 1_000 }))
})
