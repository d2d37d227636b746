import { type Problem, problem } from '../core/errors.ts'
import { markOf } from '../core/names.ts'
import { installation } from '../core/facts.ts'
import type { Observation, Snapshot } from '../reconcile/observe.ts'
import { isoText } from './time-text.ts'
import type { Io } from './io.ts'
import { clean, cleanName, namesText, type Pen } from './terminal.ts'
import { table } from './text-table.ts'

/** Something that some Patrol made and that this configuration does not declare. It is shown, never touched. */
export type Undeclared =
  | {
      readonly kind: 'pat'
      readonly authorizationId: string
      readonly displayName: string
      readonly account: string
      readonly organization: string
      /** ISO 8601, as documents have it. */
      readonly validTo?: string
    }
  | { readonly kind: 'secret'; readonly store: string; readonly secretName: string; readonly rule: string | undefined }

/**
 * Marked PATs that no declared token claims, those of another installation under the same display name among them, and
 * secrets that no entry names.
 */
export function undeclared(snapshot: Snapshot): readonly Undeclared[] {
  const declared = declaredBy(snapshot.observations)
  const pats = snapshot.pats.flatMap(({ account, organization, pats: listed }) =>
    listed.flatMap(({ authorizationId, displayName, validTo }): Undeclared[] => {
      const mark = markOf(displayName)
      if (mark === undefined || declared.ids.has(authorizationId)) return []
      if (declared.installations.has(mark.installation) || declared.unseen.has(mark.base)) return []
      const end = validTo === undefined ? {} : { validTo: isoText(validTo) }
      return [{ kind: 'pat', authorizationId, displayName, account, organization, ...end }]
    }),
  )
  const secrets = [...snapshot.managed].flatMap(([store, versions]) =>
    [...versions].flatMap(([secretName, { reading, enabled }]): Undeclared[] => {
      // One that was retired hands out nothing any more.
      if (!enabled) return []
      if (declared.secrets.has(`${store}\n${secretName}`)) return []
      return [{ kind: 'secret', store, secretName, rule: reading.kind === 'read' ? reading.metadata.rule : undefined }]
    }),
  )
  return [...pats, ...secrets]
}

/** Marked PATs that no entry declares, as one problem: nobody renews or revokes them. */
export function undeclaredProblems(snapshot: Snapshot): readonly Problem[] {
  const names = undeclared(snapshot).flatMap((stray) => (stray.kind === 'pat' ? [stray.displayName] : []))
  if (names.length === 0) return []
  const what = names.length === 1 ? 'a PAT that Patrol made is' : `${names.length} PATs that Patrol made are`
  return [problem('*', 'undeclared', `${what} not declared here: ${namesText(names)}`)]
}

/** What the tokens claim: secrets, PATs by their ids, and marks. */
function declaredBy(observations: readonly Observation[]) {
  const secrets = new Set<string>()
  const ids = new Set<string>()
  const installations = new Set<string>()
  /** Display names of tokens that could not be looked at; to call what bears one of them undeclared would be a guess. */
  const unseen = new Set<string>()
  for (const observation of observations) {
    const { token } = observation
    if (token.place !== undefined) secrets.add(`${token.place.store}\n${token.place.secretName.toLowerCase()}`)
    if (!('facts' in observation)) {
      unseen.add(token.displayName)
      continue
    }
    const { facts } = observation
    const own = installation(token, facts)
    if (own !== undefined) installations.add(own)
    for (const version of [facts.current, ...(facts.versions ?? [])]) {
      if (version?.reading.kind !== 'read') continue
      const { authorizationId, supersedes } = version.reading.metadata
      for (const id of [authorizationId, ...supersedes]) ids.add(id)
    }
  }
  return { secrets, ids, installations, unseen }
}

/** So many are shown; a document has them all. */
const mostShown = 10

export function undeclaredText(io: Io, pen: Pen, strays: readonly Undeclared[]): string {
  if (strays.length === 0) return ''
  const rows = strays
    .slice(0, mostShown)
    .map((stray): readonly string[] =>
      stray.kind === 'pat'
        ? [
            'PAT',
            cleanName(stray.displayName),
            stray.validTo === undefined ? 'without a known end' : `expires ${stray.validTo.slice(0, 10)}`,
            clean(`${stray.organization}, ${stray.authorizationId}`),
          ]
        : ['secret', clean(stray.secretName), '', clean(`in store ${stray.store}`)],
    )
  const title = `${strays.length} made by Patrol, but not declared here`
  const rest = strays.length - rows.length
  const more = rest > 0 ? `  and ${rest} more; --json shows them all\n` : ''
  return `\n${pen.colour('bold', title)}\n${table(rows, io.columns)}${more}`
}
