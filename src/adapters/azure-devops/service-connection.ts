import type { Condition } from '../../core/copy.ts'
import { PatrolError } from '../../core/errors.ts'
import type { HttpAnswer } from '../http/answer.ts'
import { fingerprint } from '../fingerprint.ts'
import { libraryRefusal, notThere } from './library-refusal.ts'
import { mayReceivePat } from './pat-host.ts'
import { type Call, commonHeaders, organizationUrl, withBody } from './pat-requests.ts'
import { type Asked, isObject, objectOf } from './refusal.ts'
import { isNothing, type ProjectPlace } from './variable-group.ts'
import { differingNames, differingTexts, fieldsOf, nameIn, referencesOf, textOf, type Whole } from './whole-object.ts'

const version = { 'api-version': '7.1' }
const resource = 'serviceendpoint/endpoints'

/** https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints/get-service-endpoints-by-names */
export function connectionsNamedCall({ azureDevOps, organization, project }: ProjectPlace, name: string): Call {
  const url = organizationUrl(azureDevOps, organization, resource, { endpointNames: name, ...version }, project)
  return { method: 'GET', url, organization, headers: commonHeaders }
}

/** https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints/get */
export function connectionCall({ azureDevOps, organization, project }: ProjectPlace, id: string): Call {
  const url = organizationUrl(azureDevOps, organization, `${resource}/${id}`, version, project)
  return { method: 'GET', url, organization, headers: commonHeaders }
}

/** https://learn.microsoft.com/rest/api/azure/devops/serviceendpoint/endpoints/update-service-endpoint */
export function replaceConnectionCall({ azureDevOps, organization }: ProjectPlace, id: string, whole: Whole): Call {
  const url = organizationUrl(azureDevOps, organization, `${resource}/${id}`, version)
  return withBody('PUT', organization, url, whole)
}

/** A service connection as it was read: secrets are null in it, or left out. */
export interface ServiceConnection {
  readonly id: string
  readonly whole: Whole
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, unknown>
}

function connectionOf(whole: unknown): ServiceConnection | undefined {
  if (!isObject(whole) || !isObject(whole['authorization'])) return undefined
  const id = textOf(whole['id'])
  const { scheme, parameters } = whole['authorization']
  return id === '' ? undefined : { id, whole, scheme: textOf(scheme), parameters: fieldsOf(parameters) }
}

export function judgeConnection(answer: HttpAnswer, asked: Asked): ServiceConnection {
  const found = answer.status === 200 ? connectionOf(objectOf(answer)) : undefined
  if (found !== undefined) return found
  if (answer.status === 200 && isNothing(answer)) throw notThere(asked.what)
  throw libraryRefusal(answer, asked)
}

/** The id of the connection of this name among those that were found. */
export function judgeConnectionsNamed(answer: HttpAnswer, name: string, asked: Asked): string {
  const list = objectOf(answer)?.['value']
  if (answer.status !== 200 || !Array.isArray(list)) throw libraryRefusal(answer, asked)
  const found = (list as readonly unknown[]).find(
    (item) => isObject(item) && textOf(item['name']).toLowerCase() === name.toLowerCase(),
  )
  const id = isObject(found) ? textOf(found['id']) : ''
  if (id === '') throw notThere(asked.what)
  return id
}

/**
 * Where each scheme keeps what a PAT belongs into.
 * https://learn.microsoft.com/azure/devops/extend/develop/auth-schemes
 */
const secretOfScheme: ReadonlyMap<string, string> = new Map([
  ['usernamepassword', 'password'],
  ['token', 'apitoken'],
])

export interface ConnectionTerms {
  /** Base address of Azure DevOps. */
  readonly azureDevOps: string
  /** The address that the connection must have; undefined for any of Azure DevOps. */
  readonly url: string | undefined
  /** Whether other secrets, which are sent back without their values, are a reason to refuse. */
  readonly refusesOthers: boolean
}

/** Why nothing may be written to the connection, although it could be. */
export function connectionObjection(
  { whole, scheme, parameters }: ServiceConnection,
  { azureDevOps, url, refusesOthers }: ConnectionTerms,
): PatrolError | undefined {
  const refuse = (text: string, remedy: string): PatrolError => {
    const name = JSON.stringify(textOf(whole['name']))
    return new PatrolError('delivery-failed', `the service connection ${name} ${text}; nothing was changed`, { remedy })
  }
  const key = secretOfScheme.get(scheme.toLowerCase())
  if (key === undefined) {
    const type = textOf(whole['type'])
    const text = `is of type ${type} and authenticates by ${scheme || 'nothing'}, which takes no PAT`
    return refuse(text, 'Use a connection that authenticates by UsernamePassword or Token.')
  }
  const found = textOf(whole['url'])
  if (url === undefined && !mayReceivePat(found, azureDevOps)) {
    const host = URL.canParse(found) ? new URL(found).host : 'no address'
    const remedy = `If it is meant, write \`url:\` of the target with the address of the connection: it is compared each time.`
    return refuse(`leads to ${host}, which is none of Azure DevOps: it would pass the PAT on`, remedy)
  }
  if (url !== undefined && plain(url) !== plain(found)) {
    const remedy = 'Find out who changed it. If it is meant, correct `url` of the target.'
    return refuse('leads to another address than `url` of the target says', remedy)
  }
  const references = referencesOf(whole['serviceEndpointProjectReferences']).size
  if (references === 0 || (whole['isShared'] === true && references < 2)) {
    const remedy = 'Give the account access to all projects that share the connection, or use one of a single project.'
    return refuse('is shared with projects that are not shown, which would lose it', remedy)
  }
  const others = [...parameters].filter(([name, value]) => value === null && name.toLowerCase() !== key)
  if (!refusesOthers || others.length === 0) return undefined
  const remedy =
    'Azure DevOps does not say whether secrets stay that are written back as null. Try it with a copy of the connection, then write `otherSecrets: keep` of the target.'
  return refuse(`holds other secrets (${others.map(([name]) => name).join(', ')})`, remedy)
}

function plain(url: string): string {
  return URL.canParse(url) ? new URL(url).href.replace(/\/+$/, '') : url
}

/** The whole connection with the value where its scheme has it. All else goes back as it came. */
export function withValue(connection: ServiceConnection, value: string): Whole {
  const { whole, scheme, parameters } = connection
  const key = nameIn(parameters, secretOfScheme.get(scheme.toLowerCase()) ?? '')
  const changed = Object.fromEntries([...parameters, [key, value]])
  const { authorization } = whole
  return { ...whole, authorization: { ...(isObject(authorization) ? authorization : {}), parameters: changed } }
}

/** What is otherwise than it was sent, our secret aside, as far as a read shows it. In words for a message. */
export function strayInConnection(sent: Whole, found: ServiceConnection): readonly string[] {
  const meant = connectionOf(sent)
  const ours = secretOfScheme.get(meant?.scheme.toLowerCase() ?? '')
  const shown = ({ parameters = new Map<string, unknown>() }: Partial<ServiceConnection>) =>
    new Map([...parameters].filter(([name]) => name.toLowerCase() !== ours))
  const isSame = (one: unknown, other: unknown): boolean => textOf(one) === textOf(other)
  const references = 'serviceEndpointProjectReferences'
  return [
    ...differingNames(shown(meant ?? {}), shown(found), isSame).map((name) => `the parameter ${name}`),
    ...differingNames(fieldsOf(sent['data']), fieldsOf(found.whole['data']), isSame).map((name) => `the data ${name}`),
    ...differingNames(referencesOf(sent[references]), referencesOf(found.whole[references]), isSame).map(
      (id) => `its place in the project ${id}`,
    ),
    ...differingTexts(sent, found.whole, ['name', 'description', 'type', 'url', 'owner']).map((name) => `its ${name}`),
    ...(meant?.scheme === found.scheme ? [] : ['its scheme']),
  ]
}

/** By what can be read of it, and should not change, the connection is known again. */
export function receiptOfConnection({ whole, scheme, parameters }: ServiceConnection): string {
  const readable = lines([...parameters].filter(([, value]) => typeof value === 'string'))
  const data = lines([...fieldsOf(whole['data'])])
  return fingerprint(JSON.stringify([textOf(whole['type']), plain(textOf(whole['url'])), scheme, readable, data]))
}

function lines(fields: readonly (readonly [string, unknown])[]): readonly string[] {
  return fields.map(([name, value]) => `${name}=${textOf(value)}`).toSorted()
}

/** What became of the copy. Another secret in its place leaves no trace that could be read. */
export function conditionOfConnection(connection: ServiceConnection, receipt: string | undefined): Condition {
  if (receipt === undefined || receiptOfConnection(connection) === receipt) return { kind: 'unknowable' }
  return { kind: 'overwritten', message: 'somebody changed the address, the user or the scheme of the connection' }
}
