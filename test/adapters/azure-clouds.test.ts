import { describe, expect, it } from 'vitest'
import { cloudOfEntra, cloudOfVault, tokenExchangeOf, vaultAudienceOf } from '../../src/adapters/azure-clouds.ts'
import { scopeOf } from '../../src/adapters/user-sign-in.ts'

describe('a cloud of Microsoft', () => {
  it.each([
    ['https://login.microsoftonline.com', 'https://contoso.vault.azure.net', 'https://vault.azure.net/.default'],
    [
      'https://login.microsoftonline.us',
      'https://contoso.vault.usgovcloudapi.net',
      'https://vault.usgovcloudapi.net/.default',
    ],
    ['https://login.partner.microsoftonline.cn', 'https://contoso.vault.azure.cn', 'https://vault.azure.cn/.default'],
  ])('that signs in at %s has vaults like %s', (entra, vault, scope) => {
    expect(cloudOfEntra(entra)).toBe(cloudOfVault(new URL(vault).hostname))
    expect(cloudOfEntra(`${entra.toUpperCase()}/`)).toBe(cloudOfEntra(entra))
    expect(scopeOf[vaultAudienceOf(vault)]).toBe(scope)
  })

  it.each([
    'https://login.microsoftonline.com.evil.example',
    'https://login.microsoftonline.us:8443',
    'http://login.microsoftonline.us',
    'https://localhost:8443',
  ])('does not sign in at %s', (entra) => {
    expect(cloudOfEntra(entra)).toBeUndefined()
    expect(tokenExchangeOf(entra)).toBe('api://AzureADTokenExchange')
  })

  it.each(['vault.azure.net', 'contoso.vault.azure.net.evil.example', 'contosovault.azure.net', 'localhost'])(
    'has no vault %s',
    (host) => {
      expect(cloudOfVault(host)).toBeUndefined()
      expect(vaultAudienceOf(`https://${host}`)).toBe('key-vault')
    },
  )

  it('has a token exchange of its own', () => {
    expect(tokenExchangeOf('https://login.microsoftonline.us')).toBe('api://AzureADTokenExchangeUSGov')
    expect(tokenExchangeOf('https://login.partner.microsoftonline.cn')).toBe('api://AzureADTokenExchangeChina')
  })
})
