import { z } from 'zod'
import { sameName } from '../fixture.ts'
import type { World } from '../world.ts'
import { type ServiceConnection, somebody, type Variable, type VariableGroup } from './library.ts'

/** A variable group with its secrets, for whoever looks from outside. */
export interface VariableGroupRecord {
  readonly organization: string
  readonly id: number
  readonly name: string
  readonly description: string
  /** Names of the projects that it is in. */
  readonly projects: readonly string[]
  readonly variables: Readonly<Record<string, Variable>>
  readonly modifiedBy: string
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

/** A service connection with its secrets. */
export interface ServiceConnectionRecord {
  readonly organization: string
  readonly id: string
  readonly name: string
  readonly description: string
  readonly projects: readonly string[]
  readonly type: string
  readonly url: string
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly data: Readonly<Record<string, string>>
  readonly modifiedBy: string
  readonly modifiedAt: number
}

const variable = z.union([z.string(), z.strictObject({ value: z.string(), isSecret: z.boolean().default(false) })])

/** What somebody else does to a variable group; null takes a variable away. */
export const groupChanges = z.strictObject({
  variables: z.record(z.string(), variable.nullable()).optional(),
  description: z.string().optional(),
  deleted: z.boolean().optional(),
})
export type GroupChanges = z.input<typeof groupChanges>

/** What somebody else does to a service connection; null takes a secret away. */
export const connectionChanges = z.strictObject({
  secrets: z.record(z.string(), z.string().nullable()).optional(),
  parameters: z.record(z.string(), z.string()).optional(),
  url: z.url().optional(),
  scheme: z.string().optional(),
  description: z.string().optional(),
  deleted: z.boolean().optional(),
})
export type ConnectionChanges = z.input<typeof connectionChanges>

export function groupRecords(world: World): VariableGroupRecord[] {
  return world.library.groups.map((group) => ({
    organization: organizationName(world, group),
    id: group.id,
    name: group.name,
    description: group.description,
    projects: projectNames(group),
    variables: Object.fromEntries([...group.variables].map(([name, held]) => [name, { ...held }])),
    modifiedBy: group.modifiedBy.uniqueName,
    modifiedAt: group.modifiedAt,
  }))
}

export function connectionRecords(world: World): ServiceConnectionRecord[] {
  const there = world.library.connections.filter(({ isDeleted }) => !isDeleted)
  return there.map((connection) => {
    const { id, name, description, type, url, scheme, data, modifiedAt } = connection
    return {
      organization: organizationName(world, connection),
      id,
      name,
      description,
      projects: projectNames(connection),
      type,
      url,
      scheme,
      parameters: Object.fromEntries(connection.parameters),
      secrets: Object.fromEntries(connection.secrets),
      data: { ...data },
      modifiedBy: connection.modifiedBy.uniqueName,
      modifiedAt,
    }
  })
}

/** Changes a group as a person does on the web page. Throws when there is none of this name. @param at milliseconds since the epoch */
export function changeGroup(world: World, name: string, written: GroupChanges, at: number): void {
  const group = named(world.library.groups, name, 'variable group')
  const { variables = {}, description, deleted } = groupChanges.parse(written)
  if (deleted === true) {
    world.library.groups.splice(world.library.groups.indexOf(group), 1)
    return
  }
  const held = new Map(group.variables)
  for (const [key, value] of Object.entries(variables)) {
    if (value === null) held.delete(key)
    else if (typeof value === 'string') held.set(key, { value, isSecret: false, isReadOnly: false })
    else if (value.isSecret) held.set(key, { ...value, value: world.library.secret(value.value), isReadOnly: false })
    else held.set(key, { ...value, isReadOnly: false })
  }
  group.variables = held
  if (description !== undefined) group.description = description
  world.library.stamp(group, somebody, at)
}

/** Changes a connection as a person does on the web page. Throws when there is none of this name. @param at milliseconds since the epoch */
export function changeConnection(world: World, name: string, written: ConnectionChanges, at: number): void {
  const connection = named(world.library.connections, name, 'service connection')
  const { secrets = {}, parameters = {}, url, scheme, description, deleted } = connectionChanges.parse(written)
  const held = new Map(connection.secrets)
  for (const [key, value] of Object.entries(secrets)) {
    if (value === null) held.delete(key)
    else held.set(key, world.library.secret(value))
  }
  connection.secrets = held
  connection.parameters = new Map([...connection.parameters, ...Object.entries(parameters)])
  connection.url = url ?? connection.url
  connection.scheme = scheme ?? connection.scheme
  connection.description = description ?? connection.description
  connection.isDeleted = deleted ?? connection.isDeleted
  world.library.stamp(connection, somebody, at)
}

function named<Thing extends VariableGroup | ServiceConnection>(
  things: readonly Thing[],
  name: string,
  kind: string,
): Thing {
  const found = things.find((thing) => sameName(thing.name, name) || String(thing.id) === name)
  if (found === undefined) throw new Error(`the emulator has no ${kind} ${name}`)
  return found
}

function organizationName(world: World, { organizationId }: VariableGroup | ServiceConnection): string {
  return world.organizations.find(({ id }) => id === organizationId)?.name ?? ''
}

function projectNames({ references }: VariableGroup | ServiceConnection): readonly string[] {
  return references.map(({ project }) => project.name)
}
