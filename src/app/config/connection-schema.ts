import { z } from 'zod'
import type { ErrorCode } from '../../core/errors.ts'
import { credentialSchema } from './credential-schema.ts'
import { field, filePath, httpsUrl, secretReference, truth } from './fields.ts'
import { credentialHint, urlHint } from './hints.ts'

/** Microsoft's own addresses, which hold where the configuration names no others. */
export const publicEndpoints = {
  entra: 'https://login.microsoftonline.com',
  vssps: 'https://vssps.dev.azure.com',
  azureDevOps: 'https://dev.azure.com',
} as const

export const endpointsSchema = field(
  z.strictObject({
    entra: field(httpsUrl(), {
      description:
        'Where accounts sign in. `https://login.microsoftonline.us` and `https://login.partner.microsoftonline.cn` are Microsoft’s national clouds. When it is an address that is not Microsoft’s, Patrol does not ask Microsoft whether it is genuine.',
      builtIn: publicEndpoints.entra,
      errors: ['sign-in-unavailable'],
      hint: urlHint,
    }).optional(),
    vssps: field(httpsUrl(), {
      description: 'Where PATs are made and revoked: `{vssps}/{organization}/_apis/tokens/pats`.',
      builtIn: publicEndpoints.vssps,
      errors: ['service-unavailable'],
      hint: urlHint,
    }).optional(),
    azureDevOps: field(httpsUrl(), {
      description: 'Where new PATs are tried: `{azureDevOps}/{organization}/_apis/connectionData`.',
      builtIn: publicEndpoints.azureDevOps,
      errors: ['service-unavailable'],
      hint: urlHint,
    }).optional(),
  }),
  { description: 'Addresses of the services. Only to point elsewhere: at an emulator, or at a proxy that passes on.' },
)

export const tlsSchema = field(
  z.strictObject({
    caFile: field(filePath(), {
      description:
        'A PEM file with certificates that are trusted beside those of Node.js, such as the one of a corporate proxy. A relative path starts at the configuration file.',
      examples: ['/etc/ssl/corporate.pem'],
      refused: 'the file cannot be read or holds no certificate',
    }).optional(),
  }),
  { description: 'Whom encrypted connections trust.' },
)

/** What it takes to open a vault, of a store or of a target. */
export const keyVaultKeys = (errors: { readonly unreachable: ErrorCode; readonly denied: ErrorCode }) => ({
  url: field(httpsUrl(), {
    description: 'The address of the vault.',
    examples: ['https://contoso.vault.azure.net'],
    refused: 'it has a path, or is no address of a vault while `verifyChallengeResource` is true (this is a warning)',
    errors: [errors.unreachable],
    hint: urlHint,
  }),
  credential: field(credentialSchema, {
    description:
      'Who opens the vault, as a word or as a mapping with `type`. `default` tries the environment, workload and managed identity and the Azure CLI in turn; `account:<name>` is an account of this configuration. It needs the permissions get, list and set for secrets.',
    builtIn: 'default',
    examples: [
      'azure-cli',
      'account:ci-bot',
      '{ type: managed-identity, clientId: 11111111-2222-3333-4444-555555555555 }',
    ],
    refused: 'it names an account that does not exist or whose sign-in opens no vault',
    errors: [errors.denied],
    hint: credentialHint,
  }).optional(),
  verifyChallengeResource: field(truth(), {
    description:
      'Whether the vault may only ask for a token of its own domain. False is only for an emulator on another domain.',
    builtIn: 'true',
    examples: ['false'],
    refused: 'it is false for a vault of Microsoft',
  }).optional(),
})

const keyVaultSchema = z.strictObject({
  type: field(z.literal('azure-key-vault'), { description: 'An Azure Key Vault.' }),
  ...keyVaultKeys({ unreachable: 'store-unreachable', denied: 'store-denied' }),
})

const fileStoreSchema = z.strictObject({
  type: field(z.literal('file'), { description: 'Files on this machine, encrypted with age.' }),
  path: field(filePath(), {
    description: 'The directory. It is made when it does not exist. A relative path starts at the configuration file.',
    examples: ['./secrets'],
    errors: ['store-unreachable', 'store-locked', 'store-corrupt'],
  }),
  identity: field(secretReference(), {
    description:
      'The age identity (`AGE-SECRET-KEY-1…`) that opens the files. `patrol init --new-identity FILE` makes a new one; `age-keygen` does as well.',
    examples: ['${PATROL_AGE_IDENTITY}', '${file:/run/secrets/age-identity}'],
    errors: ['store-denied'],
    howTo:
      'write identity: ${PATROL_AGE_IDENTITY}, or ${file:./age-key.txt} with a key that `patrol init --new-identity age-key.txt` or age-keygen makes',
    secret: true,
  }),
})

export const storeSchema = z.discriminatedUnion('type', [keyVaultSchema, fileStoreSchema], {
  error: 'one of azure-key-vault, file',
})
