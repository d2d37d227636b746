import { z } from 'zod'
import { field, text } from '../fields.ts'

/** So many records of deliveries have room beside a value, with names of this length. */
export const mostTargets = 20
const longestName = 24

export const targetName = (): z.ZodString =>
  text(
    new RegExp(`^[a-z0-9](?:[a-z0-9-]{0,${longestName - 2}}[a-z0-9])?$`),
    `a name of at most ${longestName} lower-case letters, digits and hyphens`,
  )

const groupPhrase = 'a whole number from 1 to 9'

/** The keys that every target has. */
export const targetFields = {
  group: field(z.union([z.int().min(1).max(9), text(/^[1-9]$/, groupPhrase)], { error: groupPhrase }), {
    description:
      'Deliveries begin with group 1. The targets of a later group get a value only when all of the groups before have it.',
    builtIn: '1',
    examples: ['2'],
  }).optional(),
} as const

/** What is written in texts that tell the copies of several tokens apart. */
export const placeholderNote =
  '`{token}` stands for the name of the token, `{TOKEN}` for the same in upper case with `_` for every other character, and `{organization}` for its organization.'
