import type { Condition } from '../../core/copy.ts'
import { PatrolError } from '../../core/errors.ts'
import type { HttpAnswer } from '../http/answer.ts'
import { fingerprint } from '../fingerprint.ts'
import { libraryRefusal, notThere } from './library-refusal.ts'
import { type Call, commonHeaders, organizationUrl, withBody } from './pat-requests.ts'
import { type Asked, isObject, objectOf } from './refusal.ts'
import { differingNames, differingTexts, fieldsOf, nameIn, referencesOf, textOf, type Whole } from './whole-object.ts'

/** Where variable groups are. */
export interface ProjectPlace {
  /** Base address of Azure DevOps, without the organization. */
  readonly azureDevOps: string
  readonly organization: string
  /** Name or id. */
  readonly project: string
}

const version = { 'api-version': '7.1' }
const resource = 'distributedtask/variablegroups'

/** https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/get-variable-groups */
export function groupsNamedCall({ azureDevOps, organization, project }: ProjectPlace, groupName: string): Call {
  const url = organizationUrl(azureDevOps, organization, resource, { groupName, ...version }, project)
  return { method: 'GET', url, organization, headers: commonHeaders }
}

/** https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/get */
export function groupCall({ azureDevOps, organization, project }: ProjectPlace, id: string): Call {
  const url = organizationUrl(azureDevOps, organization, `${resource}/${id}`, version, project)
  return { method: 'GET', url, organization, headers: commonHeaders }
}

/** https://learn.microsoft.com/rest/api/azure/devops/distributedtask/variablegroups/update */
export function replaceGroupCall({ azureDevOps, organization }: ProjectPlace, id: string, whole: Whole): Call {
  const url = organizationUrl(azureDevOps, organization, `${resource}/${id}`, version)
  return withBody('PUT', organization, url, whole)
}

/** A variable group as it was read: secrets have no value in it. */
export interface VariableGroup {
  readonly id: string
  readonly whole: Whole
  readonly variables: ReadonlyMap<string, unknown>
}

export function judgeGroup(answer: HttpAnswer, asked: Asked): VariableGroup {
  const whole = objectOf(answer)
  if (answer.status === 200 && whole !== undefined) {
    const { id } = whole
    if (typeof id === 'number') return { id: String(id), whole, variables: fieldsOf(whole['variables']) }
  }
  // The service says so of what is not there, too, and of what is not shown.
  if (answer.status === 200 && isNothing(answer)) throw notThere(asked.what)
  throw libraryRefusal(answer, asked)
}

export function isNothing(answer: HttpAnswer): boolean {
  return ['', 'null'].includes(Buffer.from(answer.body).toString('utf8').trim())
}

/** The id of the group of this name among those that were found. */
export function judgeGroupsNamed(answer: HttpAnswer, name: string, asked: Asked): string {
  const list = objectOf(answer)?.['value']
  if (answer.status !== 200 || !Array.isArray(list)) throw libraryRefusal(answer, asked)
  // The service takes the name for a pattern.
  const found = (list as readonly unknown[]).find(
    (group) => isObject(group) && textOf(group['name']).toLowerCase() === name.toLowerCase(),
  )
  if (isObject(found) && typeof found['id'] === 'number') return String(found['id'])
  throw notThere(asked.what)
}

/**
 * Why nothing may be written to the group, although it could be.
 *
 * @param ours the name of our variable
 * @param refusesOthers whether other secrets, which are sent back without their values, are a reason
 */
export function groupObjection(
  { whole, variables }: VariableGroup,
  ours: string,
  refusesOthers: boolean,
): PatrolError | undefined {
  const name = JSON.stringify(textOf(whole['name']))
  const refuse = (text: string, remedy: string): PatrolError =>
    new PatrolError('delivery-failed', `the variable group ${name} ${text}; nothing was changed`, { remedy })
  const type = textOf(whole['type'])
  if (type !== '' && type !== 'Vsts') {
    const remedy = 'Let the group get the value from that vault: name it as a store of the token, or use another group.'
    return refuse(`is of type ${type}: its values are those of a key vault`, remedy)
  }
  const places = referencesOf(whole['variableGroupProjectReferences']).size
  if (places === 0 || (whole['isShared'] === true && places < 2)) {
    const remedy = 'Give the account access to all projects that share the group, or use a group of one project.'
    return refuse('is shared with projects that are not shown, which would lose it', remedy)
  }
  const others = [...variables].filter(
    ([variable, value]) => isSecret(value) && variable.toLowerCase() !== ours.toLowerCase(),
  )
  if (!refusesOthers || others.length === 0) return undefined
  const remedy = 'Give the token a group of its own, or remove `otherSecrets: refuse` of the target.'
  return refuse(`holds other secrets (${others.map(([variable]) => variable).join(', ')})`, remedy)
}

function isSecret(variable: unknown): boolean {
  return isObject(variable) && variable['isSecret'] === true
}

/**
 * The whole group with our variable as a secret. All else goes back as it came: what a write leaves out is gone. Other
 * secrets go back as null, which leaves them as they are: it is what the recorded example of the vendor sends, and what
 * its command line does. https://learn.microsoft.com/cli/azure/pipelines/variable-group/variable
 */
export function withVariable(group: VariableGroup, name: string, value: string): Whole {
  const key = nameIn(group.variables, name)
  const before = fieldsOf(group.variables.get(key))
  const variable = { ...Object.fromEntries(before), value, isSecret: true }
  return replaced(group, new Map([...group.variables, [key, variable]]))
}

/** The whole group without our variable; undefined when it would hold none then, which the service does not allow. */
export function withoutVariable(group: VariableGroup, name: string): Whole | undefined {
  const key = nameIn(group.variables, name)
  const left = [...group.variables].filter(([other]) => other !== key)
  return left.length === 0 ? undefined : replaced(group, new Map(left))
}

/** What only the service writes. */
const stamps = new Set(['createdBy', 'createdOn', 'modifiedBy', 'modifiedOn', 'isShared'])

function replaced({ whole }: VariableGroup, variables: ReadonlyMap<string, unknown>): Whole {
  const kept = Object.entries(whole).filter(([name]) => !stamps.has(name))
  return { ...Object.fromEntries(kept), variables: Object.fromEntries(variables) }
}

/** What is otherwise than it was sent, our variable aside, as far as a read shows it. In words for a message. */
export function strayInGroup(sent: Whole, found: VariableGroup, ours: string): readonly string[] {
  const apart = (fields: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> =>
    new Map([...fields].filter(([name]) => name.toLowerCase() !== ours.toLowerCase()))
  const variables = differingNames(apart(fieldsOf(sent['variables'])), apart(found.variables), isSameVariable)
  const references = 'variableGroupProjectReferences'
  const places = differingNames(
    referencesOf(sent[references]),
    referencesOf(found.whole[references]),
    (one, other) => one === other,
  )
  return [
    ...variables.map((name) => `the variable ${name}`),
    ...places.map((id) => `its place in the project ${id}`),
    ...differingTexts(sent, found.whole, ['name', 'description', 'type']).map((name) => `its ${name}`),
  ]
}

function isSameVariable(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return false
  const flags = ['isSecret', 'isReadOnly'].every((flag) => (one[flag] === true) === (other[flag] === true))
  return flags && (isSecret(one) || textOf(one['value']) === textOf(other['value']))
}

/** Whether our variable is there as a secret. */
export function holdsSecret({ variables }: VariableGroup, name: string): boolean {
  return isSecret(variables.get(nameIn(variables, name)))
}

/** When it was changed last, as a text to compare. */
export function stampOf({ whole }: VariableGroup): string {
  const text = textOf(whole['modifiedOn'])
  const at = Date.parse(text)
  // Reads and writes may tell the same instant with more digits or fewer.
  return Number.isNaN(at) ? text : new Date(at).toISOString()
}

/** Who changed it last. */
export function writerOf({ whole }: VariableGroup): string {
  return isObject(whole['modifiedBy']) ? textOf(whole['modifiedBy']['id']) : ''
}

const half = 8

/** By when the group was changed and by whom it is known again. */
export function receiptOfGroup(group: VariableGroup): string {
  return `${fingerprint(stampOf(group)).slice(0, half)}${fingerprint(writerOf(group)).slice(0, half)}`
}

/**
 * What became of our variable. Its value cannot be read, and any change of the group leaves the same trace: one by
 * somebody else counts against it, one by whoever delivered says nothing, for that delivers other copies as well.
 */
export function conditionInGroup(group: VariableGroup, name: string, receipt: string | undefined): Condition {
  const variable = group.variables.get(nameIn(group.variables, name))
  if (variable === undefined) return { kind: 'gone', message: `there is no variable ${name} in the group` }
  if (!isSecret(variable)) {
    return { kind: 'overwritten', message: `the variable ${name} is not a secret any more, and shows its value` }
  }
  const now = receiptOfGroup(group)
  if (receipt === undefined) return { kind: 'unknowable' }
  if (now === receipt) return { kind: 'intact' }
  if (now.slice(half) === receipt.slice(half)) return { kind: 'unknowable' }
  const message = 'somebody else changed the variable group since, and whether the value is still there does not show'
  return { kind: 'overwritten', message }
}
