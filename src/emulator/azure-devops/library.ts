import { randomBytes, randomUUID } from 'node:crypto'
import { sameName } from '../fixture.ts'
import type { ReadFixture } from '../fixture-schema.ts'
import type { SecretLedger } from '../secret-ledger.ts'
import { type Project, projectsOf } from './projects.ts'

type WrittenOrganization = Omit<ReadFixture['organizations'][number], 'tenant' | 'id'> & { readonly id: string }

/** Who made or changed something. */
export interface Author {
  readonly id: string
  readonly displayName: string
  readonly uniqueName: string
}

/** A place where something is shared, and what it is called there. */
export interface Reference {
  readonly project: Project
  readonly name: string
  readonly description: string
}

export interface Variable {
  readonly value: string
  readonly isSecret: boolean
  readonly isReadOnly: boolean
}

interface Shared {
  readonly organizationId: string
  name: string
  description: string
  references: readonly Reference[]
  /** Undefined for all members. */
  readonly editors: readonly string[] | undefined
  readonly createdBy: Author
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  modifiedBy: Author
  modifiedAt: number
}

export interface VariableGroup extends Shared {
  readonly id: number
  readonly type: string
  variables: ReadonlyMap<string, Variable>
}

export interface ServiceConnection extends Shared {
  readonly id: string
  type: string
  url: string
  scheme: string
  parameters: ReadonlyMap<string, string>
  /** Parameters that no read shows. */
  secrets: ReadonlyMap<string, string>
  data: Readonly<Record<string, string>>
  isDeleted: boolean
}

/** Somebody who works on the web pages. */
export const somebody: Author = {
  id: '50eb0d10-0000-6000-a000-00000000000b',
  displayName: 'Somebody else',
  uniqueName: 'somebody@contoso.example',
}

/** The variable groups and service connections of all organizations. */
export class Library {
  readonly groups: VariableGroup[] = []
  readonly connections: ServiceConnection[] = []
  readonly #ledger: SecretLedger

  /** @param startAt milliseconds since the epoch */
  constructor(organizations: readonly WrittenOrganization[], ledger: SecretLedger, startAt: number) {
    this.#ledger = ledger
    for (const organization of organizations) {
      const shared = (written: WrittenShared): Shared => sharedOf(organization, written, startAt)
      for (const [index, written] of organization.variableGroups.entries()) {
        const { id = index + 1, type, variables } = written
        this.groups.push({ ...shared(written), id, type, variables: this.#variablesOf(variables) })
      }
      for (const written of organization.serviceConnections) {
        const { id = randomUUID(), type, url, scheme, parameters, secrets, data } = written
        this.connections.push({
          ...shared(written),
          id,
          type,
          url,
          scheme,
          data,
          parameters: new Map(Object.entries(parameters)),
          secrets: new Map(Object.entries(secrets).map(([name, value]) => [name, this.secret(value)])),
          isDeleted: false,
        })
      }
    }
  }

  #variablesOf(written: WrittenGroup['variables']): ReadonlyMap<string, Variable> {
    return new Map(
      Object.entries(written).map(([name, variable]) => {
        if (typeof variable === 'string') return [name, { value: variable, isSecret: false, isReadOnly: false }]
        const { value, isSecret, isReadOnly } = variable
        return [name, { value: isSecret ? this.secret(value) : (value ?? ''), isSecret, isReadOnly }]
      }),
    )
  }

  /** A secret that is noted as one; made when there is none. */
  secret(value: string | null | undefined): string {
    return this.#ledger.note(value ?? randomBytes(20).toString('hex'))
  }

  /** Stamps a change. Two changes never bear the same stamp. @param at milliseconds since the epoch */
  stamp(thing: VariableGroup | ServiceConnection, by: Author, at: number): void {
    thing.modifiedAt = Math.max(at, thing.modifiedAt + 1)
    thing.modifiedBy = by
  }
}

type WrittenGroup = WrittenOrganization['variableGroups'][number]
type WrittenShared = Pick<WrittenGroup, 'name' | 'description' | 'projects' | 'editors'>

function sharedOf(organization: WrittenOrganization, written: WrittenShared, at: number): Shared {
  const { name, description, editors } = written
  const { projects = organization.projects.slice(0, 1) } = written
  const references = projectsOf(organization)
    .filter((project) => projects.some((wanted) => sameName(wanted, project.name)))
    .map((project) => ({ project, name, description }))
  return {
    organizationId: organization.id,
    name,
    description,
    editors,
    references,
    createdBy: somebody,
    createdAt: at,
    modifiedBy: somebody,
    modifiedAt: at,
  }
}
