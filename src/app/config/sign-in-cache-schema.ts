import { z } from 'zod'
import { duration, field, name, text } from './fields.ts'
import { cacheHint, durationHint } from './hints.ts'

/** Each run that uses the account renews the sign-in; this is for those that do not. */
export const builtInRedeemAfter = '7d'

const cacheError = 'keychain, or a mapping with store and secret'

const cacheSchema = z.union(
  [
    text(/^keychain$/, cacheError),
    z.strictObject({
      store: field(name(), {
        description: 'A store of this configuration.',
        examples: ['vault'],
        refused:
          'there is no such store, or the account itself would have to be signed in to open it: a vault with `credential: account:…` of this account, directly or by way of others',
      }),
      secret: field(text(/^[0-9A-Za-z-]{1,127}$/, 'a name of 1 to 127 letters, digits and hyphens'), {
        description: 'The name under which the sign-in stands there.',
        examples: ['ci-bot-sign-in'],
        refused: 'a token or another account has this secret in the same store',
        errors: ['secret-not-managed'],
      }),
    }),
  ],
  { error: cacheError },
)

export const refreshTokenSchema = z.strictObject({
  method: field(z.literal('refresh-token'), {
    description:
      'A person signs in once with `patrol login ACCOUNT`, second factor and all; from then on the refresh token of that sign-in signs in, and each use renews it. It dies after 90 days without use, and when the password is changed.',
    errors: ['sign-in-missing', 'sign-in-expired'],
  }),
  cache: field(cacheSchema, {
    description:
      "Where the sign-in is kept between runs, always encrypted: a secret in a key vault or file store of this configuration, or `keychain`, the operating system's keychain, for one's own machine.",
    examples: ['keychain', '{ store: vault, secret: ci-bot-sign-in }'],
    errors: ['store-denied', 'store-unreachable'],
    howTo: 'write cache: with store: and secret: below it, or cache: keychain',
    hint: cacheHint,
  }),
  redeemAfter: field(duration(), {
    description:
      'How old the last renewal may become before `apply` renews the sign-in although it has no use for it, so that the sign-in of an account that has nothing to do does not die.',
    builtIn: builtInRedeemAfter,
    examples: ['7d'],
    refused: 'it is longer than 60d, so that the sign-in could die before',
    hint: durationHint,
  }).optional(),
})
