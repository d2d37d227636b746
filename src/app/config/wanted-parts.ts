import { resolve } from 'node:path'
import { cloudOfEntra } from '../../adapters/azure-clouds.ts'
import type { ReplacementLimit } from '../../core/guard.ts'
import { scopeIds } from '../../core/scope-catalogue.ts'
import { duration, parseDuration } from '../../core/time.ts'
import type { Rule, Terms, Token } from '../../core/token.ts'
import { plainUrl } from './address.ts'
import { publicEndpoints } from './connection-schema.ts'
import {
  type Draft,
  type DraftEntry,
  inherited,
  organizationsOf,
  organizationsOfAccount,
  type Sourced,
  storeOf,
} from './draft.ts'
import { type Path, pathKey } from './faults.ts'
import { isTrue } from './fields.ts'
import { present, secretAt } from './present.ts'
import { gitRoutesOf } from './git-routes.ts'
import type { ConfigProblem } from './problems.ts'
import { variableOf } from './references.ts'
import type { Written, WrittenEntry } from './schema.ts'
import { destinationsOf } from './destinations.ts'
import { wantedTarget } from './targets/kinds.ts'
import { builtInRedeemAfter } from './sign-in-cache-schema.ts'
import { verificationOf } from './verify-schema.ts'
import { withReplaced } from './replaced-pats.ts'
import { timesOf } from './times.ts'
import type { Wanted, WantedAccount, WantedSignIn, WantedStore } from './wanted.ts'
import { auditOf } from './wanted-audit.ts'
import { wantedCredential } from './wanted-credential.ts'
import { wantedUnattended } from './wanted-unattended.ts'

const builtInGitCache = '5m'

/**
 * What a draft without errors asks for. Only the absence of errors makes it complete, so this is called for no other.
 *
 * @param file undefined when flags said it all
 * @param warnings handed through
 * @param spared path keys of accounts and targets that are not complete and need not be
 */
export function wantedOf(
  draft: Draft,
  file: string | undefined,
  warnings: readonly ConfigProblem[],
  spared: ReadonlySet<string>,
): Wanted {
  const written = draft.written as Written
  const runEvery = written.defaults?.runEvery
  const entra = plainUrl(written.endpoints?.entra ?? publicEndpoints.entra)
  const complete = (section: 'accounts' | 'targets'): readonly string[] =>
    Object.keys(written[section] ?? {}).filter((name) => !spared.has(pathKey([section, name])))
  const accounts = new Map(complete('accounts').map((name) => [name, accountOf(draft, written, name)]))
  const entries = draft.entries.map((entry) => ({ entry, terms: termsOf(draft, entry) }))
  const azureDevOps = plainUrl(written.endpoints?.azureDevOps ?? publicEndpoints.azureDevOps)
  const tokens = entries.flatMap(({ entry, terms }) =>
    entry.kind === 'token' ? [{ token: tokenOf(draft, entry, terms), git: entry.written.git }] : [],
  )
  return {
    file,
    endpoints: {
      entra,
      vssps: plainUrl(written.endpoints?.vssps ?? publicEndpoints.vssps),
      azureDevOps,
      entraOverridden: cloudOfEntra(entra) === undefined,
    },
    tls: { caFile: written.tls?.caFile === undefined ? undefined : resolve(draft.directory, written.tls.caFile) },
    accounts,
    stores: new Map(Object.keys(written.stores ?? {}).map((name) => [name, wantedStore(draft, written, name)])),
    targets: new Map(complete('targets').map((name) => [name, wantedTarget(draft, name)])),
    tokens: withReplaced(
      entries.filter(({ entry }) => entry.kind === 'token').map(({ entry }) => entry.written),
      tokens.map(({ token }) => token),
    ),
    rules: entries.flatMap(({ entry, terms }) => (entry.kind === 'rule' ? [ruleOf(draft, entry, terms)] : [])),
    git: gitRoutesOf(tokens, azureDevOps),
    gitCacheFor: parseDuration(String(written.gitCache ?? builtInGitCache)) ?? duration(0),
    runEvery: runEvery === undefined ? undefined : parseDuration(runEvery),
    audit: auditOf(written.audit),
    secretVariables: new Set([...draft.secretReferences.values()].flatMap((written) => variableOf(written) ?? [])),
    warnings,
    limits: { maxReplacements: maxReplacementsOf(written.limits?.maxReplacements) },
  }
}

function accountOf(draft: Draft, written: Written, name: string): WantedAccount {
  const account = present(written.accounts[name], ['accounts', name])
  return {
    name,
    tenant: account.tenant?.toLowerCase(),
    user: userOf(draft, name),
    clientId: account.clientId,
    organizations: organizationsOfAccount(draft, name),
    signIn: signInOf(draft, account.signIn, ['accounts', name, 'signIn']),
  }
}

/** A reference that is not set stays as it is written: no user has such a name, so nobody is taken for it. */
function userOf(draft: Draft, name: string): string {
  const account = present(draft.written.accounts?.[name], ['accounts', name])
  const path: Path = ['accounts', name, ...(draft.has(['accounts', name, 'user']) ? ['user'] : ['signIn', 'username'])]
  const signIn = account.signIn
  const user = path.length === 3 ? account.user : signIn?.method === 'password' ? signIn.username : undefined
  return (user ?? draft.shown(path)).toLowerCase()
}

function signInOf(draft: Draft, signIn: Written['accounts'][string]['signIn'], path: Path): WantedSignIn {
  if (signIn.method === 'password') {
    return {
      method: 'password',
      username: signIn.username,
      password: secretAt(draft, [...path, 'password']),
      passwordReference: draft.secretReferences.get(pathKey([...path, 'password'])),
    }
  }
  if (signIn.method === 'refresh-token') {
    const { cache, redeemAfter = builtInRedeemAfter } = signIn
    return {
      method: 'refresh-token',
      cache: typeof cache === 'string' ? { kind: 'keychain' } : { kind: 'store', ...cache },
      redeemAfter: present(parseDuration(redeemAfter), [...path, 'redeemAfter']),
    }
  }
  if (signIn.method !== 'access-token') return wantedUnattended(draft, signIn, path)
  if (signIn.file !== undefined)
    return { method: 'access-token', token: { file: resolve(draft.directory, signIn.file) } }
  return { method: 'access-token', token: secretAt(draft, [...path, 'token']) }
}

function wantedStore(draft: Draft, written: Written, name: string): WantedStore {
  const store = present(written.stores?.[name], ['stores', name])
  if (store.type === 'file') {
    const identity = secretAt(draft, ['stores', name, 'identity'])
    return { type: 'file', name, path: resolve(draft.directory, store.path), identity }
  }
  return {
    type: 'azure-key-vault',
    name,
    url: plainUrl(store.url),
    credential: wantedCredential(draft, store.credential ?? 'default', ['stores', name, 'credential']),
    verifyChallengeResource: isTrue(store.verifyChallengeResource, true),
  }
}

function termsOf(draft: Draft, entry: DraftEntry): Terms {
  const written = entry.written as WrittenEntry
  const account = said(inherited(draft, entry, 'account'), entry.path)
  const times = timesOf(draft, entry)
  return {
    account,
    owner: userOf(draft, account),
    method: written.method ?? 'rotate',
    lifetime: present(times.lifetime, entry.path).value,
    ...(asksForMost(draft, entry) ? { asksForMost: true } : {}),
    renewBefore: present(times.renewBefore, entry.path).value,
    overlap: present(times.overlap, entry.path).value,
    orphanAfter: present(times.orphanAfter, entry.path).value,
    turnLimit: present(times.turnLimit, entry.path).value,
    atCeiling: written.atCeiling ?? 'report',
    verification: verificationOf(written.verify ?? 'connection-data'),
    ...destinationsOf(draft, entry),
    paused: isTrue(written.paused, false),
  }
}

function asksForMost(draft: Draft, entry: DraftEntry): boolean {
  const lifetime = inherited(draft, entry, 'lifetime')
  return typeof lifetime === 'object' && lifetime.value === 'max'
}

function tokenOf(draft: Draft, entry: DraftEntry, terms: Terms): Token {
  const written = entry.written as WrittenEntry
  const name = present(written.name, entry.path)
  const store = storeOf(draft, entry)
  return {
    ...terms,
    name,
    organization: said(inherited(draft, entry, 'organization'), entry.path),
    displayName: written.displayName ?? name,
    scopes: written.scopes === undefined ? undefined : scopeIds(written.scopes),
    place: typeof store === 'string' ? undefined : { store: store.value, secretName: written.secretName ?? name },
    rule: undefined,
    covers: undefined,
  }
}

function ruleOf(draft: Draft, entry: DraftEntry, terms: Terms): Rule {
  const written = entry.written as WrittenEntry
  const store = storeOf(draft, entry)
  return {
    ...terms,
    match: present(written.match, entry.path),
    organizations: organizationsOf(draft, entry),
    scopes: written.scopes === undefined ? undefined : scopeIds(written.scopes),
    store: typeof store === 'string' ? undefined : store.value,
    secretNameTemplate: written.secretName ?? '{name}',
  }
}

function maxReplacementsOf(written: number | string | undefined): ReplacementLimit {
  if (written === undefined) return { kind: 'default' }
  if (typeof written === 'string' && written.endsWith('%'))
    return { kind: 'share', share: Number(written.slice(0, -1)) / 100 }
  return { kind: 'count', count: Number(written) }
}

function said(value: Sourced<string> | 'absent' | 'faulty', path: Path): string {
  return present(typeof value === 'string' ? undefined : value.value, path)
}
