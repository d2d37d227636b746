import { describe, expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { changed, load, secrets, told, wanted } from './load-text.ts'

const displayName = (written: string): string =>
  changed(['  - name: package-feed\n', `  - name: package-feed\n    displayName: ${written}\n`])

describe('a reference within a value', () => {
  test.each([
    ['${TEAM}', 'Payments'],
    ['Feed of ${TEAM}, ${TEAM}', 'Feed of Payments, Payments'],
    ['${NOBODY:-Platform}', 'Platform'],
    ['${EMPTY:-Platform}', 'Platform'],
    ['${TEAM:-Platform}', 'Payments'],
    ['a${NOBODY:-}b', 'ab'],
    ['${NOBODY:-a:-b}', 'a:-b'],
    ['${file:/run/team}', 'Payments from a file'],
    ['${file:team.txt}', 'two lines'],
    ['$${TEAM}', '${TEAM}'],
    ['$$${TEAM}', '$${TEAM}'],
    ['$TEAM $ {TEAM}', '$TEAM $ {TEAM}'],
    ['"${TEAM}"', 'Payments'],
    ["'${TEAM}'", 'Payments'],
    ['${NESTED}', '${TEAM}'],
    ['Cost in $(usd)', 'Cost in $(usd)'],
  ])('%s', (written, expected) => {
    const files = { '/run/team': 'Payments from a file\n', '/etc/patrol/team.txt': 'two lines\r\n' }
    const variables = { TEAM: 'Payments', NESTED: '${TEAM}' }
    expect(wanted(displayName(written), { variables, files }).tokens[0]?.displayName).toBe(expected)
  })
})

test('a reference in a comment or a key is none', () => {
  expect(told(load(changed(['version: 1', 'version: 1 # ${NOBODY}'])))).toEqual([])
})

test('a file loses one line break at its end and no more', () => {
  const text = changed(['${USER_PASSWORD}', '${file:/run/password}'])
  const { accounts } = wanted(text, { files: { '/run/password': ' two breaks\n\n' } })
  const signIn = accounts.get('ci-bot')?.signIn
  expect(signIn?.method === 'password' && signIn.password.reveal()).toBe(' two breaks\n')
})

test('a password may hold what looks like a reference, and is not searched again', () => {
  const { accounts } = wanted(changed(), { variables: { USER_PASSWORD: 'a${USER_NAME}$(b)' } })
  const signIn = accounts.get('ci-bot')?.signIn
  expect(signIn?.method === 'password' && signIn.password.reveal()).toBe('a${USER_NAME}$(b)')
})

test.each([
  ['bytes that are no text', new Uint8Array([0xff, 0xfe, 0x41])],
  ['nothing', ''],
  ['only a line break', '\n'],
  ['too much', 'x'.repeat(70_000)],
])('a secret file that holds %s is refused with its path', (_, content) => {
  const text = changed(['${USER_PASSWORD}', '${file:/run/password}'])
  expect(told(load(text, { files: { '/run/password': content } }))).toEqual([
    expect.stringMatching(/^8:17 error accounts\.ci-bot\.signIn\.password: the file \/run\/password is /),
  ])
})

test('a configuration that is no UTF-8, too large or missing is told of as such', () => {
  expect(told(load(new Uint8Array([0x76, 0xff])))).toEqual([
    '1:1 error patrol.yaml: the configuration is not UTF-8 text -> save the file as UTF-8',
  ])
  expect(told(load(`#${'x'.repeat(5_000_000)}`))).toEqual([
    '1:1 error patrol.yaml: the configuration is larger than 4194304 bytes -> name the right file with --config',
  ])
  const missing = load('', { files: { '/etc/patrol/patrol.yaml': undefined as unknown as string } })
  expect(told(missing)).toEqual([
    '1:1 error patrol.yaml: the configuration cannot be read (there is none) -> name the file with --config, or write one: patrol init --output patrol.yaml',
  ])
  // A place in a file that is not there would send editors nowhere.
  expect(missing).toMatchObject({ problems: [{ file: undefined }] })
})

test('a secret is known to the last line of redaction as soon as it is read', () => {
  wanted(changed())
  expect(Secret.redact(`login failed for ${secrets.password}`)).toBe('login failed for [secret]')
})

test('what a variable holds is shown in no message, however wrong it is', () => {
  const leak = 'canary value of the environment'
  const text = changed(
    ['contoso.onmicrosoft.com', '${LEAK}'],
    ['${USER_NAME}', '${LEAK}'],
    ['organization: contoso', 'organization: ${LEAK}'],
    ['https://contoso.vault.azure.net', '${LEAK}'],
    ['account: ci-bot', 'account: ${LEAK}'],
    ['[vso.packaging]', '["${LEAK}"]'],
  )
  const problems = told(load(text, { variables: { LEAK: leak } }))
  expect(problems).toHaveLength(6)
  expect(problems.join('\n')).not.toContain('canary')
  expect(problems.every((problem) => problem.includes('the value of ${LEAK} is not'))).toBe(true)
})
