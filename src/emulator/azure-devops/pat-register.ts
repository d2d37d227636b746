import { randomUUID } from 'node:crypto'
import type { User } from '../entra/directory.ts'
import type { SecretLedger } from '../secret-ledger.ts'
import type { Switches } from '../switches.ts'
import { makeOldPat, makePat } from './pat-format.ts'
import { fromTicks, toTicks } from './ticks.ts'

export type Revoker = 'owner' | 'administrator' | 'scanner'
export type PatState = 'active' | 'expired' | 'revoked'

/** One PAT as the service knows it. Instants are ticks of 1/300 s since the epoch where not said otherwise. */
export interface Pat {
  readonly authorizationId: string
  readonly owner: User
  displayName: string
  scope: string
  /** Null for all organizations of the owner. */
  organizationIds: readonly string[] | null
  readonly validFrom: number
  validTo: number
  /** The secret. It is made when it is first looked at: a crowd's PATs are listed by thousands and used by nobody. */
  readonly value: string
  /** Milliseconds since the epoch, as `revokedAt`. */
  readonly createdAt: number
  revokedAt: number | undefined
  revokedBy: Revoker | undefined
}

/** What a test sees of a PAT. Instants are milliseconds since the epoch. */
export interface PatRecord {
  authorizationId: string
  /** The owner's sign-in name. */
  owner: string
  displayName: string
  scope: string
  organizationIds: string[] | null
  validFrom: number
  validTo: number
  state: PatState
  /** The secret. */
  value: string
  createdAt: number
  revokedAt?: number
  revokedBy?: Revoker
}

export interface NewPat {
  readonly owner: User
  readonly displayName: string
  readonly scope: string
  readonly organizationIds: readonly string[] | null
  /** Milliseconds since the epoch, as `validTo`. */
  readonly validFrom: number
  readonly validTo: number
  readonly createdAt: number
  readonly authorizationId?: string | undefined
}

export class PatRegister {
  readonly #pats: Pat[] = []
  readonly #byOwner = new Map<User, Pat[]>()
  readonly #byId = new Map<string, Pat>()
  readonly #values = new Map<Pat, string>()
  readonly #byValue = new Map<string, Pat>()
  readonly #ledger: SecretLedger

  constructor(ledger: SecretLedger) {
    this.#ledger = ledger
  }

  add(written: NewPat, format: Switches['tokenFormat']): Pat {
    const valueOf = (made: Pat): string => this.#values.get(made) ?? this.renew(made, format, written.createdAt)
    const pat: Pat = {
      authorizationId: (written.authorizationId ?? randomUUID()).toLowerCase(),
      owner: written.owner,
      displayName: written.displayName,
      scope: written.scope,
      organizationIds: written.organizationIds,
      validFrom: toTicks(written.validFrom),
      validTo: toTicks(written.validTo),
      get value() {
        return valueOf(pat)
      },
      createdAt: written.createdAt,
      revokedAt: undefined,
      revokedBy: undefined,
    }
    this.#pats.push(pat)
    this.#byId.set(pat.authorizationId, pat)
    const others = this.#byOwner.get(pat.owner)
    if (others === undefined) this.#byOwner.set(pat.owner, [pat])
    else others.push(pat)
    return pat
  }

  /** Gives a PAT a fresh secret, under which it works from now on. @param at milliseconds since the epoch */
  renew(pat: Pat, format: Switches['tokenFormat'], at: number): string {
    const value = this.#ledger.note(format === 'old' ? makeOldPat() : makePat(at))
    this.#byValue.delete(this.#values.get(pat) ?? '')
    this.#values.set(pat, value)
    this.#byValue.set(value, pat)
    return value
  }

  all(): readonly Pat[] {
    return this.#pats
  }

  /** In the order in which they were made. */
  of(owner: User): readonly Pat[] {
    return this.#byOwner.get(owner) ?? []
  }

  byId(authorizationId: string): Pat | undefined {
    return this.#byId.get(authorizationId.toLowerCase())
  }

  byValue(value: string): Pat | undefined {
    return this.#byValue.get(value)
  }

  /** What the service itself knows, without any delay of visibility. @param at milliseconds since the epoch */
  state(pat: Pat, at: number): PatState {
    if (pat.revokedAt !== undefined) return 'revoked'
    return fromTicks(pat.validTo) > at ? 'active' : 'expired'
  }

  record(pat: Pat, at: number): PatRecord {
    return {
      authorizationId: pat.authorizationId,
      owner: pat.owner.upn,
      displayName: pat.displayName,
      scope: pat.scope,
      organizationIds: pat.organizationIds === null ? null : [...pat.organizationIds],
      validFrom: fromTicks(pat.validFrom),
      validTo: fromTicks(pat.validTo),
      state: this.state(pat, at),
      value: pat.value,
      createdAt: pat.createdAt,
      ...(pat.revokedAt === undefined ? {} : { revokedAt: pat.revokedAt }),
      ...(pat.revokedBy === undefined ? {} : { revokedBy: pat.revokedBy }),
    }
  }
}
