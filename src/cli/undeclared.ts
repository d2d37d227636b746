import { markOf } from '../core/names.ts'
import type { Snapshot } from '../reconcile/observe.ts'
import type { Io } from './io.ts'
import { clean, type Pen, table } from './terminal.ts'

/** Something that some Patrol made and that this configuration does not declare. It is shown, never touched. */
export type Undeclared =
  | {
      readonly kind: 'pat'
      readonly authorizationId: string
      readonly displayName: string
      readonly account: string
      readonly organization: string
    }
  | { readonly kind: 'secret'; readonly store: string; readonly secretName: string; readonly rule: string | undefined }

/** Marked PATs that are neither a declared token's current one nor one of its others, and secrets that no entry names. */
export function undeclared(snapshot: Snapshot): readonly Undeclared[] {
  const declaredNames = new Set<string>()
  const declaredIds = new Set<string>()
  const declaredSecrets = new Set<string>()
  for (const observation of snapshot.observations) {
    const { token } = observation
    if (token.place !== undefined) declaredSecrets.add(`${token.place.store}\n${token.place.secretName.toLowerCase()}`)
    declaredNames.add(`${token.account}\n${token.organization.toLowerCase()}\n${token.displayName}`)
    if (!('facts' in observation)) continue
    for (const version of [observation.facts.current, ...(observation.facts.versions ?? [])]) {
      if (version?.reading.kind === 'read') declaredIds.add(version.reading.metadata.authorizationId)
    }
  }
  const pats = snapshot.pats.flatMap(({ account, organization, pats: listed }) =>
    listed.flatMap(({ authorizationId, displayName }): Undeclared[] => {
      const mark = markOf(displayName)
      if (mark === undefined || declaredIds.has(authorizationId)) return []
      if (declaredNames.has(`${account}\n${organization.toLowerCase()}\n${mark.base}`)) return []
      return [{ kind: 'pat', authorizationId, displayName, account, organization }]
    }),
  )
  const secrets = [...snapshot.managed].flatMap(([store, versions]) =>
    [...versions].flatMap(([secretName, { reading }]): Undeclared[] => {
      if (declaredSecrets.has(`${store}\n${secretName}`)) return []
      return [{ kind: 'secret', store, secretName, rule: reading.kind === 'read' ? reading.metadata.rule : undefined }]
    }),
  )
  return [...pats, ...secrets]
}

export function undeclaredText(io: Io, pen: Pen, strays: readonly Undeclared[]): string {
  if (strays.length === 0) return ''
  const rows = strays.map((stray): readonly string[] =>
    stray.kind === 'pat'
      ? ['PAT', clean(stray.displayName), `${stray.organization}, ${stray.authorizationId}`]
      : ['secret', stray.secretName, `in store ${stray.store}`],
  )
  return `\n${pen.colour('bold', 'made by Patrol, but not declared here')}\n${table(rows, io.columns)}`
}
