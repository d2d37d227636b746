import { hour } from '../../src/core/time.ts'
import type { SimulatedPat } from '../../test/simulation/estate.ts'
import { endOf, type HandedOut, handedOut, wasRevoked, worksAt } from './handed-out.ts'
import type { Play } from './play.ts'

/** What became of the world after one fault. */
export interface Verdict {
  /** Where the fault struck: `before mint`, `after mint`. */
  readonly where: string
  /** From the disturbed run to the start of the next one, the store hands out nothing that works. */
  readonly deadAtOnce: boolean
  /** The store hands out something that works then, but not at the start of some later run. */
  readonly deadLater: boolean
  /** PATs whose value nobody has and which nobody ever revoked. */
  readonly orphans: number
  /** PATs that had a successor and were left to their end. */
  readonly leftToExpire: number
  /** How many runs until all was well, and stayed so; undefined: never by what the sequence does. */
  readonly runsToConverge: number | undefined
}

/** Runs start late by some minutes, so revocations may come later by that much. */
const slack = hour

/**
 * @param usual for how long a superseded PAT lives at most when nothing goes wrong: milliseconds
 */
export function judge(played: Play, usual: number): Verdict {
  const { estate, runs } = played
  const index = runs.findIndex((run) => run.disturbed !== undefined)
  const disturbed = runs[index]
  if (disturbed?.disturbed === undefined) throw new Error('nothing went wrong, so there is nothing to judge')
  const story = handedOut(estate)
  const worksAtStarts = runs.slice(index + 1).map(({ startedAt }) => worksAt(story, startedAt))
  const deadAtOnce = worksAtStarts[0] === false
  const concerned = estate.pats.filter((pat) => pat.validFrom <= disturbed.endedAt)
  const held = new Set(story.map(({ pat }) => pat))
  const orphans = concerned.filter((pat) => !held.has(pat) && !wasRevoked(pat))
  const leftToExpire = story.filter((one) => concerned.includes(one.pat) && wasLeft(one))
  const wellAfter = runs.slice(index).map(({ endedAt }) => isWell(endedAt, estate.pats, held, story, usual))
  const healed = wellAfter.lastIndexOf(false) + 1
  // What ends because its PAT expired was not put right by anybody.
  const cured = orphans.length === 0 && !leftToExpire.some((one) => lifeAfter(one) > usual + slack)
  return {
    where: disturbed.disturbed,
    deadAtOnce,
    deadLater: !deadAtOnce && worksAtStarts.includes(false),
    orphans: orphans.length,
    leftToExpire: leftToExpire.length,
    runsToConverge: cured && healed < wellAfter.length ? healed : undefined,
  }
}

/** For how long superseded PATs live at most in a play without faults. */
export function usualAfterlife(played: Play): number {
  return Math.max(0, ...handedOut(played.estate).filter(isOver).map(lifeAfter))
}

function wasLeft(one: HandedOut): boolean {
  return isOver(one) && !wasRevoked(one.pat) && lifeAfter(one) > 0
}

function isOver({ to }: HandedOut): boolean {
  return Number.isFinite(to)
}

function lifeAfter({ pat, to }: HandedOut): number {
  return endOf(pat) - to
}

function isWell(
  at: number,
  pats: readonly SimulatedPat[],
  held: ReadonlySet<SimulatedPat>,
  story: readonly HandedOut[],
  usual: number,
): boolean {
  const lives = (pat: SimulatedPat): boolean => pat.validFrom <= at && at < endOf(pat)
  const overdue = story.some(({ pat, to }) => lives(pat) && at > to + usual + slack)
  const lost = pats.some((pat) => !held.has(pat) && lives(pat))
  return worksAt(story, at) && !overdue && !lost
}
