import { homedir } from 'node:os'
import { join } from 'node:path'
import { AccessTokenSignIn } from '../adapters/entra/access-token-sign-in.ts'
import { azureCliClient, type TenantSource } from '../adapters/entra/entra-authority.ts'
import type { EntraParts } from '../adapters/entra/held-sign-in.ts'
import { passwordSignIn } from '../adapters/entra/password-flow.ts'
import { refreshTokenSignIn } from '../adapters/entra/refresh-token-flow.ts'
import type { UserSignIn } from '../adapters/user-sign-in.ts'
import { PatrolError } from '../core/errors.ts'
import type { Authority } from '../ports/authority.ts'
import type { SignInStore } from '../ports/sign-in-store.ts'
import type { WantedAccount, WantedSignInCache } from './config/wanted.ts'
import { type StoreParts, vaultOptions } from './open-store.ts'
import { unattendedSignIn } from './open-unattended.ts'
import type { Tenants } from './tenants.ts'

/** An account of the configuration with the way it signs in. */
export interface OpenAccount {
  readonly wanted: WantedAccount
  /** As it is written, or found. */
  readonly tenant: TenantSource
  readonly signIn: UserSignIn
  /** What it takes to sign in at Microsoft Entra. */
  readonly entra: EntraParts
  /** The account's PATs, for another sign-in than that of the configuration. */
  readonly authorityWith: (signIn: UserSignIn) => Authority
  /** Opens where the sign-in is kept, anew each time; undefined where the method keeps nothing. */
  readonly openSignInStore: (() => Promise<SignInStore>) | undefined
}

/** What all accounts share. */
export interface AccountParts {
  readonly tenants: Tenants
  readonly entra: EntraParts
  readonly stores: StoreParts
  readonly authorityWith: (account: string, signIn: UserSignIn) => Authority
}

/** Makes the sign-in of an account. Nothing is sent, and nothing is opened before it is needed. */
export function openAccount(
  wanted: WantedAccount,
  { tenants, entra, stores, authorityWith }: AccountParts,
): OpenAccount {
  const { signIn, name, user, clientId } = wanted
  const shared = {
    wanted,
    entra,
    tenant: tenants.of(wanted),
    authorityWith: (other: UserSignIn) => authorityWith(name, other),
    openSignInStore: undefined,
  }
  switch (signIn.method) {
    case 'password': {
      const { tenant } = shared
      return { ...shared, signIn: passwordSignIn({ ...wanted, ...signIn, tenant }, entra) }
    }
    case 'access-token':
      return { ...shared, signIn: new AccessTokenSignIn(name, signIn.token) }
    case 'refresh-token': {
      const openSignInStore = (): Promise<SignInStore> => signInStore(signIn.cache, wanted, stores)
      const { tenant } = wanted
      const account = { name, user, tenant, clientId, redeemAfter: signIn.redeemAfter, openStore: openSignInStore }
      return { ...shared, signIn: refreshTokenSignIn(account, entra), openSignInStore }
    }
    case 'agent-user':
    case 'on-behalf-of':
    case 'azure-cli': {
      const { tenant } = shared
      return { ...shared, signIn: unattendedSignIn(wanted, signIn, entra, { ...stores, tenant }) }
    }
  }
}

async function signInStore(cache: WantedSignInCache, account: WantedAccount, parts: StoreParts): Promise<SignInStore> {
  const { clock, random, environment } = parts
  if (cache.kind === 'keychain') {
    const { keychainSignIns } = await import('../adapters/stores/keychain-sign-ins.ts')
    const name = `${account.user} (${account.clientId ?? azureCliClient})`
    return keychainSignIns({ name, lockDirectory: join(stateDirectory(environment), 'keychain'), clock })
  }
  const { secret } = cache
  const store = parts.wanted.stores.get(cache.store)
  if (store === undefined) throw new PatrolError('config-invalid', `account ${account.name} names an unknown store`)
  if (store.type === 'azure-key-vault') {
    const { vaultSignIns } = await import('../adapters/stores/vault-sign-ins.ts')
    return vaultSignIns({ ...(await vaultOptions(store, parts)), secret })
  }
  const { fileSignIns } = await import('../adapters/stores/file-sign-ins.ts')
  return fileSignIns({ path: store.path, identity: store.identity, clock, random, secret })
}

/** Where programs of this user keep what is no configuration. https://specifications.freedesktop.org/basedir-spec/latest/ */
function stateDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME, LOCALAPPDATA } = environment
  return join(XDG_STATE_HOME || LOCALAPPDATA || join(homedir(), '.local', 'state'), 'azdo-patrol')
}
