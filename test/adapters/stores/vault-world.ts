import type { HttpClient } from '@azure/core-rest-pipeline'
import { ClientSecretCredential } from '@azure/identity'
import { SecretClient } from '@azure/keyvault-secrets'
import { createTransport, type Transport } from '../../../src/adapters/http/transport.ts'
import { azureKeyVaultStore } from '../../../src/adapters/stores/azure-key-vault.ts'
import type { AzureKeyVaultOptions } from '../../../src/adapters/stores/key-vault-connection.ts'
import { type Duration, instant } from '../../../src/core/time.ts'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../src/emulator/emulator.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { Event } from '../../../src/ports/reporter.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { StoreWorld } from '../../contract/store.ts'
import { LeakWatch, textsOf } from '../support/leak-watch.ts'
import { testClock } from './test-clock.ts'

export const tenant = '11111111-2222-3333-4444-555555555555'
export const clientId = 'c11e0000-0000-4000-8000-000000000002'

export interface VaultWorld extends StoreWorld {
  readonly emulator: Emulator
  readonly transport: Transport
  readonly url: string
  readonly credential: ClientSecretCredential
  /** A vault's client of its own, as somebody else has it. */
  readonly somebody: SecretClient
  /** How long the stores of this world waited between requests; the waits themselves take no time. */
  readonly waits: Duration[]
  readonly events: Event[]
  open(changes?: Partial<AzureKeyVaultOptions>): Store
  /** The requests to the vault since the last time this was asked, as `GET /secrets/x 200`, without queries. */
  newRequests(): readonly string[]
}

export async function vaultWorld(options: EmulatorOptions = {}): Promise<VaultWorld> {
  const emulator = await startEmulator(options)
  const transport = await createTransport({ caFile: emulator.caFile, environment: {}, userAgent: 'patrol-test' })
  const httpClient: HttpClient = transport.azureClient
  const url = emulator.endpoints.vaults['contoso'] ?? ''
  const credential = new ClientSecretCredential(tenant, clientId, emulator.clientSecret(clientId), {
    authorityHost: emulator.endpoints.entra,
    disableInstanceDiscovery: true,
    httpClient,
  })
  const somebody = new SecretClient(url, credential, { disableChallengeResourceVerification: true, httpClient })
  const [waits, events]: [Duration[], Event[]] = [[], []]
  const clock: Clock = {
    ...testClock,
    now: () => instant(emulator.now()),
    sleep: async (length) => {
      waits.push(length)
    },
  }
  const leaks = new LeakWatch()
  const open = (changes: Partial<AzureKeyVaultOptions> = {}): Store =>
    leaks.over(
      azureKeyVaultStore({
        url,
        credential,
        verifyChallengeResource: false,
        httpClient,
        clock,
        reporter: { report: (event) => events.push(event) },
        ...changes,
      }),
    )
  const mutating = (method: string): boolean => ['PUT', 'PATCH', 'POST', 'DELETE'].includes(method)
  let seen = 0
  return {
    emulator,
    transport,
    url,
    credential,
    somebody,
    waits,
    events,
    open,
    store: open(),
    beginsAbsent: false,
    elapsed: () => testClock.elapsed(),
    now: () => instant(emulator.now()),
    plant: async (name, { value, tags, enabled = true }) => {
      await somebody.setSecret(name, value, { tags, enabled })
    },
    mutations: () => {
      const requests = emulator.requests().filter(({ service, method }) => service === 'vault' && mutating(method))
      return requests.filter(({ status }) => status !== 401).length
    },
    loseNextAnswer: () => void emulator.fault({ service: 'vault', effect: 'answer-lost' }),
    loseNextRequest: () => void emulator.fault({ service: 'vault', effect: 'drop' }),
    denyNext: () =>
      void emulator.fault({
        service: 'vault',
        effect: { kind: 'status', status: 403, body: '{"error":{"code":"Forbidden","message":"no"}}' },
      }),
    makeUnreadable: async (name) => {
      const body =
        '{"error":{"code":"Forbidden","message":"Action: secrets/get","innererror":{"code":"ForbiddenByRbac"}}}'
      const effect = { kind: 'status', status: 403, body } as const
      emulator.fault({ service: 'vault', pathIncludes: `/secrets/${name}/`, times: Infinity, effect })
    },
    softDelete: async (name) => {
      const poller = await somebody.beginDeleteSecret(name, { intervalInMs: 1 })
      await poller.pollUntilDone()
    },
    newRequests: () => {
      const requests = emulator.requests().filter(({ service }) => service === 'vault')
      const fresh = requests.slice(seen)
      seen = requests.length
      return fresh.map(({ method, url: path, status }) => `${method} ${path.split('?')[0]} ${status}`)
    },
    stop: async () => {
      await transport.close()
      await emulator.stop()
      leaks.check(emulator.secrets(), {
        events: textsOf(events),
        urls: emulator.requests().map((request) => request.url),
      })
    },
  }
}
