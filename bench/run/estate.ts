import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pLimit from 'p-limit'
import { composeWorld } from '../../src/app/compose.ts'
import { loadConfig } from '../../src/app/config/load.ts'
import { installationOf, markedName } from '../../src/core/names.ts'
import { Secret } from '../../src/core/secret.ts'
import { instant, minute } from '../../src/core/time.ts'
import type { Store } from '../../src/ports/store.ts'
import { configurationHead } from './configuration.ts'
import { measure, type Measured } from './program.ts'
import { RemoteEmulator } from './remote-emulator.ts'

export const owner = 'ci-bot@contoso.example'
export const tenant = '11111111-2222-3333-4444-555555555555'
export const scope = 'vso.packaging'
/** How the names of either half of the tokens begin. */
export const [firstHalf, secondHalf] = ['morning', 'evening'] as const

const day = 86_400_000

export interface Size {
  readonly tokens: number
  readonly organizations: number
}

/** One declared token. */
export interface BenchToken {
  readonly name: string
  readonly organization: string
}

/**
 * An account with PATs of twenty-five days, which end in five. With the configuration `idle` they need nothing yet; with
 * `due` all of them are; with `renewal` a rule extends them. Rotated tokens stand in a vault, as earlier runs of the
 * program would have left them.
 */
export class BenchEstate {
  readonly emulator: RemoteEmulator
  readonly tokens: readonly BenchToken[]
  readonly directory: string
  readonly variables: Readonly<Record<string, string>>

  private constructor(
    emulator: RemoteEmulator,
    directory: string,
    tokens: readonly BenchToken[],
    variables: Readonly<Record<string, string>>,
  ) {
    this.emulator = emulator
    this.directory = directory
    this.tokens = tokens
    this.variables = variables
  }

  /** @param stored whether Patrol made the PATs and the vault has them, or a person did and nobody has */
  static async open({ tokens: count, organizations }: Size, stored: boolean): Promise<BenchEstate> {
    const directory = mkdtempSync(join(tmpdir(), 'patrol-bench-'))
    const homes = Array.from({ length: organizations }, (_, index) => `contoso-${index + 1}`)
    const emulator = await RemoteEmulator.start(directory, {
      organizations: homes.map((name) => ({ name, tenant, members: [owner] })),
    })
    const tokens = Array.from({ length: count }, (_, index) => ({
      name: `${index < count / 2 ? firstHalf : secondHalf}-${index + 1}`,
      organization: homes[index % homes.length] ?? '',
    }))
    const variables = { USER_NAME: owner, USER_PASSWORD: await emulator.password(owner) }
    const estate = new BenchEstate(emulator, directory, tokens, variables)
    estate.#write('idle', estate.#declared('4d'))
    estate.#write('due', estate.#declared('10d'))
    const all = homes.map((name) => `      - ${name}\n`).join('')
    estate.#write('renewal', `  - match: "*"\n    method: renew\n    organizations:\n${all}`)
    if (stored) await estate.#establish()
    else await estate.#create()
    return estate
  }

  /** Runs `apply` with one of the configurations and counts what it sent. */
  async apply(
    configuration: 'idle' | 'due' | 'renewal',
    ...words: readonly string[]
  ): Promise<Measured & { readonly requests: number; readonly emulatorCpuMs: number | undefined }> {
    const [sent, used] = [await this.emulator.requests(), this.emulator.cpuMs()]
    const measured = await measure(['apply', '-c', `${configuration}.yaml`, ...words], this.directory, this.variables)
    const usedNow = this.emulator.cpuMs()
    const requests = (await this.emulator.requests()) - sent
    const emulatorCpuMs = used === undefined || usedNow === undefined ? undefined : usedNow - used
    return { ...measured, requests, emulatorCpuMs }
  }

  async stop(): Promise<void> {
    await this.emulator.stop()
    rmSync(this.directory, { recursive: true })
  }

  #declared(renewBefore: string): string {
    const entry = ({ name, organization }: BenchToken): string =>
      `  - name: ${name}\n    organization: ${organization}\n    renewBefore: ${renewBefore}\n    scopes:\n      - ${scope}\n`
    return this.tokens.map(entry).join('')
  }

  #write(name: string, tokens: string): void {
    const { endpoints, caFile } = this.emulator
    const [vault = ''] = Object.values(endpoints.vaults)
    const text = `${configurationHead({ endpoints, caFile, tenant })}stores:
  vault:
    type: azure-key-vault
    url: ${vault}
    credential: account:ci-bot
    verifyChallengeResource: false
defaults:
  account: ci-bot
  store: vault
tokens:
${tokens}`
    writeFileSync(join(this.directory, `${name}.yaml`), text)
  }

  async #create(): Promise<void> {
    const limit = pLimit(16)
    await Promise.all(this.tokens.map((token) => limit(() => this.#createPat(token, token.name))))
  }

  #createPat({ organization }: BenchToken, displayName: string) {
    const validFrom = Date.now() - 25 * day
    return this.emulator.createPat({
      owner,
      organization,
      displayName,
      scope,
      validFrom,
      validTo: validFrom + 30 * day,
    })
  }

  /** What many runs of the program would have made of an empty estate, in a fraction of their requests. */
  async #establish(): Promise<void> {
    const environment = { variables: this.variables, readFile: readFileSync, workingDirectory: this.directory }
    const loaded = loadConfig('idle.yaml', environment)
    if (loaded.kind === 'invalid') throw new Error(`the configuration is wrong: ${loaded.problems[0]?.message}`)
    const open = await composeWorld(loaded.wanted, {
      environment: {},
      reporter: { report: () => undefined },
      concurrency: 16,
      wall: () => Date.now(),
      monotonic: () => performance.now(),
      wait: (ms) => wait(ms),
      stop: new AbortController().signal,
    })
    try {
      const store = open.world.stores.get('vault')
      if (store === undefined) throw new Error('there is no vault')
      const storeId = await store.prepare()
      const limit = pLimit(16)
      await Promise.all(this.tokens.map((token) => limit(() => this.#keep(store, storeId, token))))
    } finally {
      await open.close()
    }
  }

  async #keep(store: Store, storeId: string, token: BenchToken): Promise<void> {
    const { name, organization } = token
    const generation = `${installationOf(storeId, name)}00000000`
    const pat = await this.#createPat(token, markedName(name, generation))
    const metadata = {
      organization,
      account: owner,
      authorizationId: pat.authorizationId,
      generation,
      scopes: [scope],
      validFrom: instant(pat.validFrom),
      validTo: instant(pat.validTo),
      supersedes: [],
      writtenAt: instant(pat.validFrom),
      rule: undefined,
      displayName: name,
      deliveries: [],
    }
    await store.write(name, new Secret(pat.value), metadata, { sendBy: Number.POSITIVE_INFINITY, timeout: minute })
  }
}
