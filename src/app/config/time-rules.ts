import {
  day,
  type Duration,
  duration,
  formatDuration,
  hour,
  minute,
  parseDuration,
  second,
  times,
} from '../../core/time.ts'
import type { ConfigRule, Draft, DraftEntry, Sourced } from './draft.ts'
import { type Fault, fault, type Path, warning } from './faults.ts'
import { type EntryTimes, longestLifetime, timesOf } from './times.ts'

/** Below this, a slow answer of a service could still be on its way. */
const shortestOrphanAfter = times(5, minute)

type Name = keyof EntryTimes
type Named = Sourced<Duration> & { readonly name: Name }

/** `lifetime` is at most a year. */
export const lifetimeIsGranted: ConfigRule = eachEntry((of, entry) => {
  const lifetime = of('lifetime')
  if (lifetime === undefined || lifetime.value <= longestLifetime) return []
  const text = `${tell(lifetime)} is longer than ${formatDuration(longestLifetime)}, the most that Azure DevOps grants`
  return [fault(blame(entry, lifetime), text, `write at most ${formatDuration(longestLifetime)}`)]
})

/** The longest that a value may be handed out again without asking. */
const longestCache = times(1, hour)

/** What was revoked in an emergency shall not be handed out for long. */
export const cacheIsShort: ConfigRule = (draft) => {
  const written = draft.written.gitCache
  const length = typeof written === 'string' ? parseDuration(written) : undefined
  if (length === undefined || length <= longestCache) return []
  const text = `${draft.shown(['gitCache'])} is longer than ${formatDuration(longestCache)}, the most that a value is kept`
  return [fault(['gitCache'], text, `write at most ${formatDuration(longestCache)}`)]
}

/** A PAT becomes due within its life. */
export const renewBeforeIsShorter: ConfigRule = eachEntry((of, entry) =>
  shorter(entry, of('renewBefore'), of('lifetime'), 1 / 3),
)

/** The overlap ends before the next rotation begins. */
export const overlapIsShorter: ConfigRule = eachEntry((of, entry) =>
  shorter(entry, of('overlap'), of('renewBefore'), 1 / 3, of('lifetime')),
)

/** A turn is over before anything that it made can be taken for an orphan. */
export const turnLimitIsShorter: ConfigRule = eachEntry((of, entry) =>
  shorter(entry, of('turnLimit'), of('orphanAfter'), 1 / 4),
)

/** Slow answers have arrived before orphans are collected. */
export const orphanAfterIsLongEnough: ConfigRule = eachEntry((of, entry) => {
  const orphanAfter = of('orphanAfter')
  if (orphanAfter === undefined || orphanAfter.value >= shortestOrphanAfter) return []
  const least = formatDuration(shortestOrphanAfter)
  return [
    fault(
      blame(entry, orphanAfter),
      `${tell(orphanAfter)} is shorter than ${least}, so that a PAT on its way could be taken for lost`,
      `write at least ${least}`,
    ),
  ]
})

/** A due PAT leaves time enough to collect what a failed attempt left behind, and to try again. */
export const orphanAfterFits: ConfigRule = eachEntry((of, entry) => {
  const [orphanAfter, renewBefore] = [of('orphanAfter'), of('renewBefore')]
  if (orphanAfter === undefined || renewBefore === undefined || orphanAfter.value * 2 <= renewBefore.value) return []
  const path = blame(entry, orphanAfter, renewBefore, of('lifetime'))
  const text = `${tell(orphanAfter, path)} is longer than half of ${tell(renewBefore, path)}`
  const most = formatDuration(duration(renewBefore.value / 2))
  return [fault(path, text, `write an orphanAfter of at most ${most}, or a longer ${longer(path)}`)]
})

/** Two runs fit into the time in which a PAT is due, so that one that fails can be repeated. */
export const runsAreOftenEnough: ConfigRule = (draft) => {
  const runEvery = parseDuration(draft.written.defaults?.runEvery ?? '')
  if (runEvery === undefined) return []
  const tight = draft.entries.filter((entry) => {
    const { renewBefore } = timesOf(draft, entry)
    return renewBefore !== undefined && runEvery * 2 > renewBefore.value
  })
  if (tight.length === 0) return []
  const names = tight.slice(0, 3).map((entry) => draft.label(entry.path))
  const others = tight.length > names.length ? ` and ${tight.length - names.length} more` : ''
  const text = `${formatDuration(runEvery)} is more than half of the renewBefore of ${names.join(', ')}${others}: a run that fails may not be repeated in time`
  return [warning(['defaults', 'runEvery'], text, 'run more often, or write a renewBefore of at least twice runEvery')]
}

function eachEntry(
  rule: (of: (name: Name) => Named | undefined, entry: DraftEntry, draft: Draft) => readonly Fault[],
): ConfigRule {
  return (draft) =>
    draft.entries.flatMap((entry) => {
      const all = timesOf(draft, entry)
      const of = (name: Name): Named | undefined => {
        const found = all[name]
        return found === undefined ? undefined : { ...found, name }
      }
      return rule(of, entry, draft)
    })
}

function shorter(
  entry: DraftEntry,
  small: Named | undefined,
  large: Named | undefined,
  share: number,
  base?: Named,
): readonly Fault[] {
  if (small === undefined || large === undefined || small.value < large.value) return []
  const path = blame(entry, small, large, base)
  const text = `${tell(small, path)} is not shorter than ${tell(large, path)}`
  const example = `${small.name}: ${formatDuration(rounded(duration(large.value * share)))}`
  return [
    fault(
      path,
      text,
      `write ${example} or another below ${formatDuration(large.value)}, or a longer ${longer(path, large)}`,
    ),
  ]
}

/** What gives more room: what is blamed, if it is the lifetime. */
function longer(blamed: Path, large: { readonly name: Name } = { name: 'renewBefore' }): Name {
  return blamed.at(-1) === 'lifetime' ? 'lifetime' : large.name
}

/** Whole days, hours or minutes, as people write them. */
function rounded(length: Duration): Duration {
  const unit = [day, hour, minute].find((unit) => length >= unit * 3) ?? second
  return duration(length - (length % unit))
}

/** The place to correct: what the entry says itself, else what `defaults` says, of the given values in turn. */
function blame(entry: DraftEntry, ...values: readonly (Named | undefined)[]): Path {
  const paths = values.flatMap((value) => (value?.path === undefined ? [] : [value.path]))
  return paths.find((path) => path[0] === 'tokens') ?? paths[0] ?? entry.path
}

function tell(value: Named, blamed: Path | undefined = value.path): string {
  // A message begins with its place, which ends in the key; that need not be said twice.
  const name = blamed?.at(-1) === value.name ? '' : `${value.name} `
  const text = `${name}${formatDuration(value.value)}`
  if (value.path === undefined) return `${text} (built in)`
  const elsewhere = value.path[0] === 'defaults' && blamed !== undefined && blamed[0] !== 'defaults'
  return elsewhere ? `${text} (from defaults)` : text
}
