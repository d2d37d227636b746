import type { User } from '../entra/directory.ts'
import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import { type ApiVersion, demandApiVersion } from './api-version.ts'
import { demandScope } from './bearer-scopes.ts'
import { errorAnswer, Refusal } from './refusals.ts'

interface Subject {
  readonly descriptor: string
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * Who is in an organization. https://learn.microsoft.com/en-us/rest/api/azure/devops/graph/users
 *
 * The list goes on in the header `X-MS-ContinuationToken`, which is left out on the last page.
 */
export function answerGraph(world: World, call: Call, organization: Organization, route: readonly string[]): Answer {
  demandScope(world, call, organization, 'vso.graph')
  const version = demandApiVersion(call, { preview: true, optional: false, oldest: 41 })
  const [resource = '', key = ''] = route
  switch (`${call.method} ${resource.toLowerCase()}`) {
    case 'GET users':
      return key === '' ? listUsers(world, call, organization, version) : oneUser(world, organization, version, key)
    case 'GET descriptors':
      return descriptorOf(world, organization, version, key)
    case 'GET storagekeys':
      return written(version, { value: memberByDescriptor(world, organization, key).identityId })
    case 'GET membershipstates':
      return written(version, { active: isActive(world, memberByDescriptor(world, organization, key)) })
    default:
      return errorAnswer(404, 'VssServiceException', `There is no resource ${call.method} ${call.path}.`)
  }
}

function listUsers(world: World, call: Call, organization: Organization, version: ApiVersion): Answer {
  const kinds = (call.query.get('subjectTypes') ?? '').toLowerCase().split(',').filter(Boolean)
  const all = subjectsOf(world, organization).filter(
    ({ descriptor }) => kinds.length === 0 || kinds.includes(descriptor.split('.', 1).join('')),
  )
  const start = startOf(call, all)
  const { graphPageSize } = world.switches
  const page = all.slice(start, start + graphPageSize)
  const next = all[start + graphPageSize]
  const value = page.map(({ fields }) => fields)
  const headers: Record<string, string> =
    next === undefined ? {} : { 'X-MS-ContinuationToken': encode(next.descriptor) }
  return written(version, { count: value.length, value }, headers)
}

/** The place of the first user of the page that a continuation token asks for. */
function startOf(call: Call, all: readonly Subject[]): number {
  const text = call.query.get('continuationToken')
  if (text === null || text === '') return 0
  const descriptor = Buffer.from(text, 'base64url').toString('utf8')
  const found = all.findIndex((subject) => subject.descriptor === descriptor)
  if (found !== -1) return found
  throw new Refusal(errorAnswer(400, 'GraphBadRequestException', 'The continuation token is not valid.'))
}

function encode(descriptor: string): string {
  return Buffer.from(descriptor).toString('base64url')
}

/** Users in the order of the fixture, behind them the identity that the organization's own builds run as. */
function subjectsOf(world: World, organization: Organization): readonly Subject[] {
  return [...membersOf(world, organization).map((user) => subjectOf(world, user)), buildService(world, organization)]
}

function membersOf(world: World, organization: Organization): readonly User[] {
  return organization.members.flatMap((upn) => world.directory.user(upn) ?? [])
}

function subjectOf(world: World, user: User): Subject {
  const descriptor = world.subjects.descriptorOf(user)
  const url = `${world.endpoints.vssps}/_apis/Graph/Users/${descriptor}`
  const fields = {
    subjectKind: 'user',
    metaType: 'member',
    directoryAlias: user.upn.split('@', 1).join(''),
    domain: user.tenantId,
    principalName: user.upn,
    mailAddress: user.upn,
    origin: 'aad',
    originId: user.objectId,
    displayName: user.displayName,
    ...(user.deleted ? { isDeletedInOrigin: true } : {}),
    _links: { self: { href: url } },
    url,
    descriptor,
  }
  return { descriptor, fields }
}

function buildService(world: World, organization: Organization): Subject {
  const descriptor = `svc.${Buffer.from(`build:${organization.id}`).toString('base64url')}`
  const url = `${world.endpoints.vssps}/_apis/Graph/Users/${descriptor}`
  const displayName = `Project Collection Build Service (${organization.name})`
  const fields = {
    subjectKind: 'user',
    domain: 'Build',
    principalName: organization.id,
    mailAddress: '',
    origin: 'vsts',
    originId: organization.id,
    displayName,
    _links: { self: { href: url } },
    url,
    descriptor,
  }
  return { descriptor, fields }
}

function oneUser(world: World, organization: Organization, version: ApiVersion, descriptor: string): Answer {
  return written(version, subjectOf(world, memberByDescriptor(world, organization, descriptor)).fields)
}

function descriptorOf(world: World, organization: Organization, version: ApiVersion, storageKey: string): Answer {
  const user = membersOf(world, organization).find((member) => sameName(member.identityId, storageKey))
  if (user === undefined) {
    throw new Refusal(errorAnswer(404, 'StorageKeyNotFoundException', `There is no subject ${storageKey}.`))
  }
  return written(version, { value: world.subjects.descriptorOf(user) })
}

/** @throws Refusal for what is no descriptor, or one of nobody here */
export function memberByDescriptor(world: World, organization: Organization, descriptor: string): User {
  if (!/^[a-z]{3,8}\.[\w-]+$/.test(descriptor)) {
    const message = `The value ${descriptor} is not a subject descriptor.`
    throw new Refusal(errorAnswer(400, 'InvalidGetDescriptorRequestException', message))
  }
  const user = world.subjects.userOf(descriptor)
  if (user !== undefined && organization.members.some((upn) => sameName(upn, user.upn))) return user
  throw new Refusal(errorAnswer(404, 'GraphSubjectNotFoundException', `There is no subject ${descriptor}.`))
}

/** Nobody wrote down whether a user who is disabled in Microsoft Entra is an inactive member. */
function isActive(world: World, user: User): boolean {
  if (user.deleted) return false
  return user.enabled || world.switches.disabledMember === 'active'
}

function written(version: ApiVersion, body: unknown, headers: Record<string, string> = {}): Answer {
  return jsonAnswer(200, body, {
    'Content-Type': `application/json; charset=utf-8; api-version=${version.text}`,
    ...headers,
  })
}
