import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  answerDevAzure,
  answerVssps,
  azureDevOpsServiceOf,
  vsspsServiceOf,
} from './azure-devops/azure-devops-service.ts'
import {
  changeConnection,
  changeGroup,
  type ConnectionChanges,
  connectionRecords,
  type GroupChanges,
  groupRecords,
  type ServiceConnectionRecord,
  type VariableGroupRecord,
} from './azure-devops/library-record.ts'
import type { PatRecord, Revoker } from './azure-devops/pat-register.ts'
import { makeCertificate } from './certificate.ts'
import { type ControlFace, makeControl } from './control.ts'
import type { ClientChanges, UserChanges } from './entra/directory.ts'
import { answerEntra } from './entra/entra-service.ts'
import { codeAt } from './entra/second-factor.ts'
import type { Answer, Call } from './exchange.ts'
import { FaultBook, type FaultControl, type FaultRule } from './faults.ts'
import { readFixture, sameName } from './fixture.ts'
import type { Fixture } from './fixture-schema.ts'
import { Journal, type RequestRecord } from './journal.ts'
import type { VaultRecord } from './key-vault/vault.ts'
import { answerVault } from './key-vault/vault-service.ts'
import { type Host, listen, type Listener } from './server.ts'
import { changeSwitches, type SwitchChanges, type Switches } from './switches.ts'
import { pipelineVariables } from './workloads/azure-pipelines.ts'
import { answerGitHubActions, gitHubVariables } from './workloads/github-actions.ts'
import { issueToken } from './workloads/issued-token.ts'
import type { GitHubJob, PipelineJob } from './workloads/job-book.ts'
import { answerManagedIdentity, type AzureHost, managedIdentityVariables } from './workloads/managed-identity.ts'
import { createWorld, type Endpoints, type World } from './world.ts'

export interface EmulatorOptions {
  /** The world to start with; a small built-in one when left out. */
  fixture?: Fixture
  /** Milliseconds since the epoch the emulator's clock starts at; the real time when left out. */
  startAt?: number
  /** Where `ca.pem` is written; a fresh temporary directory, removed at the stop, when left out. */
  certificateDir?: string
  /** Fixed ports; any free one where left out or 0. Further vaults take the ports after the first's. */
  ports?: { entra?: number; azureDevOps?: number; vssps?: number; vault?: number; control?: number }
}

/** A PAT made by hand, as on the web page. Instants are milliseconds since the epoch. */
export interface HandmadePat {
  displayName: string
  scope: string
  organization: string
  validTo: number
  validFrom?: number
  allOrgs?: boolean
}

/** What a Kubernetes cluster writes into a file of a pod. */
export interface ServiceAccount {
  /** The cluster's issuer, as a federated credential names it. */
  issuer: string
  /** `system:serviceaccount:NAMESPACE:NAME`. */
  subject: string
  /** `api://AzureADTokenExchange` when left out. */
  audience?: string
  /** An hour when left out. */
  lifeSeconds?: number
}

export interface Emulator {
  readonly endpoints: Readonly<Endpoints>
  /** PEM file of the authority to trust. */
  readonly caFile: string
  /** The emulator's clock, milliseconds since the epoch. */
  now(): number
  /** Moves the clock forward, or back when negative, by milliseconds. */
  travel(ms: number): void
  fault(rule: FaultRule): FaultControl
  /** Changes switches; groups are merged. Throws on a value a switch does not have. */
  set(changes: SwitchChanges): void
  switches(): Switches
  /** Every PAT there ever was, with its value. */
  pats(): PatRecord[]
  /** Throws when there is no such vault, as the others do for what they do not know. */
  vault(name: string): VaultRecord
  /** Every variable group with its secrets. */
  variableGroups(): VariableGroupRecord[]
  /** Somebody else changes a variable group, by its name or id. */
  changeVariableGroup(name: string, changes: GroupChanges): void
  /** Every service connection with its secrets. */
  serviceConnections(): ServiceConnectionRecord[]
  /** Somebody else changes a service connection, by its name or id. */
  changeServiceConnection(name: string, changes: ConnectionChanges): void
  requests(): RequestRecord[]
  /** Every secret value ever accepted or issued. */
  secrets(): string[]
  /** Revokes a PAT without any call of its owner's programs. */
  revokeOutside(authorizationId: string, by: Revoker): void
  createPat(owner: string, request: HandmadePat): PatRecord
  /** The sign-in names of all users. */
  users(): string[]
  password(upn: string): string
  clientSecret(clientId: string): string
  /** Changes the state of a user: another password, a lock, a second factor. */
  changeUser(upn: string, changes: UserChanges): void
  /** The code that the user's authenticator shows now. */
  mfaCode(upn: string): string
  /** Ends every sign-in of a user, as an administrator can: no refresh token of before is good any more. */
  revokeSessions(upn: string): void
  /** Changes the registration of an application: its consent, its certificates, its permissions. */
  changeClient(clientId: string, changes: ClientChanges): void
  /** Starts a job of GitHub Actions that may ask who it is, and gives the variables it finds. */
  gitHubJob(job: GitHubJob): Record<string, string>
  /** Starts a job of Azure Pipelines, and gives the variables it finds. */
  pipelineJob(job: PipelineJob): Record<string, string>
  /** The token of a service account, for a file that `AZURE_FEDERATED_TOKEN_FILE` names. */
  serviceAccountToken(account: ServiceAccount): Promise<string>
  /** The variables of a program that Azure hosts, which lead it to the endpoint for managed identities. */
  managedIdentityVariables(host: AzureHost): Record<string, string>
  /** Lets go of every request that waits and closes all hosts. */
  stop(): Promise<void>
}

/**
 * Starts an emulator of Entra, the PAT lifecycle API, connectionData and Key Vault on loopback ports. Throws a
 * `FixtureError` when the fixture does not hold together.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const world = createWorld(readFixture(options.fixture), options.startAt ?? Date.now())
  const certificate = await makeCertificate()
  const directory = await makeDirectory(options.certificateDir)
  const caFile = join(directory, 'ca.pem')
  await writeFile(caFile, certificate.authority)
  const faults = new FaultBook()
  const journal = new Journal()
  const surroundings = { world, certificate, faults, journal }
  const listeners: Listener[] = []
  const stop = async () => {
    faults.releaseAll()
    await Promise.all(listeners.map((listener) => listener.close()))
    if (options.certificateDir === undefined) await rm(directory, { recursive: true, force: true })
  }
  const open = async (host: Host, port = 0) => {
    const listener = await listen(surroundings, host, port)
    listeners.push(listener)
    return listener.url
  }
  const emulator: ControlFace = {
    ...faceOf(world, faults, journal),
    caFile,
    stop,
    mask: (text) => world.ledger.mask(text),
  }
  const { ports = {} } = options
  try {
    const { endpoints } = world
    endpoints.entra = await open(entraHost(world), ports.entra)
    endpoints.azureDevOps = await open(azureDevOpsHost(world), ports.azureDevOps)
    endpoints.vssps = await open(vsspsHost(world), ports.vssps)
    for (const [index, vault] of world.vaults.entries()) {
      const port = ports.vault === undefined || ports.vault === 0 ? 0 : ports.vault + index
      const answer: Host['answer'] = (call) => answerVault(world, call, vault)
      const now = () => hostNow(world, 'vault')
      endpoints.vaults[vault.settings.name] = await open({ serviceOf: () => 'vault', now, answer }, port)
    }
    endpoints.gitHubActions = await open(workloadHost(world, answerGitHubActions))
    endpoints.managedIdentity = await open({ ...workloadHost(world, answerManagedIdentity), isPlain: true })
    const control = makeControl(emulator)
    const now = () => world.clock.now()
    endpoints.control = await open({ serviceOf: () => undefined, now, answer: control }, ports.control)
  } catch (fault) {
    await stop()
    throw fault
  }
  return emulator
}

async function makeDirectory(wanted: string | undefined): Promise<string> {
  if (wanted === undefined) return mkdtemp(join(tmpdir(), 'emulator-'))
  await mkdir(wanted, { recursive: true })
  return wanted
}

function hostNow(world: World, host: keyof Switches['perHostClockSkewSeconds']): number {
  return world.clock.now() + Math.round(world.switches.perHostClockSkewSeconds[host] * 1000)
}

function entraHost(world: World): Host {
  return { serviceOf: () => 'entra', now: () => hostNow(world, 'entra'), answer: (call) => answerEntra(world, call) }
}

function azureDevOpsHost(world: World): Host {
  const now = () => hostNow(world, 'azureDevOps')
  return { serviceOf: azureDevOpsServiceOf, now, answer: (call) => answerDevAzure(world, call) }
}

function vsspsHost(world: World): Host {
  const now = () => hostNow(world, 'azureDevOps')
  return { serviceOf: vsspsServiceOf, now, answer: (call) => answerVssps(world, call) }
}

function workloadHost(world: World, answer: (world: World, call: Call) => Promise<Answer>): Host {
  return { serviceOf: () => 'workload', now: () => hostNow(world, 'entra'), answer: (call) => answer(world, call) }
}

/** Everything a user of the emulator can do that needs no host. */
function faceOf(world: World, faults: FaultBook, journal: Journal): Omit<Emulator, 'caFile' | 'stop'> {
  const azureDevOpsNow = () => hostNow(world, 'azureDevOps')
  return {
    endpoints: world.endpoints,
    now: () => world.clock.now(),
    travel: (ms) => world.clock.travel(ms),
    fault: (rule) => faults.add(rule),
    set: (changes) => {
      world.switches = changeSwitches(world.switches, changes)
    },
    switches: () => structuredClone(world.switches),
    pats: () => world.pats.all().map((pat) => world.pats.record(pat, azureDevOpsNow())),
    vault: (name) => {
      return found(
        world.vaults.find(({ settings }) => sameName(settings.name, name)),
        `vault ${name}`,
      ).record()
    },
    variableGroups: () => groupRecords(world),
    changeVariableGroup: (name, changes) => changeGroup(world, name, changes, azureDevOpsNow()),
    serviceConnections: () => connectionRecords(world),
    changeServiceConnection: (name, changes) => changeConnection(world, name, changes, azureDevOpsNow()),
    requests: () => journal.all(),
    secrets: () => world.ledger.all(),
    revokeOutside: (authorizationId, by) => {
      const pat = found(world.pats.byId(authorizationId), `PAT ${authorizationId}`)
      if (pat.revokedAt !== undefined) return
      pat.revokedAt = azureDevOpsNow()
      pat.revokedBy = by
    },
    createPat: (upn, request) => {
      const owner = found(world.directory.user(upn), `user ${upn}`)
      const organization = found(
        world.organizations.find(({ name }) => sameName(name, request.organization)),
        `organization ${request.organization}`,
      )
      const at = azureDevOpsNow()
      const { displayName, scope, validTo, validFrom = at, allOrgs = false } = request
      const organizationIds = allOrgs ? null : [organization.id]
      const pat = world.pats.add(
        { owner, displayName, scope, organizationIds, validFrom, validTo, createdAt: Math.min(validFrom, at) },
        world.switches.tokenFormat,
      )
      return world.pats.record(pat, at)
    },
    users: () => world.directory.users.map((user) => user.upn),
    password: (upn) => found(world.directory.user(upn), `user ${upn}`).password,
    clientSecret: (clientId) => found(world.directory.client(clientId)?.secret, `confidential client ${clientId}`),
    changeUser: (upn, changes) => world.directory.change(upn, changes),
    mfaCode: (upn) => codeAt(found(world.directory.user(upn), `user ${upn}`).mfaSecret, hostNow(world, 'entra')),
    revokeSessions: (upn) => world.directory.revokeSignIns(upn),
    gitHubJob: (job) => gitHubVariables(world, world.jobs.openGitHub(job)),
    pipelineJob: (job) => pipelineVariables(world, job, world.jobs.openPipeline(job)),
    serviceAccountToken: (account) => {
      const { issuer, subject, audience = 'api://AzureADTokenExchange', lifeSeconds = 3600 } = account
      return issueToken(world, { issuer, subject, audience: [audience], lifeSeconds }, hostNow(world, 'entra'))
    },
    managedIdentityVariables: (host) => managedIdentityVariables(world, host),
    changeClient: (clientId, changes) => world.directory.changeClient(clientId, changes),
  }
}

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new Error(`the emulator has no ${what}`)
  return thing
}
