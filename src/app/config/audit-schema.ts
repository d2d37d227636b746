import { z } from 'zod'
import { findingKinds, findingNames, severities } from '../../core/audit/finding-kind.ts'
import { choice, displayText, duration, field, guid, organization, text, truth } from './fields.ts'
import { durationHint, organizationHint } from './hints.ts'

/** By what findings are called here; ids work in waivers as well. */
const findingPhrase = `one of ${findingNames.join(', ')}`

const datePhrase = 'a date such as 2026-12-31'

const pattern = { examples: ['"Legacy*"'] }

const waiverSchema = z.strictObject({
  finding: field(text(/^[A-Za-z][A-Za-z0-9-]{1,40}$/, findingPhrase), {
    description: 'What is accepted: the name or the id of a finding.',
    examples: ['global', 'PATROL001'],
    refused: 'there is no such finding',
  }),
  pat: field(guid(), {
    description: 'Only for the PAT with this authorizationId.',
    examples: ['4ab5764f-4193-4f1d-b995-64144880b7d7'],
    refused: 'none of `pat`, `displayName`, `owner` and `organization` is written: that would be a severity of `off`',
  }).optional(),
  displayName: field(displayText(), {
    description: 'Only for PATs whose display name fits this pattern. Case counts.',
    ...pattern,
  }).optional(),
  owner: field(displayText(), {
    description: 'Only for PATs of users whose user name fits this pattern. Case does not count.',
    examples: ['"*@contoso.com"'],
  }).optional(),
  organization: field(organization(), {
    description: 'Only for PATs that were seen in no other organization.',
    examples: ['contoso'],
    hint: organizationHint,
  }).optional(),
  reason: field(displayText(), {
    description: 'Why it is accepted. It stands in every report.',
    examples: ['the vendor moves in November'],
  }),
  until: field(text(/^\d{4}-\d{2}-\d{2}$/, datePhrase), {
    description:
      'The last day of the waiver, in UTC. From the next day on the finding counts again, and the audit says so.',
    examples: ['2026-12-31'],
    refused: 'there is no such day',
  }),
})

const policiesSchema = z.strictObject({
  maximumLifespan: field(duration(), {
    description: 'The longest life that a policy of the tenant allows. Without it, grants that were cut short tell.',
    examples: ['90d'],
    hint: durationHint,
  }).optional(),
  noGlobalPats: field(truth(), {
    description: 'Whether a policy forbids PATs for all organizations.',
    builtIn: 'false',
    examples: ['true'],
  }).optional(),
  noFullScopePats: field(truth(), {
    description: 'Whether a policy forbids PATs of full scope.',
    builtIn: 'false',
    examples: ['true'],
  }).optional(),
})

const severity = (kind: (typeof findingKinds)[keyof typeof findingKinds]) =>
  field(choice(['off', ...severities]), {
    description: `How much it matters (${kind.id}): ${kind.title.charAt(0).toLowerCase()}${kind.title.slice(1)}.`,
    builtIn: kind.severity,
    examples: ['high', 'off'],
  }).optional()

type Severities = { readonly [Name in keyof typeof findingKinds]: ReturnType<typeof severity> }

const severitiesSchema = z.strictObject(
  Object.fromEntries(Object.entries(findingKinds).map(([name, kind]) => [name, severity(kind)])) as Severities,
)

/** What `patrol audit` looks for. */
export const auditSchema = field(
  z.strictObject({
    longestLife: field(duration(), {
      description: 'A PAT that works for longer than this from its creation to its end is the finding `long-lived`.',
      builtIn: '90d',
      examples: ['90d', '7d'],
      hint: durationHint,
    }).optional(),
    expiringWithin: field(duration(), {
      description: 'A PAT that nobody looks after and that ends within this time is the finding `expiring-unmanaged`.',
      builtIn: '14d',
      examples: ['14d'],
      hint: durationHint,
    }).optional(),
    severities: field(severitiesSchema, {
      description: 'How much findings matter, where you see it otherwise. `off` does not look for them at all.',
    }).optional(),
    policies: field(policiesSchema, {
      description:
        'Policies of your tenant. They cannot be read, so what they forbid is only found when it is written here.',
    }).optional(),
    waivers: field(z.array(waiverSchema, { error: 'a list of waivers' }), {
      description: 'Findings that are known and accepted for some time. What a waiver names must all fit.',
    }).optional(),
  }),
  { description: 'What `patrol audit` looks for. [audit.md](audit.md) lists the findings.' },
)
