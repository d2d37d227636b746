import type { PatrolError } from '../core/errors.ts'
import { formOf, isPatForm, type PatForm } from '../core/pat-form.ts'
import type { Secret } from '../core/secret.ts'
import { type Duration, second, times } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { heldValues, type Holding } from './held-values.ts'
import { type Home, homeKey } from './homes.ts'
import { type Administration, type Asking, type Known, knownByHash } from './known-by-hash.ts'

/** Whether a value is let in to an organization, by a real call. */
export type Life = 'alive' | 'refused' | 'unknown'

/** What is known of one value. */
export interface Ownership {
  readonly value: Secret
  readonly form: PatForm
  /** Where it stands in a store; undefined when it stands in none. */
  readonly holding: Holding | undefined
  /** What the administration of an organization tells of it. Not asked for what stands in a store. */
  readonly known: Known | undefined
  /** In which organizations it was tried, and what came of it. Empty for what cannot be a PAT. */
  readonly lives: readonly Trial[]
}

export interface Trial {
  readonly organization: string
  readonly life: Life
  /** The account as which it works, where it is one of the configuration. */
  readonly account: string | undefined
}

export interface Search {
  readonly owners: readonly Ownership[]
  /** Versions that are disabled, and so could not be compared with a value that stands in no other. */
  readonly disabled: number
  /** Secrets that could not be compared. */
  readonly failures: readonly { readonly token: string; readonly failure: PatrolError }[]
  /** How far administrations were asked. */
  readonly askings: readonly Asking[]
}

/** Where and as whom is searched. */
export interface SearchParts {
  /** Those that have a store. */
  readonly tokens: readonly Token[]
  /** All accounts, in their organizations. */
  readonly homes: readonly Home[]
  /** The user names of the accounts, lower-cased. */
  readonly users: ReadonlySet<string>
  /** By the account's name; empty when nobody is to be asked. */
  readonly administrations: ReadonlyMap<string, Administration>
}

/** An answer that tells nothing is asked for again. */
const pauses: readonly Duration[] = [0, 1, 3].map((count) => times(count, second))

/**
 * Whose these values are: they are compared with the versions in the stores, and tried, which also tells as which account
 * they work; what is in no store is looked for in the administration of tokens. A value that does not look like a PAT is
 * compared with the stores alone, and shown to nobody: it may be the secret of somebody else.
 */
export async function whose(world: World, parts: SearchParts, values: readonly Secret[]): Promise<Search> {
  const { tokens, homes, users, administrations } = parts
  const { holdings, disabled, failures } = await heldValues(world, tokens, values)
  const accounts = await usersOf(world, homes)
  const organizations = new Map(homes.map(({ organization }) => [organization.toLowerCase(), organization]))
  const tried: Omit<Ownership, 'known'>[] = []
  for (const [place, value] of values.entries()) {
    const holding = holdings.get(place)
    const form = formOf(value)
    const inAll = isPatForm(form) ? organizations.values() : []
    const lives: Trial[] = []
    for (const organization of holding === undefined ? inAll : [holding.token.organization]) {
      world.reporter.report({ kind: 'observing', what: `whether it works in ${organization}` })
      const trial = await lifeOf(world, organization, value, accounts)
      lives.push(
        holding === undefined || trial.life === 'alive' ? trial : { ...trial, life: await listedLife(world, holding) },
      )
    }
    tried.push({ value, form, holding, lives })
  }
  const open = tried.filter(({ holding, form }) => holding === undefined && isPatForm(form))
  const { known, askings } =
    open.length === 0
      ? { known: new Map<number, Known>(), askings: [] }
      : await knownByHash(
          world,
          administrations,
          homes,
          open.map(({ value }) => value),
          users,
        )
  const owners = tried.map((one) => ({ ...one, known: known.get(open.indexOf(one)) }))
  return { owners, disabled, failures, askings }
}

async function lifeOf(
  world: World,
  organization: string,
  value: Secret,
  accounts: ReadonlyMap<string, string>,
): Promise<Trial> {
  for (const pause of pauses) {
    if (pause > 0) await world.clock.sleep(pause)
    const probe = await world.prober.probe(organization, value, { kind: 'connection-data' })
    if (probe.kind === 'works') {
      const account =
        probe.ownerId === undefined ? undefined : accounts.get(`${organization.toLowerCase()}\n${probe.ownerId}`)
      return { organization, life: 'alive', account }
    }
    if (probe.kind !== 'unknown') return { organization, life: 'refused', account: undefined }
  }
  return { organization, life: 'unknown', account: undefined }
}

/**
 * A refusal alone proves nothing of a PAT whose id is known: its scopes may not reach what was asked. What its account lists
 * is active.
 */
async function listedLife(world: World, { token, authorizationId }: Holding): Promise<Life> {
  try {
    const pats = await world.authorities.get(token.account)?.listActive(token.organization)
    if (pats === undefined) return 'unknown'
    return pats.some((pat) => pat.authorizationId === authorizationId) ? 'alive' : 'refused'
  } catch {
    return 'unknown'
  }
}

/** The configured accounts by their ids in each organization, as far as they can sign in. */
async function usersOf(world: World, homes: readonly Home[]): Promise<ReadonlyMap<string, string>> {
  const users = new Map<string, string>()
  const each = new Map(homes.map((home) => [homeKey(home), home]))
  for (const { account, organization } of each.values()) {
    const signedIn = await world.authorities
      .get(account)
      ?.signedInUser(organization)
      .catch(() => undefined)
    if (signedIn !== undefined) users.set(`${organization.toLowerCase()}\n${signedIn.id}`, account)
  }
  return users
}
