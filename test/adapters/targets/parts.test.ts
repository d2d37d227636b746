import { describe, expect, it, test } from 'vitest'
import { dotenvPart } from '../../../src/adapters/targets/dotenv-part.ts'
import type { FilePart } from '../../../src/adapters/targets/file-part.ts'
import { gitCredentialsPart } from '../../../src/adapters/targets/git-credentials-part.ts'
import { netrcPart } from '../../../src/adapters/targets/netrc-part.ts'
import { npmrcPart } from '../../../src/adapters/targets/npmrc-part.ts'
import { nugetConfigPart } from '../../../src/adapters/targets/nuget-config-part.ts'
import { pipConfPart } from '../../../src/adapters/targets/pip-conf-part.ts'
import { filled } from '../../../src/adapters/placeholders.ts'

const base64 = (value: string): string => Buffer.from(value).toString('base64')

describe('a dotenv file', () => {
  const part = dotenvPart('PAT')
  it.each([
    ['nothing', '', 'PAT=new\n'],
    ['a text without an end of line', 'A=1', 'A=1\nPAT=new\n'],
    ['lines of Windows', 'A=1\r\nPAT=old\r\nB=2\r\n', 'A=1\r\nPAT=new\r\nB=2\r\n'],
    ['an exported one', 'export PAT = "old"\n', 'export PAT=new\n'],
    ['the same name twice', 'PAT=a\nPAT=b\n', 'PAT=new\nPAT=new\n'],
    ['names that only begin alike', 'PATH=/bin\nMY_PAT=x\n#PAT=c\n', 'PATH=/bin\nMY_PAT=x\n#PAT=c\nPAT=new\n'],
  ])('with %s', (_name, before, after) => {
    expect(part.put(before, 'new')).toBe(after)
  })

  it('quotes what readers would take for something else', () => {
    expect(part.put('', 'a b$c')).toBe("PAT='a b$c'\n")
  })
})

describe('an npmrc', () => {
  const place = '//pkgs.dev.azure.com/c/_packaging/f/npm/'
  const part = npmrcPart(`https:${place}registry/`, 'patrol')
  const ours = (value: string): string =>
    ['registry/', '']
      .map((end) => {
        const at = `${place}${end}`
        return `${at}:username=patrol\n${at}:_password=${base64(value)}\n${at}:email=patrol@users.noreply.invalid\n`
      })
      .join('')

  it('gets user, password and e-mail for both addresses', () => {
    expect(part.put('a=1\n', 'new')).toBe(`a=1\n${ours('new')}`)
    expect(part.put(ours('old'), 'new')).toBe(ours('new'))
  })

  it('loses a token of the same feed, which would win, and keeps those of others', () => {
    const before = `${place}registry/:_authToken=x\n//other.example/:_authToken=mine\n`
    expect(part.put(before, 'new')).toBe(`//other.example/:_authToken=mine\n${ours('new')}`)
  })

  it('shows a token of the same feed that somebody added later', () => {
    const text = part.put('', 'new')
    expect(part.take(`${text}${place}registry/:_authToken=x\n`)).not.toBe(part.take(text))
  })

  it('of an address that ends otherwise has one place', () => {
    expect(npmrcPart('https://a.example/npm', 'me').put('', 'new')).toContain('//a.example/npm/:_password=')
  })
})

describe('a netrc', () => {
  const part = netrcPart('dev.azure.com', 'patrol')
  it.each([
    ['nothing', '', 'machine dev.azure.com login patrol password new\n'],
    [
      'an entry over several lines',
      'machine dev.azure.com\n\tlogin patrol\n\tpassword old # mine\n',
      'machine dev.azure.com\n\tlogin patrol\n\tpassword new # mine\n',
    ],
    [
      'an entry without a login',
      'machine dev.azure.com password old\n',
      'machine dev.azure.com password new login patrol\n',
    ],
    [
      'an entry without a password',
      'machine dev.azure.com login patrol\n',
      'machine dev.azure.com login patrol password new\n',
    ],
    [
      'an entry of another user, which stays',
      'machine dev.azure.com login me password mine\n',
      'machine dev.azure.com login me password mine\nmachine dev.azure.com login patrol password new\n',
    ],
    [
      'a default, before which it must stand',
      'default login a password b\n',
      'machine dev.azure.com login patrol password new\ndefault login a password b\n',
    ],
    [
      'a macro that talks of machines',
      'macdef init\nmachine dev.azure.com login patrol password no\n\nmachine a login b password c\n',
      'macdef init\nmachine dev.azure.com login patrol password no\n\nmachine a login b password c\nmachine dev.azure.com login patrol password new\n',
    ],
    [
      'a comment that talks of machines',
      '# machine dev.azure.com login patrol password x\n',
      '# machine dev.azure.com login patrol password x\nmachine dev.azure.com login patrol password new\n',
    ],
  ])('with %s', (_name, before, after) => {
    expect(part.put(before, 'new')).toBe(after)
    expect(part.take(after)).toBe('patrol new')
  })

  it('loses its entry alone', () => {
    const others = 'machine a login b password c\ndefault login x password y\n'
    expect(part.drop(part.put(others, 'new'))).toBe(others)
  })
})

describe('a git-credentials file', () => {
  const part = gitCredentialsPart('https://dev.azure.com/contoso', 'patrol')
  it.each([
    ['an older value', 'https://patrol:old@dev.azure.com/contoso\n', 'https://patrol:new@dev.azure.com/contoso\n'],
    [
      'the same line twice',
      'https://patrol:a@dev.azure.com/contoso/\nhttps://patrol:b@dev.azure.com/contoso\n',
      'https://patrol:new@dev.azure.com/contoso\n',
    ],
    [
      'other users and paths',
      'https://me:x@dev.azure.com/contoso\nhttps://patrol:x@dev.azure.com/fabrikam\n',
      'https://me:x@dev.azure.com/contoso\nhttps://patrol:x@dev.azure.com/fabrikam\nhttps://patrol:new@dev.azure.com/contoso\n',
    ],
  ])('with %s', (_name, before, after) => {
    expect(part.put(before, 'new')).toBe(after)
  })
})

describe('a pip.conf', () => {
  const url = 'https://pkgs.dev.azure.com/c/_packaging/f/pypi/simple/'
  const ours = 'https://patrol:new@pkgs.dev.azure.com/c/_packaging/f/pypi/simple/'
  const part = pipConfPart(url, 'extra-index-url', 'patrol')
  it.each([
    ['nothing', '', `[global]\nextra-index-url = ${ours}\n`],
    ['its address under another key', `[global]\nindex-url = ${url}\n`, `[global]\nindex-url = ${ours}\n`],
    [
      'its address with another user',
      `[global]\nindex-url=https://me:old@${url.slice(8)}\n`,
      `[global]\nindex-url=${ours}\n`,
    ],
    [
      'other addresses, one a line',
      '[global]\nextra-index-url =\n    https://a.example/\n    https://b.example/\ntimeout = 3\n',
      `[global]\nextra-index-url =\n    https://a.example/\n    https://b.example/\n    ${ours}\ntimeout = 3\n`,
    ],
    ['only other sections', '[install]\nx = 1', `[install]\nx = 1\n[global]\nextra-index-url = ${ours}\n`],
    ['its address in a comment', `[global]\n# ${url}\n`, `[global]\nextra-index-url = ${ours}\n# ${url}\n`],
  ])('with %s', (_name, before, after) => {
    expect(part.put(before, 'new')).toBe(after)
  })

  it('keeps the address when it loses the value', () => {
    expect(part.drop(`[global]\nindex-url = ${ours}\n`)).toBe(`[global]\nindex-url = ${url}\n`)
    expect(part.take(`[global]\nindex-url = ${url}\n`)).toBeUndefined()
  })

  it('refuses to take the place of another index', () => {
    const whole = pipConfPart(url, 'index-url', 'patrol')
    expect(() => whole.put('[global]\nindex-url = https://a.example/\n', 'new')).toThrow('names another index already')
  })
})

describe('a NuGet.Config', () => {
  const part = nugetConfigPart('feed', 'patrol')
  const element = (value: string): string =>
    `<feed>\n      <add key="Username" value="patrol" />\n      <add key="ClearTextPassword" value="${value}" />\n    </feed>`
  const section = `  <packageSourceCredentials>\n    ${element('new')}\n  </packageSourceCredentials>\n`
  it.each([
    ['nothing', '', `<?xml version="1.0" encoding="utf-8"?>\n<configuration>\n${section}</configuration>\n`],
    [
      'no credentials yet',
      '<configuration>\n  <a/>\n</configuration>\n',
      `<configuration>\n  <a/>\n${section}</configuration>\n`,
    ],
    ['an empty configuration', '<configuration />\n', `<configuration>\n${section}</configuration>\n`],
    [
      'credentials of others',
      '<configuration><packageSourceCredentials>\n    <b/>\n  </packageSourceCredentials></configuration>',
      `<configuration><packageSourceCredentials>\n    <b/>\n    ${element('new')}\n  </packageSourceCredentials></configuration>`,
    ],
    [
      'its own, with an encrypted password',
      '<configuration><packageSourceCredentials><Feed><add key="Password" value="x"/></Feed></packageSourceCredentials></configuration>',
      `<configuration><packageSourceCredentials>${element('new')}</packageSourceCredentials></configuration>`,
    ],
  ])('with %s', (_name, before, after) => {
    expect(part.put(before, 'new')).toBe(after)
    expect(part.put(after, 'new')).toBe(after)
  })

  it.each(['<configuration>', '<configuration></other>', '<other/>', 'no xml at all'])('refuses %s', (text) => {
    expect(() => part.put(text, 'new')).toThrow(/no sound XML|no element <configuration>/)
  })

  it('is not misled by what looks like an element', () => {
    const odd = '<configuration><!-- <packageSourceCredentials> --><a b=">" c=\'</configuration>\'/></configuration>'
    expect(part.put(odd, 'new')).toContain(`c='</configuration>'/>\n${section}</configuration>`)
  })
})

test.each<[string, FilePart, string]>([
  ['dotenv', dotenvPart('PAT'), 'A=1\n'],
  ['npmrc', npmrcPart('https://a.example/registry/', 'patrol'), 'a=1\n'],
  ['netrc', netrcPart('a.example', 'patrol'), 'machine b login c password d\n'],
  ['git-credentials', gitCredentialsPart('https://a.example', 'patrol'), 'https://b:c@d.example\n'],
  ['nuget-config', nugetConfigPart('a', 'patrol'), '<configuration>\n</configuration>\n'],
])('%s: what was put is taken, another value is another, and what is dropped is gone', (_name, part, before) => {
  const text = part.put(before, 'value-one')
  const stands = part.take(text)
  expect(stands).toBeDefined()
  expect(part.take(part.put(text, 'value-two'))).not.toBe(stands)
  expect(part.take(part.put(part.put(text, 'value-two'), 'value-one'))).toBe(stands)
  expect(part.take(part.drop(text))).toBeUndefined()
  expect(part.take(before)).toBeUndefined()
  expect(part.drop(before)).toBe(before)
})

test('placeholders are replaced once, and other braces stay', () => {
  const of = { token: 'package-feed', organization: 'contoso' }
  expect(filled('{token} {TOKEN} {organization} {other} {} {value}', of, { value: '{token}' })).toBe(
    'package-feed PACKAGE_FEED contoso {other} {} {token}',
  )
})
