import { resolve } from 'node:path'
import { ageIdentityFault } from '../../adapters/stores/age-key.ts'
import { storePlace, vaultDomains, vaultName } from './address.ts'
import { type ConfigRule, type Draft, storeOf } from './draft.ts'
import { type Fault, fault, type Path, pathKey, show, warning } from './faults.ts'
import { isTrue } from './fields.ts'
import { decoded, reasonOf } from './references.ts'
import type { WrittenStore } from './schema.ts'
import type { Sound } from './shape.ts'
import { storesOfSignIns } from './sign-in-cache-rules.ts'
import { oneOf, suggestion } from './suggestions.ts'

/** The url of a vault is the vault's own address and nothing more. */
export const vaultAddresses: ConfigRule = (draft) =>
  eachVault(draft, (path, store) => {
    if (store.url === undefined) return []
    const at: Path = [...path, 'url']
    const url = new URL(store.url)
    if (url.pathname !== '/') {
      return [
        fault(
          at,
          `${draft.shown(at)} has a path, which a vault has not`,
          'write only what stands before it, such as https://contoso.vault.azure.net',
        ),
      ]
    }
    const name = vaultName(url.host)
    if (name !== undefined) {
      if (/^[a-z][a-z0-9-]{1,22}[a-z0-9]$/.test(name) && !name.includes('--')) return []
      const remedy = 'write the name of the vault as the portal shows it: 3 to 24 letters, digits and hyphens'
      return [fault(at, `${draft.shown(at)} names no possible vault`, remedy)]
    }
    if (!isTrue(store.verifyChallengeResource, true)) return []
    const text = `${draft.shown(at)} is not under ${oneOf(vaultDomains)}`
    return [
      warning(at, text, 'check the address; an emulator on another domain also needs verifyChallengeResource: false'),
    ]
  })

/** The check that keeps tokens from strangers is only ever given up for an emulator. */
export const challengesAreVerified: ConfigRule = (draft) =>
  eachVault(draft, (path, store) => {
    if (store.url === undefined) return []
    if (isTrue(store.verifyChallengeResource, true) || vaultName(new URL(store.url).host) === undefined) return []
    const at: Path = [...path, 'verifyChallengeResource']
    return [fault(at, 'is false for a vault of Microsoft', 'remove it: only an emulator on another domain needs it')]
  })

/** What opens the files is an age identity; a password or a cut-off key would only be found out in a run. */
export const identitiesAreOfAge: ConfigRule = (draft) =>
  eachStore(draft, (path) => {
    const at: Path = [...path, 'identity']
    const identity = draft.secrets.get(pathKey(at))
    const wrong = identity === undefined ? undefined : ageIdentityFault(identity)
    if (wrong === undefined) return []
    if (wrong === 'checksum') {
      const text = `the value of ${draft.shown(at)} is an age identity with a character that is wrong: its checksum does not fit`
      return [fault(at, text, 'copy it once more, as a whole, from where it was made')]
    }
    const remedy =
      'set it to AGE-SECRET-KEY-1… and all that follows, or to the text of the file that `patrol init --new-identity FILE` or age-keygen makes'
    return [fault(at, `the value of ${draft.shown(at)} is no age identity`, remedy)]
  })

/** Two stores of one place would not see that their secrets are the same. */
export const storesAreApart: ConfigRule = (draft) => {
  const seen = new Map<string, string>()
  return eachStore(draft, (path, store) => {
    const place = storePlace(store, draft.directory)
    const name = String(path[1])
    if (place === undefined) return []
    const earlier = seen.get(place)
    seen.set(place, earlier ?? name)
    if (earlier === undefined) return []
    return [fault(path, `is the same place as stores.${earlier}`, `use ${earlier} in its place, and remove it`)]
  })
}

/** Every store that is named exists. */
export const storesExist: ConfigRule = (draft) => {
  const known = draft.names('stores')
  const wrong = (path: Path, name: string | undefined): readonly Fault[] => {
    if (name === undefined || known.includes(name) || draft.isFaulty(['stores'])) return []
    const near = suggestion(name, known)
    const add = 'add it under stores'
    const remedy =
      near === undefined ? (known.length === 0 ? add : `write ${oneOf(known)}, or ${add}`) : `did you mean ${near}?`
    return [fault(path, `there is no store ${draft.shown(path)}`, remedy)]
  }
  return [
    ...wrong(['defaults', 'store'], draft.written.defaults?.store),
    ...draft.entries.flatMap((entry) => wrong([...entry.path, 'store'], entry.written.store)),
  ]
}

/** A store without a purpose is most likely a slip. */
export const storesAreUsed: ConfigRule = (draft) => {
  const used = new Set<string>(storesOfSignIns(draft))
  for (const entry of draft.entries) {
    const store = storeOf(draft, entry)
    // While it is not known what is used, nothing can be called unused.
    if (store === 'absent' ? entry.method !== 'renew' || entry.kind !== 'rule' : store === 'faulty') return []
    if (typeof store === 'string') continue
    if (!draft.names('stores').includes(store.value)) return []
    used.add(store.value)
  }
  if (draft.entries.length === 0 || (draft.written.tokens ?? []).includes(undefined)) return []
  const renewOnly = draft.entries.every((entry) => entry.method === 'renew')
  const remedy = renewOnly
    ? 'remove it, or name it in an entry: method: renew does not take defaults.store'
    : 'remove it, or name it in an entry of tokens'
  return draft
    .names('stores')
    .filter((name) => !used.has(name))
    .map((name) => warning(['stores', name], 'is not used by any token', remedy))
}

/** A certificate file that cannot be read would fail every connection, with less to say about why. */
export const certificatesAreReadable: ConfigRule = (draft) => {
  const caFile = draft.written.tls?.caFile
  if (caFile === undefined || caFile.startsWith('~')) return []
  const path: Path = ['tls', 'caFile']
  const full = resolve(draft.directory, caFile)
  const file = draft.shown(path) === show(caFile) ? `the file ${full}` : `the file that is ${draft.shown(path)}`
  const remedy = 'write the path of a PEM file; a relative one starts at the configuration file'
  try {
    const holds = decoded(draft.readFile(full))?.includes('-----BEGIN CERTIFICATE-----') === true
    return holds ? [] : [fault(path, `${file} holds no PEM certificate`, remedy)]
  } catch (error) {
    return [fault(path, `${file} cannot be read (${reasonOf(error)})`, remedy)]
  }
}

/** A rule over every store that has a sound part. */
export function eachStore(
  draft: Draft,
  rule: (path: Path, store: Sound<WrittenStore>) => readonly Fault[],
): readonly Fault[] {
  return Object.entries(draft.written.stores ?? {}).flatMap(([name, store]) =>
    store === undefined ? [] : rule(['stores', name], store),
  )
}

/** A vault that is opened, as a store or as a target. */
export type SoundVault = Extract<Sound<WrittenStore>, { readonly url?: unknown }>

/** A rule over every vault that has a sound part: stores, and targets that are copies in another one. */
export function eachVault(draft: Draft, rule: (path: Path, vault: SoundVault) => readonly Fault[]): readonly Fault[] {
  const sections = ['stores', 'targets'] as const
  return sections.flatMap((section) =>
    Object.entries(draft.written[section] ?? {}).flatMap(([name, place]) =>
      place?.type === 'azure-key-vault' ? rule([section, name], place) : [],
    ),
  )
}
