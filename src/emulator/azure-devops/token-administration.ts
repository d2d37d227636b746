import { z } from 'zod'
import { type Answer, type Call, emptyAnswer, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import { type ApiVersion, demandApiVersion } from './api-version.ts'
import { demandScope } from './bearer-scopes.ts'
import { correlatingIdOf } from './correlating-id.ts'
import { memberByDescriptor } from './graph.ts'
import type { Pat } from './pat-register.ts'
import { badBodyAnswer, errorAnswer, Refusal, unauthorizedAnswer } from './refusals.ts'
import { writeTicks } from './ticks.ts'

const NO_ID = '00000000-0000-0000-0000-000000000000'

const revocationsBody = z.array(z.strictObject({ authorizationId: z.guid() })).min(1)

/**
 * The PATs of everybody, for administrators of the organization.
 * https://learn.microsoft.com/en-us/rest/api/azure/devops/tokenadmin/personal-access-tokens/list
 *
 * The list goes on by `continuationToken` in the body, which is null on the last page. There is no way to make or to
 * extend a PAT here.
 */
export function answerTokenAdministration(
  world: World,
  call: Call,
  organization: Organization,
  route: readonly string[],
): Answer {
  const user = demandScope(world, call, organization, 'vso.tokenadministration')
  if (!organization.administrators.some((name) => sameName(name, user.upn))) {
    throw new Refusal(unauthorizedAnswer(user.identityId))
  }
  const version = demandApiVersion(call, { preview: false, optional: false, oldest: 50 })
  const [resource = '', descriptor = ''] = route
  switch (`${call.method} ${resource.toLowerCase()}`) {
    case 'GET personalaccesstokens':
      return list(world, call, organization, version, descriptor)
    case 'POST revocations':
      return revoke(world, call, organization)
    default:
      return errorAnswer(404, 'VssServiceException', `There is no resource ${call.method} ${call.path}.`)
  }
}

function list(world: World, call: Call, organization: Organization, version: ApiVersion, descriptor: string): Answer {
  const owner = memberByDescriptor(world, organization, descriptor)
  const size = pageSizeOf(world, call)
  // SSH keys are session tokens, too; nobody has any here.
  const isPublic = call.query.get('isPublic')?.toLowerCase() === 'true'
  const all = isPublic
    ? []
    : world.pats
        .of(owner)
        .filter((pat) => pat.organizationIds === null || pat.organizationIds.includes(organization.id))
        .filter((pat) => world.switches.administratorsSee === 'all' || world.pats.state(pat, call.at) === 'active')
  const start = startOf(call, all)
  const page = all.slice(start, start + size)
  const next = all[start + size]
  return jsonAnswer(
    200,
    {
      value: page.map((pat) => sessionTokenOf(world, call, version, pat)),
      continuationToken: next?.authorizationId ?? null,
    },
    { 'Content-Type': `application/json; charset=utf-8; api-version=${version.text}` },
  )
}

function pageSizeOf(world: World, call: Call): number {
  const text = call.query.get('pageSize')
  if (text === null) return world.switches.administrationPageSize
  const size = /^\d{1,6}$/.test(text) ? Number(text) : 0
  const { administrationLargestPage } = world.switches
  if (size >= 1 && size <= administrationLargestPage) return size
  throw new Refusal(errorAnswer(400, 'VssPropertyValidationException', `The page size "${text}" is not valid.`))
}

/** The token is the id of the first PAT of the page that it asks for. */
function startOf(call: Call, all: readonly Pat[]): number {
  const text = call.query.get('continuationToken')
  if (text === null || text === '') return 0
  const found = all.findIndex(({ authorizationId }) => sameName(authorizationId, text))
  if (found !== -1) return found
  throw new Refusal(errorAnswer(400, 'VssPropertyValidationException', 'The continuation token is not valid.'))
}

function sessionTokenOf(world: World, call: Call, version: ApiVersion, pat: Pat): Record<string, unknown> {
  return {
    clientId: NO_ID,
    accessId: NO_ID,
    authorizationId: pat.authorizationId,
    hostAuthorizationId: NO_ID,
    userId: pat.owner.identityId,
    validFrom: instantText(world, pat.validFrom),
    validTo: instantText(world, pat.validTo),
    displayName: pat.displayName,
    scope: pat.scope,
    targetAccounts: pat.organizationIds,
    token: null,
    alternateToken: null,
    isValid: world.pats.state(pat, call.at) === 'active',
    isPublic: false,
    publicData: null,
    source: null,
    ...(version.number >= 72 ? { crossCompanyCorrelatingId: correlatingIdOf(pat.value) } : {}),
  }
}

/** The recorded example has no zone behind its instants; the other APIs do. */
function instantText(world: World, ticks: number): string {
  const text = writeTicks(ticks)
  return world.switches.administrationInstants === 'zoned' ? text : text.replace('Z', '')
}

/** Ids that are unknown, of another organization or revoked already change nothing; that is not documented. */
function revoke(world: World, call: Call, organization: Organization): Answer {
  for (const { authorizationId } of readRevocations(call)) {
    const pat = world.pats.byId(authorizationId)
    const isHere = pat?.organizationIds === null || pat?.organizationIds.includes(organization.id) === true
    if (pat === undefined || !isHere || pat.revokedAt !== undefined) continue
    pat.revokedAt = call.at
    pat.revokedBy = 'administrator'
  }
  return emptyAnswer(204)
}

function readRevocations(call: Call): z.output<typeof revocationsBody> {
  let written: unknown
  try {
    written = JSON.parse(call.body)
  } catch {
    throw new Refusal(badBodyAnswer('The body is no JSON.'))
  }
  const read = revocationsBody.safeParse(written)
  if (read.success) return read.data
  throw new Refusal(errorAnswer(400, 'VssPropertyValidationException', 'The revocations name no authorizationId.'))
}
