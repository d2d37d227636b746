import { describe, expect, test } from 'vitest'
import { type Case, token } from './bad-file.ts'
import { changed, extended, load, told, wanted } from './load-text.ts'

const second = '  - name: second\n    scopes: [vso.code]\n'

const faults: readonly Case[] = [
  [
    'neither a choice nor an address',
    token('    git: maybe'),
    ['20:10 error tokens[package-feed].git: maybe is not true, false or an address that begins with https://'],
  ],
  [
    'an address in plain',
    token('    git: http://dev.azure.com/contoso'),
    ['20:10 error tokens[package-feed].git: http://dev.azure.com/contoso is not true, false or an address that'],
  ],
  [
    'a rule',
    extended('  - match: "*"\n    method: renew\n    git: true\n'),
    ['error tokens[*].git: is only for tokens with a name'],
  ],
  [
    'a token without a code scope',
    token('    git: true'),
    ['20:10 warning tokens[package-feed].git: none of its scopes reaches code'],
  ],
  [
    'two tokens of one organization',
    extended(`${second}    git: true\n  - name: third\n    scopes: [vso.code]\n    git: true\n`),
    ['error tokens[third].git: serves what tokens[second] serves, too'],
  ],
  [
    'two tokens of one address',
    extended(
      `${second}    git: https://dev.azure.com/contoso/a\n  - name: third\n    scopes: [vso.code]\n    git: https://dev.azure.com/Contoso/a/\n`,
    ),
    ['error tokens[third].git: serves what tokens[second] serves, too'],
  ],
  [
    'a cache for too long',
    changed(['version: 1\n', 'version: 1\ngitCache: 2h\n']),
    ['2:11 error gitCache: 2h is longer than 1h'],
  ],
  [
    'a cache of no length',
    changed(['version: 1\n', 'version: 1\ngitCache: off\n']),
    ['2:11 error gitCache: off is not a duration such as 5m, or 0'],
  ],
]

describe('is told of', () => {
  test.each(faults)('%s', (_, text, expected) => {
    expect(told(load(text))).toEqual(expected.map((part) => expect.stringContaining(part)))
  })
})

function routes(text: string): readonly string[] {
  return wanted(text).git.map(({ host, path, token }) => `${host}/${path} ${token}`)
}

describe('git is served', () => {
  test('by nobody without a code scope', () => {
    expect(routes(changed())).toEqual([])
  })

  test('by a token with a code scope, at both addresses of its organization', () => {
    expect(routes(extended(second))).toEqual(['dev.azure.com/contoso second', 'contoso.visualstudio.com/ second'])
  })

  test('by the one that says so, else by all that could', () => {
    const third = '  - name: third\n    scopes: [vso.code_write]\n'
    expect(routes(extended(second + third))).toHaveLength(4)
    expect(routes(extended(`${second}${third}    git: "true"\n`))).toEqual([
      'dev.azure.com/contoso third',
      'contoso.visualstudio.com/ third',
    ])
    expect(routes(extended(`${second}    git: false\n${third}`))).toEqual([
      'dev.azure.com/contoso third',
      'contoso.visualstudio.com/ third',
    ])
  })

  test('below an address only, beside the one of the organization', () => {
    const website = '  - name: website\n    scopes: [vso.code]\n    git: https://DEV.azure.com/Contoso/Web%20Site/\n'
    expect(routes(extended(second + website))).toEqual([
      'dev.azure.com/contoso second',
      'contoso.visualstudio.com/ second',
      'dev.azure.com/contoso/web site website',
    ])
  })
})

test.each([
  ['', 300_000],
  ['gitCache: 0\n', 0],
  ['gitCache: "0"\n', 0],
  ['gitCache: 90s\n', 90_000],
  ['gitCache: 1h\n', 3_600_000],
])('%j keeps values for %d ms', (line, length) => {
  expect(wanted(changed(['version: 1\n', `version: 1\n${line}`])).gitCacheFor).toBe(length)
})
