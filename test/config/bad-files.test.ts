import { describe, test } from 'vitest'
import { type Case, defaults, expectTold, scopes, signIn, store, token, vault } from './bad-file.ts'
import { changed, extended, goodFile } from './load-text.ts'

const notYaml: readonly Case[] = [
  [
    'an empty file',
    '',
    ['1:1 error the file is empty -> begin with version: 1, accounts: and tokens:, or let patrol init write a file'],
  ],
  [
    'only a comment',
    '# nothing yet\n',
    ['1:1 error the file is empty -> begin with version: 1, accounts: and tokens:, or let patrol init write a file'],
  ],
  [
    'a list at the top',
    '- version: 1\n',
    [
      '1:1 error the file holds a list where its keys belong -> begin with version: 1, accounts: and tokens:, or let patrol init write a file',
    ],
  ],
  [
    'a single value',
    'patrol\n',
    [
      '1:1 error the file holds a single value where its keys belong -> begin with version: 1, accounts: and tokens:, or let patrol init write a file',
    ],
  ],
  [
    'a tab',
    changed(['  ci-bot:\n', '\tci-bot:\n']),
    ['3:1 error a tab indents this line; YAML allows blanks only -> replace the tab by two blanks'],
  ],
  [
    'a key that stands twice',
    changed(['  store: vault\n', '  store: vault\n  account: other\n']),
    ['17:3 error this key stands twice in one mapping -> remove one of the two, or merge them'],
  ],
  [
    'a reference within braces',
    changed([
      '    signIn:\n      method: password\n      username: ${USER_NAME}\n      password: ${USER_PASSWORD}\n',
      '    signIn: { method: password, username: ${USER_NAME}, password: ${USER_PASSWORD} }\n',
    ]),
    [
      '5:44 error a reference within { } or [ ] ends at its own brace: this is not YAML -> put the reference in quotes, "${NAME}", or write one key per line without { }',
      '5:68 error a reference within { } or [ ] ends at its own brace: this is not YAML -> put the reference in quotes, "${NAME}", or write one key per line without { }',
    ],
  ],
  [
    'a reference within brackets',
    scopes('[${SCOPE}]'),
    [
      '19:15 error a reference within { } or [ ] ends at its own brace: this is not YAML -> put the reference in quotes, "${NAME}", or write one key per line without { }',
    ],
  ],
  [
    'braces of a template',
    changed(['organization: contoso', 'organization: {{ organization }}']),
    [
      '15:3 error defaults.organization: a key is no plain text -> write a plain name before the colon; put text with braces in quotes, and a reference as ${NAME}',
    ],
  ],
  [
    'a pattern without quotes',
    changed(['  - name: package-feed\n    scopes: [vso.packaging]\n', '  - match: *\n    organization: contoso\n']),
    [
      '18:12 error tokens[#1].match: a * that is not in quotes begins an alias, and there is no such anchor -> put the pattern in quotes: "*"',
    ],
  ],
  [
    'a pattern that reads as an alias',
    changed(['  - name: package-feed\n    scopes: [vso.packaging]\n', '  - match: *feed\n']),
    [
      '18:12 error tokens[#1].match: a * that is not in quotes begins an alias, and there is no such anchor -> put the pattern in quotes: "*feed"',
    ],
  ],
  [
    'a second document',
    extended('---\nversion: 1'),
    [
      '20:1 error a second document begins here; only one is read -> remove the line ---, or put the rest in a file of its own',
    ],
  ],
  [
    'a quote that is not closed',
    changed(['url: https://contoso.vault.azure.net', 'url: "https://contoso.vault.azure.net']),
    ['12:10 error a quote is opened here and never closed -> close the quote at the end of the value'],
  ],
  [
    'a list that is not closed',
    scopes('[vso.packaging'),
    ['19:13 error a [ is opened here and not closed -> close it with ] at the end of the value'],
  ],
  [
    'a list that is not closed before the next key, with another list in it',
    scopes('[[vso.packaging], vso.code\n    paused: true\n    displayName: "[feed]"'),
    ['19:13 error a [ is opened here and not closed -> close it with ] at the end of the value'],
  ],
  [
    'a mapping that is not closed',
    extended('limits: {\n  maxReplacements: 5'),
    ['20:9 error a { is opened here and not closed -> remove the {, or close it with } at the end of the value'],
  ],
  [
    'a list that is opened before a mapping, and references behind it',
    changed(['accounts:\n', 'accounts: [\n']),
    ['2:11 error a [ is opened here and not closed -> remove the [, or close it with ] at the end of the value'],
  ],
  [
    'a bracket in quotes and in a comment, which closes nothing',
    changed(['accounts:\n', 'accounts: [ "]" # ]\n']),
    ['2:11 error a [ is opened here and not closed -> close it with ] at the end of the value'],
  ],
  [
    'something else, beside a list with an apostrophe in it',
    `${scopes("[don't] # it's")}version: 1\n`,
    [
      '19:14 error tokens[package-feed].scopes[#1]: "don\'t" is not a scope such as vso.code_write -> write a scope such as vso.code_write',
      '20:1 error this key stands twice in one mapping -> remove one of the two, or merge them',
    ],
  ],
  [
    'keys in different columns',
    changed(['  organization: contoso\n', '   organization: contoso\n']),
    [
      '14:12 error the line below is indented further than this key -> let all keys of a mapping begin in the same column',
    ],
  ],
  [
    'a list entry in another column',
    extended('   - name: other'),
    [
      '20:4 error the indentation does not fit the lines above -> let all keys of a mapping, and all - of a list, begin in the same column',
    ],
  ],
  [
    'a colon within a value',
    changed(['  - name: package-feed\n', '  - name: package-feed\n    displayName: Feed: packages\n']),
    ['19:18 error a colon within a value begins another key -> put the value in quotes'],
  ],
  [
    'a value that begins with @',
    changed(['organization: contoso', 'organization: @contoso']),
    ['15:17 error defaults.organization: a value cannot begin with this character -> put the value in quotes'],
  ],
  [
    'an escape that does not exist',
    changed(['organization: contoso', 'organization: "con\\toso\\q"']),
    [
      '15:17 error defaults.organization: this escape does not exist within "…" -> put the value in single quotes, or double the backslash',
    ],
  ],
  [
    'no blank after a colon',
    changed(['version: 1', 'version:1']),
    ['1:1 error no blank follows the colon after a key -> write `key: value`, with a blank after the colon'],
  ],
  [
    'a no-break space',
    changed(['version: 1', 'version:\u00a01']),
    [
      '1:1 error a no-break space stands where a blank belongs -> type the line anew; the space came with a copied text',
    ],
  ],
  [
    'a control character',
    changed(['organization: contoso', 'organization: con\u0007toso']),
    ['15:20 error a control character stands here -> save the file as UTF-8 text'],
  ],
  [
    'a tag',
    changed(['organization: contoso', 'organization: !env contoso']),
    [
      '15:22 error defaults.organization: a tag stands before the value; tags are not read here -> remove the word that begins with !',
    ],
  ],
  [
    'YAML 1.1',
    `%YAML 1.1\n---\n${goodFile}`,
    ['1:1 error the directive %YAML asks for another version; this file is YAML 1.2 -> remove the line %YAML'],
  ],
  [
    'a merge key',
    changed(['defaults:\n', 'defaults: &d\n']).replace(
      '  - name: package-feed\n',
      '  - <<: *d\n    name: package-feed\n',
    ),
    [
      '18:5 error tokens[package-feed]."<<": merge keys are not read -> put what entries share under defaults, or write it out',
    ],
  ],
  [
    'an alias that contains itself',
    changed(['[vso.packaging]', '&s [*s]']),
    ['19:17 error tokens[package-feed].scopes[#1]: an alias within its own anchor never ends -> write it out'],
  ],
  [
    'deep nesting',
    changed(['[vso.packaging]', `${'['.repeat(20)}${']'.repeat(20)}`]),
    [
      '19:14 error tokens[package-feed].scopes[#1]: is a list, not a scope such as vso.code_write -> write a scope such as vso.code_write',
      '19:22 error tokens[package-feed].scopes[#1][#1][#1][#1][#1][#1][#1][#1][#1]: is nested deeper than any key of this file -> see the reference for where keys belong',
    ],
  ],
]

const form: readonly Case[] = [
  [
    'no version',
    changed(['version: 1\n', '']),
    ['1:1 error version: is missing -> write 1, the version of this form of the file'],
  ],
  [
    'another version',
    changed(['version: 1', 'version: 2']),
    [
      '1:10 error version: 2 is a number, not 1, the version of this form of the file -> write 1, the version of this form of the file',
    ],
  ],
  [
    'a version in quotes',
    changed(['version: 1', 'version: "1"']),
    ['1:10 error version: 1 is a text, not 1, the version of this form of the file -> write 1 without quotes'],
  ],
  [
    'an unknown key with a slip',
    changed(['defaults:', 'default:']),
    ['13:1 error default: there is no such key -> did you mean defaults?'],
  ],
  [
    'an unknown key that belongs elsewhere',
    extended('overlap: 48h'),
    [
      '20:1 error overlap: there is no such key -> the key belongs under defaults or in an entry of tokens; here can be version, endpoints, tls, accounts, stores, targets, defaults, tokens, gitCache, audit or limits',
    ],
  ],
  [
    'an unknown key far from any',
    token('    rotateEvery: 30d'),
    [
      '20:5 error tokens[package-feed].rotateEvery: there is no such key -> remove it; here can be name, match, displayName, account, organization, organizations, scopes, unknownScopes, method, lifetime, renewBefore, overlap, orphanAfter, turnLimit, store, secretName, verify, targets, atCeiling, git, replaces, revokeReplaced or paused',
    ],
  ],
  [
    'a key in other case',
    changed(['  - name: package-feed\n', '  - name: package-feed\n    displayname: Feed\n']),
    ['19:5 error tokens[package-feed].displayname: there is no such key -> did you mean displayName?'],
  ],
  [
    'no accounts',
    'version: 1\ntokens: []\n',
    [
      '1:1 error accounts: is missing -> write accounts: with a name of your choice, and tenant and signIn below it',
      '2:1 warning tokens: is empty: nothing is looked after -> add an entry with name: or match:',
    ],
  ],
  [
    'accounts that are empty',
    changed([
      'accounts:\n  ci-bot:\n    tenant: contoso.onmicrosoft.com\n    signIn:\n      method: password\n      username: ${USER_NAME}\n      password: ${USER_PASSWORD}\n',
      'accounts: {}\n',
    ]),
    ['2:1 error accounts: is empty -> write an account with tenant and signIn'],
  ],
  [
    'a section without content',
    changed(['  account: ci-bot\n  organization: contoso\n  store: vault\n', '']),
    ['13:1 error defaults: has no value -> write a mapping, or remove the key'],
  ],
  [
    'an account name with capitals',
    changed(['  ci-bot:\n', '  CI-Bot:\n'], ['account: ci-bot', 'account: CI-Bot']),
    [
      '3:3 error accounts.CI-Bot: is not a name of lower-case letters, digits and hyphens -> write lower-case letters, digits and hyphens, with a letter or digit at both ends',
      '14:12 error defaults.account: CI-Bot is not a name of lower-case letters, digits and hyphens -> write a name of lower-case letters, digits and hyphens',
    ],
  ],
  [
    'a number for a name of an organization',
    changed(['organization: contoso', 'organization: 2024']),
    [
      '15:17 error defaults.organization: 2024 is a number, not the name of an organization, such as contoso -> put it in quotes: "2024"',
    ],
  ],
  [
    'the address of an organization',
    changed(['organization: contoso', 'organization: https://dev.azure.com/contoso']),
    [
      '15:17 error defaults.organization: https://dev.azure.com/contoso is not the name of an organization, such as contoso -> write only its name: contoso',
    ],
  ],
  [
    'a tenant that serves all',
    changed(['contoso.onmicrosoft.com', 'common']),
    [
      '4:13 error accounts.ci-bot.tenant: common is not a tenant id (11111111-2222-3333-4444-555555555555) or a domain of the tenant (contoso.onmicrosoft.com) -> name the tenant that the account belongs to: a service account has exactly one',
    ],
  ],
  [
    'a user of the old form',
    changed(['${USER_NAME}', 'CONTOSO\\ci-bot']),
    [
      '7:17 error accounts.ci-bot.signIn.username: "CONTOSO\\\\ci-bot" is not a user name such as ci-bot@contoso.com -> write the user principal name, such as ci-bot@contoso.com, in place of DOMAIN\\name',
    ],
  ],
  [
    'a duration without unit',
    defaults('  lifetime: 30'),
    [
      '17:13 error defaults.lifetime: 30 is a number, not a duration such as 90s, 15m, 12h or 30d, or max -> write the unit, too: 30d',
    ],
  ],
  [
    'a duration in weeks',
    defaults('  lifetime: 4w'),
    ['17:13 error defaults.lifetime: 4w is not a duration such as 90s, 15m, 12h or 30d, or max -> write 28d'],
  ],
  [
    'a duration in words',
    defaults('  lifetime: 30 days'),
    ['17:13 error defaults.lifetime: "30 days" is not a duration such as 90s, 15m, 12h or 30d, or max -> write 30d'],
  ],
  [
    'a duration of two units',
    defaults('  overlap: 1h30m'),
    [
      '17:12 error defaults.overlap: 1h30m is not a duration such as 90s, 15m, 12h or 30d -> write one number and one unit: 90m in place of 1h30m',
    ],
  ],
  [
    'the longest lifetime by name',
    defaults('  lifetime: maximum'),
    ['17:13 error defaults.lifetime: maximum is not a duration such as 90s, 15m, 12h or 30d, or max -> write max'],
  ],
  [
    'a share of everything',
    defaults('  renewBefore: 100%'),
    [
      '17:16 error defaults.renewBefore: 100% is not a duration such as 10d, or a share of the lifetime from 1% to 99% -> write a duration such as 10d, or a share of the lifetime from 1% to 99%',
    ],
  ],
  [
    'a truth value of YAML 1.1',
    token('    paused: yes'),
    ['20:13 error tokens[package-feed].paused: yes is not true or false -> write true: YAML 1.2 takes yes for a text'],
  ],
  [
    'a truth value for text',
    token('    displayName: true'),
    [
      '20:18 error tokens[package-feed].displayName: true is a truth value, not 1 to 200 characters in one line, without blanks at its ends -> put it in quotes: "true"',
    ],
  ],
  [
    'scopes in one text',
    scopes('vso.code vso.build'),
    [
      '19:13 error tokens[package-feed].scopes: is a single value, not a list of scopes -> write a list of scopes, each entry on a line of its own after "- "',
    ],
  ],
  [
    'scopes in one entry',
    scopes('["vso.code vso.build"]'),
    [
      '19:14 error tokens[package-feed].scopes[#1]: "vso.code vso.build" is not a scope such as vso.code_write -> write each scope as an entry of its own: - vso.code - vso.build',
    ],
  ],
  [
    'a scope without its family',
    scopes('[code_write]'),
    [
      '19:14 error tokens[package-feed].scopes[#1]: code_write is not a scope such as vso.code_write -> write vso.code_write',
    ],
  ],
  [
    'no scope in the list',
    scopes('[]'),
    ['19:5 error tokens[package-feed].scopes: is empty -> write a list with at least one scope'],
  ],
  [
    'an entry of nothing',
    extended('  -'),
    ['20:4 error tokens[#2]: has no value -> write a mapping, or remove the entry'],
  ],
  [
    'a method with a slip',
    token('    method: rotat'),
    ['20:13 error tokens[package-feed].method: rotat is not one of rotate, renew -> did you mean rotate?'],
  ],
  [
    'a way to sign in of a later version',
    signIn('    signIn:\n      method: device-code\n'),
    [
      '6:15 error accounts.ci-bot.signIn.method: device-code is not one of password, access-token, refresh-token, agent-user, on-behalf-of, azure-cli -> write refresh-token, and sign in once with patrol login: in a browser, or with a device code',
    ],
  ],
  [
    'a service principal',
    signIn('    signIn:\n      method: client-secret\n      secret: ${USER_PASSWORD}\n'),
    [
      '6:15 error accounts.ci-bot.signIn.method: client-secret is not one of password, access-token, refresh-token, agent-user, on-behalf-of, azure-cli -> write refresh-token, or agent-user: only a user can have PATs, never a service principal or managed identity by itself',
    ],
  ],
  [
    'an unknown store',
    store('    type: aws-secrets-manager\n    region: eu-west-1\n'),
    [
      '11:11 error stores.vault.type: aws-secrets-manager is not one of azure-key-vault, file -> write one of azure-key-vault, file',
    ],
  ],
  [
    'a credential by another name',
    vault('    credential: MSI'),
    [
      '13:17 error stores.vault.credential: MSI is not one of default, environment, managed-identity, workload-identity, azure-cli, azure-pipelines, github-actions, account:<name> -> write managed-identity',
    ],
  ],
  [
    'a credential that is no name at all',
    vault('    credential: workload-identitty'),
    [
      '13:17 error stores.vault.credential: workload-identitty is not one of default, environment, managed-identity, workload-identity, azure-cli, azure-pipelines, github-actions, account:<name> -> did you mean workload-identity?',
    ],
  ],
  [
    'an unknown type of credential',
    vault('    credential:\n      type: sevice-principal\n      clientId: 11111111-2222-3333-4444-555555555555'),
    [
      '14:13 error stores.vault.credential.type: sevice-principal is not one of default, environment, managed-identity, workload-identity, azure-cli, azure-pipelines, github-actions -> write one of default, environment, managed-identity, workload-identity, azure-cli, azure-pipelines, github-actions',
    ],
  ],
  [
    'everything wrong with a service connection, at once',
    vault(
      '    credential:\n      type: azure-pipelines\n      clientId: patrol\n      tenant: contoso\n      serviceConnection: my-connection\n      systemAccessToken: literal\n      tokenFile: x',
    ),
    [
      '15:17 error stores.vault.credential.clientId: patrol is not an id such as 11111111-2222-3333-4444-555555555555 -> write an id such as 11111111-2222-3333-4444-555555555555',
      '16:15 error stores.vault.credential.tenant: contoso is not a tenant id (11111111-2222-3333-4444-555555555555) or a domain of the tenant (contoso.onmicrosoft.com) -> write a tenant id (11111111-2222-3333-4444-555555555555) or a domain of the tenant (contoso.onmicrosoft.com)',
      '17:26 error stores.vault.credential.serviceConnection: my-connection is not an id such as 11111111-2222-3333-4444-555555555555 -> write an id such as 11111111-2222-3333-4444-555555555555',
      '18:26 error stores.vault.credential.systemAccessToken: is a secret and must not stand in the file itself -> write a reference, such as ${USER_PASSWORD} or ${file:/run/secrets/password}, and set the value there',
      '19:7 error stores.vault.credential.tokenFile: there is no such key -> remove it; here can be type, clientId, tenant, serviceConnection or systemAccessToken',
    ],
  ],
  [
    'a client id for a credential without one',
    vault('    credential:\n      type: azure-cli\n      clientId: 11111111-2222-3333-4444-555555555555'),
    [
      '15:7 error stores.vault.credential.clientId: there is no such key -> the key belongs in an account; here can be type or tenant',
    ],
  ],
  [
    'an address without encryption',
    changed(['https://contoso.vault', 'http://contoso.vault']),
    [
      '12:10 error stores.vault.url: http://contoso.vault.azure.net is not an address that begins with https:// and has no user, query or fragment -> write https:// in place of http://: secrets travel encrypted only, even to this machine',
    ],
  ],
  [
    'an address on this machine without encryption',
    extended('endpoints:\n  entra: http://127.0.0.1:8443'),
    [
      '21:10 error endpoints.entra: http://127.0.0.1:8443 is not an address that begins with https:// and has no user, query or fragment -> write https:// in place of http://: secrets travel encrypted only, even to this machine',
    ],
  ],
  [
    'an address without scheme',
    changed(['https://contoso.vault', 'contoso.vault']),
    [
      '12:10 error stores.vault.url: contoso.vault.azure.net is not an address that begins with https:// and has no user, query or fragment -> write https://contoso.vault.azure.net',
    ],
  ],
  [
    'an address with a user',
    extended('endpoints:\n  vssps: https://user@proxy.contoso.com'),
    [
      '21:10 error endpoints.vssps: https://user@proxy.contoso.com is not an address that begins with https:// and has no user, query or fragment -> write an address that begins with https:// and has no user, query or fragment',
    ],
  ],
  [
    'a verification without encryption',
    token('    verify: http://dev.azure.com/contoso'),
    [
      '20:13 error tokens[package-feed].verify: http://dev.azure.com/contoso is not connection-data, listed, git, feeds, work-items or an address that begins with https:// -> write https:// in place of http://: secrets travel encrypted only, even to this machine',
    ],
  ],
  [
    'a secret name with a dot',
    token('    secretName: feed.pat'),
    [
      '20:17 error tokens[package-feed].secretName: feed.pat is not a name of 1 to 127 letters, digits and hyphens, or for a rule a template with {name} -> write a name of 1 to 127 letters, digits and hyphens, or for a rule a template with {name}',
    ],
  ],
  [
    'a limit beyond everything',
    extended('limits:\n  maxReplacements: 120%'),
    [
      '21:20 error limits.maxReplacements: 120% is not a whole number such as 20, or 0% to 100% -> write a whole number such as 20, or 0% to 100%',
    ],
  ],
  [
    'a limit of half a token',
    extended('limits:\n  maxReplacements: 1.5'),
    [
      '21:20 error limits.maxReplacements: 1.5 is a number, not a whole number such as 20, or 0% to 100% -> write a whole number such as 20, or 0% to 100%',
    ],
  ],
  [
    'a mapping for a value',
    changed(['organization: contoso', 'organization: { name: contoso }']),
    [
      '15:3 error defaults.organization: is a mapping, not the name of an organization, such as contoso -> write the name of an organization, such as contoso',
    ],
  ],
  [
    'a display name with a blank at its end',
    token('    displayName: "Feed "'),
    [
      '20:18 error tokens[package-feed].displayName: "Feed " is not 1 to 200 characters in one line, without blanks at its ends -> write 1 to 200 characters in one line, without blanks at its ends',
    ],
  ],
  [
    'a display name that is too long',
    token(`    displayName: ${'x'.repeat(201)}`),
    [
      '20:18 error tokens[package-feed].displayName: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is not 1 to 200 characters in one line, without blanks at its ends -> write 1 to 200 characters in one line, without blanks at its ends',
    ],
  ],
  [
    'no tokens',
    changed(['tokens:\n  - name: package-feed\n    scopes: [vso.packaging]\n', '']),
    ['1:1 error tokens: is missing -> write tokens: with entries that begin with - name: or - match:'],
  ],
]

const references: readonly Case[] = [
  [
    'a variable that is not set',
    changed(['${USER_NAME}', '${USERNAME}']),
    [
      '7:17 error accounts.ci-bot.signIn.username: the variable USERNAME is not set -> set USERNAME in the environment of patrol (did you mean USER_NAME?), or write a default: ${USERNAME:-value}',
    ],
  ],
  [
    'a variable that is empty',
    changed(['organization: contoso', 'organization: ${EMPTY}']),
    [
      '15:17 error defaults.organization: the variable EMPTY is empty -> set EMPTY in the environment of patrol, or write a default: ${EMPTY:-value}',
    ],
  ],
  [
    'a literal password',
    changed(['${USER_PASSWORD}', 'canary-password-1']),
    [
      '8:17 error accounts.ci-bot.signIn.password: is a secret and must not stand in the file itself -> write a reference, such as ${USER_PASSWORD} or ${file:/run/secrets/password}, and set the value there',
    ],
  ],
  [
    'a number as a password',
    changed(['${USER_PASSWORD}', '12345678']),
    [
      '8:17 error accounts.ci-bot.signIn.password: is a secret and must not stand in the file itself -> write a reference, such as ${USER_PASSWORD} or ${file:/run/secrets/password}, and set the value there',
    ],
  ],
  [
    'a password with a default',
    changed(['${USER_PASSWORD}', '${USER_PASSWORD:-canary-password-1}']),
    [
      '8:17 error accounts.ci-bot.signIn.password: is a secret and cannot have a default -> write a reference, such as ${USER_PASSWORD} or ${file:/run/secrets/password}, and set the value there',
    ],
  ],
  [
    'a password that is only partly a reference',
    changed(['${USER_PASSWORD}', 'canary-password-1${USER_PASSWORD}']),
    [
      '8:17 error accounts.ci-bot.signIn.password: is a secret and must not stand in the file itself -> write a reference, such as ${USER_PASSWORD} or ${file:/run/secrets/password}, and set the value there',
    ],
  ],
  [
    'an undefined variable of Azure Pipelines',
    changed(['${USER_PASSWORD}', '$(USER_PASSWORD)']),
    [
      '8:17 error accounts.ci-bot.signIn.password: is $(USER_PASSWORD), which Azure Pipelines leaves when the variable USER_PASSWORD is not defined -> define USER_PASSWORD in the pipeline or its variable group, and hand it to the step under env:',
    ],
  ],
  [
    'an undefined variable of Azure Pipelines behind a variable',
    changed(['organization: contoso', 'organization: ${LEFT}']),
    [
      '15:17 error defaults.organization: the variable LEFT is $(ORG), which Azure Pipelines leaves when the variable ORG is not defined -> define ORG in the pipeline or its variable group, and hand it to the step under env: as LEFT',
    ],
  ],
  [
    'a file that is not there',
    changed(['${USER_PASSWORD}', '${file:/run/secrets/password}']),
    [
      '8:17 error accounts.ci-bot.signIn.password: the file /run/secrets/password cannot be read (there is none) -> correct the path (a relative one starts at the configuration file), the content or the permissions of the file',
    ],
  ],
  [
    'a reference that is not closed',
    changed(['organization: contoso', 'organization: ${ORG']),
    [
      '15:17 error defaults.organization: holds a reference that is not closed -> write ${NAME}, or $${ for the two characters themselves',
    ],
  ],
  [
    'a reference of another tool',
    changed(['organization: contoso', 'organization: ${env:ORG}']),
    [
      '15:17 error defaults.organization: holds the reference ${env:ORG}, which has no known form -> write ${NAME}, ${NAME:-default}, ${file:/path}, or $${ for the two characters themselves',
    ],
  ],
  [
    'a type that cannot be looked up, so that nothing below it can be compared',
    store('    type: ${env:TYPE}\n    url: not an address\n    path: 5\n'),
    [
      '11:11 error stores.vault.type: holds the reference ${env:TYPE}, which has no known form -> write ${NAME}, ${NAME:-default}, ${file:/path}, or $${ for the two characters themselves',
    ],
  ],
  [
    'a value of the environment that does not fit',
    changed(['organization: contoso', 'organization: ${USER_NAME}']),
    [
      '15:17 error defaults.organization: the value of ${USER_NAME} is not the name of an organization, such as contoso -> write the name of an organization, such as contoso',
    ],
  ],
  [
    'a store without identity',
    store('    type: file\n    path: ./secrets\n'),
    [
      '10:3 error stores.vault.identity: is missing -> write identity: ${PATROL_AGE_IDENTITY}, or ${file:./age-key.txt} with a key that `patrol init --new-identity age-key.txt` or age-keygen makes',
    ],
  ],
]

describe.each<readonly [string, readonly Case[]]>([
  ['text that is not the YAML of a configuration', notYaml],
  ['keys and the form of values', form],
  ['references and secrets', references],
])('%s', (_, cases) => {
  test.each(cases)('%s', (_title, text, expected) => {
    expectTold(text, expected)
  })
})
