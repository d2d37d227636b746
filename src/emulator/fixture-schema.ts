import { z } from 'zod'
import { crowdSchema } from './fixture-crowd.ts'

const guid = z.guid()
const name = z.string().min(1)
export const instantSchema = z.union([
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

export const userSchema = z.strictObject({
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
  /** Gone from Microsoft Entra, and not yet from its organizations. */
  deleted: z.boolean().default(false),
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

/** A variable as written: its value alone, or with what is to be said of it. The value of a secret is made at start when left out. */
const variable = z.union([
  z.string(),
  z.strictObject({
    value: z.string().optional(),
    isSecret: z.boolean().default(false),
    isReadOnly: z.boolean().default(false),
  }),
])

/** What belongs to projects and can be shared among them. */
const sharedThing = {
  name,
  description: z.string().default(''),
  /** The first one of the organization unless told. */
  projects: z.array(name).optional(),
  /** The members who may change it; all of them unless told. */
  editors: z.array(name).optional(),
} as const

const variableGroup = z.strictObject({
  ...sharedThing,
  /** Counts from 1 unless told. */
  id: z.number().int().positive().optional(),
  /** Of its own, or linked to a key vault. */
  type: z.enum(['Vsts', 'AzureKeyVault']).default('Vsts'),
  variables: z.record(name, variable).default({}),
})

const serviceConnection = z.strictObject({
  ...sharedThing,
  id: guid.optional(),
  type: name.default('externalnpmregistry'),
  url: z.url(),
  scheme: name.default('UsernamePassword'),
  /** What everybody may read. */
  parameters: z.record(name, z.string()).default({}),
  /** What nobody may read; null is made at start. */
  secrets: z.record(name, z.string().nullable()).default({}),
  data: z.record(name, z.string()).default({}),
})

const organization = z.strictObject({
  name,
  id: guid.optional(),
  tenant: name,
  members: z.array(name).default([]),
  /** Those of the members who are Project Collection Administrators. */
  administrators: z.array(name).default([]),
  projects: z.array(name).default(['Fabrikam']),
  variableGroups: z.array(variableGroup).default([]),
  serviceConnections: z.array(serviceConnection).default([]),
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
  validFrom: instantSchema.default('-0s'),
  validTo: instantSchema,
  allOrgs: z.boolean().default(false),
  authorizationId: guid.optional(),
  revoked: z.boolean().default(false),
  /** As the service made them until 2024, or as it makes them now. */
  format: z.enum(['new', 'old']).default('new'),
})

export const fixtureSchema = z.strictObject({
  tenants: z.array(tenant).min(1),
  users: z.array(userSchema).default([]),
  clients: z.array(client).default([]),
  managedIdentities: z.array(managedIdentity).default([]),
  organizations: z.array(organization).default([]),
  vaults: z.array(vault).default([]),
  pats: z.array(pat).default([]),
  crowds: z.array(crowdSchema).default([]),
})

type Written = z.input<typeof fixtureSchema>
/** The world to start with, as written. Without `tenants`, sections that are left out come from the built-in one. */
export type Fixture = Partial<Written>
/** The world to start with, checked and with its defaults filled in. */
export type ReadFixture = z.output<typeof fixtureSchema>
export type VaultPermission = z.output<typeof permission>
