import { describe, expect, test } from 'vitest'
import { day, hour, minute, times } from '../../src/core/time.ts'
import { pathKey } from '../../src/app/config/faults.ts'
import { changed, extended, goodFile, load, secrets, told, wanted } from './load-text.ts'

const everything = `# yaml-language-server: $schema=patrol.schema.json
version: 1
endpoints:
  entra: https://LOCALHOST:8443/
  vssps: https://localhost:8443/vssps/
  azureDevOps: https://localhost:8443/devops
tls:
  caFile: ca.pem
accounts:
  ci-bot:
    tenant: 11111111-2222-3333-4444-55555555555A
    user: CI-Bot@Contoso.com
    clientId: 11111111-2222-3333-4444-555555555555
    signIn:
      method: password
      username: \${USER_NAME}
      password: \${USER_PASSWORD}
  token-bot:
    tenant: contoso.com
    user: token-bot@contoso.com
    signIn:
      method: access-token
      file: tokens/bot
stores:
  vault:
    type: azure-key-vault
    url: https://Contoso.vault.azure.net/
    credential:
      type: managed-identity
      clientId: 11111111-2222-3333-4444-555555555555
  emulated:
    type: azure-key-vault
    url: https://127.0.0.1:8460
    credential: account:ci-bot
    verifyChallengeResource: false
  local:
    type: file
    path: ./secrets
    identity: \${file:key.txt}
defaults:
  account: ci-bot
  organization: contoso
  lifetime: 60d
  renewBefore: 33%
  overlap: 48h
  orphanAfter: 2h
  turnLimit: 10m
  runEvery: 7d
  store: vault
tokens:
  - name: package-feed
    displayName: Package feed
    scopes: [packaging.write, vso.Code]
    secretName: package-feed-pat
    verify: listed
    paused: true
  - name: agents
    account: token-bot
    organization: fabrikam
    scopes:
      - vso.agentpools_manage
    method: renew
    atCeiling: rotate
    store: emulated
    lifetime: 90d
    verify: https://localhost:8443/devops/contoso/_apis/distributedtask/pools
  - match: "deploy-*"
    organizations: [contoso, fabrikam]
    secretName: "{organization}-pat-{name}"
    store: local
  - match: "*"
    method: renew
    lifetime: 365d
limits:
  maxReplacements: 10
`
const files = {
  '/etc/patrol/ca.pem': '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  '/etc/patrol/key.txt': `# created: today\r\n${secrets.identity}\r\n`,
}

test('a file that uses every key asks for everything that it says', () => {
  const asked = wanted(everything, { files })
  expect(asked.warnings.map(({ isAdvice }) => isAdvice)).toEqual([true])
  expect(asked.file).toBe('patrol.yaml')
  expect(asked.endpoints).toEqual({
    entra: 'https://localhost:8443',
    vssps: 'https://localhost:8443/vssps',
    azureDevOps: 'https://localhost:8443/devops',
    entraOverridden: true,
  })
  expect(asked.tls).toEqual({ caFile: '/etc/patrol/ca.pem' })
  expect(asked.runEvery).toBe(times(7, day))
  expect(asked.limits).toEqual({ maxReplacements: { kind: 'count', count: 10 } })
})

test('accounts carry their owner in lower case, and secrets that only reveal() opens', () => {
  const { accounts } = wanted(everything, { files })
  const bot = accounts.get('ci-bot')
  expect(bot).toMatchObject({
    name: 'ci-bot',
    tenant: '11111111-2222-3333-4444-55555555555a',
    user: 'ci-bot@contoso.com',
    clientId: '11111111-2222-3333-4444-555555555555',
    signIn: { method: 'password', username: 'CI-Bot@contoso.com' },
  })
  expect(bot?.signIn.method === 'password' && bot.signIn.password.reveal()).toBe(secrets.password)
  expect(accounts.get('token-bot')?.signIn).toEqual({
    method: 'access-token',
    token: { file: '/etc/patrol/tokens/bot' },
  })
  expect(JSON.stringify([...accounts.values()])).not.toContain(secrets.password)
})

test('stores have plain addresses, absolute paths and a kind of credential', () => {
  const { stores } = wanted(everything, { files })
  expect(stores.get('vault')).toEqual({
    type: 'azure-key-vault',
    name: 'vault',
    url: 'https://contoso.vault.azure.net',
    credential: {
      type: 'managed-identity',
      clientId: '11111111-2222-3333-4444-555555555555',
      resourceId: undefined,
      objectId: undefined,
    },
    verifyChallengeResource: true,
  })
  expect(stores.get('emulated')).toMatchObject({
    credential: { type: 'account', account: 'ci-bot' },
    verifyChallengeResource: false,
  })
  const local = stores.get('local')
  expect(local).toMatchObject({ type: 'file', path: '/etc/patrol/secrets' })
  expect(local?.type === 'file' && local.identity.reveal()).toBe(files['/etc/patrol/key.txt'].replace(/\r\n$/, ''))
})

test('tokens have all their terms, those of defaults among them', () => {
  const { tokens } = wanted(everything, { files })
  expect(tokens).toEqual([
    {
      name: 'package-feed',
      account: 'ci-bot',
      owner: 'ci-bot@contoso.com',
      organization: 'contoso',
      displayName: 'Package feed',
      scopes: ['vso.code', 'vso.packaging_write'],
      method: 'rotate',
      lifetime: times(60, day),
      renewBefore: Math.trunc(60 * day * 0.33),
      overlap: times(48, hour),
      orphanAfter: times(2, hour),
      turnLimit: times(10, minute),
      atCeiling: 'report',
      verification: { kind: 'listed' },
      targets: [],
      paused: true,
      place: { store: 'vault', secretName: 'package-feed-pat' },
      rule: undefined,
      covers: undefined,
    },
    expect.objectContaining({
      name: 'agents',
      account: 'token-bot',
      owner: 'token-bot@contoso.com',
      organization: 'fabrikam',
      displayName: 'agents',
      method: 'renew',
      atCeiling: 'rotate',
      lifetime: times(90, day),
      verification: { kind: 'url', url: 'https://localhost:8443/devops/contoso/_apis/distributedtask/pools' },
      place: { store: 'emulated', secretName: 'agents' },
      paused: false,
    }),
  ])
})

test('rules keep their order, and one that extends has no store from defaults', () => {
  expect(wanted(everything, { files }).rules).toEqual([
    expect.objectContaining({
      match: 'deploy-*',
      method: 'rotate',
      organizations: ['contoso', 'fabrikam'],
      scopes: undefined,
      store: 'local',
      secretNameTemplate: '{organization}-pat-{name}',
    }),
    expect.objectContaining({
      match: '*',
      method: 'renew',
      organizations: ['contoso'],
      store: undefined,
      secretNameTemplate: '{name}',
      lifetime: times(365, day),
    }),
  ])
})

test('what is not written is built in', () => {
  const asked = wanted(goodFile)
  expect(asked.tokens[0]).toMatchObject({
    displayName: 'package-feed',
    method: 'rotate',
    lifetime: times(30, day),
    renewBefore: times(10, day),
    overlap: times(48, hour),
    orphanAfter: hour,
    turnLimit: times(15, minute),
    atCeiling: 'report',
    verification: { kind: 'connection-data' },
    paused: false,
    place: { store: 'vault', secretName: 'package-feed' },
  })
  expect(asked.endpoints).toEqual({
    entra: 'https://login.microsoftonline.com',
    vssps: 'https://vssps.dev.azure.com',
    azureDevOps: 'https://dev.azure.com',
    entraOverridden: false,
  })
  expect(asked.stores.get('vault')).toMatchObject({
    credential: { type: 'default' },
    verifyChallengeResource: true,
  })
  expect(asked.limits).toEqual({ maxReplacements: { kind: 'default' } })
  expect(asked.runEvery).toBeUndefined()
})

describe('times that depend on each other', () => {
  const tokenWith = (lines: string) => {
    const [token] = wanted(changed(['    scopes: [vso.packaging]\n', `    scopes: [vso.packaging]\n${lines}\n`])).tokens
    if (token === undefined) throw new Error('there is no token')
    return token
  }

  test('renewBefore is a third of the lifetime', () => {
    expect(tokenWith('    lifetime: 90d').renewBefore).toBe(times(30, day))
  })

  test('max is a year that a policy may cut, from defaults, too, and rules know it', () => {
    expect(tokenWith('    lifetime: max')).toMatchObject({ lifetime: times(365, day), asksForMost: true })
    expect(tokenWith('    lifetime: 365d')).not.toHaveProperty('asksForMost')
    const rule = '  - match: "*"\n    store: vault\n'
    const { tokens, rules } = wanted(changed(['  store: vault\n', '  store: vault\n  lifetime: max\n']).concat(rule))
    expect(tokens).toMatchObject([{ lifetime: times(365, day), asksForMost: true }])
    expect(rules).toMatchObject([{ lifetime: times(365, day), asksForMost: true }])
  })

  test.each([
    ['7d', times(48, hour)],
    ['6d', times(16, hour)],
    ['12h', times(80, minute)],
  ])('with a lifetime of %s the overlap shrinks only where 48h does not fit', (lifetime, overlap) => {
    expect(tokenWith(`    lifetime: ${lifetime}`).overlap).toBe(overlap)
  })

  test('turnLimit follows orphanAfter', () => {
    expect(tokenWith('    orphanAfter: 20m').turnLimit).toBe(times(5, minute))
  })

  test('an entry that only extends takes no harm from a long overlap of defaults', () => {
    const text = changed(
      ['  store: vault\n', '  store: vault\n  overlap: 9d\n'],
      [
        '    scopes: [vso.packaging]\n',
        '    scopes: [vso.packaging]\n  - match: "*"\n    method: renew\n    renewBefore: 6d\n',
      ],
    )
    expect(wanted(text).rules[0]?.overlap).toBe(times(2, day))
  })
})

describe('what is allowed', () => {
  test.each([
    ['a byte order mark and Windows line ends', `\ufeff${goodFile.replaceAll('\n', '\r\n')}`],
    [
      'anchors and aliases',
      goodFile.replace('[vso.packaging]', '&s [vso.packaging]').concat('  - name: other\n    scopes: *s\n'),
    ],
    [
      'references in quotes within braces',
      goodFile.replace(
        /signIn:\n(.*\n){3}/,
        'signIn: { method: password, username: "${USER_NAME}", password: "${USER_PASSWORD}" }\n',
      ),
    ],
    [
      'an address of Azure DevOps to verify at',
      extended('    verify: https://feeds.dev.azure.com/contoso/_apis/packaging/feeds'),
    ],
    ['an old address of Azure DevOps', extended('    verify: https://contoso.visualstudio.com/_apis/projects')],
    [
      'a verification at the configured endpoint',
      extended('    verify: https://127.0.0.1:9/x\nendpoints:\n  azureDevOps: https://127.0.0.1:9'),
    ],
    ['a truth value by reference', extended('    paused: ${PAUSED:-false}')],
    ['no replacement at all', extended('limits:\n  maxReplacements: 0%')],
    ['a national vault', goodFile.replace('vault.azure.net', 'vault.azure.cn')],
    [
      'an emulated vault',
      goodFile.replace('https://contoso.vault.azure.net', 'https://localhost:8460\n    verifyChallengeResource: false'),
    ],
    [
      'two rules of one pattern for two organizations',
      extended('  - match: "*"\n  - match: "*"\n    organization: fabrikam'),
    ],
    [
      'one name of a secret in two stores',
      goodFile
        .replace('defaults:', '  other:\n    type: azure-key-vault\n    url: https://other.vault.azure.net\ndefaults:')
        .concat('  - name: second\n    scopes: [vso.code]\n    store: other\n    secretName: package-feed\n'),
    ],
    [
      'a guest who has the same name in another tenant',
      goodFile
        .replace(
          'accounts:\n',
          'accounts:\n  guest:\n    tenant: fabrikam.com\n    user: ci-bot@contoso.com\n    signIn:\n      method: access-token\n      token: ${USER_PASSWORD}\n',
        )
        .concat('  - name: second\n    account: guest\n    scopes: [vso.code]\n'),
    ],
  ])('%s', (_, text) => {
    expect(told(load(text))).toEqual([])
  })
})

test('a path in messages is a key that no other path has', () => {
  expect(pathKey(['a', 'b.c'])).not.toBe(pathKey(['a', 'b', 'c']))
})

describe('a credential of a vault', () => {
  const credentialOf = (lines: string) => {
    const vault = wanted(changed(['azure.net\n', `azure.net\n    credential: ${lines}\n`]), {
      variables: { SYSTEM_ACCESSTOKEN: 'canary-access-token' },
    }).stores.get('vault')
    return vault?.type === 'azure-key-vault' ? vault.credential : undefined
  }
  const id = '11111111-2222-3333-4444-555555555555'

  test.each([
    'default',
    'environment',
    'managed-identity',
    'workload-identity',
    'azure-cli',
    'azure-pipelines',
    'github-actions',
  ])('can be the word %s, and the mapping of that type means the same', (type) => {
    expect(credentialOf(type)).toEqual({ type })
    expect(credentialOf(`\n      type: ${type}`)).toEqual({ type })
  })

  test('names a user-assigned identity by any of its names', () => {
    const resource =
      '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/patrol'
    expect(credentialOf(`{ type: managed-identity, objectId: ${id} }`)).toEqual({
      type: 'managed-identity',
      objectId: id,
    })
    expect(credentialOf(`{ type: managed-identity, resourceId: ${resource} }`)).toEqual({
      type: 'managed-identity',
      resourceId: resource,
    })
  })

  test('has paths from where the configuration is', () => {
    expect(
      credentialOf(`{ type: workload-identity, clientId: ${id}, tenant: contoso.com, tokenFile: tokens/a }`),
    ).toEqual({
      type: 'workload-identity',
      clientId: id,
      tenant: 'contoso.com',
      tokenFile: '/etc/patrol/tokens/a',
    })
  })

  test('holds the access token of a job as a secret', () => {
    const lines = ['type: azure-pipelines', `clientId: ${id}`, 'tenant: contoso.com', `serviceConnection: ${id}`]
    const credential = credentialOf(
      [...lines, 'systemAccessToken: ${SYSTEM_ACCESSTOKEN}'].map((line) => `\n      ${line}`).join(''),
    )
    expect(credential).toMatchObject({ type: 'azure-pipelines', serviceConnection: id })
    expect(JSON.stringify(credential)).not.toContain('canary')
    expect(credential?.type === 'azure-pipelines' && credential.systemAccessToken?.reveal()).toBe('canary-access-token')
  })
})

test.each(['https://login.microsoftonline.us', 'https://login.partner.microsoftonline.cn/'])(
  'the national cloud at %s is Microsoft’s own',
  (entra) => {
    const { endpoints } = wanted(extended(`endpoints:\n  entra: ${entra}`))
    expect(endpoints).toMatchObject({ entra: entra.replace(/\/$/, ''), entraOverridden: false })
  },
)

test('an account without a tenant knows the organizations that tell it', () => {
  const text = changed(
    ['    tenant: contoso.onmicrosoft.com\n', ''],
    [
      '    scopes: [vso.packaging]\n',
      '    scopes: [vso.packaging]\n  - match: "*"\n    organizations: [fabrikam, contoso]\n',
    ],
  )
  expect(wanted(text).accounts.get('ci-bot')).toMatchObject({
    tenant: undefined,
    organizations: ['contoso', 'fabrikam'],
  })
})
