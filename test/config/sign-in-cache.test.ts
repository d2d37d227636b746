import { describe, expect, test } from 'vitest'
import { load, told } from './load-text.ts'

const text = (cache: string, more = '', vaultCredential = 'managed-identity', accounts = ''): string => `version: 1
accounts:
  ci-bot:
    tenant: contoso.com
    user: ci-bot@contoso.com
    signIn:
      method: refresh-token
${cache}
${more}
${accounts}
stores:
  vault:
    type: azure-key-vault
    url: https://contoso.vault.azure.net
    credential: ${vaultCredential}
  other:
    type: azure-key-vault
    url: https://other.vault.azure.net
    credential: account:second
defaults:
  account: ci-bot
  organization: contoso
  store: vault
tokens:
  - name: package-feed
    scopes:
      - vso.packaging
`
const inStore = (store: string, secret = 'ci-bot-sign-in'): string =>
  `      cache:\n        store: ${store}\n        secret: ${secret}`
const second = (store: string, secret = 'second-sign-in'): string => `  second:
    tenant: contoso.com
    user: second@contoso.com
    signIn:
      method: refresh-token
${inStore(store, secret)}`

/** What is told, without the warning about what no token uses. */
const faults = (written: string): readonly string[] => told(load(written)).filter((line) => line.includes(' error '))

describe('where a sign-in is kept', () => {
  test('may be a vault that somebody else opens, or the keychain', () => {
    expect(faults(text(inStore('vault'), '', 'managed-identity', second('vault')))).toEqual([])
    expect(faults(text('      cache: keychain', '', 'managed-identity', second('vault')))).toEqual([])
    const loaded = load(text(inStore('vault'), '      redeemAfter: 3d', 'managed-identity', second('vault')))
    expect(loaded.kind === 'ok' && loaded.wanted.accounts.get('ci-bot')?.signIn).toEqual({
      method: 'refresh-token',
      cache: { kind: 'store', store: 'vault', secret: 'ci-bot-sign-in' },
      redeemAfter: 3 * 86_400_000,
    })
  })

  test('counts as a use of the store', () => {
    const lines = told(load(text(inStore('vault'), '', 'managed-identity', second('vault'))))
    expect(lines.filter((line) => line.includes('stores.vault'))).toEqual([])
  })

  test.each([
    [
      'a store that is not there',
      text(inStore('vauld'), '', 'managed-identity', second('vault')),
      '9:16 error accounts.ci-bot.signIn.cache.store: there is no store vauld -> did you mean vault?',
    ],
    [
      'a vault that the account itself opens',
      text(inStore('vault'), '', 'account:ci-bot', second('vault', 'more')),
      '9:16 error accounts.ci-bot.signIn.cache.store: is a vault that the account ci-bot itself opens, which it can only do once it is signed in -> write another store, or another credential of this one, such as managed-identity',
    ],
    [
      'the name of a token',
      text(inStore('vault', 'Package-Feed'), '', 'managed-identity', second('vault')),
      '10:17 error accounts.ci-bot.signIn.cache.secret: the secret Package-Feed of this store is that of tokens[package-feed], too -> write another name, such as ci-bot-sign-in',
    ],
    [
      'the name of another account',
      text(inStore('vault'), '', 'managed-identity', second('vault', 'ci-bot-sign-in')),
      '19:17 error accounts.second.signIn.cache.secret: the secret ci-bot-sign-in of this store is that of the account ci-bot, too -> write another name, such as second-sign-in',
    ],
    [
      'a template',
      text(inStore('vault', '"{name}"'), '', 'managed-identity', second('vault')),
      '10:17 error accounts.ci-bot.signIn.cache.secret: {name} is not a name of 1 to 127 letters, digits and hyphens -> write a name of 1 to 127 letters, digits and hyphens',
    ],
    [
      'a word that means the keychain',
      text('      cache: keyring', '', 'managed-identity', second('vault')),
      '8:14 error accounts.ci-bot.signIn.cache: keyring is not keychain, or a mapping with store and secret -> write keychain',
    ],
    [
      'a renewal that comes too late',
      text(inStore('vault'), '      redeemAfter: 80d', 'managed-identity', second('vault')),
      '11:20 error accounts.ci-bot.signIn.redeemAfter: 80d is longer than 60d, and the sign-in dies after 90 days without use -> write 60d or less; leave it out for 7d',
    ],
  ])('is not %s', (_, written, expected) => {
    expect(faults(written)).toEqual([expected])
  })

  test('is not reached in a circle', () => {
    // The vault is opened by the second account, whose sign-in lies in a vault that the first one opens.
    const written = text(inStore('other'), '', 'account:ci-bot', second('vault'))
    expect(faults(written)).toEqual([
      '9:16 error accounts.ci-bot.signIn.cache.store: is a vault that the account second opens, whose own sign-in cannot be reached without ci-bot -> write another store, or another credential of this one, such as managed-identity',
      '18:16 error accounts.second.signIn.cache.store: is a vault that the account ci-bot opens, whose own sign-in cannot be reached without second -> write another store, or another credential of this one, such as managed-identity',
    ])
  })

  test('needs the user to be written', () => {
    const written = text(inStore('vault'), '', 'managed-identity', second('vault')).replace(
      '    user: ci-bot@contoso.com\n',
      '',
    )
    expect(faults(written)).toEqual([
      '3:3 error accounts.ci-bot: user is missing, which sign-in by refresh-token needs -> write user: with the user principal name of the account that signs in',
    ])
  })

  test('must be said', () => {
    const [fault] = faults(text('', '', 'managed-identity', second('vault')))
    expect(fault).toContain(
      'accounts.ci-bot.signIn.cache: is missing -> write cache: with store: and secret: below it, or cache: keychain',
    )
  })
})
