import type { KeyVaultIdentity } from '../../adapters/stores/key-vault-identity.ts'
import type { AuditRules } from '../../core/audit/audit-rules.ts'
import type { GitRoute } from '../../core/git-route.ts'
import type { ReplacementLimit } from '../../core/guard.ts'
import type { Rule, Token } from '../../core/token.ts'
import type { Secret } from '../../core/secret.ts'
import type { Duration } from '../../core/time.ts'
import type { ConfigProblem } from './problems.ts'
import type { WantedTarget } from './targets/kinds.ts'
import type { WantedUnattended } from './wanted-unattended.ts'

export interface Endpoints {
  readonly entra: string
  readonly vssps: string
  readonly azureDevOps: string
  /** `entra` is not Microsoft's: nobody is asked whether it is genuine. */
  readonly entraOverridden: boolean
}

export type WantedSignIn =
  | {
      readonly method: 'password'
      readonly username: string
      readonly password: Secret
      /** The reference to it, as it is written. */
      readonly passwordReference: string | undefined
    }
  | { readonly method: 'access-token'; readonly token: Secret | { readonly file: string } }
  | { readonly method: 'refresh-token'; readonly cache: WantedSignInCache; readonly redeemAfter: Duration }
  | WantedUnattended

/** Where a sign-in is kept. */
export type WantedSignInCache =
  | { readonly kind: 'keychain' }
  | { readonly kind: 'store'; readonly store: string; readonly secret: string }

export interface WantedAccount {
  readonly name: string
  /** Undefined when it must be found from an organization. */
  readonly tenant: string | undefined
  /** Lower-cased. */
  readonly user: string
  readonly clientId: string | undefined
  /** Those that its entries name, in their order, each once. */
  readonly organizations: readonly string[]
  readonly signIn: WantedSignIn
}

/** Paths are absolute. */
export type WantedCredential = KeyVaultIdentity | { readonly type: 'account'; readonly account: string }

/** What opens a vault. */
export interface WantedVault {
  /** That of the store or target. */
  readonly name: string
  /** Without a slash at its end. */
  readonly url: string
  readonly credential: WantedCredential
  readonly verifyChallengeResource: boolean
}

export type WantedStore =
  | (WantedVault & { readonly type: 'azure-key-vault' })
  | {
      readonly type: 'file'
      readonly name: string
      /** Absolute. */
      readonly path: string
      /** Opens what the store encrypts. */
      readonly identity: Secret
    }

/** What the configuration asks for, complete and checked. Names are unique, and each that is used exists. */
export interface Wanted {
  /** Undefined when flags said it all. */
  readonly file: string | undefined
  readonly endpoints: Endpoints
  /** `caFile` is absolute. */
  readonly tls: { readonly caFile: string | undefined }
  /** Those that can sign in; what was loaded for its stores alone need not have all. */
  readonly accounts: ReadonlyMap<string, WantedAccount>
  readonly stores: ReadonlyMap<string, WantedStore>
  /** Where copies go; what was loaded for its stores alone need not have all. */
  readonly targets: ReadonlyMap<string, WantedTarget>
  readonly tokens: readonly Token[]
  /** In the order in which they are tried. */
  readonly rules: readonly Rule[]
  readonly runEvery: Duration | undefined
  /** Where git gets which value. */
  readonly git: readonly GitRoute[]
  /** How long a value may be handed out again without asking; none at all when it is 0. */
  readonly gitCacheFor: Duration
  /** What an audit looks for. */
  readonly audit: AuditRules
  readonly limits: { readonly maxReplacements: ReplacementLimit }
  /** The variables of the environment that secret fields refer to. */
  readonly secretVariables: ReadonlySet<string>
  /** What is not wrong and yet worth a word. */
  readonly warnings: readonly ConfigProblem[]
}
