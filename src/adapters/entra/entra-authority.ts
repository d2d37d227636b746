/** Where Microsoft Entra is. */
export interface EntraHost {
  /** Base address, without the tenant. */
  readonly entra: string
  /** Whether that is another one than Microsoft's: then it is believed without asking Microsoft about it. */
  readonly entraOverridden: boolean
}

/** Gives the id or domain of a tenant. It may have to be found first, so it is asked when somebody signs in. */
export type TenantSource = () => Promise<string>

/** What Entra calls whatever tenant a user belongs to, where an organization belongs to none. */
export const anyTenant = 'organizations'

/** The Azure CLI, which is known in every tenant and may ask for Azure DevOps tokens on a user's behalf. */
export const azureCliClient = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

/** A tenant's sign-in address in the words of MSAL's settings. */
export interface EntraAuthority {
  readonly authority: string
  readonly knownAuthorities: string[]
}

/**
 * @param tenant id or domain
 */
export function authorityOf(tenant: string, { entra, entraOverridden }: EntraHost): EntraAuthority {
  const authority = `${entra.replace(/\/+$/, '')}/${encodeURIComponent(tenant)}`
  // MSAL compares hosts together with their ports.
  return { authority, knownAuthorities: entraOverridden ? [new URL(authority).host] : [] }
}
