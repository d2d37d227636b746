import { describe, expect, it, test } from 'vitest'
import { minute, second, times } from '../../src/core/time.ts'
import { changed, load, told, wanted } from './load-text.ts'

/** The good file with these targets, and with lines in its one token. */
function withTargets(targets: string, token = '', more = ''): string {
  return changed(
    ['defaults:\n', `targets:\n${targets}\ndefaults:\n`],
    ['    scopes: [vso.packaging]\n', `    scopes: [vso.packaging]\n${token === '' ? '' : `    ${token}\n`}${more}`],
  )
}

const program = '  program:\n    type: command\n    command: [push, "{token}"]'
const dotenv = (variable: string, name = 'variables'): string =>
  `  ${name}:\n    type: dotenv\n    path: ./.env\n    variable: ${variable}`

describe('targets', () => {
  it('are what was written, complete and with absolute paths', () => {
    const { targets, tokens } = wanted(
      withTargets(`${program}\n${dotenv('FEED_PAT')}\n    group: 2`, 'targets: [variables, program]'),
    )
    expect(targets.get('program')).toEqual({
      type: 'command',
      name: 'program',
      group: 1,
      command: ['push', '{token}'],
      variable: undefined,
      inspect: undefined,
      remove: undefined,
      timeout: minute,
      directory: '/etc/patrol',
    })
    expect(targets.get('variables')).toEqual({
      type: 'file',
      name: 'variables',
      group: 2,
      path: '/etc/patrol/.env',
      mode: 0o600,
      format: { kind: 'dotenv', variable: 'FEED_PAT' },
    })
    expect(tokens[0]).toMatchObject({
      targets: ['program', 'variables'],
      groups: new Map([
        ['program', 1],
        ['variables', 2],
      ]),
    })
  })

  it('take every key that they have', () => {
    const all = `  all:
    type: command
    shell: "cat > x"
    value: environment
    inspect: [look]
    remove: [drop]
    timeout: 5s
    directory: scripts
    group: "3"`
    expect(wanted(withTargets(all, 'targets: [all]')).targets.get('all')).toEqual({
      type: 'command',
      name: 'all',
      group: 3,
      command: { shell: 'cat > x' },
      variable: 'PATROL_VALUE',
      inspect: ['look'],
      remove: ['drop'],
      timeout: times(5, second),
      directory: '/etc/patrol/scripts',
    })
  })

  it('of defaults are those of every entry with a store, and of no other', () => {
    const text = withTargets(
      program,
      '',
      '  - name: other\n    scopes: [vso.code]\n    targets: []\n  - match: "*"\n    method: renew\n',
    )
    const { tokens, rules } = wanted(text.replace('  store: vault\n', '  store: vault\n  targets: [program]\n'))
    expect(tokens.map(({ targets }) => targets)).toEqual([['program'], []])
    expect(rules.map(({ targets }) => targets)).toEqual([[]])
  })

  it('need not have their references where values are only read', () => {
    const text = withTargets(
      '  gone:\n    type: file\n    path: ${NOT_SET}/x\n    content: "{value}"',
      'targets: [gone]',
    )
    expect(load(text).kind).toBe('invalid')
    expect(wanted(text, { needs: 'stores' }).targets).toEqual(new Map())
  })

  it.each([
    ['file', 'content: "{value}"', { kind: 'template', content: '{value}' }],
    ['netrc', 'username: me', { kind: 'netrc', machine: 'dev.azure.com', username: 'me' }],
    ['git-credentials', 'group: 1', { kind: 'git-credentials', url: 'https://dev.azure.com', username: 'patrol' }],
    [
      'npmrc',
      'registry: https://a.example/npm/registry/',
      { kind: 'npmrc', registry: 'https://a.example/npm/registry/', username: 'patrol' },
    ],
    ['nuget-config', 'source: contoso feed', { kind: 'nuget-config', source: 'contoso feed', username: 'patrol' }],
    [
      'pip-conf',
      'url: https://a.example/simple/',
      { kind: 'pip-conf', url: 'https://a.example/simple/', key: 'extra-index-url', username: 'patrol' },
    ],
  ])('of type %s are files', (type, line, format) => {
    const text = withTargets(
      `  one:\n    type: ${type}\n    path: /home/build/x\n    readableBy: group\n    ${line}`,
      'targets: [one]',
    )
    expect(wanted(text).targets.get('one')).toEqual({
      type: 'file',
      name: 'one',
      group: 1,
      path: '/home/build/x',
      mode: 0o640,
      format,
    })
  })
})

test.each([
  [
    'a target that does not exist',
    withTargets(program, 'targets: [progam]'),
    ['24:15 error tokens[package-feed].targets[#1]: there is no target progam -> did you mean program?'],
  ],
  [
    'a target that is named twice',
    withTargets(program, 'targets: [program, program]'),
    ['24:24 error tokens[package-feed].targets[#2]: program stands in this list twice -> remove it'],
  ],
  [
    'targets without a store',
    withTargets(program, '', '  - match: "*"\n    method: renew\n    targets: [program]\n'),
    [
      '26:5 error tokens[*].targets: is not used: method: renew has no store unless it names one, and copies are made of what a store holds -> add store:, or remove targets',
    ],
  ],
  [
    'a target that nobody names',
    withTargets(program),
    [
      '14:3 warning targets.program: gets nothing: no token names it -> name it under targets: of a token, or remove it',
    ],
  ],
  [
    'two targets of one place',
    withTargets(`${dotenv('PAT')}\n${dotenv('PAT', 'again')}`, 'targets: [variables, again]'),
    ['18:3 error targets.again: is the same place as targets.variables -> use variables in its place, and remove it'],
  ],
  [
    'two tokens that would overwrite each other',
    withTargets(
      dotenv('PAT'),
      'targets: [variables]',
      '  - name: other\n    scopes: [vso.code]\n    targets: [variables]\n',
    ),
    [
      '28:15 error tokens[other].targets[#1]: target variables is that of tokens[package-feed], too, which would be overwritten -> write {token} into targets.variables, where it says where the copy goes, or use another target',
    ],
  ],
  [
    'a rule whose tokens would overwrite each other',
    withTargets(dotenv('PAT'), '', '  - match: "*"\n    targets: [variables]\n'),
    [
      '26:15 error tokens[*].targets[#1]: the tokens of this rule would overwrite each other in target variables -> write {token} into targets.variables, where it says where the copy goes, or use another target',
    ],
  ],
  [
    'the value in an argument',
    withTargets('  program:\n    type: command\n    command: [push, "--token={value}"]', 'targets: [program]'),
    [
      '16:21 error targets.program.command[#2]: would put the value into an argument, which every user of the machine can read -> take it from the standard input, or write value: environment',
    ],
  ],
  [
    'neither a program nor a shell',
    withTargets('  program:\n    type: command\n    variable: X', 'targets: [program]'),
    [
      '14:3 error targets.program: has neither command nor shell -> write command: with a list of a program and its arguments, or shell: with a text for a shell',
      '16:5 error targets.program.variable: is not used: the value comes on the standard input -> write value: environment, or remove variable',
    ],
  ],
  [
    'a program and a shell',
    withTargets(`${program}\n    shell: x`, 'targets: [program]'),
    ['17:5 error targets.program.shell: stands beside command -> keep one of them'],
  ],
  [
    'a content without the value, at a path with a tilde',
    withTargets('  one:\n    type: file\n    path: ~/x\n    content: "{valeu}"', 'targets: [one]'),
    [
      '16:11 error targets.one.path: ~/x begins with ~, which is not replaced here -> write ${HOME} in place of ~',
      '17:14 error targets.one.content: holds no value: neither {value} nor {base64} nor {basic} stands in it -> write {value} where the value belongs',
    ],
  ],
  [
    'a name of a variable that would be none',
    withTargets(dotenv('"PAT-{token}"').replace('"PAT-{token}"', '"PAT_{token}"'), 'targets: [variables]'),
    [
      '17:15 error targets.variables.variable: PAT_{token} would be no name of a variable -> write letters, digits and low lines, and {TOKEN} for the name of the token',
    ],
  ],
  [
    'a type that does not exist',
    withTargets('  one:\n    type: comand', 'targets: [one]'),
    [
      expect.stringMatching(
        /^15:11 error targets\.one\.type: comand is not one of command, file, dotenv, .* -> did you mean command\?$/,
      ),
    ],
  ],
  [
    'a name that is too long',
    withTargets(program.replace('program:', `${'p'.repeat(25)}:`)),
    [expect.stringMatching(/^14:3 error targets\.p+: is not a name of at most 24 lower-case letters/)],
  ],
])('%s is told', (_title, text, expected) => {
  const loaded = load(text)
  expect(told(loaded)).toEqual(expected)
})

test('more targets than can be remembered are refused', () => {
  const names = Array.from({ length: 21 }, (_, index) => `t${index}`)
  const all = names.map((name) => `  ${name}:\n    type: command\n    command: [${name}]`).join('\n')
  expect(told(load(withTargets(all, `targets: [${names.join(', ')}]`)))).toEqual([
    '84:5 error tokens[package-feed].targets: names 21 targets, and a token can have 20 -> let one of them pass the value on, or split the token in two',
  ])
})

describe('verify', () => {
  const proofOf = (line: string): unknown =>
    wanted(withTargets(`${program}\n    ${line}`, 'targets: [program]')).targets.get('program')?.proof

  it.each([
    ['verify: feeds', { kind: 'scope', probe: 'feeds' }],
    ['verify: connection-data', { kind: 'connection-data' }],
    ['verify: https://dev.azure.com/{organization}/x', { kind: 'url', url: 'https://dev.azure.com/{organization}/x' }],
    ['verify:\n      url: https://dev.azure.com/x', { kind: 'url', url: 'https://dev.azure.com/x' }],
    [
      'verify:\n      url: https://dev.azure.com/x\n      expect:\n        status: [200, "404"]\n        contains: count',
      { kind: 'url', url: 'https://dev.azure.com/x', expect: { statuses: [200, 404], contains: 'count' } },
    ],
  ])('of a target is what is proven after a delivery: %s', (line, proof) => {
    expect(proofOf(line)).toEqual(proof)
  })

  it('of an entry may expect something, too', () => {
    const { tokens } = wanted(
      withTargets(
        program,
        'targets: [program]',
        '    verify:\n      url: https://dev.azure.com/x\n      expect:\n        status: 404\n',
      ),
    )
    expect(tokens[0]?.verification).toEqual({
      kind: 'url',
      url: 'https://dev.azure.com/x',
      expect: { statuses: [404], contains: undefined },
    })
  })

  it.each([
    ['verify: listed', 'listed is not connection-data, git, feeds, work-items or an address that begins with https://'],
    ['verify: https://example.com/', 'is not an address of Azure DevOps: a PAT is sent nowhere else'],
    ['verify:\n      url: https://example.com/', 'verify.url: https://example.com/ is not an address of Azure DevOps'],
    [
      'verify:\n      url: https://dev.azure.com/x\n      expect:\n        status: 401',
      'expect.status: holds a status by which Azure DevOps refuses a PAT',
    ],
    [
      'verify:\n      url: https://dev.azure.com/x\n      expect:\n        status: 99',
      '99 is a number, not a status from 200 to 599',
    ],
    ['verify:\n      uri: https://dev.azure.com/x', 'there is no such key'],
  ])('is refused: %s', (line, text) => {
    expect(told(load(withTargets(`${program}\n    ${line}`, 'targets: [program]'))).join('\n')).toContain(text)
  })
})
