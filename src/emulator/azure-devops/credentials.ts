import type { User } from '../entra/directory.ts'
import type { AccessToken } from '../entra/token-book.ts'
import { type Answer, type Call } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import type { Pat } from './pat-register.ts'
import {
  conditionalAccessAnswer,
  errorAnswer,
  redirectAnswer,
  Refusal,
  signInPageAnswer,
  unauthorizedAnswer,
} from './refusals.ts'
import { holdsScope } from './scopes.ts'
import { fromTicks } from './ticks.ts'

/** What the `Authorization` header of a call turned out to be. */
export type Credential =
  | { readonly kind: 'none' }
  /** Unreadable, unknown, revoked or for another audience: Azure DevOps tells these apart by nothing. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'bearer'; readonly token: AccessToken }
  | { readonly kind: 'expired-bearer'; readonly token: AccessToken }
  | { readonly kind: 'pat'; readonly pat: Pat }
  | { readonly kind: 'expired-pat'; readonly pat: Pat }

export function readCredential(world: World, call: Call): Credential {
  const header = call.headers.authorization
  if (header === undefined) return { kind: 'none' }
  const [scheme = '', value = ''] = header.split(/\s+/, 2)
  if (scheme.toLowerCase() === 'bearer') return bearer(world, call, value)
  if (scheme.toLowerCase() !== 'basic') return { kind: 'unknown' }
  const decoded = Buffer.from(value, 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  if (colon === -1) return { kind: 'unknown' }
  const password = decoded.slice(colon + 1)
  // An access token may stand in the place of the password as well.
  if (world.tokens.access(password) !== undefined) return bearer(world, call, password)
  return basic(world, call, password)
}

function bearer(world: World, call: Call, value: string): Credential {
  const token = world.tokens.access(value)
  if (token === undefined) return { kind: 'unknown' }
  call.principal = token.user?.upn ?? token.client.id
  if (token.audience !== 'azure-devops') return { kind: 'unknown' }
  return { kind: call.at < token.expiresAt ? 'bearer' : 'expired-bearer', token }
}

function basic(world: World, call: Call, password: string): Credential {
  const pat = world.pats.byValue(password)
  if (pat === undefined) return { kind: 'unknown' }
  call.principal = `pat:${pat.authorizationId}`
  const { useNew, useRevoked } = world.switches.visibilityDelaySeconds
  if (call.at < pat.createdAt + useNew * 1000) return { kind: 'unknown' }
  if (pat.revokedAt !== undefined && call.at >= pat.revokedAt + useRevoked * 1000) return { kind: 'unknown' }
  if (call.at >= fromTicks(pat.validTo)) return { kind: 'expired-pat', pat }
  if (pat.organizationIds === null && call.at >= Date.parse(world.switches.globalPatsEndAt)) return { kind: 'unknown' }
  return { kind: 'pat', pat }
}

/** The organization by the name in the path. */
export function organizationOf(world: World, name: string): Organization | undefined {
  return world.organizations.find((organization) => sameName(organization.name, name))
}

/** Lets a user into an organization, or refuses as Azure DevOps does. */
export function admitUser(world: World, organization: Organization, user: User): void {
  const isMember = organization.members.some((member) => sameName(member, user.upn))
  if (!user.enabled || !isMember || user.tenantId !== organization.tenantId) {
    throw new Refusal(unauthorizedAnswer(user.identityId))
  }
  const conditionalAccess = world.switches.policies.conditionalAccess ?? organization.policies.conditionalAccess
  if (conditionalAccess === 'block') throw new Refusal(conditionalAccessAnswer())
}

/** The answer to an access token that has run out: pages for some methods, JSON for the others. */
export function expiredBearerAnswer(world: World, call: Call, organization: Organization | undefined): Answer {
  if (call.method === 'GET' || call.method === 'POST') return signInPageAnswer(world, call, organization)
  return unauthorizedAnswer('')
}

/**
 * Who calls an ordinary REST resource: the user of an access token or of a PAT. Everything else is refused.
 * @param wanted scopes of which a PAT must hold one; none means that any PAT will do
 */
export function demandUser(
  world: World,
  call: Call,
  organization: Organization,
  wanted: readonly string[] = [],
): { user: User; pat?: Pat } {
  const credential = readCredential(world, call)
  if (credential.kind === 'none') throw new Refusal(redirectAnswer(world, call, organization))
  if (credential.kind === 'unknown') throw new Refusal(signInPageAnswer(world, call, organization))
  if (credential.kind === 'expired-bearer') throw new Refusal(expiredBearerAnswer(world, call, organization))
  if (credential.kind === 'expired-pat') throw new Refusal(expiredPatAnswer())
  if (credential.kind === 'bearer') {
    const { user } = credential.token
    if (user === undefined) throw new Refusal(unauthorizedAnswer(credential.token.client.id))
    admitUser(world, organization, user)
    return { user }
  }
  const { pat } = credential
  if (pat.organizationIds !== null && !pat.organizationIds.includes(organization.id)) {
    throw new Refusal(signInPageAnswer(world, call, organization))
  }
  admitUser(world, organization, pat.owner)
  if (pat.organizationIds === null && refusesGlobalPats(world, organization, pat.owner)) {
    throw new Refusal(unauthorizedAnswer(pat.owner.identityId))
  }
  if (wanted.length > 0 && !wanted.some((scope) => holdsScope(pat.scope, scope))) {
    throw new Refusal({ ...unauthorizedAnswer(pat.owner.identityId), status: world.switches.missingScopeStatus })
  }
  return { user: pat.owner, pat }
}

export function expiredPatAnswer(): Answer {
  return errorAnswer(401, 'AccessCheckException', 'Access Denied: The Personal Access Token used has expired.')
}

/**
 * The policy that restricts the creation of PATs also keeps global ones out of the organization.
 * https://learn.microsoft.com/en-us/azure/devops/organizations/accounts/manage-pats-with-policies-for-administrators
 */
function refusesGlobalPats(world: World, organization: Organization, owner: User): boolean {
  const restriction = world.switches.policies.disablePatCreation ?? organization.policies.disablePatCreation
  if (restriction === 'off') return false
  return !organization.policies.disablePatCreationAllow.some((name) => sameName(name, owner.upn))
}
