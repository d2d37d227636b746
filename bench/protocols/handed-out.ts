import type { SimulatedEstate, SimulatedPat } from '../../test/simulation/estate.ts'
import { secretName } from './services.ts'

/** A PAT as consumers get to know it: while the store hands it out, they read it. Milliseconds since the epoch. */
export interface HandedOut {
  readonly pat: SimulatedPat
  readonly from: number
  /** When its successor was stored; infinite while there is none. */
  readonly to: number
}

/** Every PAT that the store ever handed out, in order. */
export function handedOut(estate: SimulatedEstate): readonly HandedOut[] {
  const versions = estate.secrets.get(secretName) ?? []
  return versions.flatMap((version, index) => {
    const pat = estate.byValue(version.value)
    const to = versions[index + 1]?.storedAt ?? Number.POSITIVE_INFINITY
    return pat === undefined ? [] : [{ pat, from: version.storedAt, to }]
  })
}

/** When a PAT stops working, by whatever cause. */
export function endOf(pat: SimulatedPat): number {
  return Math.min(pat.revokedAt ?? Number.POSITIVE_INFINITY, pat.validTo)
}

/** Whether somebody ended it before its time. A revocation of what has expired ends nothing. */
export function wasRevoked(pat: SimulatedPat): boolean {
  return pat.revokedAt !== undefined && pat.revokedAt < pat.validTo
}

/** Whether somebody who reads the store at this moment gets a PAT that works. */
export function worksAt(story: readonly HandedOut[], at: number): boolean {
  const current = story.find(({ from, to }) => from <= at && at < to)
  return current !== undefined && at < endOf(current.pat)
}
