import type { Tenant, User } from '../entra/directory.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import type { Pat } from './pat-register.ts'
import type { PatRequest } from './pat-request.ts'
import { areKnownScopes, FULL_SCOPE, isPackagingOnly, orderScopes, splitScopes } from './scopes.ts'
import { fromTicks, readInstant } from './ticks.ts'

/** What a create or update comes to, or the `patTokenError` that says why not. Instants in milliseconds since the epoch. */
export type Verdict =
  | { readonly error: string; readonly message: string }
  | { readonly displayName: string; readonly scope: string; readonly validTo: number; readonly allOrgs: boolean }

interface Circumstances {
  readonly world: World
  readonly organization: Organization
  readonly owner: User
  readonly at: number
  readonly request: PatRequest
  /** The PAT that is to be changed; absent for a new one. */
  readonly pat?: Pat
}

type Check = (circumstances: Circumstances) => { error: string; message: string } | undefined

const DAY_MS = 86_400_000

/**
 * The checks in the order they are made; the first that objects decides. What each policy forbids:
 * https://learn.microsoft.com/en-us/azure/devops/organizations/accounts/manage-pats-with-policies-for-administrators
 */
const checks: readonly Check[] = [
  policiesUnreadable,
  notChangeable,
  displayNameUnfit,
  scopeUnfit,
  creationRestricted,
  globalForbidden,
  fullScopeForbidden,
]

/** Judges a create request, or with `pat` an update. */
export function judge(circumstances: Circumstances): Verdict {
  for (const check of checks) {
    const objection = check(circumstances)
    if (objection !== undefined) return objection
  }
  const validTo = grantValidTo(circumstances)
  if (typeof validTo !== 'number') return validTo
  const { world, request, pat } = circumstances
  return {
    displayName: request.displayName ?? pat?.displayName ?? '',
    scope:
      request.scope === undefined ? scopeAfter(circumstances) : orderScopes(request.scope, world.switches.scopeOrder),
    validTo,
    allOrgs: isGlobalAfter(circumstances),
  }
}

function scopeAfter({ request, pat }: Circumstances): string {
  return request.scope ?? pat?.scope ?? ''
}

function isGlobalAfter({ request, pat }: Circumstances): boolean {
  return request.allOrgs ?? (pat !== undefined && pat.organizationIds === null)
}

function policiesUnreadable({ world }: Circumstances) {
  const unreadable = world.switches.policies.unreadable ?? 'none'
  if (unreadable === 'tenant')
    return { error: 'failedToReadTenantPolicy', message: 'The tenant policy could not be read.' }
  if (unreadable === 'organization')
    return { error: 'failedToReadOrgPolicy', message: 'The organization policy could not be read.' }
  return undefined
}

function notChangeable({ world, pat, at }: Circumstances) {
  if (pat === undefined) return undefined
  const state = world.pats.state(pat, at)
  if (state === 'revoked') return { error: 'invalidToken', message: 'The token has been revoked.' }
  if (state === 'expired' && world.switches.extendExpired === 'expiredPatCannotBeExtended')
    return { error: 'expiredPatCannotBeExtended', message: 'An expired token cannot be extended.' }
  return undefined
}

function displayNameUnfit({ world, request, pat, owner, at }: Circumstances) {
  const { displayName } = request
  if (displayName === undefined && pat !== undefined) return undefined
  if (displayName === undefined || displayName.trim() === '')
    return { error: 'displayNameRequired', message: 'A display name is required.' }
  if (displayName.length > world.switches.maxDisplayNameLength)
    return { error: 'invalidDisplayName', message: 'The display name is too long.' }
  const isTaken = world.pats
    .all()
    .some(
      (other) =>
        other !== pat &&
        other.owner === owner &&
        other.displayName === displayName &&
        world.pats.state(other, at) === 'active',
    )
  if (isTaken && world.switches.duplicateDisplayNames === 'invalidDisplayName')
    return { error: 'invalidDisplayName', message: 'There is an active token with this display name.' }
  return undefined
}

function scopeUnfit({ request, pat }: Circumstances) {
  if (request.scope === undefined && pat !== undefined) return undefined
  if (request.scope !== undefined && areKnownScopes(request.scope)) return undefined
  return { error: 'invalidScope', message: 'The scope is missing or holds one that a token cannot have.' }
}

function creationRestricted(circumstances: Circumstances) {
  const { world, organization, owner, pat } = circumstances
  if (pat !== undefined) return undefined
  const { policies } = organization
  const restriction = world.switches.policies.disablePatCreation ?? policies.disablePatCreation
  if (restriction === 'off' || isListed(policies.disablePatCreationAllow, owner)) return undefined
  if (restriction === 'packaging-only' && isPackagingOnly(scopeAfter(circumstances))) return undefined
  return {
    error: 'disablePatCreationPolicyViolation',
    message: 'Your ability to create and regenerate PATs is restricted by your organization.',
  }
}

function globalForbidden(circumstances: Circumstances) {
  if (!isGlobalAfter(circumstances)) return undefined
  const { world, owner, at } = circumstances
  if (at >= Date.parse(world.switches.globalPatsEndAt))
    return { error: 'globalPATCreationBlocked', message: 'Global tokens are retired.' }
  const { policies } = tenantOf(world, owner)
  if (!(world.switches.policies.restrictGlobal ?? policies.restrictGlobal)) return undefined
  if (isListed(policies.restrictGlobalAllow, owner)) return undefined
  return { error: 'globalPatPolicyViolation', message: 'Your tenant restricts global tokens.' }
}

function fullScopeForbidden(circumstances: Circumstances) {
  if (!splitScopes(scopeAfter(circumstances).toLowerCase()).includes(FULL_SCOPE)) return undefined
  const { world, owner } = circumstances
  const { policies } = tenantOf(world, owner)
  if (!(world.switches.policies.restrictFullScope ?? policies.restrictFullScope)) return undefined
  if (isListed(policies.restrictFullScopeAllow, owner)) return undefined
  return { error: 'fullScopePatPolicyViolation', message: 'Your tenant restricts full-scoped tokens.' }
}

/**
 * When the PAT will end. A tenant's maximum lifespan counts from now for a new PAT and from its creation for an update,
 * and shortens what was asked without a word.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/tokens/pats/create
 */
function grantValidTo({ world, request, pat, owner, at }: Circumstances): number | { error: string; message: string } {
  const wrong = (message: string) => ({ error: 'invalidValidTo', message })
  if (request.validTo === undefined && pat !== undefined) return fromTicks(pat.validTo)
  if (request.validTo === undefined && world.switches.validToOmitted === 'invalidValidTo')
    return wrong('An end is required.')
  const asked = request.validTo === undefined ? at + 30 * DAY_MS : readInstant(request.validTo)
  if (asked === undefined) return wrong('The end is not an instant in ISO 8601.')
  if (asked <= at) return wrong('The end is in the past.')
  const yearAhead = new Date(at)
  yearAhead.setUTCFullYear(yearAhead.getUTCFullYear() + 1)
  if (asked > yearAhead.getTime() && world.switches.validToTooLong === 'invalidValidTo')
    return wrong('The end is more than a year ahead.')
  const granted = Math.min(asked, yearAhead.getTime())
  const { policies } = tenantOf(world, owner)
  const written = world.switches.policies.maxLifespanDays
  const maxDays = written === undefined ? policies.maxLifespanDays : written
  if (maxDays === null || isListed(policies.maxLifespanAllow, owner)) return granted
  const latest = (pat === undefined ? at : fromTicks(pat.validFrom)) + maxDays * DAY_MS
  if (granted <= latest) return granted
  // An update of a PAT that is older than the maximum has nothing left that could be granted.
  if (world.switches.lifespan === 'error' || latest <= at)
    return { error: 'patLifespanPolicyViolation', message: 'Your tenant restricts the lifespan of tokens.' }
  return latest
}

function tenantOf(world: World, owner: User): Tenant {
  const tenant = world.directory.tenant(owner.tenantId)
  if (tenant === undefined) throw new Error(`there is no tenant ${owner.tenantId}`)
  return tenant
}

function isListed(names: readonly string[], user: User): boolean {
  return names.some((name) => sameName(name, user.upn))
}
