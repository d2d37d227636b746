import { type Answer, type Call } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import { demandScope } from './bearer-scopes.ts'
import type { ServiceConnection } from './library.ts'
import {
  answered,
  demandEditor,
  demandObject,
  demandText,
  authorOf,
  missingAnswer,
  optionalText,
  readBody,
  readReferences,
  readRoute,
  referencesJson,
} from './library-request.ts'
import { errorAnswer } from './refusals.ts'

/** Parameters that are never shown, whatever the type of the connection. */
const confidential = new Set(['password', 'apitoken', 'accesstoken', 'nugetkey', 'serviceprincipalkey', 'certificate'])

/** https://learn.microsoft.com/en-us/rest/api/azure/devops/serviceendpoint/endpoints */
export function answerServiceConnections(world: World, call: Call, organization: Organization): Answer {
  return call.method === 'PUT' ? update(world, call, organization) : read(world, call, organization)
}

function read(world: World, call: Call, organization: Organization): Answer {
  demandScope(world, call, organization, 'vso.serviceendpoint')
  const { project, key, version } = readRoute(call, organization)
  if (call.method !== 'GET' || project === undefined) {
    return errorAnswer(405, 'VssServiceException', `The requested resource does not support ${call.method} here.`)
  }
  const inProject = world.library.connections.filter(
    ({ organizationId, references, isDeleted }) =>
      !isDeleted &&
      organizationId === organization.id &&
      references.some((reference) => reference.project.id === project.id),
  )
  if (key !== undefined) {
    const found = inProject.find(({ id }) => sameName(id, key))
    if (found !== undefined) return answered(version, json(world, found))
    const message = `Service connection with ID ${key} could not be found.`
    return missingAnswer(world, version, 'ServiceEndpointNotFoundException', message)
  }
  const names = call.query.get('endpointNames')?.split(',')
  const value = inProject
    .filter(({ name }) => names === undefined || names.some((wanted) => sameName(wanted, name)))
    .map((connection) => json(world, connection))
  return answered(version, { count: value.length, value })
}

/** Replaces the whole connection: what the body leaves out is gone afterwards. */
function update(world: World, call: Call, organization: Organization): Answer {
  const user = demandScope(world, call, organization, 'vso.serviceendpoint_manage')
  const { key = '', version } = readRoute(call, organization)
  const connection = world.library.connections.find(
    ({ organizationId, id, isDeleted }) => organizationId === organization.id && sameName(id, key) && !isDeleted,
  )
  if (connection === undefined) {
    return errorAnswer(404, 'ServiceEndpointNotFoundException', `Service connection ${key} could not be found.`)
  }
  demandEditor(connection, user)
  const body = readBody(call)
  const name = demandText(body['name'], 'The name of a service connection')
  const type = demandText(body['type'], 'The type of a service connection')
  const url = demandText(body['url'], 'The address of a service connection')
  const authorization = demandObject(body['authorization'], 'The authorization')
  const scheme = demandText(authorization['scheme'], 'The scheme of the authorization')
  const parameters = demandObject(authorization['parameters'] ?? {}, 'The parameters of the authorization')
  const data = Object.entries(demandObject(body['data'] ?? {}, 'The data')).map(([item, value]) => [
    item,
    optionalText(value),
  ])
  const references = readReferences(world, organization, body['serviceEndpointProjectReferences'], user)
  Object.assign(connection, parametersOf(world, connection, parameters))
  Object.assign(connection, { name, type, url, scheme, references, description: optionalText(body['description']) })
  connection.data = Object.fromEntries(data) as Record<string, string>
  world.library.stamp(connection, authorOf(user), call.at)
  return answered(version, json(world, connection))
}

function parametersOf(
  world: World,
  connection: ServiceConnection,
  written: Readonly<Record<string, unknown>>,
): Pick<ServiceConnection, 'parameters' | 'secrets'> {
  const { nullSecrets, hiddenSecrets } = world.switches
  const parameters = new Map<string, string>()
  const secrets = new Map<string, string>()
  for (const [name, value] of Object.entries(written)) {
    const isSecret = connection.secrets.has(name) || confidential.has(name.toLowerCase())
    if (typeof value === 'string' && isSecret) secrets.set(name, world.library.secret(value))
    else if (typeof value === 'string') parameters.set(name, value)
  }
  for (const [name, value] of connection.secrets) {
    // Where no read shows that there is a secret, nobody can be asked to name it.
    const isNamed = Object.hasOwn(written, name) || hiddenSecrets === 'absent'
    if (secrets.has(name) || !isNamed || nullSecrets === 'dropped') continue
    secrets.set(name, nullSecrets === 'kept' ? value : '')
  }
  return { parameters, secrets }
}

function json(world: World, connection: ServiceConnection): object {
  const { id, name, type, url, description, scheme, references, createdBy } = connection
  const hidden = world.switches.hiddenSecrets === 'absent' ? [] : [...connection.secrets.keys()]
  return {
    data: { ...connection.data },
    id,
    name,
    type,
    url,
    createdBy: { ...createdBy },
    description,
    authorization: {
      parameters: {
        ...Object.fromEntries(connection.parameters),
        ...Object.fromEntries(hidden.map((secret) => [secret, null])),
      },
      scheme,
    },
    isShared: references.length > 1,
    isReady: true,
    owner: 'library',
    serviceEndpointProjectReferences: referencesJson(references),
  }
}
