import { cloudOfEntra, cloudOfVault } from '../../adapters/azure-clouds.ts'
import { publicEndpoints } from './connection-schema.ts'
import type { ConfigRule } from './draft.ts'
import { fault, type Path } from './faults.ts'
import { eachVault } from './store-rules.ts'
import { oneOf, suggestion } from './suggestions.ts'

/** `account:<name>` is an account that can get a token for the vault. */
export const credentialsExist: ConfigRule = (draft) =>
  eachVault(draft, (path, store) => {
    const { credential } = store
    if (typeof credential !== 'string' || !credential.startsWith('account:')) return []
    const at: Path = [...path, 'credential']
    const name = credential.slice('account:'.length)
    const known = draft.names('accounts')
    if (!known.includes(name)) {
      const near = suggestion(name, known)
      const remedy =
        near === undefined ? `write account: and ${oneOf(known)}, or default` : `did you mean account:${near}?`
      return [fault(at, `${draft.shown(at)} names no account`, remedy)]
    }
    if (draft.written.accounts?.[name]?.signIn?.method !== 'access-token') return []
    const text = `the account ${name} has an access token for Azure DevOps, which opens no vault`
    return [fault(at, text, 'write default, or an account with another sign-in method')]
  })

/** One identity has one name. */
export const identitiesAreNamedOnce: ConfigRule = (draft) =>
  [
    ...draft.names('stores').map((name): Path => ['stores', name, 'credential']),
    ...draft.names('targets').map((name): Path => ['targets', name, 'credential']),
    ...draft.names('accounts').map((name): Path => ['accounts', name, 'signIn', 'credential']),
  ].flatMap((credential) => {
    const [first, ...others] = ['clientId', 'resourceId', 'objectId']
      .map((key): Path => [...credential, key])
      .filter((at) => draft.has(at))
    return others.map((at) =>
      fault(at, `stands beside ${String(first?.at(-1))}`, 'keep one of clientId, resourceId and objectId'),
    )
  })

/** An account gets no tokens for the vaults of another cloud; a credential of Azure's tools may live in any. */
export const vaultsAreOfTheCloud: ConfigRule = (draft) => {
  const entra = draft.written.endpoints?.entra ?? publicEndpoints.entra
  const signedIn = draft.isFaulty(['endpoints', 'entra']) ? undefined : cloudOfEntra(entra)
  if (signedIn === undefined) return []
  return eachVault(draft, (path, store) => {
    if (store.url === undefined) return []
    const cloud = cloudOfVault(new URL(store.url).hostname)
    const isAccount = typeof store.credential === 'string' && store.credential.startsWith('account:')
    if (!isAccount || cloud === undefined || cloud === signedIn) return []
    const at: Path = [...path, 'credential']
    const text = `${draft.shown(at)} signs in at ${signedIn.entra}, which gives no tokens for vaults under ${cloud.vaultDomain}`
    return [fault(at, text, `write another credential, or endpoints: with entra: ${cloud.entra}`)]
  })
}
