import { asPatrolError, type Problem, problemOf } from '../../core/errors.ts'
import type { AccountReach } from '../../core/migration.ts'
import type { Pat } from '../../core/pat.ts'
import { Secret } from '../../core/secret.ts'
import { forEachBounded } from '../../reconcile/bounded.ts'
import type { OpenWorld } from '../compose.ts'
import type { WantedAccount } from '../config/wanted.ts'

export interface GlobalPats {
  readonly reaches: readonly AccountReach[]
  /** Accounts and organizations that could not be looked at. */
  readonly problems: readonly Problem[]
}

/**
 * The PATs for all organizations that accounts have, and the organizations in which those work. An account whose sign-in
 * may not ask for its organizations is looked at in those of the configuration. Nothing is changed.
 */
export async function globalPatsOf(open: OpenWorld, accounts: readonly WantedAccount[]): Promise<GlobalPats> {
  const reaches: AccountReach[] = []
  const problems: Problem[] = []
  for (const account of accounts) reaches.push(await reachOf(open, account, problems))
  return { reaches, problems }
}

async function reachOf(open: OpenWorld, account: WantedAccount, problems: Problem[]): Promise<AccountReach> {
  const { world, administrations } = open
  const { name } = account
  world.reporter.report({ kind: 'observing', what: `the organizations of ${name}` })
  let limit: string | undefined
  const reached = await administrations
    .get(name)
    ?.organizations()
    .catch((thrown: unknown) => {
      limit = asPatrolError(thrown).message
      return []
    })
  const known = new Map([...account.organizations, ...(reached ?? [])].map((one) => [one.toLowerCase(), one]))
  const pats = new Map<string, Pat>()
  const seen: string[] = []
  const unseen: { readonly organization: string; readonly why: string }[] = []
  world.reporter.report({ kind: 'observing', what: `personal access tokens of ${name}` })
  await forEachBounded([...known.values()], world.concurrency, async (organization) => {
    try {
      const listed = (await world.authorities.get(name)?.listActive(organization)) ?? []
      seen.push(organization)
      for (const pat of listed) {
        if (pat.allOrganizations) pats.set(pat.authorizationId, { ...pat, displayName: Secret.redact(pat.displayName) })
      }
    } catch (thrown) {
      const failure = asPatrolError(thrown)
      unseen.push({ organization, why: failure.message })
      problems.push(problemOf(`${name} in ${organization}`, failure))
    }
  })
  const byName = (left: Pat, right: Pat): number =>
    left.displayName < right.displayName ? -1 : left.displayName > right.displayName ? 1 : 0
  return {
    account: name,
    organizations: seen.sort(),
    limit,
    unseen: unseen.sort((left, right) => (left.organization < right.organization ? -1 : 1)),
    pats: [...pats.values()].sort(byName),
  }
}
