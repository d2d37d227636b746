import { z } from 'zod'

/** Many users with many PATs in a few lines: `{n}` in names is a number that counts from 1. */
export const crowdSchema = z.strictObject({
  organization: z.string().min(1),
  users: z.number().int().min(1).max(50_000),
  /** PATs of all of them together, dealt out in turn. */
  pats: z.number().int().min(0).max(500_000).default(0),
  /** The sign-in name of a user. */
  upn: z.string().includes('{n}'),
  displayName: z.string().min(1).default('PAT {n}'),
  /** Dealt out in turn. */
  scopes: z.array(z.string().min(1)).min(1).default(['vso.code']),
  /** How long the PATs have lived, and how long they live on, in days; dealt out in turn. */
  ageDays: z.array(z.number().min(0)).min(1).default([10]),
  leftDays: z.array(z.number().positive()).min(1).default([20]),
})

export type Crowd = z.output<typeof crowdSchema>

interface CrowdPat {
  readonly upn: string
  readonly displayName: string
  readonly scope: string
  /** Milliseconds since the epoch, as `validTo`. */
  readonly validFrom: number
  readonly validTo: number
}

const DAY_MS = 86_400_000

/** The sign-in names of a crowd. */
export function* upnsOf(crowd: Crowd): Generator<string> {
  for (let n = 1; n <= crowd.users; n += 1) yield crowd.upn.replaceAll('{n}', String(n))
}

/** The PATs of a crowd. @param now milliseconds since the epoch */
export function* patsOf(crowd: Crowd, now: number): Generator<CrowdPat> {
  const turnOf = <T>(list: readonly [T, ...T[]] | readonly T[], n: number): T => list[n % list.length] as T
  for (let n = 0; n < crowd.pats; n += 1) {
    yield {
      upn: crowd.upn.replaceAll('{n}', String((n % crowd.users) + 1)),
      displayName: crowd.displayName.replaceAll('{n}', String(n + 1)),
      scope: turnOf(crowd.scopes, n),
      validFrom: now - turnOf(crowd.ageDays, n) * DAY_MS,
      validTo: now + turnOf(crowd.leftDays, n) * DAY_MS,
    }
  }
}
