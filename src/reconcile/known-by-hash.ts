import { asPatrolError, PatrolError } from '../core/errors.ts'
import { failsForAll } from '../core/shared-failure.ts'
import type { Pat } from '../core/pat.ts'
import { Secret } from '../core/secret.ts'
import type { Directory, Member } from '../ports/directory.ts'
import type { TokenAdministration } from '../ports/token-administration.ts'
import type { World } from '../ports/world.ts'
import { forEachBounded } from './bounded.ts'
import type { Home } from './homes.ts'

export type Administration = Pick<Directory, 'members'> & Pick<TokenAdministration, 'hashedPatsOf' | 'hashOf'>

/** Whose PAT a value is, as the administration of an organization tells. */
export interface Known {
  readonly organization: string
  /** The user name, lower-cased. */
  readonly user: string
  readonly pat: Pat
  /** False when it was revoked or has expired. */
  readonly isValid: boolean
}

/** How far the administration of an organization could be asked. */
export interface Asking {
  readonly organization: string
  /** Which account asked. */
  readonly account: string
  /** Members whose PATs were looked at. */
  readonly members: number
  /** Why not everybody was; `access-denied` when the account is no administrator. */
  readonly failure: PatrolError | undefined
}

export interface KnownByHash {
  /** By the place of the value in what was asked for. */
  readonly known: ReadonlyMap<number, Known>
  readonly askings: readonly Asking[]
}

/**
 * Whose these values are, by the hashes that the administration of tokens tells of everybody's PATs. In each organization
 * the accounts are tried until one is an administrator; members who are our own accounts are looked at first, and nobody any
 * more once every value is known.
 *
 * @param own the user names of the accounts, lower-cased
 * @param who `own`: nobody else's PATs are looked at
 */
export async function knownByHash(
  world: World,
  administrations: ReadonlyMap<string, Administration>,
  homes: readonly Home[],
  values: readonly Secret[],
  own: ReadonlySet<string>,
  who: 'everybody' | 'own' = 'everybody',
): Promise<KnownByHash> {
  const known = new Map<number, Known>()
  const askings: Asking[] = []
  const byOrganization = Map.groupBy(homes, ({ organization }) => organization.toLowerCase())
  for (const candidates of byOrganization.values()) {
    const organization = candidates[0]?.organization ?? ''
    for (const account of new Set(candidates.map((home) => home.account))) {
      const administration = administrations.get(account)
      if (administration === undefined || known.size === values.length) continue
      const search = new HashSearch(world, administration, organization, values, known)
      const failure = await search.through(own, who)
      askings.push({ organization, account, members: search.members, failure })
      if (failure?.code !== 'access-denied') break
    }
  }
  return { known, askings }
}

class HashSearch {
  members = 0
  readonly #world: World
  readonly #administration: Administration
  readonly #organization: string
  readonly #known: Map<number, Known>
  readonly #places: ReadonlyMap<string, number>
  #hasHashes: boolean | undefined

  constructor(
    world: World,
    administration: Administration,
    organization: string,
    values: readonly Secret[],
    known: Map<number, Known>,
  ) {
    this.#world = world
    this.#administration = administration
    this.#organization = organization
    this.#known = known
    this.#places = new Map(values.map((value, place) => [administration.hashOf(value), place]))
  }

  /** @returns why it does not know about everybody */
  async through(own: ReadonlySet<string>, who: 'everybody' | 'own'): Promise<PatrolError | undefined> {
    try {
      const everybody: Member[] = []
      for await (const { members } of this.#administration.members(this.#organization)) everybody.push(...members)
      const asked = who === 'own' ? everybody.filter(({ user }) => own.has(user)) : everybody
      const inOrder = asked.toSorted((left, right) => Number(own.has(right.user)) - Number(own.has(left.user)))
      const failure = await this.#lookAt(inOrder)
      if (failure !== undefined || this.#hasHashes !== false) return failure
      return new PatrolError('unexpected-answer', `${this.#organization} tells no hashes of PATs`)
    } catch (thrown) {
      return asPatrolError(thrown)
    }
  }

  async #lookAt(members: readonly Member[]): Promise<PatrolError | undefined> {
    let end: PatrolError | undefined
    let lastFailure: PatrolError | undefined
    await forEachBounded(members, this.#world.concurrency, async (member) => {
      if (end !== undefined || this.#known.size === this.#places.size) return
      try {
        if (this.#world.stopping()) throw new PatrolError('interrupted', 'told to stop before everybody was looked at')
        if (this.members % 25 === 0) this.#tell(members.length)
        await this.#compare(member)
        this.members += 1
      } catch (thrown) {
        const failure = asPatrolError(thrown)
        lastFailure = failure
        if (failsForAll.has(failure.code)) end ??= failure
      }
    })
    return end ?? lastFailure
  }

  async #compare({ descriptor, user }: Member): Promise<void> {
    for await (const page of this.#administration.hashedPatsOf(this.#organization, descriptor)) {
      for (const { hash, pat, isValid } of page) {
        this.#hasHashes = this.#hasHashes === true || hash !== undefined
        const place = hash === undefined ? undefined : this.#places.get(hash)
        if (place === undefined) continue
        const displayName = Secret.redact(pat.displayName)
        this.#known.set(place, { organization: this.#organization, user, pat: { ...pat, displayName }, isValid })
      }
    }
  }

  #tell(of: number): void {
    const what = `everybody in ${this.#organization}: ${this.members} of ${of} users`
    this.#world.reporter.report({ kind: 'observing', what })
  }
}
