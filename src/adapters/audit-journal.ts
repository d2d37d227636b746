import { type FileHandle, open, rm, stat, truncate } from 'node:fs/promises'
import { PatrolError } from '../core/errors.ts'
import type { Pat } from '../core/pat.ts'
import { between, day, type Instant, instant } from '../core/time.ts'
import type { Member } from '../ports/directory.ts'
import { errorNumber, prepareFile, readIfThere } from './atomic-file.ts'

/** What was seen of one member of an organization. */
export interface Seen {
  readonly organization: string
  readonly member: Pick<Member, 'descriptor' | 'user'>
  readonly state: 'active' | 'inactive' | 'deleted' | 'unknown'
  readonly pats: readonly Pat[]
}

/** Older sightings say too little of today. */
const longestPause = day

const head = 'patrol-audit-progress'

/** How far the list of members was walked: where it goes on, or `end`. */
type Place = { readonly from: string } | 'end'

/**
 * What an audit of everybody has seen so far, in a file, so that an interrupted one can go on. A line for each member is
 * added when all of the member's PATs are known: a line stands whole or, when the program died over it, is dropped. The
 * file holds names and dates, and no secret.
 */
export class AuditJournal {
  readonly path: string
  /** What earlier runs saw. */
  readonly seen: readonly Seen[]
  readonly #done: Set<string>
  readonly #places: Map<string, Place>
  readonly #file: FileHandle
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, file: FileHandle, { seen, places }: Contents) {
    this.path = path
    this.#file = file
    this.seen = seen
    this.#places = places
    this.#done = new Set(seen.map(({ organization, member }) => keyOf(organization, member.descriptor)))
  }

  /**
   * Goes on with the file, or begins it.
   *
   * @param subject what is audited, so that the progress of another audit is not taken for this one's
   * @throws PatrolError `usage` for a file that holds anything else
   */
  static async open(path: string, subject: string, now: Instant): Promise<AuditJournal> {
    try {
      const text = await readIfThere(path)
      const contents = text === undefined || text === '' ? undefined : contentsOf(text, path, subject, now)
      if (contents === undefined) {
        const prepared = await prepareFile(path, lineOf({ [head]: 1, subject, beganAt: now }))
        await prepared.commit()
      } else if (contents.whole < (await stat(path)).size) {
        await truncate(path, contents.whole)
      }
      return new AuditJournal(path, await open(path, 'a', 0o600), contents ?? { seen: [], places: new Map(), whole: 0 })
    } catch (thrown) {
      if (thrown instanceof PatrolError || errorNumber(thrown) === undefined) throw thrown
      throw new PatrolError('usage', `the progress of the audit cannot be kept in ${path} (${errorNumber(thrown)})`, {
        remedy: 'Name a file that can be written with --resume, or leave it out.',
        cause: thrown,
      })
    }
  }

  /** Where the list of members goes on: undefined for its beginning. */
  placeIn(organization: string): Place | undefined {
    return this.#places.get(organization)
  }

  has(organization: string, { descriptor }: Pick<Member, 'descriptor'>): boolean {
    return this.#done.has(keyOf(organization, descriptor))
  }

  /** Remembers all that was seen of a member. */
  async add({ organization, member, state, pats }: Seen): Promise<void> {
    this.#done.add(keyOf(organization, member.descriptor))
    const { descriptor, user } = member
    await this.#write(lineOf({ organization, descriptor, user, state, pats: pats.map(rowOf) }))
  }

  /** Remembers that a whole page of members is done. */
  async turnPage(organization: string, next: string | undefined): Promise<void> {
    await this.#write(lineOf({ organization, next: next ?? null }))
    await this.#file.sync()
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  /** The audit is complete: nothing is left to go on with. */
  async remove(): Promise<void> {
    await this.close()
    await rm(this.path, { force: true })
  }

  /** One after the other, so that no line is torn by another. */
  #write(line: string): Promise<void> {
    this.#writing = this.#writing.then(() => this.#file.appendFile(line))
    return this.#writing
  }
}

interface Contents {
  readonly seen: readonly Seen[]
  readonly places: Map<string, Place>
  /** Bytes up to the end of the last whole line. */
  readonly whole: number
}

/** Undefined when the file is of another audit of ours, or too old: it is begun anew. */
function contentsOf(text: string, path: string, subject: string, now: Instant): Contents | undefined {
  const end = text.lastIndexOf('\n') + 1
  const [first = '', ...lines] = text.slice(0, end).split('\n')
  const begin = parsed(first)
  if (begin?.[head] === undefined) {
    throw new PatrolError('usage', `${path} is not the progress of an audit`, {
      remedy: 'Name another file with --resume. It is made when it is not there.',
    })
  }
  const age = between(instant(Number(begin['beganAt'])), now)
  if (begin['subject'] !== subject || !(age >= 0 && age < longestPause)) return undefined
  const seen: Seen[] = []
  const places = new Map<string, Place>()
  for (const line of lines) {
    const entry = line === '' ? undefined : parsed(line)
    if (entry === undefined) continue
    const { organization, next, descriptor, user, state, pats } = entry as unknown as WrittenEntry
    if (next !== undefined) places.set(organization, next === null ? 'end' : { from: next })
    else seen.push({ organization, member: { descriptor, user }, state, pats: pats.map(patOf) })
  }
  return { seen, places, whole: Buffer.byteLength(text.slice(0, end)) }
}

interface WrittenEntry {
  readonly organization: string
  readonly next?: string | null
  readonly descriptor: string
  readonly user: string
  readonly state: Seen['state']
  readonly pats: readonly Row[]
}

type Row = readonly [id: string, name: string, scopes: string, from: number, to: number | null, everywhere: 0 | 1]

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

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

function lineOf(entry: object): string {
  return `${JSON.stringify(entry)}\n`
}

function keyOf(organization: string, descriptor: string): string {
  return `${organization}\n${descriptor}`
}
