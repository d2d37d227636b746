import { randomBytes, randomUUID } from 'node:crypto'
import { Library } from './azure-devops/library.ts'
import { PatRegister } from './azure-devops/pat-register.ts'
import { Traffic } from './azure-devops/rate-limit.ts'
import { SubjectBook } from './azure-devops/subject.ts'
import { Clock } from './clock.ts'
import { CodeBook } from './entra/authorization-code.ts'
import { VisitBook } from './entra/browser-sign-in.ts'
import { DeviceBook } from './entra/device-code.ts'
import { Directory } from './entra/directory.ts'
import { TokenBook } from './entra/token-book.ts'
import { instantOf, sameName } from './fixture.ts'
import type { ReadFixture } from './fixture-schema.ts'
import { patsOf } from './fixture-crowd.ts'
import { Vault } from './key-vault/vault.ts'
import { SecretLedger } from './secret-ledger.ts'
import { JobBook } from './workloads/job-book.ts'
import { defaultSwitches, type Switches } from './switches.ts'

export interface Organization extends Omit<ReadFixture['organizations'][number], 'tenant'> {
  readonly id: string
  readonly tenantId: string
}

/** Base addresses, without a slash at the end. */
export interface Endpoints {
  entra: string
  azureDevOps: string
  vssps: string
  control: string
  /** Where a job of GitHub Actions asks for its token. */
  gitHubActions: string
  /** Where a program that Azure hosts asks for the token of its managed identity. Plain HTTP, as in Azure. */
  managedIdentity: string
  /** By the vault's name. */
  vaults: Record<string, string>
}

/** All state of one emulator. The services read and change it; nothing of it is shared between two emulators. */
export interface World {
  readonly clock: Clock
  readonly ledger: SecretLedger
  readonly directory: Directory
  readonly tokens: TokenBook
  readonly codes: CodeBook
  readonly devices: DeviceBook
  readonly visits: VisitBook
  readonly jobs: JobBook
  /** What App Service tells its programs, so that a request they are tricked into gets no token. */
  readonly identityHeader: string
  readonly subjects: SubjectBook
  readonly organizations: readonly Organization[]
  readonly pats: PatRegister
  readonly library: Library
  readonly vaults: readonly Vault[]
  readonly traffic: Traffic
  readonly endpoints: Endpoints
  switches: Switches
}

/** The world a fixture describes. @param startAt milliseconds since the epoch */
export function createWorld(fixture: ReadFixture, startAt: number): World {
  const ledger = new SecretLedger()
  const directory = new Directory(fixture, ledger)
  const tenantId = (name: string) => known(directory.tenant(name), name).id
  const organizations = fixture.organizations.map(({ tenant, ...written }): Organization => {
    return { ...written, id: written.id ?? randomUUID(), tenantId: tenantId(tenant) }
  })
  const switches = defaultSwitches()
  const pats = new PatRegister(ledger)
  for (const written of fixture.pats) {
    const organization = known(
      organizations.find(({ name }) => sameName(name, written.organization)),
      written.organization,
    )
    const validFrom = instantOf(written.validFrom, startAt)
    const pat = pats.add(
      {
        owner: known(directory.user(written.owner), written.owner),
        displayName: written.displayName,
        scope: written.scope,
        organizationIds: written.allOrgs ? null : [organization.id],
        validFrom,
        validTo: instantOf(written.validTo, startAt),
        createdAt: validFrom,
        authorizationId: written.authorizationId,
      },
      written.format,
    )
    if (!written.revoked) continue
    pat.revokedAt = startAt
    pat.revokedBy = 'owner'
  }
  for (const crowd of fixture.crowds) {
    const organization = known(
      organizations.find(({ name }) => sameName(name, crowd.organization)),
      crowd.organization,
    )
    for (const { upn, ...written } of patsOf(crowd, startAt)) {
      const owner = known(directory.user(upn), upn)
      pats.add(
        { ...written, owner, organizationIds: [organization.id], createdAt: written.validFrom },
        switches.tokenFormat,
      )
    }
  }
  return {
    clock: new Clock(startAt),
    ledger,
    directory,
    tokens: new TokenBook(ledger),
    codes: new CodeBook(ledger),
    devices: new DeviceBook(ledger),
    visits: new VisitBook(),
    jobs: new JobBook(ledger),
    identityHeader: ledger.note(randomBytes(16).toString('hex').toUpperCase()),
    subjects: new SubjectBook(directory.users),
    organizations,
    pats,
    library: new Library(organizations, ledger, startAt),
    vaults: fixture.vaults.map(
      ({ tenant, ...settings }) => new Vault({ ...settings, tenantId: tenantId(tenant) }, ledger),
    ),
    traffic: new Traffic(),
    endpoints: {
      entra: '',
      azureDevOps: '',
      vssps: '',
      control: '',
      gitHubActions: '',
      managedIdentity: '',
      vaults: {},
    },
    switches,
  }
}

function known<T>(thing: T | undefined, name: string): T {
  if (thing === undefined) throw new Error(`the fixture has no ${name}`)
  return thing
}
