import { scopeId } from '../../core/scope-catalogue.ts'
import { fullScope } from '../../core/scopes.ts'
import { plainUrl } from './address.ts'
import { type ConfigRule, type DraftEntry, inherited, storeOf } from './draft.ts'
import { each } from './entry-loop.ts'
import { fault, warning } from './faults.ts'

/**
 * Scopes that let git in.
 * https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#available-scopes
 */
export const codeScopes: readonly string[] = ['vso.code', 'vso.code_write', 'vso.code_manage', 'vso.code_full']

/** What `git` says: whether the token serves, or where; undefined when it says nothing. */
export function gitOf(written: boolean | string | undefined): boolean | string | undefined {
  if (written === 'true' || written === 'false') return written === 'true'
  return written
}

/** Git asks for the value of a token, and which ones a rule will make is not known. */
export const gitIsForTokens: ConfigRule = each(({ kind, path, written }) => {
  if (kind !== 'rule' || written.git === undefined) return []
  const remedy = 'declare a token with a name for git, and write git: true there'
  return [fault([...path, 'git'], 'is only for tokens with a name', remedy, 'key')]
})

/** There is nothing to hand out without a store. */
export const gitHasValues: ConfigRule = each((entry, draft) => {
  const git = gitOf(entry.written.git)
  if (entry.kind !== 'token' || git === undefined || git === false || storeOf(draft, entry) !== 'absent') return []
  return [
    fault([...entry.path, 'git'], 'has no value to hand out: the token has no store', 'name a store, or remove git'),
  ]
})

/** Git gets one value for an address. */
export const gitAddressesAreApart: ConfigRule = (draft) => {
  const seen = new Map<string, DraftEntry>()
  return draft.entries.flatMap((entry) => {
    const git = gitOf(entry.written.git)
    const organization = inherited(draft, entry, 'organization')
    if (entry.kind !== 'token' || git === undefined || git === false) return []
    if (git === true && typeof organization === 'string') return []
    const address =
      git === true ? `organization ${typeof organization === 'string' ? '' : organization.value}` : plainUrl(git)
    const earlier = seen.get(address.toLowerCase())
    seen.set(address.toLowerCase(), earlier ?? entry)
    if (earlier === undefined) return []
    const text = `serves what ${draft.label(earlier.path)} serves, too`
    return [fault([...entry.path, 'git'], text, 'keep one of the two, or write git: with a longer address')]
  })
}

/** A token that cannot read code is a slip. */
export const gitScopesReachCode: ConfigRule = each((entry, draft) => {
  const git = gitOf(entry.written.git)
  const scopes = entry.written.scopes?.filter((scope) => scope !== undefined).map(scopeId)
  if (git === undefined || git === false || scopes === undefined || draft.isFaulty([...entry.path, 'scopes'])) return []
  if (scopes.some((scope) => scope === fullScope || codeScopes.includes(scope))) return []
  return [warning([...entry.path, 'git'], 'none of its scopes reaches code', `add one of ${codeScopes.join(', ')}`)]
})
