import { randomBytes, randomUUID } from 'node:crypto'
import { type ReadFixture, sameName } from '../fixture.ts'
import type { SecretLedger } from '../secret-ledger.ts'

type WrittenUser = ReadFixture['users'][number]
type WrittenClient = ReadFixture['clients'][number]

export type Tenant = ReadFixture['tenants'][number]

export interface User extends Omit<WrittenUser, 'tenant'> {
  password: string
  readonly tenantId: string
  readonly objectId: string
  readonly identityId: string
  readonly displayName: string
  /** Goes up with each new password; a refresh token of an older one is dead. */
  passwordGeneration: number
  wrongPasswords: number
  /** Until when no password is looked at, milliseconds since the epoch. */
  lockedUntil: number
}

export interface Client extends Omit<WrittenClient, 'tenant' | 'secret'> {
  /** Absent for a public client. */
  readonly secret: string | undefined
  /** Absent for an application that every tenant knows. */
  readonly tenantId: string | undefined
  readonly objectId: string
}

/** What can be changed about a user while the emulator runs. */
export type UserChanges = Partial<
  Pick<WrittenUser, 'password' | 'enabled' | 'mfa' | 'locked' | 'passwordExpired' | 'conditionalAccess'>
>

/**
 * The public clients of Microsoft that command-line tools sign in with. Every tenant knows them, and for Azure DevOps
 * they get `user_impersonation`. The ids stand in the sources of those tools.
 */
const firstParty = [
  { id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', name: 'Azure CLI' },
  { id: '872cd9fa-d31f-45e0-9eab-6e460a02d1f1', name: 'Visual Studio' },
  { id: '1950a258-227b-4e31-a9cf-717495945fc2', name: 'Azure PowerShell' },
]

/** The tenants with their users and applications. */
export class Directory {
  readonly tenants: readonly Tenant[]
  readonly users: readonly User[]
  readonly clients: readonly Client[]
  readonly #ledger: SecretLedger

  constructor(fixture: ReadFixture, ledger: SecretLedger) {
    this.#ledger = ledger
    this.tenants = fixture.tenants
    this.users = fixture.users.map((written): User => {
      const { tenant, password, ...rest } = written
      return {
        ...rest,
        password: ledger.note(password ?? `Pw-${randomBytes(18).toString('base64url')}`),
        tenantId: this.#tenantId(tenant),
        objectId: written.objectId ?? randomUUID(),
        identityId: written.identityId ?? randomUUID(),
        displayName: written.displayName ?? written.upn,
        passwordGeneration: 1,
        wrongPasswords: 0,
        lockedUntil: Number.NEGATIVE_INFINITY,
      }
    })
    const own = fixture.clients.map((written): Client => {
      const { tenant, secret, ...rest } = written
      const isConfidential = written.confidential || secret !== undefined
      return {
        ...rest,
        confidential: isConfidential,
        secret: isConfidential ? ledger.note(secret ?? randomBytes(30).toString('base64url')) : undefined,
        tenantId: tenant === undefined ? undefined : this.#tenantId(tenant),
        objectId: written.objectId ?? randomUUID(),
      }
    })
    const others = firstParty.filter(({ id }) => !own.some((client) => sameName(client.id, id)))
    this.clients = [
      ...own,
      ...others.map(
        (written): Client => ({
          ...written,
          confidential: false,
          secret: undefined,
          secretExpired: false,
          tenantId: undefined,
          objectId: randomUUID(),
          azureDevOps: ['user_impersonation'],
          keyVault: true,
          consent: true,
          allowPublicFlows: true,
        }),
      ),
    ]
  }

  /** By id or domain. */
  tenant(idOrDomain: string): Tenant | undefined {
    return this.tenants.find(
      (tenant) => sameName(tenant.id, idOrDomain) || tenant.domains.some((domain) => sameName(domain, idOrDomain)),
    )
  }

  user(upn: string): User | undefined {
    return this.users.find((user) => sameName(user.upn, upn))
  }

  client(id: string): Client | undefined {
    return this.clients.find((client) => sameName(client.id, id))
  }

  /** Changes a user's state. Throws when there is no such user. */
  change(upn: string, changes: UserChanges): void {
    const user = this.user(upn)
    if (user === undefined) throw new Error(`there is no user ${upn}`)
    const { password, ...states } = changes
    Object.assign(user, states)
    if (changes.locked === false) {
      user.lockedUntil = Number.NEGATIVE_INFINITY
      user.wrongPasswords = 0
    }
    if (password !== undefined) {
      user.password = this.#ledger.note(password)
      user.passwordExpired = false
      user.passwordGeneration += 1
    }
  }

  #tenantId(idOrDomain: string): string {
    const tenant = this.tenant(idOrDomain)
    if (tenant === undefined) throw new Error(`there is no tenant ${idOrDomain}`)
    return tenant.id
  }
}
