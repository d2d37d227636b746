import { z } from 'zod'
import { field, filePath, secretReference, truth, userName } from './fields.ts'
import { methodHint, userHint } from './hints.ts'
import { refreshTokenSchema } from './sign-in-cache-schema.ts'
import { agentUserSchema, azureCliSignInSchema, onBehalfOfSchema } from './unattended-schema.ts'

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
      'Whether `patrol validate` and `patrol doctor` warn that this sign-in fails as soon as a second factor is demanded. Write false once you know and somebody looks at exit codes: a run that is refused for it ends with 4 all the same.',
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
  z.discriminatedUnion(
    'method',
    [passwordSchema, accessTokenSchema, refreshTokenSchema, agentUserSchema, onBehalfOfSchema, azureCliSignInSchema],
    { error: 'one of password, access-token, refresh-token, agent-user, on-behalf-of, azure-cli' },
  ),
  {
    description: 'How the account signs in.',
    howTo: 'write signIn: with method: password, username: and password: below it',
    hint: methodHint,
  },
)
