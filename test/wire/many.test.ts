import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { composeWorld } from '../../src/app/compose.ts'
import { loadConfig } from '../../src/app/config/load.ts'
import { installationOf, markedName } from '../../src/core/names.ts'
import { instant, minute } from '../../src/core/time.ts'
import type { Store } from '../../src/ports/store.ts'
import { Estate, owner } from '../support/estate.ts'
import { Secret } from '../../src/core/secret.ts'
import { setTimeout as wait } from 'node:timers/promises'

const day = 86_400_000
const count = 1_000
const names = Array.from({ length: count }, (_, index) => `feed-${index}`)

/** The store of the estate, as the program composes it. */
async function withStore(estate: Estate, work: (store: Store, storeId: string) => Promise<void>): Promise<void> {
  const environment = { variables: estate.variables, readFile: readFileSync, workingDirectory: estate.directory }
  const loaded = loadConfig(estate.configFile, environment)
  if (loaded.kind === 'invalid') throw new Error('the configuration of the estate is not valid')
  const open = await composeWorld(loaded.wanted, {
    environment: {},
    reporter: { report: () => undefined },
    concurrency: 16,
    wall: () => estate.emulator.now(),
    monotonic: () => performance.now(),
    wait: (ms) => wait(ms),
    stop: new AbortController().signal,
  })
  const store = open.world.stores.get('vault')
  if (store === undefined) throw new Error('the estate has no store')
  await work(store, await store.prepare())
  await open.close()
}

/** What `apply` would have made of an empty estate ten days ago, in a fraction of its requests. */
async function establish(store: Store, storeId: string, estate: Estate, name: string): Promise<void> {
  const scope = 'vso.packaging'
  const generation = `${installationOf(storeId, name)}00000000`
  const at = estate.emulator.now() - 10 * day
  const displayName = markedName(name, generation)
  const pat = estate.emulator.createPat(owner, {
    displayName,
    scope,
    organization: 'contoso',
    validFrom: at,
    validTo: at + 30 * day,
  })
  await store.write(
    name,
    new Secret(pat.value),
    {
      organization: 'contoso',
      account: owner,
      authorizationId: pat.authorizationId,
      generation,
      scopes: [scope],
      validFrom: instant(pat.validFrom),
      validTo: instant(pat.validTo),
      supersedes: [],
      writtenAt: instant(at),
      rule: undefined,
      displayName: name,
      deliveries: [],
    },
    { sendBy: Number.POSITIVE_INFINITY, timeout: minute },
  )
}

test('a run over 1,000 tokens that need nothing sends 65 requests at most, status lists the vault once more, and both change nothing', async () => {
  const estate = await Estate.open({
    tokens: `tokens:\n${names.map((name) => `  - name: ${name}\n    scopes:\n      - vso.packaging\n`).join('')}`,
  })
  await withStore(estate, async (store, storeId) => {
    const queue = names.values()
    const lane = async (): Promise<void> => {
      for (const name of queue) await establish(store, storeId, estate, name)
    }
    await Promise.all(Array.from({ length: 16 }, lane))
  })
  for (const words of ['apply', 'status', 'list']) {
    const mark = estate.emulator.requests().length
    const ended = await estate.run(`${words} --json`)
    expect(ended.code, ended.stderr).toBe(0)
    const requests = estate.emulator.requests().slice(mark)
    // What is being retired stands in secrets that no entry names: 40 pages.
    expect(requests.length).toBeLessThanOrEqual(words === 'status' ? 105 : 65)
    expect(estate.mutations(mark)).toEqual([])
    if (words === 'apply') expect(ended.json).toMatchObject({ results: [], problems: [] })
    if (words === 'status') {
      expect(ended.json.undeclared).toEqual([])
      expect(ended.json.tokens.map(({ state }: { state: string }) => state)).toEqual(names.map(() => 'healthy'))
    }
    if (words === 'list') {
      expect(ended.json.pats.map(({ managedBy }: { managedBy: string }) => managedBy).sort()).toEqual(names.toSorted())
    }
  }
  await estate.stop()
}, 60_000)
