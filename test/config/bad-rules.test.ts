import { describe, expect, it, test } from 'vitest'
import { type Case, defaults, expectTold, scopes, signIn, store, token, vault } from './bad-file.ts'
import { advised, changed, extended, goodFile, load, secrets, told } from './load-text.ts'

const rules: readonly Case[] = [
  [
    'a lifetime beyond the longest',
    token('    lifetime: 400d'),
    [
      '20:15 error tokens[package-feed].lifetime: 400d is longer than 365d, the most that Azure DevOps grants -> write at most 365d',
    ],
  ],
  [
    'renewBefore as long as the lifetime',
    token('    renewBefore: 30d'),
    [
      '20:18 error tokens[package-feed].renewBefore: 30d is not shorter than lifetime 30d (built in) -> write renewBefore: 10d or another below 30d, or a longer lifetime',
    ],
  ],
  [
    'renewBefore of defaults against the lifetime of an entry',
    changed(
      ['  store: vault\n', '  store: vault\n  renewBefore: 10d\n'],
      ['    scopes: [vso.packaging]\n', '    scopes: [vso.packaging]\n    lifetime: 7d\n'],
    ),
    [
      '21:15 error tokens[package-feed].lifetime: renewBefore 10d (from defaults) is not shorter than 7d -> write renewBefore: 56h or another below 7d, or a longer lifetime',
    ],
  ],
  [
    'an overlap as long as renewBefore',
    defaults('  renewBefore: 2d\n  overlap: 48h'),
    [
      '18:12 error defaults.overlap: 2d is not shorter than renewBefore 2d -> write overlap: 16h or another below 2d, or a longer renewBefore',
    ],
  ],
  [
    'a turn as long as orphanAfter',
    defaults('  orphanAfter: 15m\n  turnLimit: 15m'),
    [
      '18:14 error defaults.turnLimit: 15m is not shorter than orphanAfter 15m -> write turnLimit: 3m or another below 15m, or a longer orphanAfter',
    ],
  ],
  [
    'orphanAfter below five minutes',
    defaults('  orphanAfter: 4m'),
    [
      '17:16 error defaults.orphanAfter: 4m is shorter than 5m, so that a PAT on its way could be taken for lost -> write at least 5m',
    ],
  ],
  [
    'orphanAfter beyond half of renewBefore',
    defaults('  lifetime: 3h'),
    [
      '17:13 error defaults.lifetime: orphanAfter 1h (built in) is longer than half of renewBefore 1h (built in) -> write an orphanAfter of at most 30m, or a longer lifetime',
    ],
  ],
  [
    'runs that are too rare',
    defaults('  runEvery: 7d'),
    [
      '17:13 warning defaults.runEvery: 7d is more than half of the renewBefore of tokens[package-feed]: a run that fails may not be repeated in time -> run more often, or write a renewBefore of at least twice runEvery',
    ],
  ],
  [
    'two tokens of one name',
    extended('  - name: package-feed\n    scopes: [vso.code]'),
    ['20:11 error tokens[package-feed].name: package-feed is the name of an earlier token, too -> write another name'],
  ],
  [
    'two tokens of one secret, in other case',
    extended('  - name: other\n    scopes: [vso.code]\n    secretName: Package-Feed'),
    [
      '22:17 error tokens[other].secretName: the secret Package-Feed of this store is that of tokens[package-feed], too -> write another secretName',
    ],
  ],
  [
    'a name that is an id',
    extended('  - name: 11111111-2222-3333-4444-555555555555\n    scopes: [vso.code]'),
    [
      "20:11 error tokens[11111111-2222-3333-4444-555555555555].name: 11111111-2222-3333-4444-555555555555 has the form of a PAT's id -> write a name that says what the token is for",
    ],
  ],
  [
    'name and match',
    token('    match: "*"'),
    ['20:5 error tokens[package-feed].match: stands beside name -> keep name for one token, or match for a rule'],
  ],
  [
    'neither name nor match',
    extended('  - organization: contoso'),
    ['20:5 error tokens[#2]: has neither name nor match -> write name: for one token, or match: "*" for a rule'],
  ],
  [
    'an account that does not exist',
    changed(['account: ci-bot', 'account: ci-bott']),
    ['14:12 error defaults.account: there is no account ci-bott -> did you mean ci-bot?'],
  ],
  [
    'an account of an entry that does not exist',
    token('    account: deployment'),
    [
      '20:14 error tokens[package-feed].account: there is no account deployment -> write ci-bot, or add it under accounts',
    ],
  ],
  [
    'a store that does not exist',
    changed(['store: vault', 'store: vualt']),
    ['16:10 error defaults.store: there is no store vualt -> write vault, or add it under stores'],
  ],
  [
    'no account, organization and store at all',
    changed(['defaults:\n  account: ci-bot\n  organization: contoso\n  store: vault\n', '']),
    [
      '14:5 error tokens[package-feed]: names no account, and defaults.account is missing -> write account: ci-bot, here or under defaults',
      '14:5 error tokens[package-feed]: names no organization, and defaults.organization is missing -> write organization: with its name, here or under defaults',
      '14:5 error tokens[package-feed]: names no store, and defaults.store is missing: method: rotate keeps each new value in one -> write store: with vault, here or under defaults',
    ],
  ],
  [
    'a token that only extends and has no store',
    token('    method: renew'),
    [
      '18:5 error tokens[package-feed]: has method: renew and no store of its own, so its value would be lost when it is made -> name a store (store: with vault), or write match: in place of name: to extend PATs that are there already',
    ],
  ],
  [
    'a ceiling without store',
    extended('  - match: "*"\n    method: renew\n    atCeiling: rotate'),
    [
      '22:16 error tokens[*].atCeiling: rotate needs a store of the entry itself: defaults.store does not serve method: renew -> write store: with vault, or atCeiling: report',
    ],
  ],
  [
    'a ceiling that nothing meets',
    token('    atCeiling: rotate'),
    [
      '20:16 warning tokens[package-feed].atCeiling: has no effect: method: rotate meets no ceiling -> remove it, or write method: renew',
    ],
  ],
  [
    'a secret name without store',
    extended('  - match: "*"\n    method: renew\n    secretName: "{name}"'),
    [
      '22:5 error tokens[*].secretName: is not used: method: renew has no store unless it names one -> add store:, or remove secretName',
    ],
  ],
  [
    'one secret name for a rule',
    extended('  - match: "*"\n    secretName: all'),
    [
      '21:17 error tokens[*].secretName: all would be the name of every PAT that the rule covers -> write a template with {name}, such as "pat-{name}"',
    ],
  ],
  [
    'a template for a token',
    token('    secretName: "pat-{name}"'),
    [
      '20:17 error tokens[package-feed].secretName: pat-{name} is a template, which is only for rules -> write the name itself',
    ],
  ],
  [
    'organizations of a token',
    token('    organizations: [contoso, fabrikam]'),
    [
      '20:5 error tokens[package-feed].organizations: is only for rules -> write organization: with one name; a token belongs to one, so declare one for each',
    ],
  ],
  [
    'organization and organizations',
    extended('  - match: "*"\n    organization: contoso\n    organizations: [fabrikam, Fabrikam]'),
    [
      '21:5 error tokens[*].organization: stands beside organizations -> keep one of the two',
      '22:31 error tokens[*].organizations[#2]: Fabrikam stands in this list twice -> remove it',
    ],
  ],
  [
    'a display name of a rule',
    extended('  - match: "*"\n    displayName: Feed'),
    [
      '21:5 error tokens[*].displayName: is only for tokens with a name -> remove it: a rule takes the display names of the PATs that it covers',
    ],
  ],
  [
    'a display name with a mark',
    token('    displayName: Package feed (patrol 0123456789ab)'),
    [
      '20:18 error tokens[package-feed].displayName: "Package feed (patrol 0123456789ab)" holds a mark of Patrol -> remove " (patrol …)": Patrol adds the 22 characters itself',
    ],
  ],
  [
    'two display names that are the same',
    token('    displayName: Feed').concat('  - name: other\n    displayName: Feed\n    scopes: [vso.code]\n'),
    [
      '22:18 warning tokens[other].displayName: Feed is the display name of tokens[package-feed], too -> write another, so that people can tell the PATs apart',
    ],
  ],
  [
    'no scopes',
    changed(['    scopes: [vso.packaging]\n', '']),
    [
      '18:5 error tokens[package-feed]: scopes is missing: a token with a name must say what it may do -> write scopes: with a list of what the token may do, such as - vso.code_write',
    ],
  ],
  [
    'a scope twice',
    scopes('[vso.code, vso.Code]'),
    ['19:24 error tokens[package-feed].scopes[#2]: vso.Code stands in this list twice -> remove it'],
  ],
  [
    'full scope among others',
    scopes('[vso.code, app_token]'),
    [
      '19:24 error tokens[package-feed].scopes[#2]: app_token includes every other scope and stands alone -> remove app_token, or the others',
    ],
  ],
  [
    'full scope',
    scopes('[app_token]'),
    [
      '19:14 warning tokens[package-feed].scopes[#1]: app_token lets whoever has the token do everything that the account may do -> list the scopes that the token needs; a tenant can forbid full scope',
    ],
  ],
  [
    'scopes of the sign-in',
    scopes('[vso.pats, vso.pats_manage, user_impersonation]'),
    [
      '19:14 error tokens[package-feed].scopes[#1]: vso.pats is a permission of the sign-in and never one of a PAT -> remove it',
      '19:24 error tokens[package-feed].scopes[#2]: vso.pats_manage is a permission of the sign-in and never one of a PAT -> remove it',
      '19:41 error tokens[package-feed].scopes[#3]: user_impersonation is a permission of the sign-in and never one of a PAT -> remove it',
    ],
  ],
  [
    'a scope with a slip',
    scopes('[vso.packging]'),
    [
      '19:14 error tokens[package-feed].scopes[#1]: vso.packging is not among the scopes that are known -> did you mean vso.packaging? If Azure DevOps does know vso.packging, write unknownScopes: true into the entry',
    ],
  ],
  [
    'a friendly name with a slip',
    scopes('[packging.write, Code.Read]'),
    [
      '19:14 error tokens[package-feed].scopes[#1]: packging.write is not among the scopes that are known -> did you mean packaging.write? An id such as vso.packaging_write is right, too',
    ],
  ],
  [
    'a friendly name that nobody knows',
    scopes('[quantum.entangle]'),
    [
      '19:14 error tokens[package-feed].scopes[#1]: quantum.entangle is not among the scopes that are known -> write one of the table in docs/config.md, or the id that Azure DevOps gives it, such as vso.code_write',
    ],
  ],
  [
    'a scope by both its names',
    scopes('[vso.code, code.read]'),
    ['19:24 error tokens[package-feed].scopes[#2]: code.read stands in this list twice -> remove it'],
  ],
  [
    'full scope by its friendly name, among others',
    scopes('[vso.code, full-access]'),
    [
      '19:24 error tokens[package-feed].scopes[#2]: app_token includes every other scope and stands alone -> remove app_token, or the others',
    ],
  ],
  [
    'a scope that another one includes',
    scopes('[vso.code, code.manage]'),
    [
      '19:14 warning tokens[package-feed].scopes[#1]: vso.code is included in code.manage, which stands in this list, too -> remove it',
    ],
  ],
  [
    'a scope that nobody knows',
    scopes('[vso.quantum_entangle]'),
    [
      '19:14 warning tokens[package-feed].scopes[#1]: vso.quantum_entangle is not among the scopes that are known -> check it; Patrol asks for it as it stands; unknownScopes: true ends this warning',
    ],
  ],
  [
    'a scope that is like a known one, and no slip',
    scopes('[vso.testing]'),
    [
      '19:14 warning tokens[package-feed].scopes[#1]: vso.testing is not among the scopes that are known -> did you mean vso.settings? Patrol asks for it as it stands; unknownScopes: true ends this warning',
    ],
  ],
  ['scopes that are meant', scopes('[vso.packging, vso.quantum_entangle]\n    unknownScopes: true'), []],
  [
    'a friendly name with a slip, although unknown scopes are meant',
    scopes('[packging.write]\n    unknownScopes: true'),
    [
      '19:14 error tokens[package-feed].scopes[#1]: packging.write is not among the scopes that are known -> did you mean packaging.write? An id such as vso.packaging_write is right, too',
    ],
  ],
  [
    'a rule twice',
    extended('  - match: "deploy-*"\n  - match: "deploy-*"\n    organizations: [contoso]'),
    [
      '21:12 error tokens[deploy-*].match: deploy-* is the pattern of an earlier rule of the same account and organization -> write another pattern, or merge the two rules',
    ],
  ],
  [
    'a rule behind the one for all',
    extended('  - match: "*"\n  - match: "deploy-*"'),
    [
      '21:12 warning tokens[deploy-*].match: deploy-* is never reached: the rule "*" above covers every PAT -> put the rule "*" last',
    ],
  ],
  [
    'a verification elsewhere',
    token('    verify: https://dev.azure.com.evil.example/contoso'),
    [
      '20:13 error tokens[package-feed].verify: https://dev.azure.com.evil.example/contoso is not an address of Azure DevOps: a PAT is sent nowhere else -> write an address under dev.azure.com or visualstudio.com, connection-data, or listed',
    ],
  ],
  [
    'a verification on another port',
    token('    verify: https://dev.azure.com:8443/contoso'),
    [
      '20:13 error tokens[package-feed].verify: https://dev.azure.com:8443/contoso is not an address of Azure DevOps: a PAT is sent nowhere else -> write an address under dev.azure.com or visualstudio.com, connection-data, or listed',
    ],
  ],
  [
    'a vault with a path',
    changed(['https://contoso.vault.azure.net', 'https://contoso.vault.azure.net/secrets/x']),
    [
      '12:10 error stores.vault.url: https://contoso.vault.azure.net/secrets/x has a path, which a vault has not -> write only what stands before it, such as https://contoso.vault.azure.net',
    ],
  ],
  [
    'a vault that cannot be',
    changed(['https://contoso.vault.azure.net', 'https://my_vault.vault.azure.net']),
    [
      '12:10 error stores.vault.url: https://my_vault.vault.azure.net names no possible vault -> write the name of the vault as the portal shows it: 3 to 24 letters, digits and hyphens',
    ],
  ],
  [
    'a vault on another domain',
    changed(['https://contoso.vault.azure.net', 'https://vault.contoso.com']),
    [
      '12:10 warning stores.vault.url: https://vault.contoso.com is not under vault.azure.net, vault.usgovcloudapi.net or vault.azure.cn -> check the address; an emulator on another domain also needs verifyChallengeResource: false',
    ],
  ],
  [
    'an unverified vault of Microsoft',
    vault('    verifyChallengeResource: false'),
    [
      '13:30 error stores.vault.verifyChallengeResource: is false for a vault of Microsoft -> remove it: only an emulator on another domain needs it',
    ],
  ],
  [
    'a vault of another cloud than the account that opens it',
    changed([
      'https://contoso.vault.azure.net\n',
      'https://contoso.vault.usgovcloudapi.net\n    credential: account:ci-bot\n',
    ]),
    [
      '13:17 error stores.vault.credential: account:ci-bot signs in at https://login.microsoftonline.com, which gives no tokens for vaults under vault.usgovcloudapi.net -> write another credential, or endpoints: with entra: https://login.microsoftonline.us',
    ],
  ],
  [
    'an identity with two names',
    vault(
      '    credential:\n      type: managed-identity\n      clientId: 11111111-2222-3333-4444-555555555555\n      objectId: 11111111-2222-3333-4444-555555555555',
    ),
    [
      '16:17 error stores.vault.credential.objectId: stands beside clientId -> keep one of clientId, resourceId and objectId',
    ],
  ],
  [
    'an account whose tenant nothing tells',
    changed(
      ['    tenant: contoso.onmicrosoft.com\n', ''],
      [
        '    url: https://contoso.vault.azure.net\n',
        '    url: https://contoso.vault.azure.net\n    credential: account:opener\n',
      ],
      [
        'stores:\n',
        '  opener:\n    signIn:\n      method: password\n      username: opener@contoso.com\n      password: ${USER_PASSWORD}\nstores:\n',
      ],
    ),
    [
      '8:3 error accounts.opener: has no tenant, and no entry with an organization from which to find it -> write tenant: with the id of the tenant or one of its domains',
    ],
  ],
  [
    'on-behalf-of with nothing to show',
    signIn('    user: bot@contoso.com\n    signIn:\n      method: on-behalf-of\n      passphrase: ${USER_PASSWORD}\n'),
    [
      '3:3 error accounts.ci-bot: clientId is missing, which sign-in by on-behalf-of needs -> write clientId: with the application that the token of the user is for',
      "6:5 error accounts.ci-bot.signIn: has neither assertion nor file -> write file: with the path of a file that holds the user's token, or assertion: ${NAME}",
      '6:5 error accounts.ci-bot.signIn: has neither secret nor certificate -> write certificate: ${file:…}, or secret: ${NAME}, of the application',
      '8:7 error accounts.ci-bot.signIn.passphrase: opens nothing: there is no certificate -> remove it',
    ],
  ],
  [
    'on-behalf-of with too much',
    signIn(
      '    user: bot@contoso.com\n    clientId: 11111111-2222-3333-4444-555555555555\n    signIn:\n      method: on-behalf-of\n      assertion: ${USER_PASSWORD}\n      file: ~/token\n      secret: ${USER_PASSWORD}\n      certificate: ${USER_PASSWORD}\n',
    ),
    [
      '10:13 error accounts.ci-bot.signIn.file: ~/token begins with ~, which is not replaced here -> write ${HOME} in place of ~',
      '10:13 error accounts.ci-bot.signIn.file: stands beside assertion -> keep one of assertion and file',
      '12:20 error accounts.ci-bot.signIn.certificate: stands beside secret -> keep one of secret and certificate',
      '12:20 error accounts.ci-bot.signIn.certificate: the value of ${USER_PASSWORD} holds no certificate in PEM form -> store a certificate and its RSA key as one PEM text, the key with passphrase: where it is encrypted',
    ],
  ],
  [
    'an agent that is its own blueprint, with a client id and a certificate that is none',
    signIn(
      '    clientId: 11111111-2222-3333-4444-555555555555\n    signIn:\n      method: agent-user\n      blueprint: 11111111-2222-3333-4444-55555555555A\n      agent: 11111111-2222-3333-4444-55555555555a\n      credential:\n        type: certificate\n        certificate: ${USER_PASSWORD}\n',
    ),
    [
      '3:3 error accounts.ci-bot: user is missing, which sign-in by agent-user needs -> write user: with the user principal name of the user account that belongs to the agent',
      '5:15 warning accounts.ci-bot.clientId: has no effect: method: agent-user signs in with its agent -> remove it',
      '9:14 error accounts.ci-bot.signIn.agent: is the blueprint itself -> write the client id of the agent identity, a child of the blueprint',
      '12:22 error accounts.ci-bot.signIn.credential.certificate: the value of ${USER_PASSWORD} holds no certificate in PEM form -> store a certificate and its RSA key as one PEM text, the key with passphrase: where it is encrypted',
    ],
  ],
  [
    'an agent without anything',
    signIn('    user: agent@contoso.com\n    signIn:\n      method: agent-user\n'),
    [
      '6:5 error accounts.ci-bot.signIn.agent: is missing -> write an id such as 11111111-2222-3333-4444-555555555555',
      '6:5 error accounts.ci-bot.signIn.blueprint: is missing -> write an id such as 11111111-2222-3333-4444-555555555555',
      '6:5 error accounts.ci-bot.signIn.credential: is missing -> write credential: with one of managed-identity, workload-identity, azure-pipelines, github-actions, certificate',
    ],
  ],
  [
    'an agent whose blueprint has a name for an id, and whose identity has two',
    signIn(
      '    user: agent@contoso.com\n    signIn:\n      method: agent-user\n      blueprint: patrol\n      agent: 11111111-2222-3333-4444-55555555555a\n      credential:\n        type: managed-identity\n        clientId: 11111111-2222-3333-4444-555555555555\n        objectId: 11111111-2222-3333-4444-555555555555\n',
    ),
    [
      '8:18 error accounts.ci-bot.signIn.blueprint: patrol is not an id such as 11111111-2222-3333-4444-555555555555 -> write an id such as 11111111-2222-3333-4444-555555555555',
      '13:19 error accounts.ci-bot.signIn.credential.objectId: stands beside clientId -> keep one of clientId, resourceId and objectId',
    ],
  ],
  [
    'a credential of no account',
    vault('    credential: account:ci-bit'),
    ['13:17 error stores.vault.credential: account:ci-bit names no account -> did you mean account:ci-bot?'],
  ],
  [
    'two stores of one vault',
    changed(['stores:\n', 'stores:\n  again:\n    type: azure-key-vault\n    url: https://CONTOSO.vault.azure.net/\n']),
    [
      '10:3 warning stores.again: is not used by any token -> remove it, or name it in an entry of tokens',
      '13:3 error stores.vault: is the same place as stores.again -> use again in its place, and remove it',
    ],
  ],
  [
    'a store that nothing uses',
    changed(['stores:\n', 'stores:\n  spare:\n    type: azure-key-vault\n    url: https://spare.vault.azure.net\n']),
    ['10:3 warning stores.spare: is not used by any token -> remove it, or name it in an entry of tokens'],
  ],
  [
    'a store that rules which extend do not use',
    changed(['  - name: package-feed\n    scopes: [vso.packaging]\n', '  - match: "*"\n    method: renew\n']),
    [
      '10:3 warning stores.vault: is not used by any token -> remove it, or name it in an entry: method: renew does not take defaults.store',
    ],
  ],
  [
    'an account that nothing uses',
    changed([
      'accounts:\n',
      'accounts:\n  spare:\n    tenant: contoso.com\n    user: spare@contoso.com\n    signIn:\n      method: access-token\n      file: token.txt\n',
    ]),
    ['3:3 warning accounts.spare: is not used by any token -> remove it, or name it in an entry of tokens'],
  ],
  [
    'two accounts of one user',
    changed(
      [
        'accounts:\n',
        'accounts:\n  again:\n    tenant: contoso.onmicrosoft.com\n    user: ci-bot@CONTOSO.com\n    signIn:\n      method: access-token\n      file: token.txt\n',
      ],
      [
        '    scopes: [vso.packaging]\n',
        '    scopes: [vso.packaging]\n  - name: other\n    account: again\n    scopes: [vso.code]\n',
      ],
    ),
    ['9:3 error accounts.ci-bot: is the same user as accounts.again -> use again in its place, and remove it'],
  ],
  [
    'an access token of nobody, from nowhere',
    signIn('    signIn:\n      method: access-token\n'),
    [
      '3:3 error accounts.ci-bot: user is missing, which sign-in by access-token needs -> write user: with the user principal name that the access token belongs to',
      '5:5 error accounts.ci-bot.signIn: has neither token nor file -> write token: ${NAME}, or file: with the path of a file that holds it',
    ],
  ],
  [
    'an access token from two places',
    signIn(
      '    user: ci-bot@contoso.com\n    signIn:\n      method: access-token\n      token: ${USER_PASSWORD}\n      file: token.txt\n',
    ),
    ['9:13 error accounts.ci-bot.signIn.file: stands beside token -> keep one of token and file'],
  ],
  [
    'a vault opened by an access token',
    signIn('    user: ci-bot@contoso.com\n    signIn:\n      method: access-token\n      file: token.txt\n').replace(
      'vault.azure.net\n',
      'vault.azure.net\n    credential: account:ci-bot\n',
    ),
    [
      '13:17 error stores.vault.credential: the account ci-bot has an access token for Azure DevOps, which opens no vault -> write default, or an account with another sign-in method',
    ],
  ],
  [
    'a certificate that is not there',
    extended('tls:\n  caFile: ca.pem'),
    [
      '21:11 error tls.caFile: the file /etc/patrol/ca.pem cannot be read (there is none) -> write the path of a PEM file; a relative one starts at the configuration file',
    ],
  ],
  [
    'a path with a tilde',
    store('    type: file\n    path: ~/secrets\n    identity: ${PATROL_AGE_IDENTITY}\n'),
    [
      '12:11 error stores.vault.path: ~/secrets begins with ~, which is not replaced here -> write ${HOME} in place of ~',
    ],
  ],
  [
    'nothing to look after',
    changed(['tokens:\n  - name: package-feed\n    scopes: [vso.packaging]\n', 'tokens: []\n']),
    ['17:1 warning tokens: is empty: nothing is looked after -> add an entry with name: or match:'],
  ],
]

const together: readonly Case[] = [
  [
    'type faults, unknown keys and rules between keys together',
    `version: 2
acounts: {}
accounts:
  Bot:
    tenant: x
  b:
    signIn: { method: azure-cli }
  c:
    tenant: 5
    user: null
    signIn:
      method: password
      username: bot
      password: canary-password-1
      foo: 1
tokens:
  - name: A
    lifetime: 400d
    scope: [vso.code]
    scopes: vso.code
  - match: *
    method: renw
    lifetime: 30
    verify: http://x
  - name: ok
    match: x
    paused: on
  -
  - name: "\${NOT_SET}"
    lifetime: 10d
    overlap: 5d
limits: 5
`,
    [
      '1:10 error version: 2 is a number, not 1, the version of this form of the file -> write 1, the version of this form of the file',
      '2:1 error acounts: there is no such key -> did you mean accounts?',
      '4:3 error accounts.Bot: is not a name of lower-case letters, digits and hyphens -> write lower-case letters, digits and hyphens, with a letter or digit at both ends',
      '6:3 error accounts.b: user is missing, which sign-in by azure-cli needs -> write user: with the user principal name of the person who is signed in to the Azure CLI',
      '9:13 error accounts.c.tenant: 5 is a number, not a tenant id (11111111-2222-3333-4444-555555555555) or a domain of the tenant (contoso.onmicrosoft.com) -> write a tenant id (11111111-2222-3333-4444-555555555555) or a domain of the tenant (contoso.onmicrosoft.com)',
      '10:11 error accounts.c.user: has no value -> write a user name such as ci-bot@contoso.com, or remove the key',
      '13:17 error accounts.c.signIn.username: bot is not a user name such as ci-bot@contoso.com -> write a user name such as ci-bot@contoso.com',
      '14:17 error accounts.c.signIn.password: is a secret and must not stand in the file itself -> write a reference, such as ${USER_PASSWORD} or ${file:/run/secrets/password}, and set the value there',
      '15:7 error accounts.c.signIn.foo: there is no such key -> remove it; here can be method, username, password or warnOfMfa',
      '17:5 error tokens[A]: names no account (nor do 3 more entries), and defaults.account is missing -> write account: <Bot | b | c>, here or under defaults',
      '17:5 error tokens[A]: names no organization (nor do 3 more entries), and defaults.organization is missing -> write organization: with its name, here or under defaults',
      '17:5 error tokens[A]: names no store (nor do 2 more entries), and defaults.store is missing: method: rotate keeps each new value in one -> write store: with a store that you add under stores, here or under defaults',
      '17:11 error tokens[A].name: A is not a name of lower-case letters, digits and hyphens -> write a',
      '18:15 error tokens[A].lifetime: 400d is longer than 365d, the most that Azure DevOps grants -> write at most 365d',
      '19:5 error tokens[A].scope: there is no such key -> did you mean scopes?',
      '20:13 error tokens[A].scopes: is a single value, not a list of scopes -> write a list of scopes, each entry on a line of its own after "- "',
      '21:12 error tokens[#2].match: a * that is not in quotes begins an alias, and there is no such anchor -> put the pattern in quotes: "*"',
      '22:13 error tokens[#2].method: renw is not one of rotate, renew -> did you mean renew?',
      '23:15 error tokens[#2].lifetime: 30 is a number, not a duration such as 90s, 15m, 12h or 30d, or max -> write the unit, too: 30d',
      '24:13 error tokens[#2].verify: http://x is not connection-data, listed, git, feeds, work-items or an address that begins with https:// -> write https:// in place of http://: secrets travel encrypted only, even to this machine',
      '26:5 error tokens[ok].match: stands beside name -> keep name for one token, or match for a rule',
      '27:13 error tokens[ok].paused: on is not true or false -> write true: YAML 1.2 takes on for a text',
      '28:4 error tokens[#4]: has no value -> write a mapping, or remove the entry',
      '29:5 error tokens[#5]: scopes is missing: a token with a name must say what it may do -> write scopes: with a list of what the token may do, such as - vso.code_write',
      '29:11 error tokens[#5].name: the variable NOT_SET is not set -> set NOT_SET in the environment of patrol, or write a default: ${NOT_SET:-value}',
      '31:14 error tokens[#5].overlap: 5d is not shorter than renewBefore 80h (built in) -> write overlap: 26h or another below 80h, or a longer renewBefore',
      '32:9 error limits: is a single value, not a mapping -> write a mapping, one key per line',
    ],
  ],
  [
    'one fault of defaults for many tokens is told once',
    defaults('  lifetime: 400d').concat(
      '  - name: second\n    scopes: [vso.code]\n  - name: third\n    scopes: [vso.code]\n',
    ),
    [
      '17:13 error defaults.lifetime: 400d is longer than 365d, the most that Azure DevOps grants -> write at most 365d',
    ],
  ],
  [
    'windows line ends and a byte order mark',
    '\ufeff' +
      changed(['organization: contoso', 'organization: conto so'], ['[vso.packaging]', '[vso.pats]']).replaceAll(
        '\n',
        '\r\n',
      ),
    [
      '15:17 error defaults.organization: "conto so" is not the name of an organization, such as contoso -> write the name of an organization, such as contoso',
      '19:14 error tokens[package-feed].scopes[#1]: vso.pats is a permission of the sign-in and never one of a PAT -> remove it',
    ],
  ],
]

describe.each<readonly [string, readonly Case[]]>([
  ['rules between keys', rules],
  ['many faults at once', together],
])('%s', (_, cases) => {
  test.each(cases)('%s', (_title, text, expected) => {
    expectTold(text, expected)
  })
})

describe('advice', () => {
  const warnOfMfa = (value: string): string =>
    changed(['      password: ${USER_PASSWORD}\n', `      password: \${USER_PASSWORD}\n      warnOfMfa: ${value}\n`])

  it('is told of a stored password, with its place, and is no fault', () => {
    const loaded = load(goodFile)
    expect(loaded.kind).toBe('ok')
    expect(told(loaded)).toEqual([])
    expect(advised(loaded)).toEqual([
      '6:15 warning accounts.ci-bot.signIn.method: signs in with a stored password, which fails as soon as Microsoft Entra demands a second factor -> the method refresh-token survives that; warnOfMfa: false says that you know',
    ])
    expect(advised(load(warnOfMfa('true')))).toHaveLength(1)
  })

  it.each(['false', '"false"'])('is not told to who wrote warnOfMfa: %s', (value) => {
    expect(advised(load(warnOfMfa(value)))).toEqual([])
  })
})

it('an age identity with a character that is wrong is told apart from what is none, and never shown', async () => {
  const text = store('    type: file\n    path: ./secrets\n    identity: ${PATROL_AGE_IDENTITY}\n')
  const last = secrets.identity.at(-1) === 'Q' ? 'P' : 'Q'
  const spoiled = secrets.identity.slice(0, -1) + last
  const loaded = load(text, { variables: { PATROL_AGE_IDENTITY: spoiled } })
  expect(told(loaded)).toEqual([
    '13:15 error stores.vault.identity: the value of ${PATROL_AGE_IDENTITY} is an age identity with a character that is wrong: its checksum does not fit -> copy it once more, as a whole, from where it was made',
  ])
  expect(JSON.stringify(loaded)).not.toContain(spoiled.slice(20, 40))
  expect(told(load(text))).toEqual([])
})
