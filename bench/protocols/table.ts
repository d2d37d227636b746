import { formatDuration, hour, minute, second } from '../../src/core/time.ts'
import type { Refusals } from './consumers.ts'
import { cacheTimes, type Measurement } from './measure.ts'
import type { Sequence } from './sequence.ts'
import type { Verdict } from './verdict.ts'

const crashHeads = [
  'sequence',
  'points',
  'nothing works until the next run',
  'nothing works later',
  'orphans for good',
  'superseded, left to expire',
  'runs to converge',
]

const calmHeads = [
  'sequence',
  'runs',
  ...cacheTimes.map((cacheTime) => `cached ${cacheTime / hour} h`),
  'a refused create',
  'calls a rotation',
  'calls of an idle run',
]

/** What a fault does to each sequence, and how each does without one: two Markdown tables. */
export function tablesOf(measurements: readonly Measurement[]): string {
  const crashes = table(crashHeads, measurements.map(crashRow), 'right')
  return [crashes, '', table(calmHeads, measurements.map(calmRow), 'right')].join('\n')
}

type Harm = (verdict: Verdict) => boolean

const deadAtOnce: Harm = (verdict) => verdict.deadAtOnce
const deadLater: Harm = (verdict) => verdict.deadLater
const hasOrphans: Harm = ({ orphans }) => orphans > 0
const isLeft: Harm = ({ leftToExpire }) => leftToExpire > 0

function crashRow({ sequence, kills, lostAnswers }: Measurement): readonly string[] {
  const both = (harm: Harm): string => `${kills.filter(harm).length} + ${lostAnswers.filter(harm).length}`
  const orphans = [...kills, ...lostAnswers].some(hasOrphans) ? ` (${formatDuration(sequence.lifetime)})` : ''
  return [
    sequence.name,
    `${kills.length} + ${lostAnswers.length}`,
    both(deadAtOnce),
    both(deadLater),
    both(hasOrphans) + orphans,
    both(isLeft),
    [kills, lostAnswers].map(slowest).join(' / '),
  ]
}

function slowest(verdicts: readonly Verdict[]): string {
  const counts = verdicts.map(({ runsToConverge }) => runsToConverge)
  return counts.includes(undefined) ? 'never' : String(Math.max(0, ...counts.filter((count) => count !== undefined)))
}

const harms: readonly (readonly [string, Harm])[] = [
  ['nothing works until the next run', deadAtOnce],
  ['nothing works later', deadLater],
  ['an orphan for good', hasOrphans],
  ['a superseded PAT is left to expire', isLeft],
]

/** At which points each harm is done: a Markdown table with a row for each sequence and harm. */
export function pointsOf(measurements: readonly Measurement[]): string {
  const rows = measurements.flatMap(({ sequence, kills, lostAnswers }) => {
    const places = (verdicts: readonly Verdict[], harm: Harm): string =>
      [...new Set(verdicts.filter(harm).map(({ where }) => where))].join(', ')
    const done = harms.flatMap(([words, harm]) => {
      const [killed, lost] = [places(kills, harm), places(lostAnswers, harm).replaceAll('after ', '')]
      return killed === '' && lost === '' ? [] : [[sequence.name, words, killed, lost]]
    })
    return done.length > 0 ? done : [[sequence.name, 'none', '', '']]
  })
  return table(['sequence', 'harm', 'killed', 'answer lost of'], rows, 'left')
}

function calmRow({ sequence, refusals, deadByRefusal, calls }: Measurement): readonly string[] {
  return [
    sequence.name,
    scheduleOf(sequence),
    ...refusals.map(refusalCell),
    deadByRefusal ? 'ends the token' : 'harmless',
    `${calls.changing} / ${calls.all}`,
    calls.idle === undefined ? '–' : String(calls.idle),
  ]
}

function scheduleOf({ period, jobs }: Sequence): string {
  const every = new Map([
    ['1h', 'hourly'],
    ['1d', 'daily'],
    ['7d', 'weekly'],
  ]).get(formatDuration(period))
  if (every === undefined) throw new Error(`there is no word for every ${formatDuration(period)}`)
  return jobs.length === 1 ? every : `${every}, each`
}

function refusalCell({ share, mean }: Refusals): string {
  if (share === 0) return '0'
  const percent = share * 100
  return `${readable(mean)} (${percent < 10 ? percent.toFixed(2) : percent.toFixed(0)} %)`
}

function readable(ms: number): string {
  if (ms >= hour) return `${(ms / hour).toFixed(0)} h`
  if (ms >= minute) return `${(ms / minute).toFixed(0)} min`
  return `${(ms / second).toFixed(ms >= second ? 0 : 2)} s`
}

function table(heads: readonly string[], rows: readonly (readonly string[])[], align: 'left' | 'right'): string {
  const rule = heads.map((_, index) => (index === 0 || align === 'left' ? '---' : '---:'))
  return [heads, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
