import type { AuditJournal } from '../../adapters/audit-journal.ts'
import type { Seen } from '../../adapters/audit-progress.ts'
import type { Administration } from '../../adapters/azure-devops/administration.ts'
import type { AuditedPat, Care } from '../../core/audit/audited-pat.ts'
import { asPatrolError, type ErrorCode, PatrolError, type Problem, problemOf } from '../../core/errors.ts'
import { failsForAll } from '../../core/shared-failure.ts'
import { markOf } from '../../core/names.ts'
import type { Pat } from '../../core/pat.ts'
import { Secret } from '../../core/secret.ts'
import type { Instant } from '../../core/time.ts'
import type { Member, MemberPage } from '../../ports/directory.ts'
import type { World } from '../../ports/world.ts'
import { forEachBounded } from '../../reconcile/bounded.ts'

/** An organization, and who is its administrator. */
export interface Realm {
  readonly organization: string
  readonly account: string
  readonly administration: Administration
}

export interface EverybodyOptions {
  /** Also asks of each owner whether the organization lets them in, which costs a request for each. */
  readonly owners: boolean
  readonly journal: AuditJournal | undefined
}

export interface EverybodySurvey {
  readonly audited: readonly AuditedPat[]
  readonly members: number
  readonly problems: readonly Problem[]
  /** The organizations whose members were asked for to the end. */
  readonly administered: readonly string[]
}

const nobody: Care = { kind: 'nobody' }
const undeclared: Care = { kind: 'undeclared' }

/** `usage`: the progress of the walk cannot be kept. */
const hopeless: ReadonlySet<ErrorCode> = new Set([...failsForAll, 'usage'])

/**
 * The active PATs of every member of these organizations, as their administrators see them. Members are asked for page by
 * page, and some at once within a page, at the pace that the service allows. What was seen goes into the journal first.
 *
 * @throws PatrolError `interrupted`, and `usage` when progress cannot be kept; whatever else goes wrong is a problem of the
 *   organization or of the member
 */
export async function surveyEverybody(
  world: World,
  realms: readonly Realm[],
  options: EverybodyOptions,
): Promise<EverybodySurvey> {
  const walk = new Walk(world, options)
  for (const seen of options.journal?.seen ?? []) walk.take(seen)
  const administered: string[] = []
  for (const realm of realms) {
    try {
      await walk.through(realm)
      administered.push(realm.organization)
    } catch (thrown) {
      const failure = asPatrolError(thrown)
      if (failure.code === 'interrupted' || world.stopping()) throw interrupted(options.journal)
      // Of progress that cannot be kept.
      if (failure.code === 'usage') throw failure
      walk.problems.push(problemOf(realm.organization, failure))
    }
  }
  return { audited: walk.audited, members: walk.members, problems: walk.problems, administered }
}

class Walk {
  readonly audited: AuditedPat[] = []
  readonly problems: Problem[] = []
  members = 0
  readonly #world: World
  readonly #options: EverybodyOptions
  readonly #now: Instant
  /** Thousands of PATs share some lists of scopes. */
  readonly #scopes = new Map<string, readonly string[]>()
  readonly #places = new Map<string, readonly string[]>()

  constructor(world: World, options: EverybodyOptions) {
    this.#world = world
    this.#options = options
    this.#now = world.clock.now()
  }

  async through(realm: Realm): Promise<void> {
    const { organization } = realm
    const { journal } = this.#options
    const place = journal?.placeIn(organization)
    if (place === 'end') return
    this.#tell(organization)
    let isWhole = true
    for await (const page of this.#pages(realm, place?.from)) {
      isWhole = (await this.#readPage(realm, page)) && isWhole
      // Else whoever goes on would pass over a member that could not be looked at.
      if (isWhole) await journal?.turnPage(organization, page.next)
    }
  }

  take({ organization, member, state, pats }: Seen): void {
    this.members += 1
    // One object for all that thousands of PATs have in common.
    const owner = { user: member.user, state }
    const organizations = this.#places.get(organization) ?? [organization]
    this.#places.set(organization, organizations)
    for (const pat of pats) {
      if (pat.validTo !== undefined && pat.validTo <= this.#now) continue
      const text = pat.scopes.join(' ')
      const scopes = this.#scopes.get(text) ?? pat.scopes
      this.#scopes.set(text, scopes)
      this.audited.push({
        pat: scopes === pat.scopes ? pat : { ...pat, scopes },
        organizations,
        owner,
        account: undefined,
        care: markOf(pat.displayName) === undefined ? nobody : undeclared,
      })
    }
  }

  /** From where the last run came to; from the beginning, when the service does not know that place any more. */
  async *#pages({ administration, organization }: Realm, from: string | undefined): AsyncIterable<MemberPage> {
    let begun = false
    try {
      for await (const page of administration.members(organization, from)) {
        begun = true
        yield page
      }
    } catch (thrown) {
      if (begun || from === undefined || asPatrolError(thrown).code !== 'invalid-request') throw thrown
      yield* administration.members(organization)
    }
  }

  /** @returns whether every member of the page was looked at */
  async #readPage(realm: Realm, { members }: MemberPage): Promise<boolean> {
    const { organization } = realm
    const { journal } = this.#options
    let end: PatrolError | undefined
    let isWhole = true
    const fresh = members.filter((member) => journal?.has(organization, member) !== true)
    await forEachBounded(fresh, this.#world.concurrency, async (member) => {
      if (end !== undefined) return
      try {
        if (this.#world.stopping()) throw new PatrolError('interrupted', 'told to stop')
        const seen = await this.#look(realm, member)
        await journal?.add(seen)
        this.take(seen)
        if (this.members % 50 === 0) this.#tell(organization)
      } catch (thrown) {
        const failure = asPatrolError(thrown)
        if (hopeless.has(failure.code)) end ??= failure
        else this.problems.push(problemOf(`${member.user} in ${organization}`, failure))
        isWhole = false
      }
    })
    if (end !== undefined) throw end
    return isWhole
  }

  async #look({ administration, organization }: Realm, member: Member): Promise<Seen> {
    const pats: Pat[] = []
    for await (const page of administration.patsOf(organization, member.descriptor)) {
      for (const pat of page) pats.push({ ...pat, displayName: Secret.redact(pat.displayName) })
    }
    const asks = this.#options.owners && member.state === 'unknown' && pats.length > 0
    const isActive = asks ? await administration.isActive(organization, member.descriptor) : undefined
    const state = isActive === undefined ? member.state : isActive ? 'active' : 'inactive'
    return { organization, member: { descriptor: member.descriptor, user: member.user }, state, pats }
  }

  #tell(organization: string): void {
    const what = `everybody in ${organization}: ${this.members} users, ${this.audited.length} PATs so far`
    this.#world.reporter.report({ kind: 'observing', what })
  }
}

function interrupted(journal: AuditJournal | undefined): PatrolError {
  const remedy =
    journal === undefined
      ? 'Run it again. With --resume FILE it could have gone on where it was.'
      : 'Run the same command again, and it goes on where it was.'
  return new PatrolError('interrupted', 'the audit was interrupted before it had seen everybody', { remedy })
}
