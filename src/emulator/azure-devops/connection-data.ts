import type { User } from '../entra/directory.ts'
import { type Answer, type Call, htmlAnswer, jsonAnswer } from '../exchange.ts'
import type { Organization, World } from '../world.ts'
import { demandApiVersion } from './api-version.ts'
import { demandUser, organizationOf } from './credentials.ts'
import { answerProjects } from './projects.ts'
import { challengeHeaders, noOrganizationAnswer, redirectAnswer, Refusal } from './refusals.ts'
import { answerServiceConnections } from './service-connections.ts'
import { answerSharedList } from './shared-lists.ts'
import { answerVariableGroups } from './variable-groups.ts'

const ANONYMOUS_ID = 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa'
const DEPLOYMENT_ID = 'd0000000-0000-4000-8000-000000000001'

/** The host of `dev.azure.com`: who am I, the projects and what is in them, and the challenge of an organization. */
export function answerAzureDevOps(world: World, call: Call): Answer {
  const [, name = '', ...rest] = call.path.split('/')
  const organization = organizationOf(world, name)
  if (organization === undefined) return noOrganizationAnswer(world, call)
  const route = rest.join('/').replace(/\/$/, '').toLowerCase()
  if (route === '' && (call.method === 'HEAD' || call.method === 'GET')) return front(world, call, organization)
  if (route === '_apis/connectiondata' && call.method === 'HEAD') return front(world, call, organization)
  if (route === '_apis/connectiondata' && call.method === 'GET') return connectionData(world, call, organization)
  const [area = ''] = /(?<=^(?:[^/]+\/)?)_apis\/[^/]+(?:\/(?:variablegroups|endpoints))?/.exec(route) ?? []
  if (area === '_apis/projects' && call.method === 'GET') return answerProjects(world, call, organization)
  if (area === '_apis/distributedtask/variablegroups') return answerVariableGroups(world, call, organization)
  if (area === '_apis/serviceendpoint/endpoints') return answerServiceConnections(world, call, organization)
  return answerSharedList(world, call, organization, route) ?? htmlAnswer(404, 'Azure DevOps Services | 404')
}

/** Where to sign in stands in the headers, whatever the status. */
function front(world: World, call: Call, organization: Organization): Answer {
  const refusal = redirectAnswer(world, call, organization)
  return { ...refusal, headers: { ...challengeHeaders(world, organization), ...refusal.headers } }
}

function connectionData(world: World, call: Call, organization: Organization): Answer {
  const version = demandApiVersion(call, { preview: true, optional: true, oldest: 10 })
  let identity: Record<string, unknown>
  try {
    identity = identityOf(world, demandUser(world, call, organization).user)
  } catch (refusal) {
    if (!(refusal instanceof Refusal) || !world.switches.anonymousConnectionData) throw refusal
    identity = anonymous
  }
  return jsonAnswer(
    200,
    {
      authenticatedUser: identity,
      authorizedUser: identity,
      instanceId: organization.id,
      deploymentId: DEPLOYMENT_ID,
      deploymentType: 'hosted',
      locationServiceData: {
        serviceOwner: '00025394-6065-48ca-87d9-7f5672854ef7',
        defaultAccessMappingMoniker: 'PublicAccessMapping',
        lastChangeId: 1,
        lastChangeId64: 1,
      },
    },
    { 'Content-Type': `application/json; charset=utf-8; api-version=${version.text}` },
  )
}

const anonymous = {
  id: ANONYMOUS_ID,
  descriptor: `System:PublicAccess;${ANONYMOUS_ID}`,
  subjectDescriptor: 'sys.anonymous',
  providerDisplayName: 'Anonymous',
  isActive: true,
  properties: {},
  resourceVersion: 2,
  metaTypeId: 255,
}

function identityOf(world: World, user: User): Record<string, unknown> {
  return {
    id: user.identityId,
    descriptor: `Microsoft.IdentityModel.Claims.ClaimsIdentity;${user.tenantId}\\${user.upn}`,
    subjectDescriptor: world.subjects.descriptorOf(user),
    providerDisplayName: user.displayName,
    isActive: true,
    properties: { Account: { $type: 'System.String', $value: user.upn } },
    resourceVersion: 2,
    metaTypeId: 0,
  }
}
