import type { Wanted, WantedAccount, WantedStore } from '../config/wanted.ts'

/** An account with the organizations in which it owns tokens. */
export interface AccountScope {
  readonly account: WantedAccount
  readonly organizations: readonly OrganizationScope[]
}

export interface OrganizationScope {
  readonly name: string
  /** The scopes of each declared token; those of a rule's tokens are not known beforehand. */
  readonly scopes: readonly (readonly string[] | undefined)[]
}

/** A store with the names under which declared tokens stand in it. */
export interface StoreScope {
  readonly store: WantedStore
  readonly secretNames: readonly string[]
  /** Whether some rule finds its secrets by listing. */
  readonly needsListing: boolean
  /** The account that opens it, where one does. */
  readonly opener: string | undefined
}

export interface Scope {
  readonly accounts: readonly AccountScope[]
  readonly stores: readonly StoreScope[]
  /** Names of targets. */
  readonly targets: readonly string[]
  /** Base addresses of the services, each once. */
  readonly addresses: readonly string[]
}

/**
 * What an examination is about: all accounts and stores, or one account with the stores of its tokens and of its sign-in,
 * and the addresses that they need.
 *
 * @param only the name of an account of the configuration
 */
export function scopeOf(wanted: Wanted, only: string | undefined): Scope {
  const entries = [...wanted.tokens, ...wanted.rules].filter(({ account }) => only === undefined || account === only)
  const delivered = new Set(entries.flatMap(({ targets }) => targets))
  const ofTokens = entries.map((entry) => ('name' in entry ? entry.place?.store : entry.store))
  const used = new Set([...ofTokens, only === undefined ? undefined : storeOfSignIn(wanted.accounts.get(only))])
  const stores = [...wanted.stores.values()]
    .filter(({ name }) => only === undefined || used.has(name))
    .map((store): StoreScope => {
      const names = entries.flatMap((entry) =>
        'name' in entry && entry.place?.store === store.name ? [entry.place] : [],
      )
      const needsListing = entries.some((entry) => 'match' in entry && entry.store === store.name)
      return { store, secretNames: names.map(({ secretName }) => secretName), needsListing, opener: openerOf(store) }
    })
  const openers = new Set(stores.map(({ opener }) => opener))
  const accounts = [...wanted.accounts.values()]
    .filter(({ name }) => only === undefined || name === only || openers.has(name))
    .map((account): AccountScope => ({ account, organizations: organizationsOf(wanted, account.name) }))
  const targets = [...wanted.targets.keys()].filter((name) => only === undefined || delivered.has(name))
  return { accounts, stores, targets, addresses: addressesOf(wanted, accounts, stores) }
}

/** Whether it is we who ask Microsoft Entra; some methods leave that to another program. */
export function asksEntra({ signIn }: Pick<WantedAccount, 'signIn'>): boolean {
  return signIn.method !== 'access-token' && signIn.method !== 'azure-cli'
}

function openerOf(store: WantedStore): string | undefined {
  const isOpened = store.type === 'azure-key-vault' && store.credential.type === 'account'
  return isOpened ? store.credential.account : undefined
}

function storeOfSignIn(account: WantedAccount | undefined): string | undefined {
  if (account?.signIn.method !== 'refresh-token') return undefined
  const { cache } = account.signIn
  return cache.kind === 'store' ? cache.store : undefined
}

function organizationsOf({ tokens, rules }: Wanted, account: string): readonly OrganizationScope[] {
  const scopes = new Map<string, (readonly string[] | undefined)[]>()
  const spelled = new Map<string, string>()
  const add = (organization: string, asked: readonly string[] | undefined): void => {
    const key = organization.toLowerCase()
    if (!spelled.has(key)) spelled.set(key, organization)
    scopes.set(key, [...(scopes.get(key) ?? []), asked])
  }
  for (const token of tokens) if (token.account === account) add(token.organization, token.scopes)
  for (const rule of rules)
    if (rule.account === account) for (const organization of rule.organizations) add(organization, rule.scopes)
  return [...scopes].map(([key, asked]) => ({ name: spelled.get(key) ?? key, scopes: asked }))
}

function addressesOf(
  { endpoints }: Wanted,
  accounts: readonly AccountScope[],
  stores: readonly StoreScope[],
): readonly string[] {
  const entra = accounts.some(({ account }) => asksEntra(account)) ? [endpoints.entra] : []
  const vaults = stores.flatMap(({ store }) => (store.type === 'azure-key-vault' ? [store.url] : []))
  const azureDevOps = accounts.length > 0 ? [endpoints.azureDevOps, endpoints.vssps] : []
  return [...new Set([...entra, ...azureDevOps, ...vaults])]
}
