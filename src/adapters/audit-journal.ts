import { type FileHandle, open, rm, stat, truncate } from 'node:fs/promises'
import { PatrolError } from '../core/errors.ts'
import type { Instant } from '../core/time.ts'
import type { Member } from '../ports/directory.ts'
import { errorNumber, prepareFile, readIfThere } from './atomic-file.ts'
import { headLine, type Place, placeLine, type Progress, readProgress, type Seen, seenLine } from './audit-progress.ts'

const untouched: Progress = { seen: [], places: new Map(), whole: 0 }

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
  readonly #places: ReadonlyMap<string, Place>
  readonly #file: FileHandle
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, file: FileHandle, { seen, places }: Progress) {
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
   * @throws PatrolError `usage` for a file that holds anything else, or that was damaged
   */
  static async open(path: string, subject: string, now: Instant): Promise<AuditJournal> {
    try {
      const text = await readIfThere(path)
      const progress = text === undefined || text === '' ? undefined : readProgress(text, path, subject, now)
      if (progress === undefined) {
        const prepared = await prepareFile(path, headLine(subject, now))
        await prepared.commit()
      } else if (progress.whole < (await stat(path)).size) {
        await truncate(path, progress.whole)
      }
      return new AuditJournal(path, await open(path, 'a', 0o600), progress ?? untouched)
    } catch (thrown) {
      throw refusal(path, thrown)
    }
  }

  /** Where the list of members goes on: undefined for its beginning. */
  placeIn(organization: string): Place | undefined {
    return this.#places.get(organization)
  }

  has(organization: string, { descriptor }: Pick<Member, 'descriptor'>): boolean {
    return this.#done.has(keyOf(organization, descriptor))
  }

  /**
   * Remembers all that was seen of a member.
   *
   * @throws PatrolError `usage` when the file cannot be written any more
   */
  async add(seen: Seen): Promise<void> {
    this.#done.add(keyOf(seen.organization, seen.member.descriptor))
    await this.#write(seenLine(seen))
  }

  /** Remembers that a whole page of members is done, and all before it. */
  async turnPage(organization: string, next: string | undefined): Promise<void> {
    await this.#write(placeLine(organization, next))
    await this.#file.sync().catch((thrown: unknown) => Promise.reject(refusal(this.path, thrown)))
  }

  /** What could not be written was told to whoever wrote it. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined)
    await this.#file.close()
  }

  /** The audit is complete: nothing is left to go on with. */
  async remove(): Promise<void> {
    await this.close()
    await rm(this.path, { force: true })
  }

  /** One after the other, so that no line is torn by another. */
  #write(line: string): Promise<void> {
    this.#writing = this.#writing
      .then(() => this.#file.appendFile(line))
      .catch((thrown: unknown) => Promise.reject(refusal(this.path, thrown)))
    return this.#writing
  }
}

function refusal(path: string, thrown: unknown): unknown {
  const number = errorNumber(thrown)
  if (thrown instanceof PatrolError || number === undefined) return thrown
  return new PatrolError('usage', `the progress of the audit cannot be kept in ${path} (${number})`, {
    remedy: 'Name a file that can be written with --resume, or leave it out.',
    cause: thrown,
  })
}

function keyOf(organization: string, descriptor: string): string {
  return `${organization}\n${descriptor}`
}
