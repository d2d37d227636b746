import { type ConfigRule, inherited, organizationsOfAccount } from './draft.ts'
import { asMore } from './entry-loop.ts'
import { advice, fault, type Path, warning } from './faults.ts'
import { isTrue } from './fields.ts'
import { oneOf, suggestion } from './suggestions.ts'
import { openingAccount } from './target-openers.ts'

/** Somebody must own the PATs. */
export const someAccount: ConfigRule = (draft) => {
  const none = draft.has(['accounts']) && !draft.isFaulty(['accounts']) && draft.names('accounts').length === 0
  return none ? [fault(['accounts'], 'is empty', 'write an account with tenant and signIn')] : []
}

/** An access token comes from one place. */
export const oneAccessToken: ConfigRule = (draft) =>
  Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) => {
    if (account?.signIn?.method !== 'access-token') return []
    const path: Path = ['accounts', name, 'signIn']
    const [token, file] = [draft.has([...path, 'token']), draft.has([...path, 'file'])]
    if (token && file) return [fault([...path, 'file'], 'stands beside token', 'keep one of token and file')]
    const remedy = 'write token: ${NAME}, or file: with the path of a file that holds it'
    return token || file ? [] : [fault(path, 'has neither token nor file', remedy)]
  })

/** A stored password works until somebody turns a policy on, and then nothing is renewed any more. */
export const passwordsEndWithMfa: ConfigRule = (draft) =>
  Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) => {
    const signIn = account?.signIn
    if (signIn?.method !== 'password') return []
    const path: Path = ['accounts', name, 'signIn']
    if (!isTrue(signIn.warnOfMfa, true)) return []
    const text = 'signs in with a stored password, which fails as soon as Microsoft Entra demands a second factor'
    return [
      advice([...path, 'method'], text, 'the method refresh-token survives that; warnOfMfa: false says that you know'),
    ]
  })

/** Where the sign-in names nobody, nothing but the configuration says whose it should be. */
export const signInHasUser: ConfigRule = (draft) =>
  Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) => {
    const method = account?.signIn?.method
    if (method === undefined || method === 'password' || draft.has(['accounts', name, 'user'])) return []
    const remedy = `write user: with the user principal name ${owner[method]}`
    return [fault(['accounts', name], `user is missing, which sign-in by ${method} needs`, remedy)]
  })

const owner = {
  'access-token': 'that the access token belongs to',
  'refresh-token': 'of the account that signs in',
  'agent-user': 'of the user account that belongs to the agent',
  'on-behalf-of': 'of the user whose token is handed over',
  'azure-cli': 'of the person who is signed in to the Azure CLI',
} as const

/** A tenant that is not written is found from an organization, so there must be one. */
export const tenantsCanBeFound: ConfigRule = (draft) =>
  Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) => {
    const needless =
      account === undefined ||
      account.signIn === undefined ||
      ['access-token', 'azure-cli'].includes(account.signIn.method ?? '')
    if (needless || draft.has(['accounts', name, 'tenant'])) return []
    const unclear = draft.entries.some(
      (entry) =>
        inherited(draft, entry, 'account') === 'faulty' ||
        draft.isFaulty([...entry.path, 'organizations']) ||
        inherited(draft, entry, 'organization') === 'faulty',
    )
    if (unclear || organizationsOfAccount(draft, name).length > 0) return []
    const remedy = 'write tenant: with the id of the tenant or one of its domains'
    return [fault(['accounts', name], 'has no tenant, and no entry with an organization from which to find it', remedy)]
  })
/** Two accounts of one user would both see, and both change, the same PATs. */
export const oneAccountPerUser: ConfigRule = (draft) => {
  const seen = new Map<string, string>()
  return Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) => {
    const signIn = account?.signIn
    const user = account?.user ?? (signIn?.method === 'password' ? signIn.username : undefined)
    if (user === undefined || draft.isFaulty(['accounts', name, 'tenant'])) return []
    const key = `${user} ${account?.tenant ?? ''}`.toLowerCase()
    const earlier = seen.get(key)
    seen.set(key, earlier ?? name)
    if (earlier === undefined) return []
    return [
      fault(
        ['accounts', name],
        `is the same user as accounts.${earlier}`,
        `use ${earlier} in its place, and remove it`,
      ),
    ]
  })
}

/** Every account that is named exists. */
export const accountsExist: ConfigRule = (draft) => {
  const known = draft.names('accounts')
  const wrong = (path: Path, name: string | undefined) => {
    if (name === undefined || known.includes(name)) return []
    const near = suggestion(name, known)
    const remedy = near === undefined ? `write ${oneOf(known)}, or add it under accounts` : `did you mean ${near}?`
    return [fault(path, `there is no account ${draft.shown(path)}`, remedy)]
  }
  if (known.length === 0) return []
  return [
    ...wrong(['defaults', 'account'], draft.written.defaults?.account),
    ...draft.entries.flatMap((entry) => wrong([...entry.path, 'account'], entry.written.account)),
  ]
}

/** Every entry has an account. */
export const entriesHaveAccounts: ConfigRule = (draft) => {
  const [first, ...others] = draft.entries.filter((entry) => inherited(draft, entry, 'account') === 'absent')
  if (first === undefined) return []
  const known = draft.names('accounts')
  const name = known.length === 1 ? known[0] : `<${known.join(' | ') || 'name'}>`
  const text = `names no account${asMore(others.length)}, and defaults.account is missing`
  return [fault(first.path, text, `write account: ${name}, here or under defaults`)]
}

/** An account without a purpose is most likely a slip. */
export const accountsAreUsed: ConfigRule = (draft) => {
  const used = new Set<string>()
  for (const entry of draft.entries) {
    const account = inherited(draft, entry, 'account')
    // While it is not known what is used, nothing can be called unused.
    if (typeof account === 'string' || !draft.names('accounts').includes(account.value)) return []
    used.add(account.value)
  }
  for (const [name, store] of Object.entries(draft.written.stores ?? {})) {
    if (draft.isFaulty(['stores', name, 'credential'])) return []
    const credential = store !== undefined && 'credential' in store ? store.credential : undefined
    if (typeof credential === 'string' && credential.startsWith('account:')) used.add(credential.slice(8))
  }
  for (const target of Object.keys(draft.written.targets ?? {})) {
    const account = openingAccount(draft, target)
    if (account !== undefined) used.add(account)
  }
  if (draft.entries.length === 0 || (draft.written.tokens ?? []).includes(undefined)) return []
  return draft
    .names('accounts')
    .filter((name) => !used.has(name))
    .map((name) =>
      warning(['accounts', name], 'is not used by any token', 'remove it, or name it in an entry of tokens'),
    )
}
