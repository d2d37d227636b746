import { storePlace } from './address.ts'
import { type ConfigRule, type Draft, type DraftEntry, storeOf } from './draft.ts'
import { asMore, each } from './entry-loop.ts'
import { fault, warning } from './faults.ts'
import { oneOf } from './suggestions.ts'

/** A new value is kept somewhere. */
export const storesAreNamed: ConfigRule = (draft) => {
  const without = draft.entries.filter((entry) => entry.method === 'rotate' && storeOf(draft, entry) === 'absent')
  const [first, ...others] = without
  if (first === undefined) return []
  const text = `names no store${asMore(others.length)}, and defaults.store is missing: method: rotate keeps each new value in one`
  return [fault(first.path, text, `write store: with ${someStore(draft)}, here or under defaults`)]
}

/** What may have to be made or replaced needs a store, which `renew` has only if it names one. */
export const renewNeedsStoreToReplace: ConfigRule = each((entry, draft) => {
  if (entry.method !== 'renew' || storeOf(draft, entry) !== 'absent') return []
  const store = `store: with ${someStore(draft)}`
  if (entry.written.atCeiling === 'rotate') {
    const text = 'rotate needs a store of the entry itself: defaults.store does not serve method: renew'
    return [fault([...entry.path, 'atCeiling'], text, `write ${store}, or atCeiling: report`)]
  }
  if (entry.kind !== 'token') return []
  const text = 'has method: renew and no store of its own, so its value would be lost when it is made'
  const remedy = `name a store (${store}), or write match: in place of name: to extend PATs that are there already`
  return [fault(entry.path, text, remedy)]
})

function someStore(draft: Draft): string {
  const known = draft.names('stores')
  return known.length === 0 ? 'a store that you add under stores' : oneOf(known)
}

/** A ceiling is something that only extending meets. */
export const ceilingsAreMet: ConfigRule = each((entry, draft) => {
  if (entry.method !== 'rotate' || !draft.has([...entry.path, 'atCeiling'])) return []
  return [
    warning(
      [...entry.path, 'atCeiling'],
      'has no effect: method: rotate meets no ceiling',
      'remove it, or write method: renew',
    ),
  ]
})

/** Names in the store have the form that their entry needs, and are used. */
export const secretNamesFit: ConfigRule = each((entry, draft) => {
  const { written, kind } = entry
  const path = [...entry.path, 'secretName']
  if (written.secretName === undefined) return []
  if (storeOf(draft, entry) === 'absent' && entry.method === 'renew') {
    return [
      fault(
        path,
        'is not used: method: renew has no store unless it names one',
        'add store:, or remove secretName',
        'key',
      ),
    ]
  }
  const template = written.secretName.includes('{name}')
  if (kind === 'rule' && !template) {
    return [
      fault(
        path,
        `${draft.shown(path)} would be the name of every PAT that the rule covers`,
        'write a template with {name}, such as "pat-{name}"',
      ),
    ]
  }
  if (kind === 'token' && template)
    return [fault(path, `${draft.shown(path)} is a template, which is only for rules`, 'write the name itself')]
  return []
})

/** Two tokens of one secret would overwrite each other. Names of secrets do not regard case. */
export const secretsAreApart: ConfigRule = (draft) => {
  const seen = new Map<string, DraftEntry>()
  return draft.entries.flatMap((entry) => {
    const store = storeOf(draft, entry)
    const secretName =
      entry.written.secretName ?? (draft.has([...entry.path, 'secretName']) ? undefined : entry.written.name)
    if (entry.kind !== 'token' || typeof store === 'string' || secretName === undefined) return []
    const written = draft.written.stores?.[store.value]
    const place = (written === undefined ? undefined : storePlace(written, draft.directory)) ?? store.value
    const secret = `${secretName.toLowerCase()}\n${place}`
    const earlier = seen.get(secret)
    seen.set(secret, earlier ?? entry)
    if (earlier === undefined) return []
    // Two tokens of one name are told of once, by their name.
    if (earlier.written.name === entry.written.name && !draft.has([...entry.path, 'secretName'])) return []
    const key = draft.has([...entry.path, 'secretName']) ? 'secretName' : 'name'
    const path = [...entry.path, key]
    const text = `the secret ${draft.shown(path)} of this store is that of ${draft.label(earlier.path)}, too`
    return [fault(path, text, `write ${key === 'name' ? 'a' : 'another'} secretName`)]
  })
}
