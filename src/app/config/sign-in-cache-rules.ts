import { day, parseDuration, times } from '../../core/time.ts'
import { storePlace } from './address.ts'
import { type ConfigRule, type Draft, storeOf } from './draft.ts'
import { fault, type Path } from './faults.ts'
import { oneOf, suggestion } from './suggestions.ts'

/** Where an account's sign-in is kept, as far as that is sound and a store. */
interface Kept {
  readonly account: string
  readonly path: Path
  readonly store: string | undefined
  readonly secret: string | undefined
}

/** The store of a sign-in exists. */
export const cacheStoresExist: ConfigRule = (draft) =>
  keptSignIns(draft).flatMap(({ path, store }) => {
    const known = draft.names('stores')
    if (store === undefined || known.includes(store) || draft.isFaulty(['stores'])) return []
    const near = suggestion(store, known)
    const add = known.length === 0 ? 'add it under stores' : `write ${oneOf(known)}, or add it under stores`
    return [
      fault(
        [...path, 'store'],
        `there is no store ${draft.shown([...path, 'store'])}`,
        near === undefined ? add : `did you mean ${near}?`,
      ),
    ]
  })

/** Whoever opens the vault of a sign-in must be able to do so before that sign-in. */
export const cachesOpenWithoutThemselves: ConfigRule = (draft) =>
  keptSignIns(draft).flatMap(({ account, path }) => {
    const way = wayBack(draft, account)
    if (way === undefined) return []
    const [opener] = way
    const text =
      way.length === 1
        ? `is a vault that the account ${account} itself opens, which it can only do once it is signed in`
        : `is a vault that the account ${opener} opens, whose own sign-in cannot be reached without ${account}`
    return [
      fault(
        [...path, 'store'],
        text,
        'write another store, or another credential of this one, such as managed-identity',
      ),
    ]
  })

/** A sign-in and a token under one name would replace each other. */
export const cacheSecretsAreApart: ConfigRule = (draft) => {
  const seen = new Map<string, string>()
  const secretAt = (store: string, secret: string): string => {
    const written = draft.written.stores?.[store]
    const place = (written === undefined ? undefined : storePlace(written, draft.directory)) ?? store
    return `${secret.toLowerCase()}\n${place}`
  }
  for (const entry of draft.entries) {
    const store = storeOf(draft, entry)
    const secret = entry.written.secretName ?? entry.written.name
    if (entry.kind === 'token' && typeof store !== 'string' && secret !== undefined)
      seen.set(secretAt(store.value, secret), draft.label(entry.path))
  }
  return keptSignIns(draft).flatMap(({ account, path, store, secret }) => {
    if (store === undefined || secret === undefined) return []
    const key = secretAt(store, secret)
    const earlier = seen.get(key)
    seen.set(key, earlier ?? `the account ${account}`)
    if (earlier === undefined) return []
    const at: Path = [...path, 'secret']
    return [
      fault(
        at,
        `the secret ${draft.shown(at)} of this store is that of ${earlier}, too`,
        `write another name, such as ${account}-sign-in`,
      ),
    ]
  })
}

const longestRedeemAfter = times(60, day)

/** Who waits too long loses the sign-in: it dies after 90 days without use. */
export const signInsAreRenewedInTime: ConfigRule = (draft) =>
  Object.entries(draft.written.accounts ?? {}).flatMap(([name, account]) => {
    const signIn = account?.signIn
    const written = signIn?.method === 'refresh-token' ? signIn.redeemAfter : undefined
    const length = written === undefined ? undefined : parseDuration(written)
    if (length === undefined || length <= longestRedeemAfter) return []
    const at: Path = ['accounts', name, 'signIn', 'redeemAfter']
    return [
      fault(
        at,
        `${draft.shown(at)} is longer than 60d, and the sign-in dies after 90 days without use`,
        'write 60d or less; leave it out for 7d',
      ),
    ]
  })

/** The stores that sign-ins are kept in. */
export function storesOfSignIns(draft: Draft): readonly string[] {
  return keptSignIns(draft).flatMap(({ store }) => store ?? [])
}

function keptSignIns(draft: Draft): readonly Kept[] {
  return Object.entries(draft.written.accounts ?? {}).flatMap(([account, written]): Kept[] => {
    const signIn = written?.signIn
    if (signIn?.method !== 'refresh-token' || typeof signIn.cache !== 'object') return []
    const { store, secret } = signIn.cache
    return [{ account, path: ['accounts', account, 'signIn', 'cache'], store, secret }]
  })
}

/** The accounts that must be signed in before this one, when this one is among them; else undefined. */
function wayBack(draft: Draft, account: string): readonly string[] | undefined {
  const openers = new Map(keptSignIns(draft).map((kept) => [kept.account, openerOf(draft, kept.store)]))
  const way: string[] = []
  for (let at = openers.get(account); at !== undefined && !way.includes(at); at = openers.get(at)) {
    way.push(at)
    if (at === account) return way
  }
  return undefined
}

function openerOf(draft: Draft, store: string | undefined): string | undefined {
  const written = store === undefined ? undefined : draft.written.stores?.[store]
  const credential = written !== undefined && 'credential' in written ? written.credential : undefined
  return typeof credential === 'string' && credential.startsWith('account:') ? credential.slice(8) : undefined
}
