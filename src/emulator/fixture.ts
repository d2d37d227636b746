import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { defaultFixture } from './default-fixture.ts'
import { upnsOf } from './fixture-crowd.ts'
import { nearest, shapeFaults, syntaxFault } from './fixture-faults.ts'
import { type Fixture, fixtureSchema, type instantSchema, type ReadFixture, userSchema } from './fixture-schema.ts'

/** A fixture that cannot be used; the message names every fault, one a line. */
export class FixtureError extends Error {
  override readonly name = 'FixtureError'
}

/** Checks a fixture, cross references included, and fills in the defaults. Throws a `FixtureError` with all faults. */
export function readFixture(written: Fixture | undefined): ReadFixture {
  const whole = written?.tenants === undefined ? { ...defaultFixture, ...written } : written
  const parsed = fixtureSchema.safeParse(whole)
  if (!parsed.success) throw new FixtureError(shapeFaults(parsed.error).join('\n'))
  const faults = danglingReferences(parsed.data)
  if (faults.length > 0) throw new FixtureError(faults.join('\n'))
  return withCrowds(parsed.data)
}

/** The users of crowds among the others, as members of their organizations. */
function withCrowds(fixture: ReadFixture): ReadFixture {
  const users = [...fixture.users]
  const known = new Set(users.map(({ upn }) => upn.toLowerCase()))
  const organizations = fixture.organizations.map((written) => {
    const crowds = fixture.crowds.filter(({ organization }) => sameName(organization, written.name))
    const upns = crowds.flatMap((crowd) => [...upnsOf(crowd)])
    for (const upn of upns) {
      if (!known.has(upn.toLowerCase())) users.push(userSchema.parse({ upn, tenant: written.tenant }))
      known.add(upn.toLowerCase())
    }
    return upns.length === 0 ? written : { ...written, members: [...new Set([...written.members, ...upns])] }
  })
  return { ...fixture, users, organizations }
}

/** Reads a fixture from a YAML or JSON file. Throws a `FixtureError` that names the file, and line and column of a syntax fault. */
export async function loadFixture(path: string): Promise<Fixture> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new FixtureError(`${path}: cannot be read (${cause instanceof Error ? cause.message : String(cause)})`)
  }
  const document = parseDocument(text, { prettyErrors: true })
  const [fault] = document.errors
  if (fault !== undefined) throw new FixtureError(`${path}${syntaxFault(fault)}`)
  const written = (document.toJS() ?? {}) as Fixture
  try {
    readFixture(written)
  } catch (cause) {
    if (cause instanceof FixtureError) throw new FixtureError(`${path}:\n${cause.message}`)
    throw cause
  }
  return written
}

/** An instant of a fixture as milliseconds since the epoch; relative ones count from `now`. */
export function instantOf(written: z.output<typeof instantSchema>, now: number): number {
  if (typeof written === 'number') return written
  const relative = /^([+-]\d+)([smhd])$/.exec(written)
  if (relative === null) return Date.parse(written)
  const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[relative[2] as 's' | 'm' | 'h' | 'd']
  return now + Number(relative[1]) * unitMs
}

/** Whether two names of users, organizations, tenants or vaults mean the same: none of them minds case. */
export function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function danglingReferences(fixture: ReadFixture): string[] {
  const tenants = fixture.tenants.flatMap((tenant) => [tenant.id, ...tenant.domains])
  const users = fixture.users.map((user) => user.upn)
  const clients = [
    ...fixture.clients.map((client) => client.id),
    ...fixture.managedIdentities.map((identity) => identity.clientId),
  ]
  const organizations = fixture.organizations.map((organization) => organization.name)
  const faults: string[] = []
  const demand = (known: string[], wanted: string | undefined, kind: string, where: string) => {
    if (wanted === undefined || known.some((candidate) => sameName(candidate, wanted))) return
    const near = nearest(wanted, known)
    const meant = near === undefined ? '' : `; did you mean ${near}?`
    faults.push(`${where}: there is no ${kind} ${JSON.stringify(wanted)} in this fixture${meant}`)
  }
  const twice = (names: string[], kind: string) => {
    for (const [index, name] of names.entries()) {
      if (names.findIndex((other) => sameName(other, name)) < index)
        faults.push(`the ${kind} ${JSON.stringify(name)} is declared twice`)
    }
  }
  twice(tenants, 'tenant')
  twice(users, 'user')
  twice(clients, 'client')
  twice(organizations, 'organization')
  twice(
    fixture.vaults.map((vault) => vault.name),
    'vault',
  )
  for (const [index, user] of fixture.users.entries()) {
    demand(tenants, user.tenant, 'tenant', `users[${index}].tenant`)
    demand(clients, user.agent, 'client', `users[${index}].agent`)
  }
  for (const [index, client] of fixture.clients.entries()) {
    demand(tenants, client.tenant, 'tenant', `clients[${index}].tenant`)
    demand(clients, client.blueprint, 'client', `clients[${index}].blueprint`)
  }
  for (const [index, identity] of fixture.managedIdentities.entries())
    demand(tenants, identity.tenant, 'tenant', `managedIdentities[${index}].tenant`)
  for (const [index, organization] of fixture.organizations.entries()) {
    demand(tenants, organization.tenant, 'tenant', `organizations[${index}].tenant`)
    for (const member of organization.members) demand(users, member, 'user', `organizations[${index}].members`)
    for (const administrator of organization.administrators)
      demand(organization.members, administrator, 'member', `organizations[${index}].administrators`)
    for (const kind of ['variableGroups', 'serviceConnections'] as const) {
      for (const [place, { projects = [], editors = [] }] of organization[kind].entries()) {
        const where = `organizations[${index}].${kind}[${place}]`
        for (const project of projects) demand(organization.projects, project, 'project', `${where}.projects`)
        for (const editor of editors) demand(organization.members, editor, 'member', `${where}.editors`)
      }
    }
  }
  for (const [index, vault] of fixture.vaults.entries()) {
    demand(tenants, vault.tenant, 'tenant', `vaults[${index}].tenant`)
    for (const { principal } of vault.access)
      demand([...users, ...clients], principal, 'user or client', `vaults[${index}].access`)
  }
  for (const [index, crowd] of fixture.crowds.entries())
    demand(organizations, crowd.organization, 'organization', `crowds[${index}].organization`)
  for (const [index, pat] of fixture.pats.entries()) {
    demand(users, pat.owner, 'user', `pats[${index}].owner`)
    demand(organizations, pat.organization, 'organization', `pats[${index}].organization`)
  }
  return faults
}
