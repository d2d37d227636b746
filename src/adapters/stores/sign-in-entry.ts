import { PatrolError } from '../../core/errors.ts'
import { Secret } from '../../core/secret.ts'
import { type Instant, instant } from '../../core/time.ts'
import type { SignInEntry } from '../../ports/sign-in-store.ts'

/** The form of what is kept; a newer one is refused. */
const entryFormat = 1

/** What a sign-in store holds where a sign-in stood that a person took back. */
export const signedOut = 'signed-out'

/** The text that is kept, as one secret. */
export function formatEntry(entry: SignInEntry): Secret {
  const { session, user, tenant, clientId } = entry
  const cache: unknown = JSON.parse(entry.cache.reveal())
  const [signedInAt, redeemedAt] = [isoOf(entry.signedInAt), isoOf(entry.redeemedAt)]
  return new Secret(
    JSON.stringify({ format: entryFormat, session, user, tenant, clientId, signedInAt, redeemedAt, cache }),
  )
}

/** What stands in place of a sign-in that was taken back, where nothing can be taken away. */
export function formatSignedOut(at: Instant): Secret {
  return new Secret(JSON.stringify({ format: entryFormat, signedOutAt: isoOf(at) }))
}

/**
 * Reads what `formatEntry` or `formatSignedOut` gave.
 *
 * @param place where it stands, for the message
 * @throws PatrolError `metadata-unsupported` for a newer form, `secret-not-managed` for anything else
 */
export function parseEntry(kept: Secret, place: string): SignInEntry | typeof signedOut {
  const fields = fieldsOf(kept.reveal())
  const format = fields?.['format']
  if (typeof format === 'number' && format > entryFormat) {
    throw new PatrolError('metadata-unsupported', `${place} holds a sign-in of the form ${format}, which is newer`)
  }
  if (fields !== undefined && format === entryFormat && 'signedOutAt' in fields) return signedOut
  const entry = fields === undefined || format !== entryFormat ? undefined : entryOf(fields)
  if (entry !== undefined) return entry
  throw new PatrolError('secret-not-managed', `${place} holds something else than a sign-in`, {
    remedy: 'Choose another name in signIn.cache of the account, or remove what stands there.',
  })
}

function entryOf(fields: Readonly<Record<string, unknown>>): SignInEntry | undefined {
  const [session, user, tenant, clientId] = ['session', 'user', 'tenant', 'clientId'].map((name) =>
    textOf(fields[name]),
  )
  const [signedInAt, redeemedAt] = [fields['signedInAt'], fields['redeemedAt']].map((text) =>
    Date.parse(textOf(text) ?? ''),
  )
  const { cache } = fields
  if (session === undefined || user === undefined || tenant === undefined || clientId === undefined) return undefined
  if (signedInAt === undefined || redeemedAt === undefined || Number.isNaN(signedInAt + redeemedAt)) return undefined
  if (typeof cache !== 'object' || cache === null) return undefined
  const times = { signedInAt: instant(signedInAt), redeemedAt: instant(redeemedAt) }
  return { session, user, tenant, clientId, ...times, cache: new Secret(JSON.stringify(cache)) }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isoOf(at: Instant): string {
  return new Date(at).toISOString()
}
