import { z } from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import { managedIdentitySchema, serviceConnectionKeys, tokenFile } from './credential-schema.ts'
import { field, filePath, guid, secretReference, text } from './fields.ts'

const errors: readonly ErrorCode[] = ['sign-in-misconfigured']

const certificateKeys = {
  certificate: field(secretReference(), {
    description: 'A certificate and its RSA key as one PEM text.',
    examples: ['${file:/run/secrets/patrol.pem}'],
    refused: 'it holds no certificate with its key, or the key is encrypted and `passphrase` does not open it',
    errors,
    secret: true,
  }),
  passphrase: field(secretReference(), {
    description: 'What the key is encrypted with, when it is.',
    examples: ['${CERTIFICATE_PASSPHRASE}'],
    refused: 'there is no `certificate`',
    secret: true,
  }).optional(),
} as const

const words = ['managed-identity', 'workload-identity', 'azure-pipelines', 'github-actions'] as const

const choices = `one of ${words.join(', ')}, certificate`

const blueprintCredential = z.union(
  [
    text(new RegExp(`^(?:${words.join('|')})$`), `one of ${words.join(', ')}`),
    z.discriminatedUnion(
      'type',
      [
        managedIdentitySchema(errors),
        z.strictObject({
          type: field(z.literal('workload-identity'), {
            description: 'A token file, such as Kubernetes puts into a pod.',
          }),
          tokenFile: tokenFile(errors),
        }),
        z.strictObject({
          type: field(z.literal('azure-pipelines'), {
            description:
              'The service connection of a job in Azure Pipelines, whose issuer and subject the blueprint trusts.',
          }),
          ...serviceConnectionKeys(errors),
        }),
        z.strictObject({
          type: field(z.literal('github-actions'), {
            description: 'A job of GitHub Actions with `permissions: id-token: write`.',
          }),
        }),
        z.strictObject({
          type: field(z.literal('certificate'), { description: 'A certificate of the blueprint.' }),
          ...certificateKeys,
        }),
      ],
      { error: choices },
    ),
  ],
  { error: `one of ${words.join(', ')}, or a mapping with type` },
)

/** An agent's user account. */
export const agentUserSchema = z.strictObject({
  method: field(z.literal('agent-user'), {
    description:
      'Experimental. The user account of an Entra agent identity, without a person and without a stored password. `user` of the account must be written.',
    errors: ['sign-in-misconfigured', 'sign-in-blocked'],
  }),
  blueprint: field(guid(), {
    description: 'The client id of the agent identity blueprint.',
    examples: ['11111111-2222-3333-4444-555555555555'],
    errors,
  }),
  agent: field(guid(), {
    description: 'The client id of the agent identity, a child of the blueprint, to which the user account belongs.',
    examples: ['22222222-3333-4444-5555-666666666666'],
    refused: 'it is that of the blueprint',
    errors,
  }),
  credential: field(blueprintCredential, {
    description: 'How the blueprint proves itself, as a word or as a mapping with `type`.',
    examples: [
      'managed-identity',
      'github-actions',
      '{ type: managed-identity, clientId: 11111111-2222-3333-4444-555555555555 }',
    ],
    errors,
    howTo: `write credential: with ${choices}`,
  }),
})

/** A user whose token something else hands over. */
export const onBehalfOfSchema = z.strictObject({
  method: field(z.literal('on-behalf-of'), {
    description:
      'A token broker hands over an access token of the user for an application of one’s own, and that application gets a token for Azure DevOps by it. `clientId` and `user` of the account must be written.',
    errors: ['sign-in-expired', 'sign-in-misconfigured'],
  }),
  assertion: field(secretReference(), {
    description: 'The user’s access token for the application `clientId`. Either `assertion` or `file` is written.',
    examples: ['${USER_ASSERTION}'],
    errors: ['sign-in-expired'],
    secret: true,
  }).optional(),
  file: field(filePath(), {
    description:
      'A file with that token, read anew each time. A relative path starts at the configuration file. Either `assertion` or `file` is written.',
    examples: ['/run/secrets/user-assertion'],
    refused: '`assertion` is written, too, or neither is',
    errors: ['sign-in-expired'],
  }).optional(),
  secret: field(secretReference(), {
    description: 'A client secret of the application. Either `secret` or `certificate` is written.',
    examples: ['${CLIENT_SECRET}'],
    refused: '`certificate` is written, too, or neither is',
    errors,
    secret: true,
  }).optional(),
  ...certificateKeys,
  certificate: certificateKeys.certificate.optional(),
})

/** Whoever is signed in to the Azure CLI. */
export const azureCliSignInSchema = z.strictObject({
  method: field(z.literal('azure-cli'), {
    description:
      'Whoever is signed in to the Azure CLI of this machine (`az login`), for one’s own machine. `user` of the account must be written, and be that person.',
    errors: ['sign-in-expired', 'wrong-account'],
  }),
})
