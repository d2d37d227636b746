import { describe, expect, test } from 'vitest'
import { changed, load, secrets, told, wanted } from './load-text.ts'

const vaultLines = '    type: azure-key-vault\n    url: https://contoso.vault.azure.net\n'
const withFiles = changed([vaultLines, '    type: file\n    path: ./secrets\n    identity: ${PATROL_AGE_IDENTITY}\n'])
const unset = { USER_NAME: undefined, USER_PASSWORD: undefined }
const rule = '  - match: "nightly-*"\n'

test.each([
  'correct horse battery staple',
  secrets.identity.slice(0, -1),
  secrets.identity.toLowerCase(),
  `key=${secrets.identity}`,
])('what is no age identity is a fault that quotes nothing', (identity) => {
  const problems = told(load(withFiles, { variables: { PATROL_AGE_IDENTITY: identity } }))
  expect(problems).toEqual([
    expect.stringMatching(
      /^13:15 error stores\.vault\.identity: the value of \$\{PATROL_AGE_IDENTITY\} is no age identity -> /,
    ),
  ])
  expect(problems.join('')).not.toContain(identity)
})

describe('to read values', () => {
  test('nothing of an account is needed that opens no store', () => {
    const asked = wanted(withFiles, { variables: unset, needs: 'stores' })
    expect([...asked.accounts.keys()]).toEqual([])
    expect(asked.tokens).toEqual([
      expect.objectContaining({
        name: 'package-feed',
        account: 'ci-bot',
        place: { store: 'vault', secretName: 'package-feed' },
      }),
    ])
    const [store] = asked.stores.values()
    expect(store?.type === 'file' && store.identity.reveal()).toBe(secrets.identity)
    // For everything else the same file lacks both.
    expect(told(load(withFiles, { variables: unset }))).toHaveLength(2)
  })

  test('an account that is complete is there all the same', () => {
    const asked = wanted(withFiles, { needs: 'stores' })
    expect([...asked.accounts.keys()]).toEqual(['ci-bot'])
    expect(asked.tokens).toEqual(wanted(withFiles).tokens)
  })

  test('the account that opens the vault is needed whole', () => {
    const text = changed([vaultLines, `${vaultLines}    credential: account:ci-bot\n`])
    expect(told(load(text, { variables: unset, needs: 'stores' }))).toHaveLength(2)
  })

  test('what opens the files is needed', () => {
    const variables = { ...unset, PATROL_AGE_IDENTITY: undefined }
    expect(told(load(withFiles, { variables, needs: 'stores' }))).toEqual([
      expect.stringContaining('stores.vault.identity: the variable PATROL_AGE_IDENTITY is not set'),
    ])
  })

  test('the user name of an account whose rule has a store is needed, for its secrets are told by it', () => {
    const text = `${withFiles}${rule}`
    expect(told(load(text, { variables: unset, needs: 'stores' }))).toEqual([
      expect.stringContaining('accounts.ci-bot.signIn.username: the variable USER_NAME is not set'),
    ])
    const asked = wanted(text, { variables: { USER_PASSWORD: undefined }, needs: 'stores' })
    expect(asked.rules[0]?.owner).toBe('ci-bot@contoso.com')
    expect([...asked.accounts.keys()]).toEqual([])
  })

  test('a rule that only extends has no values, and needs no user name', () => {
    const text = `${withFiles}${rule}    method: renew\n`
    expect(wanted(text, { variables: unset, needs: 'stores' }).rules).toHaveLength(1)
  })

  test('an owner that is not known is nobody', () => {
    const asked = wanted(withFiles, { variables: unset, needs: 'stores' })
    expect(asked.tokens[0]?.owner).toBe('${user_name}')
  })

  test('a file that is wrong in itself is refused as ever', () => {
    const text = withFiles.replace('tenant: contoso.onmicrosoft.com', 'tenant: common')
    expect(told(load(text, { variables: unset, needs: 'stores' }))).toEqual([
      expect.stringContaining('accounts.ci-bot.tenant: common is not a tenant id'),
    ])
    const literal = withFiles.replace('${USER_PASSWORD}', 'canary-password-1')
    expect(told(load(literal, { variables: unset, needs: 'stores' }))).toEqual([
      expect.stringContaining('must not stand in the file itself'),
    ])
  })
})
