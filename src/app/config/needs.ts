import { type Draft, inherited, storeOf } from './draft.ts'
import { type Fault, pathKey, type Path } from './faults.ts'

/**
 * What a configuration is loaded for. `stores`: to read values only, which asks nothing of Azure DevOps or targets.
 * `signIn`: to sign in for one account, on the computer of a person, where what runs need is seldom at hand.
 */
export type Needs = 'everything' | 'stores' | { readonly signIn: string }

/**
 * What is not there and does not matter to whoever only reads from stores, or signs in for one account: references of
 * targets, and of accounts that open no store and are not signed in for.
 * One of these counts all the same: the user name of an account whose rules have a store, for its secrets are told by it.
 *
 * @param absences what references name and is not there
 */
export function sparedFaults(
  draft: Draft,
  absences: readonly Fault[],
  needs: Exclude<Needs, 'everything'>,
): ReadonlySet<Fault> {
  const openers = new Set(
    Object.values(draft.written.stores ?? {}).flatMap((store) => {
      const credential = store !== undefined && 'credential' in store ? store.credential : undefined
      return typeof credential === 'string' && credential.startsWith('account:') ? [credential.slice(8)] : []
    }),
  )
  const owners = new Set(
    draft.entries.flatMap((entry) => {
      const account = inherited(draft, entry, 'account')
      return entry.kind === 'token' || storeOf(draft, entry) === 'absent' || typeof account === 'string'
        ? []
        : ownerPaths(account.value).map(pathKey)
    }),
  )
  if (needs !== 'stores') openers.add(needs.signIn)
  const isSpared = ({ path }: Fault): boolean => {
    const [section, name] = path
    if (section === 'targets') return path.length > 2
    return section === 'accounts' && path.length > 2 && !openers.has(String(name)) && !owners.has(pathKey(path))
  }
  return new Set(absences.filter(isSpared))
}

/** Where the owner of an account stands. */
function ownerPaths(account: string): readonly Path[] {
  return [
    ['accounts', account, 'user'],
    ['accounts', account, 'signIn', 'username'],
  ]
}
