import { describe, expect, it, test } from 'vitest'
import { changed, load, told, wanted } from './load-text.ts'

/** The good file with these targets, and with lines in its one token and after it. */
function withTargets(targets: string, token = 'targets: [one]', more = ''): string {
  return changed(
    ['defaults:\n', `targets:\n${targets}\ndefaults:\n`],
    ['    scopes: [vso.packaging]\n', `    scopes: [vso.packaging]\n    ${token}\n${more}`],
  )
}

const group = (more = '', name = 'one'): string =>
  `  ${name}:\n    type: azure-devops-variable-group\n    project: Web site\n    variableGroup: build\n    variable: PAT${more}`
const connection = (more = '', name = 'one'): string =>
  `  ${name}:\n    type: azure-devops-service-connection\n    project: Web\n    connection: feed${more}`

const deliverer = (scope: string, more = ''): string =>
  `  - name: deliverer\n    scopes: [${scope}]\n    targets: []\n${more}`

describe('targets in Azure DevOps', () => {
  it('are those of the default organization, opened by the default account', () => {
    const { targets } = wanted(withTargets(group()))
    expect(targets.get('one')).toMatchObject({
      type: 'azure-devops-variable-group',
      organization: 'contoso',
      project: 'Web site',
      variableGroup: 'build',
      variable: 'PAT',
      opener: { kind: 'account', account: 'ci-bot' },
      otherSecrets: 'keep',
    })
    expect(wanted(withTargets(connection())).targets.get('one')).toMatchObject({
      type: 'azure-devops-service-connection',
      connection: 'feed',
      url: undefined,
      otherSecrets: 'refuse',
    })
  })

  it('may be elsewhere, by number, and opened by a token', () => {
    const text = withTargets(
      group('\n    organization: fabrikam\n    token: deliverer\n    otherSecrets: refuse').replace('build', '42'),
      'targets: [one]',
      deliverer('variablegroups.manage', '    organization: fabrikam\n    secretName: the-deliverer\n'),
    )
    expect(wanted(text).targets.get('one')).toMatchObject({
      organization: 'fabrikam',
      variableGroup: '42',
      opener: { kind: 'token', token: 'deliverer', store: 'vault', secretName: 'the-deliverer' },
      otherSecrets: 'refuse',
    })
  })
})

test.each<[string, string, readonly string[]]>([
  [
    'a group that is meant to be a variable group',
    withTargets(group().replace('variableGroup: build', 'group: build')),
    [
      'is missing -> write the name or number of a variable group',
      'build is not a whole number from 1 to 9 -> did you mean variableGroup: build?',
    ],
  ],
  [
    'an account that does not exist',
    withTargets(group('\n    account: ci-bto')),
    ['there is no account ci-bto -> did you mean ci-bot?'],
  ],
  [
    'an account and a token',
    withTargets(
      group('\n    account: ci-bot\n    token: deliverer'),
      undefined,
      deliverer('vso.variablegroups_manage'),
    ),
    ['stands beside account -> keep one of account and token'],
  ],
  [
    'a token that does not exist',
    withTargets(group('\n    token: delivrer'), undefined, deliverer('vso.variablegroups_manage')),
    ['there is no token delivrer with a name of its own -> did you mean deliverer?'],
  ],
  [
    'a token without the scope, of another organization',
    withTargets(
      connection('\n    token: deliverer'),
      undefined,
      deliverer('vso.variablegroups_manage', '    organization: fabrikam\n'),
    ),
    [
      'deliverer is a PAT of fabrikam, and the target is in contoso -> use a token of contoso, or write account:',
      'deliverer lacks the scope vso.serviceendpoint_manage -> add vso.serviceendpoint_manage to its scopes, or write account:',
    ],
  ],
  [
    'a token without a store',
    withTargets(
      group('\n    token: deliverer'),
      undefined,
      deliverer('vso.variablegroups_manage', '    method: renew\n'),
    ),
    [
      'deliverer has no store from which its value could be read -> give it a store, or name another',
      'has method: renew and no store of its own',
    ],
  ],
  [
    'a token that would open the target it is delivered to',
    withTargets(group('\n    token: package-feed')).replace(
      '[vso.packaging]',
      '[vso.packaging, vso.variablegroups_manage]',
    ),
    [
      'package-feed would open the target that it is delivered to -> use an account, or a token that is not delivered like this',
    ],
  ],
  [
    'two tokens that open each other’s targets',
    withTargets(
      `${group('\n    token: deliverer')}\n${group('\n    token: package-feed', 'two').replace('PAT', 'OTHER')}`,
      undefined,
      deliverer('vso.variablegroups_manage').replace('targets: []', 'targets: [two]'),
    ).replace('[vso.packaging]', '[vso.packaging, vso.variablegroups_manage]'),
    [
      'deliverer is delivered by way of package-feed, which is delivered here -> use an account, or a token that is not delivered like this',
      'package-feed is delivered by way of deliverer, which is delivered here -> use an account, or a token that is not delivered like this',
    ],
  ],
  [
    'one place twice, in other letters',
    withTargets(`${group()}\n${group('', 'two').replace('build', 'Build')}`, 'targets: [one, two]'),
    ['is the same place as targets.one -> use one in its place, and remove it'],
  ],
  [
    'a placeholder that does not exist',
    withTargets(group().replace('PAT', '"PAT_{TOKN}"')),
    ['would be no name of a variable -> write letters, digits and low lines, and {TOKEN} for the name of the token'],
  ],
  [
    'names that lead elsewhere in a path',
    withTargets(group().replace('Web site', '../other')),
    ['is not the name or id of a project'],
  ],
])('%s is refused, with all faults at once', (_, text, faults) => {
  const loaded = load(text)
  expect(loaded.kind).toBe('invalid')
  const problems = told(loaded).filter((problem) => problem.includes(' error '))
  expect(problems).toEqual(faults.map((fault) => expect.stringContaining(fault)))
})

test('no default says who opens them, or where they are', () => {
  const text = withTargets(group())
    .replace('  account: ci-bot\n', '')
    .replace('  organization: contoso\n', '')
    .replace('    targets: [one]\n', '    targets: [one]\n    account: ci-bot\n    organization: contoso\n')
  expect(told(load(text)).map((problem) => problem.replace(/^.*?targets/, 'targets'))).toEqual([
    'targets.one: has no organization, and defaults.organization is missing -> write organization: here',
    'targets.one: names neither account nor token, and defaults.account is missing -> write account: ci-bot, or token: with a managed token',
  ])
})
