import { describe, expect, test } from 'vitest'
import { challengeIn } from '../../../src/adapters/stores/vault-challenge.ts'
import { choiceIn, consentIn, isUserName, organizationIn, scopesIn, vaultIn } from '../../../src/app/init/answers.ts'
import { accountNameOf, partFaults } from '../../../src/app/config/template-parts.ts'

describe('what people write', () => {
  test.each([
    ['contoso', 'contoso'],
    [' contoso ', 'contoso'],
    ['https://dev.azure.com/contoso', 'contoso'],
    ['https://dev.azure.com/contoso/Project/_git/repo', 'contoso'],
    ['dev.azure.com/contoso/', 'contoso'],
    ['https://somebody@dev.azure.com/contoso/Project', 'contoso'],
    ['https://contoso.visualstudio.com/DefaultCollection', 'contoso'],
    ['contoso.visualstudio.com', 'contoso'],
    ['https://evil.example/contoso', 'https://evil.example/contoso'],
  ])('%s is the organization %s', (written, organization) => {
    expect(organizationIn(written)).toBe(organization)
  })

  test.each([
    ['contoso', 'https://contoso.vault.azure.net'],
    ['contoso.vault.azure.net', 'https://contoso.vault.azure.net'],
    ['https://contoso.vault.azure.net/', 'https://contoso.vault.azure.net'],
    ['contoso.vault.azure.cn', 'https://contoso.vault.azure.cn'],
    ['http://contoso.vault.azure.net', 'http://contoso.vault.azure.net'],
  ])('%s is the vault %s', (written, url) => {
    expect(vaultIn(written)).toBe(url)
  })

  test('scopes stand apart by blanks or commas', () => {
    expect(scopesIn(' vso.code,vso.build  vso.packaging ')).toEqual(['vso.code', 'vso.build', 'vso.packaging'])
  })

  test.each([
    ['ci-bot@contoso.com', true],
    ['ci-bot', false],
    ['a b@contoso.com', false],
    ['ci-bot@contoso', false],
  ])('%s is a user name: %s', (written, is) => {
    expect(isUserName(written)).toBe(is)
  })

  test.each([
    ['', 0],
    ['2', 1],
    ['3', undefined],
    ['0', undefined],
    ['-1', undefined],
    ['two', undefined],
    ['1.5', undefined],
  ])('of two choices, %j is %s', (written, chosen) => {
    expect(choiceIn(written, 2, 0)).toBe(chosen)
  })

  test.each([
    ['', true],
    ['y', true],
    ['YES', true],
    ['n', false],
    ['no', false],
    ['maybe', undefined],
  ])('%j is %s where Enter is yes', (written, agreed) => {
    expect(consentIn(written, true)).toBe(agreed)
  })

  test.each([
    ['ci-bot@contoso.com', 'ci-bot'],
    ['CI.Bot_2@contoso.com', 'ci-bot-2'],
    ['例@contoso.com', 'ci-bot'],
    [undefined, 'ci-bot'],
  ])('the account of %s is called %s', (user, name) => {
    expect(accountNameOf(user)).toBe(name)
  })
})

test('a part that is wrong is told by its name, and one that is only unusual is a warning', () => {
  expect(partFaults({ organization: '-' })).toMatchObject([{ part: 'organization', severity: 'error' }])
  expect(partFaults({ token: { name: 'Feed', scopes: ['vso.packagin'] } })).toMatchObject([
    { part: 'token', severity: 'error', remedy: 'write feed' },
    { part: 'token', severity: 'error', remedy: expect.stringContaining('vso.packaging') },
  ])
  expect(partFaults({ user: 'ci-bot@contoso.com', token: { name: 'feed', scopes: ['vso.packaging'] } })).toEqual([])
})

describe('the challenge of a vault', () => {
  const tenant = '11111111-2222-3333-4444-555555555555'
  const answer = (challenge: string, status = 401) => ({ status, headers: { 'www-authenticate': challenge } })

  test.each([
    [
      'with the resource',
      answer(`Bearer authorization="https://login.microsoftonline.com/${tenant}", resource="https://vault.azure.net"`),
      { tenant },
    ],
    [
      'with a scope',
      answer(
        `Bearer authorization_uri="https://login.microsoftonline.com/${tenant}/oauth2", scope="https://vault.azure.net/.default"`,
      ),
      { tenant },
    ],
    [
      'that names no tenant',
      answer('Bearer authorization="https://login.microsoftonline.com/", resource="https://vault.azure.net"'),
      { tenant: undefined },
    ],
    ['of something else', answer('Bearer realm="somewhere"'), undefined],
    ['of a proxy', answer('Basic realm="proxy"', 407), undefined],
    [
      'in a success',
      answer(
        `Bearer authorization="https://login.microsoftonline.com/${tenant}", resource="https://vault.azure.net"`,
        200,
      ),
      undefined,
    ],
    ['that is missing', { status: 401, headers: {} }, undefined],
  ])('%s', (_, given, found) => {
    expect(challengeIn(given)).toEqual(found)
  })
})
