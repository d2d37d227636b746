import { asPatrolError, type PatrolError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import { type Duration, second, times } from '../core/time.ts'
import type { Token } from '../core/token.ts'
import type { World } from '../ports/world.ts'
import { forEachFair } from './fair-lanes.ts'
import { lanesOf } from './lanes.ts'

/** Whether a value is let in to an organization, by a real call. */
export type Life = 'alive' | 'refused' | 'unknown'

/** What is known of one value. */
export interface Ownership {
  readonly value: Secret
  /** The token whose store hands it out. */
  readonly token: Token | undefined
  readonly authorizationId: string | undefined
  /** In which organizations it was tried, and what came of it. */
  readonly lives: readonly {
    readonly organization: string
    readonly life: Life
    readonly account: string | undefined
  }[]
}

export interface Search {
  readonly owners: readonly Ownership[]
  /** Secrets that could not be compared. */
  readonly failures: readonly { readonly token: string; readonly failure: PatrolError }[]
}

/** An answer that tells nothing is asked for again. */
const pauses: readonly Duration[] = [0, 1, 3].map((count) => times(count, second))

/**
 * Whose these values are: they are compared with what the stores hand out for the tokens, and tried in each of the
 * organizations, which also tells as which account they work. A value that the store no longer hands out, because another
 * took its place, is known by its account alone.
 */
export async function whose(world: World, tokens: readonly Token[], values: readonly Secret[]): Promise<Search> {
  const held: { readonly token: Token; readonly authorizationId: string; readonly value: Secret }[] = []
  const failures: { token: string; failure: PatrolError }[] = []
  await forEachFair(
    tokens,
    lanesOf(world, (token: Token) => token),
    async (token) => {
      try {
        const { place } = token
        const stored = place && (await world.stores.get(place.store)?.read(place.secretName))
        if (stored?.version.reading.kind !== 'read') return
        held.push({ token, authorizationId: stored.version.reading.metadata.authorizationId, value: stored.value })
      } catch (thrown) {
        failures.push({ token: token.name, failure: asPatrolError(thrown) })
      }
    },
  )
  const accounts = await usersOf(world, tokens)
  const organizations = [...new Set(tokens.map(({ organization }) => organization.toLowerCase()))]
  const owners: Ownership[] = []
  for (const value of values) {
    const match = held.find((one) => one.value.equals(value))
    const lives: Ownership['lives'][number][] = []
    for (const organization of match === undefined ? organizations : [match.token.organization]) {
      lives.push(await lifeOf(world, organization, value, accounts))
    }
    owners.push({ value, token: match?.token, authorizationId: match?.authorizationId, lives })
  }
  return { owners, failures }
}

async function lifeOf(
  world: World,
  organization: string,
  value: Secret,
  accounts: ReadonlyMap<string, string>,
): Promise<Ownership['lives'][number]> {
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

/** The configured accounts by their ids in each organization, as far as they can sign in. */
async function usersOf(world: World, tokens: readonly Token[]): Promise<ReadonlyMap<string, string>> {
  const users = new Map<string, string>()
  const homes = new Map(tokens.map((token) => [`${token.account}\n${token.organization.toLowerCase()}`, token]))
  for (const { account, organization } of homes.values()) {
    const signedIn = await world.authorities
      .get(account)
      ?.signedInUser(organization)
      .catch(() => undefined)
    if (signedIn !== undefined) users.set(`${organization.toLowerCase()}\n${signedIn.id}`, account)
  }
  return users
}
