import { z } from 'zod'
import type { Secret } from '../../../core/secret.ts'
import { field, httpsUrl, secretReference, text } from '../fields.ts'
import { urlHint } from '../hints.ts'
import { secretAt } from '../present.ts'
import { targetFields } from './target-fields.ts'
import { targetKind, type TargetTerms } from './target-kind.ts'

const schema = z.strictObject({
  type: field(z.literal('webhook'), { description: 'An address that is told of each new value.' }),
  url: field(httpsUrl(), {
    description: 'The address. It gets a signed `POST` and has to answer with 2xx; redirects are not followed.',
    examples: ['https://deploy.contoso.example/hooks/pat'],
    errors: ['target-not-found', 'target-denied', 'target-unreachable'],
    hint: urlHint,
  }),
  secret: field(secretReference(), {
    description: 'What the message is signed with (HMAC-SHA256), known to the receiver as well.',
    examples: ['${WEBHOOK_SECRET}'],
    errors: ['target-denied'],
    secret: true,
  }),
  encryptTo: field(text(/^age1[02-9ac-hj-np-z]{58}$/, 'an age recipient (age1…)'), {
    description:
      'The age recipient to whom the value is encrypted. Left out, the message tells of the value without it.',
    builtIn: 'the value is not sent',
    examples: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
  }).optional(),
  ...targetFields,
})

export interface WantedWebhook extends TargetTerms {
  readonly type: 'webhook'
  readonly url: string
  readonly secret: Secret
  readonly encryptTo: string | undefined
}

export const webhookTarget = targetKind<typeof schema, WantedWebhook>({
  schema,
  // Each message says whose value it is.
  place: () => undefined,
  faults: () => [],
  wanted: (written, terms, path, draft) => ({
    ...terms,
    type: 'webhook',
    url: written.url,
    secret: secretAt(draft, [...path, 'secret']),
    encryptTo: written.encryptTo,
  }),
})
