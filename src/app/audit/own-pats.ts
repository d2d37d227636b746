import type { GrantedLife } from '../../core/audit/audit-rules.ts'
import type { AuditedPat, Care, DeadReference } from '../../core/audit/audited-pat.ts'
import { lackOf, shortfallOf } from '../../core/ceiling.ts'
import { asPatrolError, type Problem, problemOf } from '../../core/errors.ts'
import { currentMetadata, currentPat, type Facts, installation } from '../../core/facts.ts'
import { markOf } from '../../core/names.ts'
import type { Pat } from '../../core/pat.ts'
import { formOf } from '../../core/pat-form.ts'
import { Secret } from '../../core/secret.ts'
import type { Instant } from '../../core/time.ts'
import type { Token } from '../../core/token.ts'
import { forEachBounded } from '../../reconcile/bounded.ts'
import { blindSpots } from '../../reconcile/observe.ts'
import { type Proposals, propose } from '../../reconcile/run.ts'
import type { OpenWorld } from '../compose.ts'
import type { Wanted } from '../config/wanted.ts'

/** What the configured accounts have, and what stores and plans tell of it. */
export interface OwnSurvey {
  readonly audited: readonly AuditedPat[]
  readonly organizations: readonly string[]
  readonly deadReferences: readonly DeadReference[]
  readonly oldFormats: ReadonlySet<string>
  readonly grants: readonly GrantedLife[]
  /** What could not be looked at. */
  readonly problems: readonly Problem[]
  /** How far it could be looked at all. */
  readonly limits: readonly string[]
}

/**
 * Looks at the PATs of the configured accounts, in all organizations that each can reach. Nothing is changed, and no
 * value is read unless asked for.
 *
 * @param options `values`: reads what stores hand out, to tell how old its form is
 */
export async function surveyOwn(
  { world, administrations }: OpenWorld,
  wanted: Wanted,
  options: { readonly values: boolean },
): Promise<OwnSurvey> {
  const proposals = await propose(world, wanted, { maxReplacements: wanted.limits.maxReplacements })
  const lists = proposals.snapshot.pats.map(({ account, organization, pats }) => ({ account, organization, pats }))
  const problems: Problem[] = unseenIn(proposals)
  // Then the ends of PATs are compared with a time that may be wrong.
  const limits: string[] = proposals.veto?.code === 'clock-unreliable' ? [proposals.veto.message] : []
  for (const { name, organizations } of wanted.accounts.values()) {
    world.reporter.report({ kind: 'observing', what: `the organizations of ${name}` })
    const named = new Set(organizations.map((one) => one.toLowerCase()))
    const reached = await administrations
      .get(name)
      ?.organizations()
      .catch((thrown: unknown) => {
        const { message } = asPatrolError(thrown)
        limits.push(`account ${name} was looked at only in organizations that the configuration names (${message})`)
        return undefined
      })
    const others = (reached ?? []).filter((one) => !named.has(one.toLowerCase()))
    await forEachBounded(others, world.concurrency, async (organization) => {
      try {
        const pats = await world.authorities.get(name)?.listActive(organization)
        if (pats !== undefined) lists.push({ account: name, organization, pats })
      } catch (thrown) {
        problems.push(problemOf(`${name} in ${organization}`, asPatrolError(thrown)))
      }
    })
  }
  const careOf = caringFor(proposals)
  const audited = lists.flatMap(({ account, organization, pats }) =>
    pats.map((pat): AuditedPat => {
      const user = wanted.accounts.get(account)?.user ?? account
      const named = { ...pat, displayName: Secret.redact(pat.displayName) }
      return {
        pat: named,
        organizations: [organization],
        owner: { user, state: 'unknown' },
        account,
        care: careOf(account, pat),
      }
    }),
  )
  const now = world.clock.now()
  const held = proposals.proposals.flatMap(({ observation }) =>
    'facts' in observation ? [{ token: observation.token, facts: observation.facts }] : [],
  )
  return {
    audited,
    organizations: [...new Set(lists.map(({ organization }) => organization))].sort(),
    deadReferences: held.flatMap(({ token, facts }) => deadReferenceOf(token, facts, now)),
    oldFormats: options.values ? await oldFormatsOf(held, world) : new Set(),
    grants: held.flatMap(({ token, facts }) => grantOf(token, facts)),
    problems,
    limits,
  }
}

interface Held {
  readonly token: Token
  readonly facts: Facts
}

function unseenIn(proposals: Proposals): Problem[] {
  const ofTokens = proposals.proposals.flatMap(({ observation }) =>
    'failure' in observation ? [problemOf(observation.token.name, observation.failure)] : [],
  )
  return [...ofTokens, ...blindSpots(proposals.snapshot).map(({ name, failure }) => problemOf(name, failure))]
}

/** Who looks after which PAT, by what the stores, the rules and the marks say. */
function caringFor(proposals: Proposals): (account: string, pat: Pat) => Care {
  const byId = new Map<string, Care>()
  const byInstallation = new Map<string, Care>()
  const blind = new Set(proposals.snapshot.failures.map(({ rule }) => rule.account))
  for (const { observation, plan } of proposals.proposals) {
    const { token } = observation
    if (!('facts' in observation)) {
      blind.add(token.account)
      continue
    }
    const { facts } = observation
    const care = (role: 'current' | 'superseded' | 'orphan'): Care => {
      return { kind: 'token', token: token.name, role, declared: token.scopes }
    }
    const own = installation(token, facts)
    if (own !== undefined) byInstallation.set(own, care('superseded'))
    for (const id of currentMetadata(facts)?.supersedes ?? []) byId.set(id, care('superseded'))
    for (const { kind, authorizationId } of [...plan.actions, ...plan.scheduled]) {
      if (kind === 'collect-orphan' && authorizationId !== undefined) byId.set(authorizationId, care('orphan'))
    }
    const current = currentMetadata(facts)?.authorizationId ?? currentPat(token, facts)?.authorizationId
    if (current !== undefined) byId.set(current, care('current'))
  }
  return (account, { authorizationId, displayName }) => {
    const mark = markOf(displayName)
    const known = byId.get(authorizationId) ?? byInstallation.get(mark?.installation ?? '')
    if (known !== undefined) return known
    if (blind.has(account)) return { kind: 'unknown' }
    return mark === undefined ? { kind: 'nobody' } : { kind: 'undeclared' }
  }
}

function deadReferenceOf(token: Token, facts: Facts, now: Instant): readonly DeadReference[] {
  const metadata = currentMetadata(facts)
  const { place } = token
  const isHandedOut = metadata !== undefined && place !== undefined && facts.current?.enabled === true
  if (!isHandedOut || currentPat(token, facts) !== undefined || facts.currentWorks === true) return []
  const why = metadata.validTo <= now ? 'expired' : 'not-active'
  // A list that lags lacks what works; only a refused call shows that it does not.
  if (why === 'not-active' && facts.currentWorks !== false) return []
  const { authorizationId, displayName, organization, validTo } = metadata
  return [
    { token: token.name, place, authorizationId, displayName, owner: metadata.account, organization, why, validTo },
  ]
}

/** What the last mint or extension of the current PAT was granted, where it was less than asked for. */
function grantOf(token: Token, facts: Facts): readonly GrantedLife[] {
  const metadata = currentMetadata(facts)
  const shortfall = metadata && shortfallOf(metadata)
  if (metadata === undefined || shortfall === undefined) return []
  const isMissed = lackOf(token, metadata) !== undefined
  return [{ account: token.account, token: token.name, pat: metadata.authorizationId, ...shortfall, isMissed }]
}

async function oldFormatsOf(held: readonly Held[], world: OpenWorld['world']): Promise<ReadonlySet<string>> {
  const old = new Set<string>()
  await forEachBounded(held, world.concurrency, async ({ token: { place }, facts }) => {
    const pat = currentMetadata(facts)?.authorizationId
    if (place === undefined || pat === undefined) return
    const read = await world.stores.get(place.store)?.read(place.secretName)
    if (read !== undefined && formOf(read.value).kind === 'old') old.add(pat)
  })
  return old
}
