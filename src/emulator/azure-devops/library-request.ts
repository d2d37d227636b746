import type { User } from '../entra/directory.ts'
import { type Answer, type Call, jsonAnswer } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import { type ApiVersion, demandApiVersion } from './api-version.ts'
import type { Author, Reference, ServiceConnection, VariableGroup } from './library.ts'
import { demandProject, type Project, projectsOf } from './projects.ts'
import { badBodyAnswer, errorAnswer, Refusal, unauthorizedAnswer } from './refusals.ts'

/** A path `/{organization}[/{project}]/_apis/{area}/{resource}[/{key}]`. */
export interface LibraryRoute {
  readonly project: Project | undefined
  readonly key: string | undefined
  readonly version: ApiVersion
}

/** Reads go through a project, writes of the whole through the organization. */
export function readRoute(call: Call, organization: Organization): LibraryRoute {
  const version = demandApiVersion(call, { preview: false, optional: false, oldest: 50 })
  const parts = call.path.replace(/\/$/, '').split('/').slice(2)
  const named = parts[0]?.toLowerCase() === '_apis' ? undefined : parts.shift()
  return { project: named === undefined ? undefined : demandProject(organization, named), key: parts[3], version }
}

export function answered(version: ApiVersion, value: unknown): Answer {
  return jsonAnswer(200, value, { 'Content-Type': `application/json; charset=utf-8; api-version=${version.text}` })
}

/** What is not there: an error, or nothing under a status of success. */
export function missingAnswer(world: World, version: ApiVersion, typeKey: string, message: string): Answer {
  if (world.switches.unknownLibraryItem === 'null') return answered(version, null)
  return errorAnswer(404, typeKey, message)
}

/** Lets in whoever may change a thing. */
export function demandEditor(thing: VariableGroup | ServiceConnection, user: User): void {
  const { editors } = thing
  if (editors === undefined || editors.some((name) => sameName(name, user.upn))) return
  const message = `Access denied. ${user.displayName} needs Administrator permissions on ${thing.name} to perform the action.`
  throw new Refusal(errorAnswer(403, 'AccessDeniedException', message))
}

/** The body of a write as an object. */
export function readBody(call: Call): Record<string, unknown> {
  const type = call.headers['content-type'] ?? ''
  if (!/^application\/json\b/i.test(type)) {
    const message = `The request body has the unsupported Content-Type "${type}".`
    throw new Refusal(errorAnswer(415, 'VssRequestContentTypeNotSupportedException', message))
  }
  let body: unknown
  try {
    body = JSON.parse(call.body)
  } catch {
    throw new Refusal(badBodyAnswer('The body is not JSON.'))
  }
  return demandObject(body, 'The body')
}

export function demandObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw invalid(`${what} is no object.`)
}

export function demandText(value: unknown, what: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalid(`${what} must not be empty.`)
}

/** Text that may be left out, and is empty then: nothing of before stays. */
export function optionalText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function invalid(message: string): Refusal {
  return new Refusal(errorAnswer(400, 'VssPropertyValidationException', message))
}

/** Where the thing is to be shared from now on, as a write says. What it leaves out is not shared any more. */
export function readReferences(
  world: World,
  organization: Organization,
  written: unknown,
  user: User,
): readonly Reference[] {
  const list = Array.isArray(written) ? (written as unknown[]) : []
  if (list.length === 0 && world.switches.omittedReferences === 'refused') {
    throw new Refusal(unauthorizedAnswer(user.identityId))
  }
  return list.map((item) => {
    const reference = demandObject(item, 'A project reference')
    const { id } = demandObject(reference['projectReference'], 'The project of a reference')
    const project = projectsOf(organization).find((known) => typeof id === 'string' && sameName(known.id, id))
    if (project === undefined) throw invalid('Project information name is not valid.')
    const { name, description } = reference
    return { project, name: demandText(name, 'The name in a reference'), description: optionalText(description) }
  })
}

export function referencesJson(references: readonly Reference[]): readonly object[] {
  return references.map(({ project, name, description }) => ({ projectReference: { ...project }, name, description }))
}

export function authorOf(user: User): Author {
  return { id: user.identityId, displayName: user.displayName, uniqueName: user.upn }
}
