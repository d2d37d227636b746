import { type Delivery, fits } from '../../core/metadata.ts'
import { knownScope, knownScopes, scopeId, scopeIds, scopesWithin, signInScopes } from '../../core/scope-catalogue.ts'
import { fullScope } from '../../core/scopes.ts'
import { instant, second } from '../../core/time.ts'
import { type ConfigRule, type DraftEntry, inherited } from './draft.ts'
import { writtenTargets } from './destinations.ts'
import { repeated } from './entry-loop.ts'
import { fault, warning } from './faults.ts'
import { isTrue } from './fields.ts'
import { isSlip, suggestion } from './suggestions.ts'

/** A token that may have to be made says what it may do. */
export const tokensHaveScopes: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => {
    if (entry.kind !== 'token' || draft.has([...entry.path, 'scopes'])) return []
    const remedy = 'write scopes: with a list of what the token may do, such as - vso.code_write'
    return [fault(entry.path, 'scopes is missing: a token with a name must say what it may do', remedy)]
  })

/** The service would not tell what one of two equal scopes was for. */
export const scopesAreUnique: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => repeated(draft, [...entry.path, 'scopes'], idsOf(entry)))

/** Full scope includes every other, and is worth a thought. */
export const fullScopeStandsAlone: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => {
    const index = idsOf(entry).indexOf(fullScope)
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

/**
 * A scope with a slip in it. A friendly name is ours to know. An id may be newer than this program, and the service would
 * refuse one with a slip only when the token is made: so one that is nearly a known id is refused unless the entry says
 * that it is meant, and any other is worth a word.
 */
export const scopesAreKnown: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) =>
    (entry.written.scopes ?? []).flatMap((scope, index) => {
      if (scope === undefined || knownScope(scope) !== undefined || signInScopes.includes(scope.toLowerCase()))
        return []
      if (isTrue(entry.written.unknownScopes, false) && scope.toLowerCase().startsWith('vso.')) return []
      const path = [...entry.path, 'scopes', index]
      const isId = scope.toLowerCase().startsWith('vso.')
      const near = suggestion(
        scope,
        knownScopes.map(({ id, friendly }) => (isId ? id : friendly)),
      )
      const text = `${draft.shown(path)} is not among the scopes that are known`
      if (!isId) {
        const remedy =
          near === undefined
            ? 'write one of the table in docs/config.md, or the id that Azure DevOps gives it, such as vso.code_write'
            : `did you mean ${near}? An id such as ${scopeId(near)} is right, too`
        return [fault(path, text, remedy)]
      }
      if (near !== undefined && isSlip(scope, near)) {
        const remedy = `did you mean ${near}? If Azure DevOps does know ${draft.shown(path)}, write unknownScopes: true into the entry`
        return [fault(path, text, remedy)]
      }
      const meant = near === undefined ? 'check it;' : `did you mean ${near}?`
      return [warning(path, text, `${meant} Patrol asks for it as it stands; unknownScopes: true ends this warning`)]
    }),
  )

/** A scope that another one includes only makes the list longer. */
export const scopesAddSomething: ConfigRule = (draft) =>
  draft.entries.flatMap((entry) => {
    const ids = idsOf(entry)
    return ids.flatMap((id, index) => {
      if (id === undefined) return []
      const wider = ids.findIndex((other) => other !== undefined && other !== id && scopesWithin(other).has(id))
      if (wider < 0) return []
      const path = [...entry.path, 'scopes', index]
      const includes = draft.shown([...entry.path, 'scopes', wider])
      return [
        warning(path, `${draft.shown(path)} is included in ${includes}, which stands in this list, too`, 'remove it'),
      ]
    })
  })

/** The ids of the scopes of an entry at the places where they are written. */
function idsOf(entry: DraftEntry): readonly (string | undefined)[] {
  return (entry.written.scopes ?? []).map((scope) => (scope === undefined ? undefined : scopeId(scope)))
}

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
      scopes: scopeIds(scopes),
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
  return { target, beganAt: late, deliveredAt: late, nextAttemptAt: late, failures: 999, failure: 'target-unreachable' }
}
