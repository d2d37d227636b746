import { z } from 'zod'
import { PatrolError } from '../core/errors.ts'
import type { Pat } from '../core/pat.ts'
import { between, day, type Instant, instant } from '../core/time.ts'
import type { Member } from '../ports/directory.ts'

/** What was seen of one member of an organization. */
export interface Seen {
  readonly organization: string
  readonly member: Pick<Member, 'descriptor' | 'user'>
  readonly state: 'active' | 'inactive' | 'deleted' | 'unknown'
  readonly pats: readonly Pat[]
}

/** How far the list of members was walked: where it goes on, or `end`. */
export type Place = { readonly from: string } | 'end'

export interface Progress {
  readonly seen: readonly Seen[]
  readonly places: ReadonlyMap<string, Place>
  /** Bytes up to the end of the last whole line. */
  readonly whole: number
}

/** Older sightings say too little of today. */
const longestPause = day

const version = 1

/** The first line: what is audited, and since when. */
export function headLine(subject: string, beganAt: Instant): string {
  return lineOf({ 'patrol-audit-progress': version, subject, beganAt })
}

export function seenLine({ organization, member: { descriptor, user }, state, pats }: Seen): string {
  return lineOf({ organization, descriptor, user, state, pats: pats.map(rowOf) })
}

/** @param next where the list goes on; undefined at its end */
export function placeLine(organization: string, next: string | undefined): string {
  return lineOf({ organization, next: next ?? null })
}

/**
 * Reads progress. What stands behind the last end of a line was torn when the program died, and is left out.
 *
 * @param shown the file, for people
 * @param subject what is audited now
 * @returns undefined when the progress is of another audit, or older than a day: that audit is begun anew
 * @throws PatrolError `usage` for a text that no audit wrote, and for one that was changed since; with the line
 */
export function readProgress(text: string, shown: string, subject: string, now: Instant): Progress | undefined {
  const end = text.lastIndexOf('\n') + 1
  const [first = '', ...lines] = text.slice(0, end).split('\n').slice(0, -1)
  const head = headSchema.safeParse(parsed(first))
  if (!head.success) throw notProgress(shown, parsed(first))
  const age = between(instant(head.data.beganAt), now)
  if (head.data.subject !== subject || !(age >= 0 && age < longestPause)) return undefined
  const seen: Seen[] = []
  const places = new Map<string, Place>()
  for (const [index, line] of lines.entries()) {
    const value = parsed(line)
    const read = (isPlace(value) ? placeSchema : seenSchema).safeParse(value)
    if (!read.success) throw damaged(shown, index + 2, value, read.error)
    const entry = read.data
    if ('next' in entry) places.set(entry.organization, entry.next === null ? 'end' : { from: entry.next })
    else seen.push(seenOf(entry))
  }
  return { seen, places, whole: Buffer.byteLength(text.slice(0, end)) }
}

const headSchema = z.object({ 'patrol-audit-progress': z.literal(version), subject: z.string(), beganAt: z.int() })

const placeSchema = z.object({ organization: z.string().min(1), next: z.string().min(1).nullable() })

const rowSchema = z.tuple([
  z.string().min(1),
  z.string(),
  z.string(),
  z.int(),
  z.int().nullable(),
  z.union([z.literal(0), z.literal(1)]),
])

const seenSchema = z.object({
  organization: z.string().min(1),
  descriptor: z.string().min(1),
  user: z.string(),
  state: z.enum(['active', 'inactive', 'deleted', 'unknown']),
  pats: z.array(rowSchema),
})

type Row = z.output<typeof rowSchema>

function isPlace(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'next' in value
}

function rowOf({ authorizationId, displayName, scopes, validFrom, validTo, allOrganizations }: Pat): Row {
  return [authorizationId, displayName, scopes.join(' '), validFrom, validTo ?? null, allOrganizations ? 1 : 0]
}

function patOf([authorizationId, displayName, scopes, from, to, everywhere]: Row): Pat {
  return {
    authorizationId,
    displayName,
    scopes: scopes === '' ? [] : scopes.split(' '),
    validFrom: instant(from),
    validTo: to === null ? undefined : instant(to),
    allOrganizations: everywhere === 1,
  }
}

function seenOf({ organization, descriptor, user, state, pats }: z.output<typeof seenSchema>): Seen {
  return { organization, member: { descriptor, user }, state, pats: pats.map(patOf) }
}

function notProgress(shown: string, head: unknown): PatrolError {
  const written =
    typeof head === 'object' && head !== null && 'patrol-audit-progress' in head
      ? head['patrol-audit-progress']
      : undefined
  if (written !== undefined && written !== version) {
    return new PatrolError('usage', `${shown} is the progress of an audit by another version of Patrol`, {
      remedy: 'Finish it with that version, or remove the file: the audit then begins anew.',
    })
  }
  if (written !== undefined) return damaged(shown, 1, head, headSchema.safeParse(head).error)
  return new PatrolError('usage', `${shown} is not the progress of an audit`, {
    remedy: 'Name another file with --resume. It is made when it is not there.',
  })
}

/** A line that says nothing would leave out a member, and an audit that leaves somebody out is worse than none. */
function damaged(shown: string, line: number, value: unknown, error: z.ZodError | undefined): PatrolError {
  const issue = error?.issues[0]
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  const why = value === undefined ? 'it is not JSON' : `${where}${issue?.message ?? 'it is incomplete'}`
  return new PatrolError('usage', `line ${line} of ${shown} is damaged: ${why}`, {
    remedy: 'Remove the file: the audit then begins anew.',
  })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

function lineOf(entry: object): string {
  return `${JSON.stringify(entry)}\n`
}
