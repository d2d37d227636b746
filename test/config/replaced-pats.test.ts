import { describe, expect, test } from 'vitest'
import { type Case, expectTold } from './bad-file.ts'
import { changed, extended, wanted } from './load-text.ts'

const [one, two] = ['aaaaaaaa-2222-3333-4444-555555555555', 'BBBBBBBB-2222-3333-4444-555555555555'] as const
const first = (...lines: readonly string[]): readonly [string, string] => [
  '    scopes: [vso.packaging]\n',
  `    scopes: [vso.packaging]\n${lines.map((line) => `    ${line}\n`).join('')}`,
]
const second = (...lines: readonly string[]): string =>
  `  - name: other\n    scopes: [code.read]\n    organization: fabrikam\n${lines.map((line) => `    ${line}\n`).join('')}`

test('every entry knows all that replace a PAT with it, and those that may have had its value', () => {
  const text = changed(first(`replaces: [${one}, ${two}]`, 'revokeReplaced: true'))
  const { tokens } = wanted(text.concat(second(`replaces: [${one}]`, 'revokeReplaced: true')))
  const named = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name)
  const shown = tokens.map(({ name, replaces = [], replacedByOthers }) => [
    name,
    replaces.map(({ successors, bystanders, ...rest }) => [rest, named(successors), named(bystanders)]),
    replacedByOthers,
  ])
  const both = [{ authorizationId: one, revoke: true }, ['package-feed', 'other'], []]
  expect(shown).toEqual([
    [
      'package-feed',
      [both, [{ authorizationId: two.toLowerCase(), revoke: true }, ['package-feed'], ['other']]],
      undefined,
    ],
    ['other', [both], [two.toLowerCase()]],
  ])
  const silent = wanted(text.concat(second(`replaces: [${one}]`))).tokens
  expect(silent.map(({ replaces = [] }) => replaces.map(({ revoke }) => revoke))).toEqual([[false, true], [false]])
  expect(wanted(changed()).tokens[0]).not.toHaveProperty('replaces')
})

describe('what is refused of replaced PATs', () => {
  const cases: readonly Case[] = [
    [
      'a word about nothing',
      changed(first('revokeReplaced: true')),
      [
        '20:5 error tokens[package-feed].revokeReplaced: is not used without replaces -> add replaces: with the ids of the PATs, or remove it',
      ],
    ],
    [
      'a rule',
      extended(`  - match: "*"\n    replaces: [${one}]`),
      [
        '21:5 error tokens[*].replaces: is only for tokens with a name -> declare a token with a name for each organization, and write it there',
      ],
    ],
    [
      'a token that is only extended',
      changed(first('method: renew', 'store: vault', `replaces: [${one}]`)),
      [
        '22:5 error tokens[package-feed].replaces: is not used: method: renew makes no new value that could replace another PAT -> write method: rotate, or remove replaces',
      ],
    ],
    [
      'the same PAT twice',
      changed(first(`replaces: [${one}, ${one.toUpperCase()}]`)),
      [
        '20:54 error tokens[package-feed].replaces[#2]: AAAAAAAA-2222-3333-4444-555555555555 stands in this list twice -> remove it',
      ],
    ],
    [
      'what is no id',
      changed(first('replaces: [CI]')),
      [
        '20:16 error tokens[package-feed].replaces[#1]: CI is not an id such as 11111111-2222-3333-4444-555555555555 -> write an id such as 11111111-2222-3333-4444-555555555555',
      ],
    ],
    [
      'a word of one entry alone',
      changed(first(`replaces: [${one}]`, 'revokeReplaced: true')).concat(second(`replaces: [${one}]`)),
      [
        '21:21 warning tokens[package-feed].revokeReplaced: does not suffice: tokens[other] replaces aaaaaaaa-2222-3333-4444-555555555555, too, and does not say so -> write revokeReplaced: true there, too, or remove it here',
      ],
    ],
    [
      'a PAT of two accounts',
      changed(
        [
          'stores:\n',
          '  guest:\n    tenant: contoso.onmicrosoft.com\n    user: guest@contoso.com\n    signIn:\n      method: azure-cli\nstores:\n',
        ],
        first(`replaces: [${one}]`),
      ).concat(second('account: guest', `replaces: [${one}]`)),
      [
        '30:16 error tokens[other].replaces[#1]: aaaaaaaa-2222-3333-4444-555555555555 is replaced by tokens[package-feed] of account ci-bot, too, and a PAT has one owner -> name it only in entries of the account that owns it',
      ],
    ],
  ]
  test.each(cases)('%s', (_, text, expected) => {
    expectTold(text, expected)
  })
})
