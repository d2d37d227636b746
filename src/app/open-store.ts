import type { TokenCredential } from '@azure/core-auth'
import { tokenExchangeOf, vaultAudienceOf } from '../adapters/azure-clouds.ts'
import { credentialOf } from '../adapters/entra/token-credential.ts'
import type { Transport } from '../adapters/http/transport.ts'
import type { AzureKeyVaultOptions } from '../adapters/stores/key-vault-connection.ts'
import type { UserSignIn } from '../adapters/user-sign-in.ts'
import { azurePipelinesToken, githubActionsToken } from '../adapters/workload/job-token.ts'
import { PatrolError } from '../core/errors.ts'
import type { Secret } from '../core/secret.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Reporter } from '../ports/reporter.ts'
import type { Store } from '../ports/store.ts'
import type { StoreTrial } from '../ports/store-trial.ts'
import { publicEndpoints } from './config/connection-schema.ts'
import type { Wanted, WantedCredential, WantedStore, WantedVault } from './config/wanted.ts'

export interface StoreParts {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly wanted: Wanted
  readonly transport: Transport
  readonly signIns: ReadonlyMap<string, UserSignIn>
  readonly clock: Clock
  readonly random: Random
  readonly reporter: Reporter
}

/** Makes a store of the configuration. Clients of vendors are heavy, so each is loaded only where it is named. Nothing is sent. */
export async function openStore(store: WantedStore, parts: StoreParts): Promise<Store> {
  switch (store.type) {
    case 'azure-key-vault': {
      const { azureKeyVaultStore } = await import('../adapters/stores/azure-key-vault.ts')
      return azureKeyVaultStore(await vaultOptions(store, parts))
    }
    case 'file': {
      const { fileStore } = await import('../adapters/stores/file-store.ts')
      return fileStore({ path: store.path, identity: store.identity, clock: parts.clock, random: parts.random })
    }
  }
}

/** A trial of a store of the configuration, which signs in anew: that is among what it is there to try. */
export async function openTrial(name: string, parts: StoreParts): Promise<StoreTrial> {
  const store = parts.wanted.stores.get(name)
  switch (store?.type) {
    case undefined:
      throw new Error(`a trial was asked for of ${name}, which is no store of the configuration`)
    case 'azure-key-vault': {
      const { keyVaultTrial } = await import('../adapters/stores/key-vault-trial.ts')
      return keyVaultTrial(await vaultOptions(store, parts))
    }
    case 'file': {
      const { fileTrial } = await import('../adapters/stores/file-trial.ts')
      return fileTrial({ path: store.path, identity: store.identity, random: parts.random })
    }
  }
}

/** What it takes to talk to a vault of the configuration. */
export async function vaultOptions(store: WantedVault, parts: StoreParts): Promise<AzureKeyVaultOptions> {
  const { url, verifyChallengeResource } = store
  const { clock, reporter, transport } = parts
  const credential = await vaultCredential(store, parts)
  return { url, verifyChallengeResource, credential, httpClient: transport.azureClient, clock, reporter }
}

async function vaultCredential(store: WantedVault, parts: StoreParts): Promise<TokenCredential> {
  const { credential } = store
  if (credential.type === 'account') {
    const signIn = parts.signIns.get(credential.account)
    if (signIn === undefined) throw new PatrolError('config-invalid', `${store.name} names an unknown account`)
    return credentialOf(signIn, vaultAudienceOf(store.url), parts.clock)
  }
  const { keyVaultCredential } = await import('../adapters/stores/key-vault-credential.ts')
  const { endpoints } = parts.wanted
  return keyVaultCredential({
    identity: credential,
    environment: parts.environment,
    // Where it is the usual one, AZURE_AUTHORITY_HOST of the environment counts, as with all tools of Azure.
    authorityHost: endpoints.entra === publicEndpoints.entra ? undefined : endpoints.entra,
    authorityOverridden: endpoints.entraOverridden,
    jobToken: jobTokenOf(credential, parts),
    httpClient: parts.transport.azureClient,
  })
}

/** How the runner of this job vouches for it, where a vault is opened on its word. */
function jobTokenOf(credential: WantedCredential, parts: StoreParts): (() => Promise<Secret>) | undefined {
  const job = { environment: parts.environment, send: parts.transport.send }
  if (credential.type === 'azure-pipelines') return () => azurePipelinesToken(credential, job)
  if (credential.type !== 'github-actions') return undefined
  return () => githubActionsToken(tokenExchangeOf(parts.wanted.endpoints.entra), job)
}
