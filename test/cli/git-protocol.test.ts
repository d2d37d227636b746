import { describe, expect, test } from 'vitest'
import { gitAnswer, readGitRequest } from '../../src/cli/git-protocol.ts'
import { instant } from '../../src/core/time.ts'

describe('what git says', () => {
  test('is read up to the empty line, in whatever order', () => {
    const text =
      'capability[]=authtype\nhost=dev.azure.com\nprotocol=https\npath=contoso/a=b\nusername=contoso\nwwwauth[]=Basic realm="x"\n\npath=later\n'
    expect(readGitRequest(text)).toEqual({
      protocol: 'https',
      host: 'dev.azure.com',
      path: 'contoso/a=b',
      username: 'contoso',
      password: undefined,
    })
  })

  test('may hold what was refused, which is a secret from then on', () => {
    const { password } = readGitRequest('protocol=https\r\nhost=a\r\npassword=p=q\r\n')
    expect(password?.reveal()).toBe('p=q')
    expect(JSON.stringify(password)).toBe('"[secret]"')
  })

  test.each(['', '\n', '=', 'nonsense', '\0', '=x\nhost'])('that is no request is one for nothing: %j', (text) => {
    expect(readGitRequest(text)).toMatchObject({ protocol: '', host: '', path: undefined })
  })
})

test('an answer has whole seconds, and the user name that git has', () => {
  const validTo = instant(1_800_000_000_999)
  expect(gitAnswer(readGitRequest(''), 'value', validTo)).toBe(
    'username=patrol\npassword=value\npassword_expiry_utc=1800000000\n',
  )
  expect(gitAnswer(readGitRequest('username=contoso'), 'value', validTo)).toMatch(/^username=contoso\n/)
})
