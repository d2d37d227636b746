import { z } from 'zod'
import { field, text } from '../fields.ts'
import { urlHint } from '../hints.ts'
import { targetVerifySchema } from '../verify-schema.ts'

/** So many records of deliveries have room beside a value, with names of this length. */
export const mostTargets = 20
const longestName = 24

export const targetName = (): z.ZodString =>
  text(
    new RegExp(`^[a-z0-9](?:[a-z0-9-]{0,${longestName - 2}}[a-z0-9])?$`),
    `a name of at most ${longestName} lower-case letters, digits and hyphens`,
  )

const groupPhrase = 'a whole number from 1 to 9'

/** @param hint what to say of a value that is none, where something else is called a group, too */
export const groupField = (hint?: (written: string) => string | undefined) =>
  field(
    z.union([z.int().min(1, { error: groupPhrase }).max(9, { error: groupPhrase }), text(/^[1-9]$/, groupPhrase)], {
      error: groupPhrase,
    }),
    {
      description:
        'Deliveries begin with group 1. The targets of a later group get a value only when all of the groups before have it.',
      builtIn: '1',
      examples: ['2'],
      ...(hint === undefined ? {} : { hint }),
    },
  ).optional()

/** The keys that every target has. */
export const targetFields = {
  group: groupField(),
  verify: field(targetVerifySchema, {
    description:
      'A call with the new PAT after it was delivered here. While it fails, the delivery counts as failed, and the old PAT is not revoked. Written as under `verify` of an entry.',
    builtIn: 'none: it was proven before it was stored',
    examples: ['feeds', 'https://dev.azure.com/{organization}/_apis/git/repositories?api-version=7.1'],
    refused: 'the address is none of Azure DevOps: a PAT is sent nowhere else',
    errors: ['proof-failed'],
    hint: urlHint,
  }).optional(),
} as const

/** What is written in texts that tell the copies of several tokens apart. */
export const placeholderNote =
  '`{token}` stands for the name of the token, `{TOKEN}` for the same in upper case with `_` for every other character, and `{organization}` for its organization.'
