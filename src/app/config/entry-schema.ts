import { z } from 'zod'
import { knownScopes } from '../../core/scope-catalogue.ts'
import {
  choice,
  displayText,
  duration,
  field,
  guid,
  isWholeAddress,
  lifetime,
  type KeyMeta,
  name,
  organization,
  scope,
  secretName,
  text,
  truth,
} from './fields.ts'
import { entryVerifySchema } from './verify-schema.ts'
import { targetName } from './targets/target-fields.ts'
import { durationHint, lifetimeHint, nameHint, organizationHint, scopeHint, urlHint } from './hints.ts'

const gitPhrase = 'true, false or an address that begins with https://'

const renewBeforePhrase = 'a duration such as 10d, or a share of the lifetime from 1% to 99%'

const lifetimeMeta: KeyMeta = {
  description:
    'How long a new PAT lives, or an extended one from now on. `max` asks for a year, the most there is, and takes what is granted: under a policy of maximum lifespan that is less, and no problem. Renewal follows the grant in any case.',
  builtIn: '30d',
  examples: ['30d', '12h', 'max'],
  refused: 'it is longer than 365d, the most that Azure DevOps grants',
  errors: ['policy-lifespan', 'cannot-extend'],
  hint: lifetimeHint,
}
const renewBefore: KeyMeta = {
  description: 'How long before its end a PAT becomes due: a duration, or a share of the lifetime.',
  builtIn: 'a third of the lifetime',
  examples: ['10d', '33%'],
  refused: 'it is not shorter than `lifetime`',
  hint: durationHint,
}
const overlap: KeyMeta = {
  description: 'How long a superseded PAT still works after everybody has its successor.',
  builtIn: '48h, or a third of `renewBefore` where 48h is not shorter than that',
  examples: ['48h'],
  refused: 'it is not shorter than `renewBefore`',
  hint: durationHint,
}
const orphanAfter: KeyMeta = {
  description:
    'How old a PAT must be before it is taken for lost between its making and its storing, and revoked. Also how long anything still on its way may take to arrive.',
  builtIn: '1h',
  examples: ['1h'],
  refused: 'it is shorter than 5m, or longer than half of `renewBefore`',
  hint: durationHint,
}
const turnLimit: KeyMeta = {
  description: 'How long work on one token may take. After that it sends nothing that changes anything.',
  builtIn: 'a quarter of `orphanAfter`',
  examples: ['15m'],
  refused: 'it is not shorter than `orphanAfter`',
  errors: ['turn-expired'],
  hint: durationHint,
}
const organizationMeta: KeyMeta = {
  description: 'The organization: the `contoso` of `https://dev.azure.com/contoso`.',
  examples: ['contoso'],
  errors: ['organization-not-found', 'access-denied'],
  hint: organizationHint,
}

const targets: KeyMeta = {
  description: 'The targets that get a copy of each new value, by their names. Write `[]` for none.',
  builtIn: 'none',
  examples: ['[build-group, feed-file]'],
  refused: 'there is no such target, one stands in it twice, or there are more than twenty',
  errors: ['delivery-failed', 'target-denied', 'target-not-found', 'target-unreachable', 'proof-failed'],
}
const targetList = (meta: KeyMeta) =>
  field(z.array(field(targetName(), { description: 'The name of a target.' }), { error: 'a list of targets' }), meta)

/** The times of `defaults` and of entries: the same keys with other defaults. */
const times = (builtIn: (meta: KeyMeta) => KeyMeta) => ({
  lifetime: field(lifetime(), builtIn(lifetimeMeta)).optional(),
  renewBefore: field(
    text(/^(?:[1-9]\d{0,8}[smhd]|[1-9]\d?(?:\.\d{1,2})?%)$/, renewBeforePhrase),
    builtIn(renewBefore),
  ).optional(),
  overlap: field(duration(), builtIn(overlap)).optional(),
  orphanAfter: field(duration(), builtIn(orphanAfter)).optional(),
  turnLimit: field(duration(), builtIn(turnLimit)).optional(),
})

export const defaultsSchema = field(
  z.strictObject({
    account: field(name(), { description: 'The account of entries that name none.', examples: ['ci-bot'] }).optional(),
    organization: field(organization(), {
      ...organizationMeta,
      description: 'The organization of entries that name none: the `contoso` of `https://dev.azure.com/contoso`.',
    }).optional(),
    ...times((meta) => meta),
    runEvery: field(duration(), {
      description:
        'How often somebody runs Patrol. It only serves to warn of a `renewBefore` that fewer than two runs fit into.',
      examples: ['1d'],
      hint: durationHint,
    }).optional(),
    store: field(name(), {
      description:
        'The store of entries with `method: rotate` that name none. Entries with `method: renew` have a store only if they name one themselves.',
      examples: ['vault'],
    }).optional(),
    targets: targetList({
      ...targets,
      description:
        'The targets of entries that have a store and name no targets themselves: each gets a copy of every new value.',
    }).optional(),
  }),
  { description: 'What holds for every entry of `tokens` that does not say otherwise.' },
)

export const entrySchema = z.strictObject({
  name: field(name(), {
    description: 'The name of the token, in commands and reports. An entry has either `name` or `match`.',
    examples: ['package-feed'],
    hint: nameHint,
    refused: 'two entries have it, or it has the form of an id, which `revoke` could not tell from a PAT',
  }).optional(),
  match: field(displayText(), {
    description:
      'Makes the entry a rule. It covers the PATs of its account and organizations whose display name fits the pattern (`*` is any text, `?` one character), as far as they are active, not global, not made by Patrol and not covered by an earlier rule.',
    examples: ['"*"', '"deploy-*"'],
    refused: 'an earlier rule of the same account and organization has the same pattern',
    errors: ['name-conflict'],
  }).optional(),
  displayName: field(displayText(), {
    description:
      'How the PAT is called in Azure DevOps. Patrol adds a mark: `Package feed (patrol 0123456789ab)`. Only with `name`.',
    builtIn: 'the name',
    examples: ['Package feed'],
    refused: 'it ends in such a mark itself',
  }).optional(),
  account: field(name(), {
    description: 'The account that owns the PAT.',
    builtIn: '`defaults.account`',
    refused: 'there is no such account',
  }).optional(),
  organization: field(organization(), { ...organizationMeta, builtIn: '`defaults.organization`' }).optional(),
  organizations: field(
    z
      .array(field(organization(), organizationMeta), { error: 'a list of organizations' })
      .min(1, { error: 'a list with at least one organization' }),
    {
      description: 'The organizations of a rule. Only with `match`.',
      builtIn: 'the one organization',
      refused: '`organization` is written, too, or one stands in it twice',
    },
  ).optional(),
  scopes: field(
    z
      .array(
        field(scope(), {
          description: 'A scope: its id, or its friendly name.',
          examples: knownScopes.flatMap(({ id, friendly }) => [id, friendly]),
          hint: scopeHint,
        }),
        {
          error: 'a list of scopes',
        },
      )
      .min(1, { error: 'a list with at least one scope' }),
    {
      description:
        'What the PAT may do, by the ids of the service (`vso.code_write`) or by [friendly names](#scopes) (`code.write`). A token must say it. A rule may, and then new values get these scopes; else they get those of the PAT that they replace. `app_token`, everything the account may do, stands alone and is worth a warning.',
      refused:
        'a scope stands in it twice, is one of the sign-in (`vso.pats`, `vso.pats_manage`, `user_impersonation`), or stands beside `app_token`; an unknown friendly name is an error, and so is an id that is nearly a known one, unless `unknownScopes` is true; another unknown id, or one that another includes, is a warning',
      errors: ['invalid-scope', 'policy-full-scope'],
    },
  ).optional(),
  unknownScopes: field(truth(), {
    description:
      'Whether ids of scopes that Patrol does not know are meant, for a scope that is newer than this version. Patrol asks for them as they stand, and says nothing of them.',
    builtIn: 'false: one that is nearly a known id is refused, and another is worth a warning',
    examples: ['true'],
  }).optional(),
  method: field(choice(['rotate', 'renew']), {
    description:
      '`rotate`: a new value, and the old one revoked after an overlap. `renew`: the same value lives longer.',
    builtIn: 'rotate',
  }).optional(),
  ...times((meta) => ({ ...meta, builtIn: `what \`defaults\` say, else ${meta.builtIn}` })),
  store: field(name(), {
    description: 'The store that keeps the value.',
    builtIn: '`defaults.store` with `method: rotate`; none with `method: renew`',
    refused: 'there is no such store, or a token with `method: renew` names none',
  }).optional(),
  secretName: field(secretName(), {
    description:
      "The secret's name in the store. For a rule it is a template with `{name}`, which stands for the display name in lower case with hyphens, and `{organization}`, which keeps equal names of several organizations apart.",
    builtIn: 'the name; for a rule `{name}`',
    examples: ['package-feed-pat', '"pat-{name}"', '"{organization}-{name}"'],
    refused: 'two tokens have it in one store (case does not count), or it is not used for want of a store',
    errors: ['secret-deleted', 'secret-not-managed'],
  }).optional(),
  verify: field(entryVerifySchema, {
    description:
      'How a new PAT proves itself before anybody gets it. `connection-data` asks who it is. `git`, `feeds` and `work-items` read something that takes the scope of code, of packaging or of work items. An address of Azure DevOps serves for others, alone or as `url` with what to `expect`. `listed` only looks whether the list shows it.',
    builtIn: 'connection-data',
    examples: ['listed', 'feeds', 'https://feeds.dev.azure.com/contoso/_apis/packaging/feeds'],
    refused: 'the address is none of Azure DevOps: a PAT is sent nowhere else',
    errors: ['verification-failed'],
    hint: urlHint,
  }).optional(),
  targets: targetList({
    ...targets,
    builtIn: '`defaults.targets` where the entry has a store, else none',
    refused: 'there is no such target, one stands in it twice, there are more than twenty, or the entry has no store',
  }).optional(),
  atCeiling: field(choice(['report', 'rotate']), {
    description:
      'What becomes of a PAT that `method: renew` cannot extend any more, because a policy limits its life: it is reported, or replaced by a new value.',
    builtIn: 'report',
    refused: 'it is `rotate` and the entry names no store',
    errors: ['cannot-extend'],
  }).optional(),
  git: field(
    z.union(
      [
        z.boolean(),
        text(/^(?:true|false|https:\/\/[^\s/?#@\\]+(?:\/[^\s?#\\]*)?)$/, gitPhrase).refine(
          (written) => /^(?:true|false)$/.test(written) || isWholeAddress(written),
          { error: gitPhrase },
        ),
      ],
      { error: gitPhrase },
    ),
    {
      description:
        'Whether `patrol git-credential` gives the value of this token to git: for its organization, or only below an address. The longest address wins. Only with `name`.',
      builtIn:
        'true when one of the scopes is `vso.code`, `vso.code_write`, `vso.code_manage` or `vso.code_full`, and no other token of the organization says true',
      examples: ['true', 'https://dev.azure.com/contoso/website'],
      refused: 'another token serves the same, or the token has no store',
      hint: urlHint,
    },
  ).optional(),
  replaces: field(
    z
      .array(field(guid(), { description: 'The id of a PAT, as `patrol list` shows it.' }), { error: 'a list of ids' })
      .min(1, { error: 'a list with at least one id' }),
    {
      description:
        'PATs from before Patrol that this token replaces, alone or together with other entries that name them: those for all organizations, or those with too many scopes. `patrol migrate global` writes it. Only with `name` and `method: rotate`.',
      builtIn: 'none',
      refused: 'entries of two accounts name one, or one stands in it twice',
      errors: ['global-pat-ends', 'replaced-still-works', 'replaced-in-use', 'replaced-elsewhere'],
    },
  ).optional(),
  revokeReplaced: field(truth(), {
    description:
      'Whether a PAT of `replaces` is revoked when every entry that names it has a successor that is verified, stored and delivered, and the overlap has passed. Every one of those entries must say so.',
    builtIn: 'false',
    examples: ['true'],
    refused: 'the entry has no `replaces`',
  }).optional(),
  paused: field(truth(), { description: 'Leaves the token alone.', builtIn: 'false', examples: ['true'] }).optional(),
})
