import { randomBytes, randomUUID } from 'node:crypto'
import { sameName } from '../fixture.ts'
import type { ReadFixture } from '../fixture-schema.ts'
import type { SecretLedger } from '../secret-ledger.ts'
import { makeSecret } from './second-factor.ts'

type WrittenUser = ReadFixture['users'][number]
type WrittenClient = ReadFixture['clients'][number]
export type ManagedIdentity = ReadFixture['managedIdentities'][number] & { readonly tenantId: string }

export type Tenant = ReadFixture['tenants'][number]

export interface User extends Omit<WrittenUser, 'tenant' | 'mfaSecret'> {
  password: string
  readonly mfaSecret: string
  readonly tenantId: string
  readonly objectId: string
  readonly identityId: string
  readonly displayName: string
  /** Goes up with each new password; a refresh token of an older one is dead. */
  passwordGeneration: number
  /** Goes up when an administrator revokes the user's sign-ins; every refresh token of an older one is dead. */
  signInGeneration: number
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
  Pick<
    WrittenUser,
    | 'password'
    | 'enabled'
    | 'mfa'
    | 'locked'
    | 'passwordExpired'
    | 'conditionalAccess'
    | 'deviceCodeFlow'
    | 'signInFrequencyHours'
  >
>

/** What can be changed about an application while the emulator runs. */
export type ClientChanges = Partial<
  Pick<WrittenClient, 'consent' | 'userConsent' | 'allowPublicFlows' | 'secretExpired' | 'azureDevOps' | 'certificates'>
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
  readonly managedIdentities: readonly ManagedIdentity[]
  /** Consents that users gave on a page, as client id and object id of the user. */
  readonly #consents = new Set<string>()
  readonly #byUpn: ReadonlyMap<string, User>
  readonly #ledger: SecretLedger

  constructor(fixture: ReadFixture, ledger: SecretLedger) {
    this.#ledger = ledger
    this.tenants = fixture.tenants
    this.users = fixture.users.map((written): User => {
      const { tenant, password, mfaSecret, ...rest } = written
      return {
        ...rest,
        password: ledger.note(password ?? `Pw-${randomBytes(18).toString('base64url')}`),
        tenantId: this.#tenantId(tenant),
        objectId: written.objectId ?? randomUUID(),
        identityId: written.identityId ?? randomUUID(),
        displayName: written.displayName ?? written.upn,
        mfaSecret: ledger.note(mfaSecret ?? makeSecret()),
        passwordGeneration: 1,
        signInGeneration: 1,
        wrongPasswords: 0,
        lockedUntil: Number.NEGATIVE_INFINITY,
      }
    })
    this.#byUpn = new Map(this.users.map((user) => [user.upn.toLowerCase(), user]))
    const own = fixture.clients.map((written): Client => {
      const { tenant, secret, ...rest } = written
      // An agent identity has no credential of its own: its blueprint speaks for it.
      const isAgent = written.blueprint !== undefined
      const isConfidential = written.confidential || secret !== undefined || isAgent
      const hasSecret = isConfidential && !isAgent
      return {
        ...rest,
        confidential: isConfidential,
        secret: hasSecret ? ledger.note(secret ?? randomBytes(30).toString('base64url')) : undefined,
        tenantId: tenant === undefined ? undefined : this.#tenantId(tenant),
        objectId: written.objectId ?? randomUUID(),
      }
    })
    this.managedIdentities = fixture.managedIdentities.map((written) => ({
      ...written,
      tenantId: this.#tenantId(written.tenant),
    }))
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
          userConsent: 'allowed',
          allowPublicFlows: true,
          redirectUris: ['http://localhost'],
          exposes: [],
          certificates: [],
          federatedCredentials: [],
        }),
      ),
      ...this.managedIdentities.map((identity): Client => clientOfManagedIdentity(identity)),
    ]
  }

  /** By id or domain. */
  tenant(idOrDomain: string): Tenant | undefined {
    return this.tenants.find(
      (tenant) => sameName(tenant.id, idOrDomain) || tenant.domains.some((domain) => sameName(domain, idOrDomain)),
    )
  }

  user(upn: string): User | undefined {
    return this.#byUpn.get(upn.toLowerCase())
  }

  client(id: string): Client | undefined {
    return this.clients.find((client) => sameName(client.id, id))
  }

  /** By the id in Entra. */
  userById(objectId: string): User | undefined {
    return this.users.find((user) => sameName(user.objectId, objectId))
  }

  /** Whether anybody consented to the application for this user. */
  hasConsent(client: Client, user: User): boolean {
    return client.consent || this.#consents.has(`${client.id} ${user.objectId}`)
  }

  consent(client: Client, user: User): void {
    this.#consents.add(`${client.id} ${user.objectId}`)
  }

  /** Changes an application. A consent that is taken back is taken back from every user. Throws when there is none. */
  changeClient(id: string, changes: ClientChanges): void {
    const client = this.client(id)
    if (client === undefined) throw new Error(`there is no client ${id}`)
    Object.assign(client, changes)
    if (changes.consent !== false) return
    for (const consent of this.#consents) if (consent.startsWith(`${client.id} `)) this.#consents.delete(consent)
  }

  /** Ends every sign-in of a user, as an administrator can. Throws when there is no such user. */
  revokeSignIns(upn: string): void {
    const user = this.user(upn)
    if (user === undefined) throw new Error(`there is no user ${upn}`)
    user.signInGeneration += 1
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

/** A managed identity is an application that has no secret of its own: Azure signs in for it. */
function clientOfManagedIdentity({ clientId, tenantId, objectId }: ManagedIdentity): Client {
  return {
    id: clientId,
    name: 'Managed identity',
    tenantId,
    objectId: objectId ?? randomUUID(),
    confidential: true,
    secret: undefined,
    secretExpired: false,
    azureDevOps: [],
    keyVault: false,
    consent: false,
    userConsent: 'administrator-only',
    allowPublicFlows: false,
    redirectUris: [],
    exposes: [],
    certificates: [],
    federatedCredentials: [],
  }
}
