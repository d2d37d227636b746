import { asPatrolError, PatrolError } from '../core/errors.ts'
import type { Version } from '../core/facts.ts'
import type { Instant } from '../core/time.ts'
import type { Found } from '../ports/store.ts'
import type { World } from '../ports/world.ts'
import type { Snapshot } from '../reconcile/observe.ts'
import type { Io } from './io.ts'
import type { Speech } from './speech.ts'
import { clean, type Pen } from './terminal.ts'
import { table } from './text-table.ts'
import { isoText, whenFitting } from './time-text.ts'

/** A token that no entry declares any more, and whose consumers were given a time to do without it. */
export interface Retiring {
  readonly store: string
  readonly secretName: string
  readonly organization: string
  /** The PAT that the store hands out until then. */
  readonly authorizationId: string
  readonly endsAt: Instant
}

/**
 * Retirements that were begun and that no command has finished, the soonest first. No run goes on with them. A store that
 * cannot be asked is told of; one of which no token could be looked at has been told of already.
 */
export async function retiring(world: World, snapshot: Snapshot, speech: Speech): Promise<readonly Retiring[]> {
  const { observations } = snapshot
  const declared = new Set(
    observations.flatMap(({ token: { place } }) => (place === undefined ? [] : [key(place.store, place.secretName)])),
  )
  const found: Retiring[] = []
  for (const [store, opened] of world.stores) {
    const own = observations.filter(({ token }) => token.place?.store === store)
    if (own.length > 0 && own.every((observation) => 'failure' in observation)) continue
    const managed: ReadonlyMap<string, Version | Found> =
      snapshot.managed.get(store) ??
      (await opened.managed().catch((thrown: unknown) => {
        speech.note(`store ${store}: retirements could not be looked for: ${asPatrolError(thrown).message}`)
        return new Map<string, Found>()
      }))
    for (const [secretName, version] of managed) {
      if (version instanceof PatrolError || !version.enabled || version.reading.kind !== 'read') continue
      const { hold, organization, authorizationId } = version.reading.metadata
      if (hold?.stops !== 'retirement' || declared.has(key(store, secretName))) continue
      found.push({ store, secretName, organization, authorizationId, endsAt: hold.until })
    }
  }
  return found.toSorted((left, right) => left.endsAt - right.endsAt)
}

function key(store: string, secretName: string): string {
  return `${store}\n${secretName.toLowerCase()}`
}

/** What ends when, and which command does it; empty when nothing is retired. */
export function retiringText(io: Io, pen: Pen, among: readonly Retiring[], now: Instant): string {
  if (among.length === 0) return ''
  const rows = among.map(({ secretName, organization, endsAt }) => {
    const command = `patrol retire ${clean(secretName)}`
    return [
      clean(secretName),
      clean(organization),
      endsAt > now ? `ends ${whenFitting(io.columns, endsAt, now)}` : pen.colour('yellow', 'due now'),
      endsAt > now ? `${command}  after that` : command,
    ]
  })
  return `\n${pen.colour('bold', 'retiring')}\n${table(rows, io.columns)}`
}

export function retiringJson({ endsAt, ...rest }: Retiring, now: Instant): Readonly<Record<string, unknown>> {
  return { ...rest, endsAt: isoText(endsAt), due: endsAt <= now, command: `patrol retire ${rest.secretName}` }
}
