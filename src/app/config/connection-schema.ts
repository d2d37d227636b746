import { z } from 'zod'
import { choice, field, filePath, guid, httpsUrl, secretReference, text, truth, userName } from './fields.ts'
import { credentialHint, methodHint, urlHint, userHint } from './hints.ts'

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
        'Where accounts sign in. When it is another address, Patrol does not ask Microsoft whether the address is genuine.',
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

const passwordSchema = z.strictObject({
  method: field(z.literal('password'), {
    description:
      'User name and password. It stops working as soon as the tenant asks the account for a second factor: exclude the account from that policy, or use another method.',
    errors: ['sign-in-mfa-required'],
  }),
  username: field(userName(), {
    description: 'The user principal name.',
    examples: ['${USER_NAME}'],
    errors: ['sign-in-invalid-credentials'],
    hint: userHint,
  }),
  password: field(secretReference(), {
    description: 'The password.',
    examples: ['${USER_PASSWORD}', '${file:/run/secrets/password}'],
    errors: ['sign-in-invalid-credentials', 'sign-in-expired'],
    secret: true,
  }),
  warnOfMfa: field(truth(), {
    description:
      'Whether each run warns that this sign-in fails as soon as a second factor is demanded. Write false once you know and somebody looks at exit codes: a run that is refused for it ends with 4 all the same.',
    builtIn: 'true',
    examples: ['false'],
  }).optional(),
})

const accessTokenSchema = z.strictObject({
  method: field(z.literal('access-token'), {
    description: 'A Microsoft Entra access token of the user for Azure DevOps, which something else obtains.',
    errors: ['sign-in-expired', 'not-a-user-token'],
  }),
  token: field(secretReference(), {
    description: 'The access token. Either `token` or `file` is written.',
    examples: ['${AZURE_DEVOPS_TOKEN}'],
    secret: true,
  }).optional(),
  file: field(filePath(), {
    description:
      'A file with the access token, read anew whenever it changes. A relative path starts at the configuration file. Either `token` or `file` is written.',
    examples: ['/run/secrets/azure-devops-token'],
    refused: '`token` is written, too, or neither is',
  }).optional(),
})

export const signInSchema = field(
  z.discriminatedUnion('method', [passwordSchema, accessTokenSchema], { error: 'one of password, access-token' }),
  {
    description: 'How the account signs in.',
    howTo: 'write signIn: with method: password, username: and password: below it',
    hint: methodHint,
  },
)

/** `account:<name>` lets an account of this configuration open the vault. */
const credentialText = text(
  /^(?:default|environment|managed-identity|azure-cli|account:[a-z0-9-]+)$/,
  'one of default, environment, managed-identity, azure-cli, account:<name>',
)

export const credentialSchema = z.union(
  [
    credentialText,
    z.strictObject({
      type: field(choice(['default', 'managed-identity']), { description: 'The kind of credential.' }),
      clientId: field(guid(), {
        description: 'The client id of the user-assigned managed identity.',
        examples: ['11111111-2222-3333-4444-555555555555'],
      }).optional(),
    }),
  ],
  {
    error:
      'one of default, environment, managed-identity, azure-cli, account:<name>, or a mapping with type and clientId',
  },
)

const keyVaultSchema = z.strictObject({
  type: field(z.literal('azure-key-vault'), { description: 'An Azure Key Vault.' }),
  url: field(httpsUrl(), {
    description: 'The address of the vault.',
    examples: ['https://contoso.vault.azure.net'],
    refused: 'it has a path, or is no address of a vault while `verifyChallengeResource` is true (this is a warning)',
    errors: ['store-unreachable'],
    hint: urlHint,
  }),
  credential: field(credentialSchema, {
    description:
      'Who opens the vault. `default` tries the environment, workload and managed identity and the Azure CLI in turn; `account:<name>` is an account of this configuration that signs in by password. It needs the permissions get, list and set for secrets.',
    builtIn: 'default',
    examples: [
      'azure-cli',
      'account:ci-bot',
      '{ type: managed-identity, clientId: 11111111-2222-3333-4444-555555555555 }',
    ],
    refused: 'it names an account that does not exist or signs in by access token',
    errors: ['store-denied'],
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
