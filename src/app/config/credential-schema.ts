import { z } from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import { field, filePath, guid, secretReference, tenant, text } from './fields.ts'

type Errors = readonly ErrorCode[]

const denied: Errors = ['store-denied']

const clientId = (of: string, builtIn?: string, errors: Errors = denied) =>
  field(guid(), {
    description: `The client id of ${of}.`,
    examples: ['11111111-2222-3333-4444-555555555555'],
    ...(builtIn === undefined ? {} : { builtIn }),
    errors,
  }).optional()

const tenantOf = (builtIn: string) =>
  field(tenant(), {
    description: 'The tenant that the identity lives in: its id or one of its domains.',
    examples: ['11111111-2222-3333-4444-555555555555'],
    builtIn,
    errors: denied,
  }).optional()

const defaultSchema = z.strictObject({
  type: field(z.literal('default'), { description: 'The first that works, as Azure’s own tools look for it.' }),
  clientId: clientId('the user-assigned managed identity, or of the workload identity', '`AZURE_CLIENT_ID`'),
  tenant: tenantOf('`AZURE_TENANT_ID`, or the home of whoever is signed in'),
})

/** A mapping for the managed identity of the machine. */
export const managedIdentitySchema = (errors: Errors) =>
  z.strictObject({
    type: field(z.literal('managed-identity'), {
      description:
        'The managed identity of the machine. At most one of `clientId`, `resourceId` and `objectId` names a user-assigned one; without them it is the system-assigned one.',
    }),
    clientId: clientId('the user-assigned managed identity', undefined, errors),
    resourceId: field(
      text(
        /^\/subscriptions\/[^/\s]+\/resource[gG]roups\/[^/\s]+\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/\s]+$/,
        'the resource id of a user-assigned identity (/subscriptions/…/resourceGroups/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/…)',
      ),
      {
        description: 'The resource id of the user-assigned managed identity, in place of `clientId`.',
        examples: [
          '/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/patrol/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patrol',
        ],
        refused: '`clientId` or `objectId` is written, too',
        errors,
      },
    ).optional(),
    objectId: field(guid(), {
      description: 'The object id (principal id) of the user-assigned managed identity, in place of `clientId`.',
      examples: ['11111111-2222-3333-4444-555555555555'],
      refused: '`clientId` or `resourceId` is written, too',
      errors,
    }).optional(),
  })

/** The file with the token of a workload. */
export const tokenFile = (errors: Errors) =>
  field(filePath(), {
    description: 'The file with the token. A relative path starts at the configuration file.',
    builtIn: '`AZURE_FEDERATED_TOKEN_FILE`',
    examples: ['/var/run/secrets/azure/tokens/azure-identity-token'],
    errors,
  }).optional()

const workloadIdentitySchema = z.strictObject({
  type: field(z.literal('workload-identity'), {
    description: 'A workload identity: a token file, such as Kubernetes puts into a pod, stands for an application.',
  }),
  clientId: clientId('the application or the user-assigned identity', '`AZURE_CLIENT_ID`'),
  tenant: tenantOf('`AZURE_TENANT_ID`'),
  tokenFile: tokenFile(denied),
})

/** What a job of Azure Pipelines shows for its service connection. */
export const serviceConnectionKeys = (errors: Errors) => ({
  serviceConnection: field(guid(), {
    description: 'The id of the service connection (`resourceId` in the address of its page), not its name.',
    builtIn: '`AZURESUBSCRIPTION_SERVICE_CONNECTION_ID`',
    examples: ['11111111-2222-3333-4444-555555555555'],
    errors,
  }).optional(),
  systemAccessToken: field(secretReference(), {
    description: 'The access token of the job, handed to the step under `env:` as `$(System.AccessToken)`.',
    builtIn: '`SYSTEM_ACCESSTOKEN`',
    examples: ['${SYSTEM_ACCESSTOKEN}'],
    errors,
    secret: true,
  }).optional(),
})

const azurePipelinesSchema = z.strictObject({
  type: field(z.literal('azure-pipelines'), {
    description:
      'The service connection of a job in Azure Pipelines, by workload identity federation. The tasks `AzureCLI@2` and `AzurePowerShell@5` set all but `systemAccessToken` for the steps within them.',
  }),
  clientId: clientId('the application behind the service connection', '`AZURESUBSCRIPTION_CLIENT_ID`'),
  tenant: tenantOf('`AZURESUBSCRIPTION_TENANT_ID`'),
  ...serviceConnectionKeys(denied),
})

const githubActionsSchema = z.strictObject({
  type: field(z.literal('github-actions'), {
    description: 'A job of GitHub Actions with `permissions: id-token: write`, by workload identity federation.',
  }),
  clientId: clientId('the application or the user-assigned identity', '`AZURE_CLIENT_ID`'),
  tenant: tenantOf('`AZURE_TENANT_ID`'),
})

const azureCliSchema = z.strictObject({
  type: field(z.literal('azure-cli'), { description: 'Who is signed in to the Azure CLI.' }),
  tenant: tenantOf('that of the subscription that is set'),
})

const environmentSchema = z.strictObject({
  type: field(z.literal('environment'), {
    description: '`AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and a secret or certificate, from the environment.',
  }),
})

/** The kinds that a single word names, each with what the mapping of its name builds in. */
const credentialWords = [
  'default',
  'environment',
  'managed-identity',
  'workload-identity',
  'azure-cli',
  'azure-pipelines',
  'github-actions',
] as const

const choices = `one of ${credentialWords.join(', ')}, account:<name>`

/** `account:<name>` lets an account of this configuration open the vault. */
const credentialText = text(new RegExp(`^(?:${credentialWords.join('|')}|account:[a-z0-9-]+)$`), choices)

const credentialMapping = z.discriminatedUnion(
  'type',
  [
    defaultSchema,
    environmentSchema,
    managedIdentitySchema(denied),
    workloadIdentitySchema,
    azureCliSchema,
    azurePipelinesSchema,
    githubActionsSchema,
  ],
  { error: `one of ${credentialWords.join(', ')}` },
)

/** Who opens a vault. */
export const credentialSchema = z.union([credentialText, credentialMapping], {
  error: `${choices}, or a mapping with type`,
})
