import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { formatValue, type FormatNeeds } from '../../src/cli/value-format.ts'
import { plainUrlParts } from '../../src/cli/registry-address.ts'
import { checkedVariable, variableFor } from '../../src/cli/variable-name.ts'

const needs: FormatNeeds = { variable: 'FEED_PAT', registry: undefined, host: 'dev.azure.com' }
const odd = `it's 50% "of" $HOME;\`]##[error] ::x`

function format(...[form, value, more = {}]: [Parameters<typeof formatValue>[0], string, Partial<FormatNeeds>?]) {
  return formatValue(form, value, { ...needs, ...more })
}

describe('a value', () => {
  test('stands alone and without a line end', () => {
    expect(format('value', odd)).toEqual({ stdout: odd, toRunner: '' })
  })

  test.each(['plain-0_9.A', odd, "'", '$(exit 1)', 'two  blanks', '*'])('survives a shell: %s', (value) => {
    const { stdout } = format('env', value)
    const script = `${stdout}printf %s "$FEED_PAT"`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(value)
  })

  test('stands in a header as basic authentication without a user', () => {
    expect(format('header', 'abc')).toEqual({ stdout: 'Authorization: Basic OmFiYw==\n', toRunner: '' })
  })

  test('stands for both addresses of a feed of Azure Artifacts', () => {
    const registry = 'https://pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry'
    expect(format('npmrc', 'abc', { registry }).stdout.split('\n')).toEqual([
      '//pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/:username=patrol',
      '//pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/:_password=YWJj',
      '//pkgs.dev.azure.com/contoso/_packaging/feed/npm/registry/:email=unused',
      '//pkgs.dev.azure.com/contoso/_packaging/feed/npm/:username=patrol',
      '//pkgs.dev.azure.com/contoso/_packaging/feed/npm/:_password=YWJj',
      '//pkgs.dev.azure.com/contoso/_packaging/feed/npm/:email=unused',
      '',
    ])
  })

  test('stands once for any other registry', () => {
    const { stdout } = format('npmrc', 'abc', { registry: 'https://npm.contoso.com:8443/' })
    expect(stdout).toBe(
      '//npm.contoso.com:8443/:username=patrol\n//npm.contoso.com:8443/:_password=YWJj\n//npm.contoso.com:8443/:email=unused\n',
    )
  })

  test('for npmrc needs a registry', () => {
    expect(() => format('npmrc', 'abc')).toThrow('needs the address of the registry')
  })

  test('is one line of netrc', () => {
    expect(format('netrc', 'abc').stdout).toBe('machine dev.azure.com login patrol password abc\n')
  })

  test.each(['a b', 'a"b', String.raw`a\b`, 'a#b', 'ä'])('that netrc cannot carry is refused: %s', (value) => {
    expect(() => format('netrc', value)).toThrow('the value holds a character that netrc cannot carry')
  })

  test('is masked in two forms before Azure Pipelines gets the variable', () => {
    expect(format('azure-pipelines', '5%').stdout).toBe(
      '##vso[task.setsecret]5%AZP25\n##vso[task.setsecret]OjUl\n##vso[task.setvariable variable=FEED_PAT;issecret=true]5%AZP25\n',
    )
  })

  test('is masked in two forms on stdout, and goes to the runner of GitHub Actions between two lines', () => {
    expect(format('github', '5%')).toEqual({
      stdout: '::add-mask::5%25\n::add-mask::OjUl\n',
      toRunner: 'FEED_PAT<<PATROL_END\n5%\nPATROL_END\n',
    })
  })

  test('cannot end its own text for the runner', () => {
    expect(format('github', 'PATROL_END').toRunner).toBe(
      'FEED_PAT<<PATROL_END_OF_VALUE\nPATROL_END\nPATROL_END_OF_VALUE\n',
    )
  })

  test.each(['env', 'header', 'npmrc', 'netrc', 'azure-pipelines', 'github'] as const)(
    'with a line end cannot add a line of its own to %s',
    (form) => {
      for (const value of ['a\nB=c', 'a\r', 'a\u0000', 'a\u0085']) {
        expect(() => format(form, value, { registry: 'https://npm.contoso.com' })).toThrow('control character')
      }
    },
  )
})

describe('the name of a variable', () => {
  test.each([
    ['package-feed', 'PACKAGE_FEED'],
    ['2nd-feed', '_2ND_FEED'],
    ['nightly-build@contoso', 'NIGHTLY_BUILD_CONTOSO'],
  ])('is made of that of %s', (token, variable) => {
    expect(variableFor(token)).toBe(variable)
  })

  test.each(['', 'A-B', '1A', 'A=B', 'A;issecret=false', 'A]', 'A\nB'])('is never %j', (name) => {
    expect(() => checkedVariable(name, '--name')).toThrow('--name needs the name of a variable')
  })
})

describe('the address of a registry', () => {
  test('is taken apart', () => {
    expect(plainUrlParts('https://npm.contoso.com/a/b', '--registry')).toEqual({
      host: 'npm.contoso.com',
      path: '/a/b/',
    })
  })

  test.each([
    'http://npm.contoso.com/',
    'https://user@npm.contoso.com/',
    'https://npm.contoso.com/?a',
    'https://npm.contoso.com/#a',
    'https://npm.contoso.com/a=b',
    'https://npm.contoso.com/a;b',
    'npm.contoso.com',
    '',
  ])('that could end a key of a file is refused: %s', (written) => {
    expect(() => plainUrlParts(written, '--registry')).toThrow('--registry is no plain https address')
  })
})
