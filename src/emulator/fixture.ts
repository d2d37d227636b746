import { readFile } from 'node:fs/promises'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { defaultFixture } from './default-fixture.ts'

const guid = z.guid()
const name = z.string().min(1)
const instant = z.union([
  z.number(),
  z.string().regex(/^[+-]\d+(s|m|h|d)$/, 'write an instant like -20d or +3h, ISO 8601 with Z, or milliseconds'),
  z.iso.datetime({ offset: true }),
])

const tenantPolicies = z.strictObject({
  maxLifespanDays: z.number().positive().nullable().default(null),
  maxLifespanAllow: z.array(name).default([]),
  restrictGlobal: z.boolean().default(false),
  restrictGlobalAllow: z.array(name).default([]),
  restrictFullScope: z.boolean().default(false),
  restrictFullScopeAllow: z.array(name).default([]),
})

const tenant = z.strictObject({
  id: guid,
  domains: z.array(name).default([]),
  policies: tenantPolicies.prefault({}),
})

const user = z.strictObject({
  /** The sign-in name. */
  upn: name,
  /** Made at start when left out. */
  password: name.optional(),
  /** Id or domain. */
  tenant: name,
  displayName: name.optional(),
  /** The id in Entra. */
  objectId: guid.optional(),
  /** The id in Azure DevOps. */
  identityId: guid.optional(),
  enabled: z.boolean().default(true),
  mfa: z.enum(['none', 'required', 'enrol']).default('none'),
  locked: z.boolean().default(false),
  passwordExpired: z.boolean().default(false),
  conditionalAccess: z.enum(['pass', 'block']).default('pass'),
  /** Whether a policy lets the user sign in with a device code. */
  deviceCodeFlow: z.enum(['pass', 'block']).default('pass'),
  /** After so many hours a refresh token is refused and the user must sign in again. */
  signInFrequencyHours: z.number().positive().nullable().default(null),
  /** What the codes of the second factor are made from, in base32; made at start when left out. */
  mfaSecret: z
    .string()
    .regex(/^[A-Z2-7]{16,}$/i, 'write base32, 16 characters or more')
    .optional(),
  /** The client id of the agent identity whose user account this is: nobody signs in to it with a password. */
  agent: guid.optional(),
})

/** https://learn.microsoft.com/en-us/graph/api/resources/federatedidentitycredential */
const federatedCredential = z.strictObject({
  issuer: name,
  subject: name,
  audiences: z.array(name).default(['api://AzureADTokenExchange']),
})

const client = z.strictObject({
  id: guid,
  name: name.optional(),
  /** Id or domain; an application without one is known in every tenant, as first-party ones are. */
  tenant: name.optional(),
  /** A confidential client authenticates with `secret`, which is made at start when left out. */
  confidential: z.boolean().default(false),
  secret: name.optional(),
  secretExpired: z.boolean().default(false),
  objectId: guid.optional(),
  /** The delegated permissions for Azure DevOps that `.default` stands for. */
  azureDevOps: z.array(name).default(['vso.pats', 'vso.pats_manage']),
  keyVault: z.boolean().default(true),
  consent: z.boolean().default(true),
  /** Who may give a consent that is missing: the user who signs in, or only an administrator. */
  userConsent: z.enum(['allowed', 'administrator-only']).default('allowed'),
  allowPublicFlows: z.boolean().default(true),
  /** Where an authorization code may be sent. */
  redirectUris: z.array(z.url()).default(['http://localhost']),
  /** The delegated permissions that this application offers to others as `api://{id}`. */
  exposes: z.array(name).default([]),
  /** PEM of the certificates a confidential client may sign its assertions with. */
  certificates: z.array(name).default([]),
  federatedCredentials: z.array(federatedCredential).default([]),
  /** The client id of the blueprint that this application is an agent identity of. */
  blueprint: guid.optional(),
})

const managedIdentity = z.strictObject({
  tenant: name,
  /** `system`: the one of the machine itself; `user`: one that was made apart and assigned to the machine. */
  assigned: z.enum(['system', 'user']).default('system'),
  clientId: guid,
  objectId: guid.optional(),
  /** The resource id in Azure of a user-assigned one. */
  resourceId: name.optional(),
})

const organization = z.strictObject({
  name,
  id: guid.optional(),
  tenant: name,
  members: z.array(name).default([]),
  projects: z.array(name).default(['Fabrikam']),
  /** What its accounts are: those of the tenant, or personal ones of Microsoft, so that it belongs to no tenant. */
  backedBy: z.enum(['entra', 'personal-accounts']).default('entra'),
  policies: z
    .strictObject({
      disablePatCreation: z.enum(['off', 'all', 'packaging-only']).default('off'),
      disablePatCreationAllow: z.array(name).default([]),
      conditionalAccess: z.enum(['pass', 'block']).default('pass'),
    })
    .prefault({}),
})

const permission = z.enum(['get', 'list', 'set', 'delete', 'recover', 'purge'])

const vault = z.strictObject({
  name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]{2,23}$/),
  tenant: name,
  authorization: z.enum(['rbac', 'policy']).default('rbac'),
  /** `principal` is a user's sign-in name or a client id. */
  access: z
    .array(
      z.strictObject({
        principal: name,
        may: z.array(permission).default(['get', 'list', 'set', 'delete', 'recover']),
      }),
    )
    .default([]),
  retentionDays: z.number().int().min(7).max(90).default(90),
  purgeProtection: z.boolean().default(false),
})

const pat = z.strictObject({
  owner: name,
  organization: name,
  displayName: name,
  scope: name,
  validFrom: instant.default('-0s'),
  validTo: instant,
  allOrgs: z.boolean().default(false),
  authorizationId: guid.optional(),
  revoked: z.boolean().default(false),
})

const fixtureSchema = z.strictObject({
  tenants: z.array(tenant).min(1),
  users: z.array(user).default([]),
  clients: z.array(client).default([]),
  managedIdentities: z.array(managedIdentity).default([]),
  organizations: z.array(organization).default([]),
  vaults: z.array(vault).default([]),
  pats: z.array(pat).default([]),
})

type Written = z.input<typeof fixtureSchema>
/** The world to start with, as written. Without `tenants`, sections that are left out come from the built-in one. */
export type Fixture = Partial<Written>
/** The world to start with, checked and with its defaults filled in. */
export type ReadFixture = z.output<typeof fixtureSchema>
export type VaultPermission = z.output<typeof permission>

/** A fixture that cannot be used; the message names every fault, one a line. */
export class FixtureError extends Error {
  override readonly name = 'FixtureError'
}

/** Checks a fixture, cross references included, and fills in the defaults. Throws a `FixtureError` with all faults. */
export function readFixture(written: Fixture | undefined): ReadFixture {
  const whole = written?.tenants === undefined ? { ...defaultFixture, ...written } : written
  const parsed = fixtureSchema.safeParse(whole)
  if (!parsed.success) throw new FixtureError(z.prettifyError(parsed.error))
  const faults = danglingReferences(parsed.data)
  if (faults.length > 0) throw new FixtureError(faults.join('\n'))
  return parsed.data
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
  if (fault !== undefined) throw new FixtureError(`${path}: ${fault.message}`)
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
export function instantOf(written: z.output<typeof instant>, now: number): number {
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
    faults.push(`${where}: there is no ${kind} ${JSON.stringify(wanted)} in this fixture`)
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
  }
  for (const [index, vault] of fixture.vaults.entries()) {
    demand(tenants, vault.tenant, 'tenant', `vaults[${index}].tenant`)
    for (const { principal } of vault.access)
      demand([...users, ...clients], principal, 'user or client', `vaults[${index}].access`)
  }
  for (const [index, pat] of fixture.pats.entries()) {
    demand(users, pat.owner, 'user', `pats[${index}].owner`)
    demand(organizations, pat.organization, 'organization', `pats[${index}].organization`)
  }
  return faults
}
