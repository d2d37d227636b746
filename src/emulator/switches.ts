import { z } from 'zod'

const days = z.number().positive()
const seconds = z.number()

/**
 * Where the vendor's documents are silent, the emulator can answer either way. Each switch names what is not known and
 * what was assumed; a client that is right must be right under every setting.
 */
export const switchesSchema = z.strictObject({
  /** HTTP status that carries a `patTokenError` other than `none`. */
  statusOfPatTokenError: z.union([z.literal(200), z.literal(400), z.literal(403)]).default(200),
  /** The swagger says 200, the recorded example 204. */
  deleteStatus: z.union([z.literal(200), z.literal(204)]).default(204),
  /** Deleting what is unknown or already revoked: an error, or as if it had been there. */
  deleteUnknown: z.union([z.literal(404), z.literal(204)]).default(404),
  getUnknown: z.enum(['tokenNotFound', 'authorizationNotFound']).default('tokenNotFound'),
  defaultDisplayFilter: z.enum(['active', 'all']).default('active'),
  defaultTop: z.number().int().min(1).max(100).default(20),
  topAbove100: z.enum(['clamp', 'error']).default('clamp'),
  validToOmitted: z.enum(['now+30d', 'invalidValidTo']).default('now+30d'),
  /** More than a year ahead. */
  validToTooLong: z.enum(['invalidValidTo', 'clamp']).default('invalidValidTo'),
  /** Longer than the tenant's maximum lifespan: shortened silently, or `patLifespanPolicyViolation`. */
  lifespan: z.enum(['clamp', 'error']).default('clamp'),
  extendExpired: z.enum(['expiredPatCannotBeExtended', 'extends']).default('expiredPatCannotBeExtended'),
  maxDisplayNameLength: z.number().int().positive().default(256),
  duplicateDisplayNames: z.enum(['allowed', 'invalidDisplayName']).default('allowed'),
  /** One of `vso.pats` and `vso.pats_manage` is not enough, even for a call that needs only that one. */
  requireBothPatScopes: z.boolean().default(true),
  tokenFormat: z.enum(['new', 'old']).default('new'),
  scopeOrder: z.enum(['keep', 'sorted', 'lowercase']).default('keep'),
  /** How long a change stays unseen, in seconds. */
  visibilityDelaySeconds: z
    .strictObject({
      /** a new PAT in the list */
      createList: seconds.default(0),
      /** a revocation in the list, which goes on calling the PAT active */
      revokeList: seconds.default(0),
      /** a new PAT that is used */
      useNew: seconds.default(0),
      /** a revoked PAT that is used and still works */
      useRevoked: seconds.default(0),
    })
    .prefault({}),
  /** Whether extending makes a new value: no; yes and the answer carries it; yes and nobody is told. */
  putChangesValue: z.union([z.literal(false), z.enum(['returned', 'silently'])]).default(false),
  /** Calls without valid credentials to connectionData: answered as the anonymous identity, or refused. */
  anonymousConnectionData: z.boolean().default(false),
  /** How the challenge of Azure DevOps writes where to sign in; both ways have been seen. */
  authorizationUri: z.enum(['plain', 'quoted', 'absent']).default('plain'),
  /** A base address that the challenge names in the place of Entra, as somebody would who forges the answer. */
  authorizationHost: z.url().nullable().default(null),
  unknownOrganization: z.enum(['404-html', 'sign-in']).default('404-html'),
  /** A PAT that lacks the scope of the call. */
  missingScopeStatus: z.union([z.literal(401), z.literal(403)]).default(401),
  /**
   * What becomes of a secret that a write of a whole variable group or service connection names without a value: it
   * stays, it is empty from then on, or it is not there any more. No read shows the difference between the first two.
   */
  nullSecrets: z.enum(['kept', 'erased', 'dropped']).default('kept'),
  /** How the secret parameters of a service connection are read. */
  hiddenSecrets: z.enum(['null', 'absent']).default('null'),
  /** A write of a variable group or service connection that names no projects: it is in none, or the write is refused. */
  omittedReferences: z.enum(['lost', 'refused']).default('lost'),
  /** Reading a variable group or service connection that is not there. */
  unknownLibraryItem: z.enum(['404', 'null']).default('404'),
  /** How a required second factor is named beside its code: both have been seen. */
  mfaError: z.enum(['invalid_grant', 'interaction_required']).default('invalid_grant'),
  /** What redeeming does to the refresh token that was redeemed; documented is that it stays. */
  refreshTokenAtUse: z.enum(['kept', 'revoked']).default('kept'),
  /** How long a device code waits for a person, in seconds. */
  deviceCodeSeconds: z.number().int().positive().default(900),
  /** How often a device is told to ask, in seconds. */
  devicePollSeconds: z.number().int().min(0).default(5),
  /** A device that asks more often: the documents name no answer of its own, the standard does. */
  devicePolledTooFast: z.enum(['authorization_pending', 'slow_down']).default('authorization_pending'),
  /** Who vouches for a service connection of Azure Pipelines: Azure DevOps, or Entra as for newer ones. */
  pipelinesIssuer: z.enum(['azure-devops', 'entra']).default('azure-devops'),
  /** Added to the emulator's clock at each host, in seconds. */
  perHostClockSkewSeconds: z
    .strictObject({ entra: seconds.default(0), azureDevOps: seconds.default(0), vault: seconds.default(0) })
    .prefault({}),
  /** Key Vault's pages disagree on the length of tag names and values. */
  maxTagLength: z.union([z.literal(256), z.literal(512)]).default(256),
  /** Requests a principal may make to Azure DevOps within five minutes before it is answered 429; none by default. */
  throttleAfter: z.number().int().positive().nullable().default(null),
  /** Every answer is held for so long, on top of the work for it: how far away the services are, in milliseconds. */
  roundTripMs: z.number().min(0).max(10_000).default(0),
  /** When PATs for all organizations stop working, and no more are made: an instant in ISO 8601. */
  globalPatsEndAt: z.iso.datetime().default('2026-12-01T00:00:00Z'),
  /** Users on one page of the list of an organization. */
  graphPageSize: z.number().int().min(1).max(1_000).default(500),
  /** Whether a member who is disabled in Microsoft Entra counts as active. */
  disabledMember: z.enum(['active', 'inactive']).default('inactive'),
  /** PATs on one page of the list for administrators where none is asked for, and the most that may be asked for. */
  administrationPageSize: z.number().int().min(1).default(100),
  administrationLargestPage: z.number().int().min(1).default(1_000),
  /** Whether administrators are shown PATs that are revoked or expired, too. */
  administratorsSee: z.enum(['all', 'active']).default('all'),
  /** Whether instants in the list for administrators end with `Z`. */
  administrationInstants: z.enum(['zoned', 'bare']).default('zoned'),
  /** Policies that override those of every tenant and organization. */
  policies: z
    .strictObject({
      maxLifespanDays: days.nullable().optional(),
      restrictGlobal: z.boolean().optional(),
      restrictFullScope: z.boolean().optional(),
      disablePatCreation: z.enum(['off', 'all', 'packaging-only']).optional(),
      conditionalAccess: z.enum(['pass', 'block']).optional(),
      /** The service fails to read the policy: `failedToReadTenantPolicy`, `failedToReadOrgPolicy`. */
      unreadable: z.enum(['none', 'tenant', 'organization']).optional(),
    })
    .prefault({}),
})

export type Switches = z.output<typeof switchesSchema>
/** What may be changed at run time: any part, also a part of a group. */
export type SwitchChanges = Partial<z.input<typeof switchesSchema>>

export function defaultSwitches(): Switches {
  return switchesSchema.parse({})
}

/** The switches with some changed. Groups are merged, so setting one delay leaves the others. Throws on a bad value. */
export function changeSwitches(current: Switches, changes: SwitchChanges): Switches {
  const merged: Record<string, unknown> = { ...current }
  for (const [name, value] of Object.entries(changes)) {
    const before = merged[name]
    const isGroup = typeof before === 'object' && before !== null && typeof value === 'object' && value !== null
    merged[name] = isGroup ? { ...before, ...value } : value
  }
  return switchesSchema.parse(merged)
}
