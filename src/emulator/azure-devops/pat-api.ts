import type { User } from '../entra/directory.ts'
import { type Answer, type Call, emptyAnswer, jsonAnswer } from '../exchange.ts'
import type { Organization, World } from '../world.ts'
import { type ApiVersion, demandApiVersion } from './api-version.ts'
import { admitUser, expiredBearerAnswer, expiredPatAnswer, organizationOf, readCredential } from './credentials.ts'
import { listPats } from './pat-listing.ts'
import { judge } from './pat-policy.ts'
import type { Pat } from './pat-register.ts'
import { demandAuthorizationId, readPatRequest } from './pat-request.ts'
import {
  errorAnswer,
  noOrganizationAnswer,
  redirectAnswer,
  Refusal,
  signInPageAnswer,
  unauthorizedAnswer,
} from './refusals.ts'
import { toTicks, writeTicks } from './ticks.ts'

interface Visit {
  readonly world: World
  readonly call: Call
  readonly organization: Organization
  readonly user: User
  readonly version: ApiVersion
}

const operations: Record<string, (visit: Visit) => Answer> = {
  GET: (visit) => (visit.call.query.has('authorizationId') ? get(visit) : list(visit)),
  POST: create,
  PUT: update,
  DELETE: revoke,
}

/** `/{organization}/_apis/tokens/pats`. https://learn.microsoft.com/en-us/rest/api/azure/devops/tokens/pats */
export function answerPats(world: World, call: Call): Answer {
  const [, name = ''] = call.path.split('/')
  const organization = organizationOf(world, name)
  const user = demandDelegatedUser(world, call, organization)
  if (organization === undefined) return noOrganizationAnswer(world, call)
  admitUser(world, organization, user)
  const operation = Object.hasOwn(operations, call.method) ? operations[call.method] : undefined
  if (operation === undefined) {
    return errorAnswer(
      405,
      'VssServiceException',
      `The requested resource does not support http method '${call.method}'.`,
    )
  }
  const version = demandApiVersion(call, { preview: true, optional: false, oldest: 61 })
  return operation({ world, call, organization, user, version })
}

/**
 * Only the delegated access token of a user opens this API. How everything else is turned away differs, and some of it
 * looks like success at first sight.
 */
function demandDelegatedUser(world: World, call: Call, organization: Organization | undefined): User {
  const credential = readCredential(world, call)
  switch (credential.kind) {
    case 'none':
      throw new Refusal(redirectAnswer(world, call, organization))
    case 'unknown':
      throw new Refusal(signInPageAnswer(world, call, organization))
    case 'expired-bearer':
      throw new Refusal(expiredBearerAnswer(world, call, organization))
    case 'expired-pat':
      throw new Refusal(expiredPatAnswer())
    case 'pat':
      throw new Refusal(errorAnswer(401, 'InvalidAccessException', 'The requested operation is not allowed.'))
    case 'bearer': {
      const { user, scopes } = credential.token
      if (user === undefined) throw new Refusal(redirectAnswer(world, call, organization))
      if (!permits(world, call, scopes)) throw new Refusal(unauthorizedAnswer(user.identityId))
      return user
    }
  }
}

function permits(world: World, call: Call, scopes: readonly string[]): boolean {
  if (scopes.includes('user_impersonation')) return true
  const mayRead = scopes.includes('vso.pats')
  const mayWrite = scopes.includes('vso.pats_manage')
  if (world.switches.requireBothPatScopes) return mayRead && mayWrite
  return call.method === 'GET' ? mayRead || mayWrite : mayWrite
}

function list({ world, call, organization, user, version }: Visit): Answer {
  const { pats, continuationToken } = listPats(world, call, organization, user)
  return versioned(version, 200, { continuationToken, patTokens: pats.map((pat) => written(pat)) })
}

function get(visit: Visit): Answer {
  const pat = ownPat(visit, demandAuthorizationId(visit.call.query.get('authorizationId')))
  if (pat === undefined) return failure(visit, visit.world.switches.getUnknown, 'The token was not found.')
  return success(visit, pat)
}

function create(visit: Visit): Answer {
  const { world, call, organization, user } = visit
  const request = readPatRequest(call)
  const verdict = judge({ world, organization, owner: user, at: call.at, request })
  if ('error' in verdict) return failure(visit, verdict.error, verdict.message)
  const pat = world.pats.add(
    {
      owner: user,
      displayName: verdict.displayName,
      scope: verdict.scope,
      organizationIds: verdict.allOrgs ? null : [organization.id],
      validFrom: call.at,
      validTo: verdict.validTo,
      createdAt: call.at,
    },
    world.switches.tokenFormat,
  )
  return success(visit, pat, pat.value)
}

function update(visit: Visit): Answer {
  const { world, call, organization, user } = visit
  const request = readPatRequest(call)
  const pat = ownPat(visit, demandAuthorizationId(request.authorizationId))
  if (pat === undefined) return failure(visit, 'authorizationNotFound', 'The token was not found.')
  const verdict = judge({ world, organization, owner: user, at: call.at, request, pat })
  if ('error' in verdict) return failure(visit, verdict.error, verdict.message)
  pat.displayName = verdict.displayName
  pat.scope = verdict.scope
  pat.validTo = toTicks(verdict.validTo)
  if (request.allOrgs !== undefined)
    pat.organizationIds = verdict.allOrgs ? null : (pat.organizationIds ?? [organization.id])
  const { putChangesValue } = world.switches
  if (putChangesValue !== false) world.pats.renew(pat, world.switches.tokenFormat, call.at)
  return success(visit, pat, putChangesValue === 'returned' ? pat.value : null)
}

function revoke(visit: Visit): Answer {
  const { world, call } = visit
  const pat = ownPat(visit, demandAuthorizationId(call.query.get('authorizationId')))
  if (pat === undefined || pat.revokedAt !== undefined) {
    if (world.switches.deleteUnknown === 204) return emptyAnswer(world.switches.deleteStatus)
    return errorAnswer(404, 'SessionTokenNotFoundException', 'The session token was not found.')
  }
  pat.revokedAt = call.at
  pat.revokedBy = 'owner'
  return emptyAnswer(world.switches.deleteStatus)
}

/** A PAT of somebody else is as unknown as one that never was. */
function ownPat({ world, user }: Visit, authorizationId: string): Pat | undefined {
  const pat = world.pats.byId(authorizationId)
  return pat?.owner === user ? pat : undefined
}

function success({ version }: Visit, pat: Pat, token: string | null = null): Answer {
  return versioned(version, 200, {
    patToken: written(pat, token),
    patTokenError: 'none',
    ...(version.number >= 72 ? { patTokenErrorMessage: null } : {}),
  })
}

function failure({ world, version }: Visit, error: string, message: string): Answer {
  return versioned(
    version,
    world.switches.statusOfPatTokenError,
    patTokenErrorBody(error, message, version.number >= 72),
  )
}

/** The body of a refusal that rides on the ordinary result. */
export function patTokenErrorBody(error: string, message: string, withMessage: boolean): Record<string, unknown> {
  return { patToken: null, patTokenError: error, ...(withMessage ? { patTokenErrorMessage: message } : {}) }
}

function written(pat: Pat, token: string | null = null): Record<string, unknown> {
  return {
    displayName: pat.displayName,
    validTo: writeTicks(pat.validTo),
    scope: pat.scope,
    targetAccounts: pat.organizationIds,
    validFrom: writeTicks(pat.validFrom),
    authorizationId: pat.authorizationId,
    token,
  }
}

function versioned(version: ApiVersion, status: number, body: unknown): Answer {
  return jsonAnswer(status, body, {
    'Content-Type': `application/json; charset=utf-8; api-version=${version.text}`,
  })
}
