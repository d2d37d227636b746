import type { Measurement } from './measurement.ts'
import { concurrency, fewestRequests, floorMs, type Workload } from './workloads.ts'

/** The heads of the table; the first four name a workload. */
export const columns = [
  'run',
  'tokens',
  'organizations',
  'round trip',
  'requests',
  'fewest',
  'took',
  'times the floor',
  'times a bare client',
  'one after the other',
  'peak memory',
] as const

/** The table's head, as Markdown. */
export function headRows(): readonly string[] {
  return [row(columns), row(columns.map((_, index) => (index === 0 ? '---' : '---:')))]
}

export function measuredRow(measured: Measurement): string {
  const { workload, requests, tookMs, bareMs, serialMs, peakKiB } = measured
  // A few tokens wait for each other's answers, and so do pages of lists: what can go at once there is no measure.
  const concurrent = workload.kind !== 'idle' && workload.tokens >= 10 * concurrency
  const floor = floorMs(workload)
  return row([
    ...labelOf(workload),
    thousands(requests),
    thousands(fewestRequests(workload)),
    seconds(tookMs),
    concurrent && floor > 0 ? (tookMs / floor).toFixed(2) : '–',
    concurrent ? (tookMs / bareMs).toFixed(2) : '–',
    seconds(serialMs),
    `${Math.round(peakKiB / 1024)} MiB`,
  ])
}

/** What a workload is called in the first four columns. */
export function labelOf({ kind, tokens, organizations, roundTripMs }: Workload): readonly string[] {
  return [kind, thousands(tokens), String(organizations), `${roundTripMs} ms`]
}

/** By how much a run's memory grows with each further token, for every kind of run; one line each. */
export function memoryLines(measured: readonly Measurement[]): readonly string[] {
  return [...Map.groupBy(measured, ({ workload }) => workload.kind)].flatMap(([kind, runs]) => {
    const growth = [
      [100, 1_000],
      [1_000, 5_000],
    ].flatMap(([few = 0, many = 0]) => {
      const [small, large] = [few, many].map((tokens) => peakOf(runs, tokens))
      if (small === undefined || large === undefined) return []
      return [`${((large - small) / (many - few)).toFixed(1)} KiB a token from ${thousands(few)} to ${thousands(many)}`]
    })
    return growth.length === 0 ? [] : [`${kind}: ${growth.join(', ')}`]
  })
}

function peakOf(runs: readonly Measurement[], tokens: number): number | undefined {
  const peaks = runs.filter(({ workload }) => workload.tokens === tokens).map(({ peakKiB }) => peakKiB)
  return peaks.length === 0 ? undefined : Math.max(...peaks)
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function thousands(number: number): string {
  return number.toLocaleString('en-US')
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)} s`
}
