import { type Delivery, fits } from '../../core/metadata.ts'
import { fullScope, normalizeScopes } from '../../core/scopes.ts'
import { instant, second } from '../../core/time.ts'
import { type ConfigRule, inherited } from './draft.ts'
import { writtenTargets } from './destinations.ts'
import { repeated } from './entry-loop.ts'
import { fault, warning } from './faults.ts'
import { knownScopes, signInScopes } from './known-scopes.ts'
import { suggestion } from './suggestions.ts'

/** A token that may have to be made says what it may do. */
export const tokensHaveScopes: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => {
    if (entry.kind !== 'token' || draft.has([...entry.path, 'scopes'])) return []
    const remedy = 'write scopes: with a list of what the token may do, such as - vso.code_write'
    return [fault(entry.path, 'scopes is missing: a token with a name must say what it may do', remedy)]
  })

/** The service would not tell what one of two equal scopes was for. */
export const scopesAreUnique: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => repeated(draft, [...entry.path, 'scopes'], entry.written.scopes ?? []))

/** Full scope includes every other, and is worth a thought. */
export const fullScopeStandsAlone: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => {
    const scopes = entry.written.scopes ?? []
    const index = scopes.indexOf(fullScope)
    if (index < 0) return []
    const path = [...entry.path, 'scopes', index]
    if (draft.has([...entry.path, 'scopes', 1])) {
      return [
        fault(path, `${fullScope} includes every other scope and stands alone`, `remove ${fullScope}, or the others`),
      ]
    }
    const text = `${fullScope} lets whoever has the token do everything that the account may do`
    return [warning(path, text, 'list the scopes that the token needs; a tenant can forbid full scope')]
  })

/** Nobody can make a PAT that makes PATs. */
export const scopesAreForPats: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) =>
    (entry.written.scopes ?? []).flatMap((scope, index) => {
      if (scope === undefined || !signInScopes.includes(scope.toLowerCase())) return []
      const path = [...entry.path, 'scopes', index]
      return [fault(path, `${draft.shown(path)} is a permission of the sign-in and never one of a PAT`, 'remove it')]
    }),
  )

/** A scope with a slip in it is refused only when the token is made. */
export const scopesAreKnown: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) =>
    (entry.written.scopes ?? []).flatMap((scope, index) => {
      const known =
        scope === undefined || knownScopes.includes(scope.toLowerCase()) || signInScopes.includes(scope.toLowerCase())
      if (known) return []
      const near = suggestion(scope, knownScopes)
      const path = [...entry.path, 'scopes', index]
      const remedy =
        near === undefined
          ? 'check it; Patrol asks for it as it stands'
          : `did you mean ${near}? Patrol asks for it as it stands`
      return [warning(path, `${draft.shown(path)} is not among the scopes that are known`, remedy)]
    }),
  )

/** What Patrol must remember of a token fits beside its value in the store. */
export const metadataFits: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => {
    const scopes = entry.written.scopes?.filter((scope) => scope !== undefined)
    const organization = inherited(draft, entry, 'organization')
    if (scopes === undefined) return []
    const at = instant(Number.MAX_SAFE_INTEGER)
    const room = fits({
      organization: typeof organization === 'string' ? '' : organization.value,
      account: '',
      authorizationId: '00000000-0000-0000-0000-000000000000',
      generation: '000000000000',
      scopes: normalizeScopes(scopes),
      validFrom: at,
      validTo: at,
      supersedes: [],
      writtenAt: at,
      extendedAt: at,
      rule: entry.written.match,
      displayName: entry.written.displayName ?? '',
      deliveries: writtenTargets(draft, entry).names.map(longestRecord),
    })
    if (room) return []
    return [
      fault(
        [...entry.path, 'scopes'],
        'is longer than a vault can remember',
        'split the token in two, or use the scopes that include others',
      ),
    ]
  })

/** A delivery that failed often, as long as its record ever gets. */
function longestRecord(target: string): Delivery {
  const late = instant(9_999_999_999 * second)
  return { target, beganAt: late, deliveredAt: late, nextAttemptAt: late, failures: 999 }
}
