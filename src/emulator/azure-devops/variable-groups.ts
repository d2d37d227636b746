import { type Answer, type Call } from '../exchange.ts'
import { sameName } from '../fixture.ts'
import type { Organization, World } from '../world.ts'
import { demandScope } from './bearer-scopes.ts'
import type { Variable, VariableGroup } from './library.ts'
import {
  answered,
  authorOf,
  demandEditor,
  demandObject,
  demandText,
  invalid,
  missingAnswer,
  optionalText,
  readBody,
  readReferences,
  readRoute,
  referencesJson,
} from './library-request.ts'
import { errorAnswer } from './refusals.ts'

/** https://learn.microsoft.com/en-us/rest/api/azure/devops/distributedtask/variablegroups */
export function answerVariableGroups(world: World, call: Call, organization: Organization): Answer {
  return call.method === 'PUT' ? update(world, call, organization) : read(world, call, organization)
}

function read(world: World, call: Call, organization: Organization): Answer {
  const scopes = ['vso.variablegroups_read', 'vso.variablegroups_write', 'vso.variablegroups_manage']
  demandScope(world, call, organization, ...scopes)
  const { project, key, version } = readRoute(call, organization)
  if (call.method !== 'GET' || project === undefined) {
    return errorAnswer(405, 'VssServiceException', `The requested resource does not support ${call.method} here.`)
  }
  const inProject = world.library.groups.filter(
    ({ organizationId, references }) =>
      organizationId === organization.id && references.some((reference) => reference.project.id === project.id),
  )
  if (key !== undefined) {
    const found = inProject.find(({ id }) => String(id) === key)
    if (found !== undefined) return answered(version, json(found))
    const message = `VS402870: Variable group with ID ${key} could not be found.`
    return missingAnswer(world, version, 'VariableGroupNotFoundException', message)
  }
  const name = call.query.get('groupName')
  // A `*` stands for any text, as in the search of the web page.
  const pattern = new RegExp(`^${(name ?? '*').split('*').map(quoted).join('.*')}$`, 'i')
  const value = inProject.filter((group) => pattern.test(group.name)).map(json)
  return answered(version, { count: value.length, value })
}

function quoted(text: string): string {
  return text.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`)
}

/** Replaces the whole group: what the body leaves out is gone afterwards. */
function update(world: World, call: Call, organization: Organization): Answer {
  const user = demandScope(world, call, organization, 'vso.variablegroups_manage')
  const { key, version } = readRoute(call, organization)
  const group = world.library.groups.find(
    ({ organizationId, id }) => organizationId === organization.id && String(id) === key,
  )
  if (group === undefined) {
    return errorAnswer(404, 'VariableGroupNotFoundException', `VS402870: Variable group ${key} could not be found.`)
  }
  demandEditor(group, user)
  const body = readBody(call)
  const name = demandText(body['name'], 'The name of a variable group')
  if (body['type'] !== undefined && body['type'] !== group.type) {
    throw invalid(`The type of a variable group cannot be changed from ${group.type}.`)
  }
  const variables = readVariables(world, group, body['variables'])
  group.references = readReferences(world, organization, body['variableGroupProjectReferences'], user)
  group.name = name
  group.description = optionalText(body['description'])
  group.variables = variables
  world.library.stamp(group, authorOf(user), call.at)
  return answered(version, json(group))
}

function readVariables(world: World, group: VariableGroup, written: unknown): ReadonlyMap<string, Variable> {
  const variables = new Map<string, Variable>()
  for (const [name, item] of Object.entries(demandObject(written, 'The variables'))) {
    const { value, isSecret, isReadOnly } = demandObject(item, `The variable ${name}`)
    if ([...variables.keys()].some((other) => sameName(other, name))) {
      throw invalid(`The variable ${name} is there twice.`)
    }
    const before = [...group.variables].find(([known]) => sameName(known, name))?.[1]
    const flags = { isSecret: isSecret === true, isReadOnly: isReadOnly === true }
    if (typeof value === 'string') {
      variables.set(name, { value: flags.isSecret ? world.library.secret(value) : value, ...flags })
    } else if (!flags.isSecret || before?.isSecret !== true) {
      variables.set(name, { value: '', ...flags })
    } else if (world.switches.nullSecrets !== 'dropped') {
      variables.set(name, { value: world.switches.nullSecrets === 'kept' ? before.value : '', ...flags })
    }
  }
  if (variables.size === 0) throw invalid('A variable group must have at least one variable.')
  return variables
}

function json(group: VariableGroup): object {
  const { id, type, name, description, references, createdBy, createdAt, modifiedBy, modifiedAt } = group
  const variables = [...group.variables].map(([variable, { value, isSecret, isReadOnly }]) => [
    variable,
    { value: isSecret ? null : value, ...(isSecret ? { isSecret } : {}), ...(isReadOnly ? { isReadOnly } : {}) },
  ])
  return {
    variables: Object.fromEntries(variables) as unknown,
    id,
    type,
    name,
    description,
    createdBy: { ...createdBy },
    createdOn: new Date(createdAt).toISOString(),
    modifiedBy: { ...modifiedBy },
    modifiedOn: new Date(modifiedAt).toISOString(),
    isShared: references.length > 1,
    variableGroupProjectReferences: referencesJson(references),
  }
}
