import { randomBytes } from 'node:crypto'
import type { SecretLedger } from '../secret-ledger.ts'
import type { Client, User } from './directory.ts'
import type { Audience } from './resources.ts'
import type { SignInSession } from './sign-in-session.ts'

export interface AccessToken {
  readonly value: string
  readonly audience: Audience
  readonly tenantId: string
  readonly client: Client
  /** Absent when the application speaks for itself. */
  readonly user: User | undefined
  /** The sign-in it came of; absent when the application speaks for itself. */
  readonly session: SignInSession | undefined
  /** Delegated permissions, without the resource before them. */
  readonly scopes: readonly string[]
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface RefreshToken {
  readonly value: string
  readonly session: SignInSession
  readonly client: Client
  /** As the sign-in asked for it; the default of a redemption that states none. */
  readonly scope: string
  readonly expiresAt: number
  /** Set by a redemption, where the switch says that one is the last. */
  isSpent: boolean
}

/** Within the 60 to 90 minutes of https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens */
export const ACCESS_TOKEN_SECONDS = 3599
/** https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens */
const REFRESH_TOKEN_MS = 90 * 86_400_000

/** The tokens Entra issued. They are random, so nothing can be read from one: what it is stands here alone. */
export class TokenBook {
  readonly #access = new Map<string, AccessToken>()
  readonly #refresh = new Map<string, RefreshToken>()
  readonly #ledger: SecretLedger

  constructor(ledger: SecretLedger) {
    this.#ledger = ledger
  }

  issueAccess(grant: Omit<AccessToken, 'value' | 'expiresAt' | 'user'>, at: number): AccessToken {
    const value = this.#ledger.note(randomBytes(144).toString('base64url'))
    const token = { ...grant, user: grant.session?.user, value, expiresAt: at + ACCESS_TOKEN_SECONDS * 1000 }
    this.#access.set(value, token)
    return token
  }

  issueRefresh(grant: Pick<RefreshToken, 'session' | 'client' | 'scope'>, at: number): RefreshToken {
    const value = this.#ledger.note(`1.${randomBytes(192).toString('base64url')}`)
    const token = { ...grant, value, expiresAt: at + REFRESH_TOKEN_MS, isSpent: false }
    this.#refresh.set(value, token)
    return token
  }

  access(value: string): AccessToken | undefined {
    return this.#access.get(value)
  }

  refresh(value: string): RefreshToken | undefined {
    return this.#refresh.get(value)
  }
}
