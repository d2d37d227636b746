import { day, type Duration, duration, hour, parseDuration, times } from '../../core/time.ts'
import { type Draft, type DraftEntry, inherited, type Sourced } from './draft.ts'

/** The most that Azure DevOps grants. https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate */
export const longestLifetime = times(365, day)

/** What holds where neither the entry nor `defaults` says anything. */
export const builtIn = {
  lifetime: times(30, day),
  overlap: times(48, hour),
  orphanAfter: hour,
} as const

/** The times of an entry; undefined is one that depends on something wrong, so that nothing can be said of it. */
export interface EntryTimes {
  readonly lifetime: Sourced<Duration> | undefined
  readonly renewBefore: Sourced<Duration> | undefined
  readonly overlap: Sourced<Duration> | undefined
  readonly orphanAfter: Sourced<Duration> | undefined
  readonly turnLimit: Sourced<Duration> | undefined
}

export function timesOf(draft: Draft, entry: DraftEntry): EntryTimes {
  const lifetime = lengthOf(draft, entry, 'lifetime', { value: builtIn.lifetime, path: undefined })
  const renewBefore = renewBeforeOf(draft, entry, lifetime)
  const orphanAfter = lengthOf(draft, entry, 'orphanAfter', { value: builtIn.orphanAfter, path: undefined })
  return {
    lifetime,
    renewBefore,
    orphanAfter,
    overlap: overlapOf(draft, entry, renewBefore),
    turnLimit: lengthOf(draft, entry, 'turnLimit', fraction(orphanAfter, 1 / 4)),
  }
}

function renewBeforeOf(
  draft: Draft,
  entry: DraftEntry,
  lifetime: Sourced<Duration> | undefined,
): Sourced<Duration> | undefined {
  const said = inherited(draft, entry, 'renewBefore')
  if (said === 'faulty') return undefined
  if (said === 'absent') return fraction(lifetime, 1 / 3)
  if (!said.value.endsWith('%')) return { value: parseDuration(said.value) ?? duration(0), path: said.path }
  const share = fraction(lifetime, Number(said.value.slice(0, -1)) / 100)
  return share === undefined ? undefined : { value: share.value, path: said.path }
}

function overlapOf(
  draft: Draft,
  entry: DraftEntry,
  renewBefore: Sourced<Duration> | undefined,
): Sourced<Duration> | undefined {
  const said = lengthOf(draft, entry, 'overlap', undefined)
  const fitting = fraction(renewBefore, 1 / 3)
  const builtInFits = renewBefore !== undefined && builtIn.overlap < renewBefore.value
  if (said === undefined) {
    if (inherited(draft, entry, 'overlap') === 'faulty' || renewBefore === undefined) return undefined
    return builtInFits ? { value: builtIn.overlap, path: undefined } : fitting
  }
  // An entry that only ever extends has no overlap, so one that it merely inherits need not fit.
  const inherits = said.path?.[0] === 'defaults'
  const neverReplaces = entry.method === 'renew' && !draft.has([...entry.path, 'store'])
  if (inherits && neverReplaces && renewBefore !== undefined && said.value >= renewBefore.value) return fitting
  return said
}

/** Undefined when what is said is wrong; `otherwise` when nothing is said. */
function lengthOf(
  draft: Draft,
  entry: DraftEntry,
  key: 'lifetime' | 'overlap' | 'orphanAfter' | 'turnLimit',
  otherwise: Sourced<Duration> | undefined,
): Sourced<Duration> | undefined {
  const said = inherited(draft, entry, key)
  if (said === 'faulty') return undefined
  return said === 'absent' ? otherwise : { value: lengthIn(said.value), path: said.path }
}

function lengthIn(written: string): Duration {
  return written === 'max' ? longestLifetime : (parseDuration(written) ?? duration(0))
}

/** Derived from another value, so it has no place of its own. */
function fraction(of: Sourced<Duration> | undefined, share: number): Sourced<Duration> | undefined {
  return of === undefined ? undefined : { value: duration(of.value * share), path: undefined }
}
