import { z } from 'zod'
import { auditSchema } from './audit-schema.ts'
import { endpointsSchema, storeSchema, tlsSchema } from './connection-schema.ts'
import type { credentialSchema } from './credential-schema.ts'
import { defaultsSchema, entrySchema } from './entry-schema.ts'
import { field, guid, name, tenant, text, userName } from './fields.ts'
import { durationHint, tenantHint, userHint } from './hints.ts'
import { signInSchema } from './sign-in-schema.ts'
import { targetSchema } from './targets/kinds.ts'
import { targetName } from './targets/target-fields.ts'

const accountSchema = z.strictObject({
  tenant: field(tenant(), {
    description:
      'The Microsoft Entra tenant of the account: its id or one of its domains. When it is left out, Azure DevOps is asked which tenant the organization of the account’s first entry belongs to, each time before the first sign-in of a run.',
    builtIn: 'that of the first organization that an entry of the account names',
    refused: 'it is left out and no entry of the account names an organization',
    examples: ['11111111-2222-3333-4444-555555555555', 'contoso.onmicrosoft.com'],
    errors: ['sign-in-misconfigured'],
    hint: tenantHint,
  }).optional(),
  user: field(userName(), {
    description:
      'The user who must be signed in. Before the first change Patrol compares it with whom Azure DevOps says it is. Case does not count.',
    builtIn: '`signIn.username`; with `access-token` it must be written',
    examples: ['ci-bot@contoso.com'],
    errors: ['wrong-account'],
    hint: userHint,
  }).optional(),
  clientId: field(guid(), {
    description:
      'The public client application that signs in. It needs the delegated permissions `vso.pats` and `vso.pats_manage`.',
    builtIn: 'the client of the Azure CLI',
    examples: ['11111111-2222-3333-4444-555555555555'],
    errors: ['sign-in-misconfigured'],
  }).optional(),
  signIn: signInSchema,
})

const maxReplacementsSchema = z.union(
  [
    z
      .int({ error: 'a whole number such as 20, or 0% to 100%' })
      .min(0, { error: 'a whole number such as 20, or 0% to 100%' }),
    text(/^(?:(?:100|[1-9]?\d)%|\d{1,6})$/, 'a whole number such as 20, or 0% to 100%'),
  ],
  { error: 'a whole number such as 20, or 0% to 100%' },
)

const cachePhrase = 'a duration such as 5m, or 0'

/** Everything that `patrol.yaml` can say, as it is written. */
export const configSchema = z.strictObject({
  version: field(z.literal(1, { error: '1, the version of this form of the file' }), {
    description: 'The version of this form of the file.',
    examples: ['1'],
  }),
  endpoints: endpointsSchema.optional(),
  tls: tlsSchema.optional(),
  accounts: field(z.record(name(), accountSchema), {
    description:
      'The users that own PATs, under names of your choice. A service principal or managed identity cannot have any, so each is a user: a service account.',
    refused: 'two accounts are one user of one tenant',
    howTo: 'write accounts: with a name of your choice, and tenant and signIn below it',
  }),
  stores: field(z.record(name(), storeSchema), {
    description: 'Where values are kept, under names of your choice. `method: renew` alone needs none.',
    refused: 'two stores are one place',
  }).optional(),
  targets: field(z.record(targetName(), targetSchema), {
    description:
      'Where copies of values go, under names of your choice, which are at most 24 characters long. Entries name those that get theirs. What each type needs, verifies and notices is told in [targets.md](targets.md).',
    refused: 'two targets are one place, or tokens that share a target would overwrite each other there',
  }).optional(),
  defaults: defaultsSchema.optional(),
  tokens: field(z.array(entrySchema, { error: 'a list of tokens and rules' }), {
    description:
      'What is looked after, in the order in which rules are tried. An entry with `name` is one token. An entry with `match` is a rule: it makes a token of every PAT that it covers.',
    howTo: 'write tokens: with entries that begin with - name: or - match:',
  }),
  gitCache: field(
    z.union([z.literal(0, { error: cachePhrase }), text(/^(?:0|[1-9]\d{0,8}[smhd])$/, cachePhrase)], {
      error: cachePhrase,
    }),
    {
      description:
        'How long `patrol git-credential` may hand out a value again without asking the store, at most until the PAT ends. It is kept encrypted, and only where its key is safe. `0` keeps nothing.',
      builtIn: '5m',
      examples: ['5m', '0'],
      refused: 'it is longer than 1h',
      hint: durationHint,
    },
  ).optional(),
  audit: auditSchema.optional(),
  limits: field(
    z.strictObject({
      maxReplacements: field(maxReplacementsSchema, {
        description:
          'How many lost tokens (value lost, moved, revoked outside) one run may replace. More are taken for a mistake, such as a wrong vault, and stop the run before its first change.',
        builtIn: 'a quarter of the tokens, but 1 at least and 20 at most, so that one token alone is not guarded',
        examples: ['25%', '10'],
        errors: ['too-many-changes'],
      }).optional(),
    }),
    { description: 'Guards against mistakes.' },
  ).optional(),
})

/** The file as it was written. */
export type Written = z.input<typeof configSchema>

/** An entry of `tokens` as it was written. */
export type WrittenEntry = Written['tokens'][number]

export type WrittenStore = NonNullable<Written['stores']>[string]

export type WrittenCredential = z.input<typeof credentialSchema>
