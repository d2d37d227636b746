import { describe, expect, it, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { changed, load, told, wanted } from './load-text.ts'

/** The good file with one target of these lines, which its one token names. */
function withTarget(lines: readonly string[]): string {
  return changed(
    ['defaults:\n', `targets:\n  one:\n${lines.map((line) => `    ${line}\n`).join('')}defaults:\n`],
    ['    scopes: [vso.packaging]\n', '    scopes: [vso.packaging]\n    targets: [one]\n'],
  )
}

const pem = '-----BEGIN RSA PRIVATE KEY-----\nY2FuYXJ5\n-----END RSA PRIVATE KEY-----\n'
const world = {
  variables: { GITHUB_SECRETS_TOKEN: 'canary-github-token', BAD: 'canary-bad-value' },
  files: { '/etc/patrol/app.pem': pem },
}

const targetOf = (lines: readonly string[]) => wanted(withTarget(lines), world).targets.get('one')
/** Without the place, which hangs on how many lines there are. */
const faultsOf = (lines: readonly string[]): readonly string[] =>
  told(load(withTarget(lines), world)).map((line) => line.replace(/^\d+:\d+ error targets\.one/, ''))

const github = ['type: github-secret', 'secret: "PAT_{TOKEN}"']
const token = 'token: ${GITHUB_SECRETS_TOKEN}'

describe('a github-secret', () => {
  it('of a repository is what was written', () => {
    expect(targetOf([...github, 'repository: contoso/app', token])).toEqual({
      type: 'github-secret',
      name: 'one',
      group: 1,
      apiUrl: 'https://api.github.com',
      identity: { kind: 'token', token: new Secret('canary-github-token') },
      place: { kind: 'repository', repository: 'contoso/app' },
      secret: 'PAT_{TOKEN}',
    })
  })

  it('of an environment, with an App at a server of their own', () => {
    const lines = [
      'repository: contoso/app',
      'environment: on call',
      'apiUrl: https://github.contoso.example/api/v3/',
      'app:',
      '  id: 12',
      '  privateKey: ${file:app.pem}',
      '  installation: "34"',
    ]
    expect(targetOf([...github, ...lines])).toMatchObject({
      apiUrl: 'https://github.contoso.example/api/v3',
      identity: { kind: 'app', id: '12', installation: 34 },
      place: { kind: 'environment', repository: 'contoso/app', environment: 'on call' },
    })
  })

  it.each([
    [[], undefined],
    [['visibility: all'], 'all'],
    [['visibility: selected', 'repositories: [app]'], { repositories: ['app'] }],
    [['repositories: [app, web]'], { repositories: ['app', 'web'] }],
  ])('of an organization is seen by whom %j says', (lines, visibility) => {
    expect(targetOf([...github, 'organization: contoso', token, ...lines])).toMatchObject({
      place: { kind: 'organization', organization: 'contoso', visibility },
    })
  })

  test.each([
    [
      'nothing of what it needs',
      github,
      [
        ': has neither repository nor organization -> write repository: or organization:',
        ': has neither token nor app -> write token: or app:',
      ],
    ],
    [
      'too much of it',
      [...github, 'repository: a/b', 'organization: a', token, 'app:', '  id: 1', '  privateKey: ${file:app.pem}'],
      ['.organization: stands beside repository -> keep one of them', '.app: stands beside token -> keep one of them'],
    ],
    [
      'what belongs to other places',
      [...github, 'repository: a/b', token, 'visibility: all', 'repositories: [x]'],
      [
        '.visibility: is only for secrets of an organization -> write organization:, or remove visibility',
        '.repositories: is not used with visibility: all -> write visibility: selected, or remove repositories',
        '.repositories: is only for secrets of an organization -> write organization:, or remove repositories',
      ],
    ],
    [
      'an environment of an organization, and selected repositories that are not named',
      [...github, 'organization: a', token, 'environment: x', 'visibility: selected'],
      [
        '.environment: is part of a repository -> write repository:, or remove environment',
        '.visibility: names no repositories -> write them under repositories',
      ],
    ],
    [
      'a key that is none, and the web pages in place of the API',
      [...github, 'repository: a/b', 'app:', '  id: 1', '  privateKey: ${BAD}', 'apiUrl: https://github.com'],
      [
        '.app.privateKey: the value of ${BAD} is no private key -> set it to the whole file (PEM) that GitHub gave: ${file:./app.pem} reads it',
        '.apiUrl: https://github.com is the address of the web pages -> write https://api.github.com, or remove apiUrl',
      ],
    ],
    [
      'a server without the path of its API',
      [...github, 'repository: a/b', token, 'apiUrl: https://github.contoso.example'],
      [
        '.apiUrl: https://github.contoso.example is the address of the web pages -> write https://github.contoso.example/api/v3',
      ],
    ],
    [
      'a literal token and a name that GitHub does not take',
      ['type: github-secret', 'secret: GITHUB_PAT', 'repository: a/b', 'token: canary'],
      [
        expect.stringContaining('.secret: GITHUB_PAT is not a name of letters, digits and low lines'),
        expect.stringContaining('.token: '),
      ],
    ],
    [
      'a placeholder that would be no name',
      ['type: github-secret', 'secret: "PAT_{token}"', 'repository: a/b', token],
      [
        '.secret: PAT_{token} would be no name of a secret -> write letters, digits and low lines, and {TOKEN} for the name of the token',
      ],
    ],
  ])('with %s is told', (_title, lines, expected) => {
    expect(faultsOf(lines)).toEqual(expected)
    expect(faultsOf(lines).join('\n')).not.toContain('canary')
  })
})

describe('a kubernetes-secret', () => {
  it('is what was written', () => {
    const lines = [
      'type: kubernetes-secret',
      'secret: "pat-{token}"',
      'namespace: build',
      'kubeconfig: kube/config',
      'context: production',
      'restart: [deployment/api, statefulset/db]',
    ]
    expect(targetOf(lines)).toEqual({
      type: 'kubernetes-secret',
      name: 'one',
      group: 1,
      cluster: { kubeconfig: '/etc/patrol/kube/config', context: 'production' },
      namespace: 'build',
      secret: 'pat-{token}',
      key: 'token',
      restart: [
        { kind: 'deployment', name: 'api' },
        { kind: 'statefulset', name: 'db' },
      ],
    })
  })

  it('needs only the name of a Secret', () => {
    expect(targetOf(['type: kubernetes-secret', 'secret: feed'])).toMatchObject({
      cluster: { kubeconfig: undefined, context: undefined },
      namespace: undefined,
      restart: [],
    })
  })

  it('with names that no cluster takes is told', () => {
    const lines = ['secret: "pat-{TOKEN}"', 'namespace: "{TOKEN}"', 'kubeconfig: ~/.kube/config', 'restart: [job/x]']
    expect(faultsOf(['type: kubernetes-secret', ...lines])).toEqual([
      '.secret: pat-{TOKEN} would be no name of a Secret, which has lower-case letters only -> write {token} in place of {TOKEN}, and the rest in lower case',
      expect.stringContaining('.namespace: {TOKEN} is not a name of a namespace'),
      expect.stringContaining('.kubeconfig: ~/.kube/config begins with ~'),
      expect.stringContaining('.restart[#1]: job/x is not a workload'),
    ])
  })
})

describe('an azure-key-vault', () => {
  const lines = ['type: azure-key-vault', 'url: https://Contoso-Asia.vault.azure.net/']

  it('is what was written', () => {
    expect(targetOf([...lines, 'credential: managed-identity', 'secretName: feed'])).toEqual({
      type: 'azure-key-vault',
      name: 'one',
      group: 1,
      url: 'https://contoso-asia.vault.azure.net',
      credential: { type: 'managed-identity' },
      verifyChallengeResource: true,
      secretName: 'feed',
    })
    expect(targetOf(lines)).toMatchObject({ credential: { type: 'default' }, secretName: '{token}' })
  })

  test.each([
    [
      'the vault of the store',
      ['url: https://CONTOSO.vault.azure.net'],
      '.url: https://CONTOSO.vault.azure.net is the vault of stores.vault',
    ],
    [
      'a path',
      ['url: https://other.vault.azure.net/secrets'],
      '.url: https://other.vault.azure.net/secrets has a path',
    ],
    [
      'an account that does not exist',
      [...lines.slice(1), 'credential: account:ci-bott'],
      '.credential: account:ci-bott names no account',
    ],
    [
      'a vault of Microsoft that need not prove itself',
      [...lines.slice(1), 'verifyChallengeResource: false'],
      '.verifyChallengeResource: is false',
    ],
    [
      'an identity with two names',
      [
        ...lines.slice(1),
        'credential:',
        '  type: managed-identity',
        '  clientId: 11111111-2222-3333-4444-555555555555',
        '  objectId: 11111111-2222-3333-4444-555555555555',
      ],
      '.credential.objectId: stands beside clientId',
    ],
  ])('with %s is told', (_title, changes, expected) => {
    expect(faultsOf(['type: azure-key-vault', ...changes])).toEqual([expect.stringContaining(expected)])
  })
})

describe('a webhook', () => {
  const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'
  const lines = ['type: webhook', 'url: https://hook.example/x', 'secret: ${GITHUB_SECRETS_TOKEN}']

  it('is what was written', () => {
    expect(targetOf([...lines, `encryptTo: ${recipient}`])).toEqual({
      type: 'webhook',
      name: 'one',
      group: 1,
      url: 'https://hook.example/x',
      secret: new Secret('canary-github-token'),
      encryptTo: recipient,
    })
  })

  it('with a literal secret, an address without TLS and no recipient is told', () => {
    expect(faultsOf(['type: webhook', 'url: http://hook.example', 'secret: canary', 'encryptTo: age1x'])).toEqual([
      expect.stringContaining('.url: '),
      expect.stringContaining('.secret: '),
      expect.stringContaining('.encryptTo: age1x is not an age recipient'),
    ])
  })
})
