import type { Audience } from './user-sign-in.ts'

/** One of Microsoft's clouds, with an Entra and vaults of its own. */
export interface AzureCloud {
  /** Where its accounts sign in. https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud */
  readonly entra: string
  /** What its vaults' hosts end in. https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates */
  readonly vaultDomain: string
  readonly vaultAudience: Audience
  /**
   * Whom a token is made for that stands in for a secret of an application.
   * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust
   */
  readonly tokenExchange: string
}

const publicCloud: AzureCloud = {
  entra: 'https://login.microsoftonline.com',
  vaultDomain: 'vault.azure.net',
  vaultAudience: 'key-vault',
  tokenExchange: 'api://AzureADTokenExchange',
}

/** The public cloud comes first. */
export const azureClouds: readonly AzureCloud[] = [
  publicCloud,
  {
    entra: 'https://login.microsoftonline.us',
    vaultDomain: 'vault.usgovcloudapi.net',
    vaultAudience: 'key-vault-us-government',
    tokenExchange: 'api://AzureADTokenExchangeUSGov',
  },
  {
    entra: 'https://login.partner.microsoftonline.cn',
    vaultDomain: 'vault.azure.cn',
    vaultAudience: 'key-vault-china',
    tokenExchange: 'api://AzureADTokenExchangeChina',
  },
]

/** The cloud whose accounts sign in at this address; undefined when it is not Microsoft's. */
export function cloudOfEntra(entra: string): AzureCloud | undefined {
  const address = entra.replace(/\/+$/, '').toLowerCase()
  return azureClouds.find((cloud) => cloud.entra === address)
}

/** The cloud that a vault of this host lies in; undefined when it is not one of Microsoft's. */
export function cloudOfVault(host: string): AzureCloud | undefined {
  return azureClouds.find(({ vaultDomain }) => host.toLowerCase().endsWith(`.${vaultDomain}`))
}

/** What a token for the vault at this address is made for. An address elsewhere stands in for the public cloud. */
export function vaultAudienceOf(url: string): Audience {
  return (cloudOfVault(new URL(url).hostname) ?? publicCloud).vaultAudience
}

/** What a token is made for that an application shows this Entra in place of a secret. */
export function tokenExchangeOf(entra: string): string {
  return (cloudOfEntra(entra) ?? publicCloud).tokenExchange
}
