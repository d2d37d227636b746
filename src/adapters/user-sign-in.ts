import type { Secret } from '../core/secret.ts'
import type { SignInLife } from '../core/sign-in-life.ts'
import type { Instant } from '../core/time.ts'

/** Who an access token is for. */
export type Audience = 'azure-devops' | 'key-vault' | 'key-vault-us-government' | 'key-vault-china'

/**
 * What Microsoft Entra calls the audiences. Azure DevOps has the same id everywhere, vaults go by the domain of their cloud:
 * https://learn.microsoft.com/azure/devops/organizations/accounts/manage-personal-access-tokens-via-api and
 * https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 */
export const scopeOf: Readonly<Record<Audience, string>> = {
  'azure-devops': '499b84ac-1321-427f-aa17-267ca6975798/.default',
  'key-vault': 'https://vault.azure.net/.default',
  'key-vault-us-government': 'https://vault.usgovcloudapi.net/.default',
  'key-vault-china': 'https://vault.azure.cn/.default',
}

export interface AccessToken {
  /** Opaque: nobody looks into it. */
  readonly value: Secret
  /** By the services' clock; absent when it is not known. */
  readonly expiresAt?: Instant
}

/** A sign-in that a person made once and that dies when nobody uses it. */
export interface KeptSignIn {
  /** What is known of it, without using it; undefined when nobody is signed in. */
  life(): Promise<SignInLife | undefined>
  /**
   * Uses it where it was not used for long, so that it stays alive; what was used in this run already is left alone.
   *
   * @returns what is known of it afterwards; undefined when nobody is signed in
   */
  renewIdle(): Promise<SignInLife | undefined>
}

/**
 * The sign-in of one account for one run, shared by all organizations, stores and concurrent callers.
 *
 * Rejects with the `sign-in-…` codes. A refusal that only a person can lift is remembered: it is not provoked a second
 * time, because repeated failures lock the account.
 */
export interface UserSignIn {
  /**
   * A token that is good for some minutes at least.
   *
   * @param refused the token that the service just did not accept. A newer one is given if there is a way to one; else
   * the same again, and then its value tells that asking the service once more makes no sense
   */
  accessToken(audience: Audience, refused?: Secret): Promise<AccessToken>
  /** Absent where the method keeps nothing between runs. */
  readonly kept?: KeptSignIn
}
