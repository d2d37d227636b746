import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyVaultCopyTarget } from '../../../src/adapters/stores/key-vault-copy.ts'
import { PatrolError } from '../../../src/core/errors.ts'
import { Secret } from '../../../src/core/secret.ts'
import { day, duration, instant, times } from '../../../src/core/time.ts'
import type { Consignment, Copy, Target } from '../../../src/ports/target.ts'
import { targetContract, type TargetWorld } from '../../contract/target.ts'
import { LeakWatch } from '../support/leak-watch.ts'
import { sampleMetadata } from '../stores/sample-metadata.ts'
import { testClock } from '../stores/test-clock.ts'
import { type VaultWorld, vaultWorld } from '../stores/vault-world.ts'

function targetIn(vault: VaultWorld): Target {
  const { url, credential, transport } = vault
  return keyVaultCopyTarget({
    name: 'copy',
    secretName: 'copy-{token}',
    vault: { url, credential, verifyChallengeResource: false, httpClient: transport.azureClient, clock: testClock },
  })
}

const heldIn = async (vault: VaultWorld, token: string): Promise<string | undefined> =>
  vault.somebody.getSecret(`copy-${token}`).then(
    ({ value }) => value,
    () => undefined,
  )

async function world(): Promise<TargetWorld> {
  const vault = await vaultWorld()
  const leaks = new LeakWatch()
  await vault.somebody.setSecret('theirs', 'of others')
  return {
    target: leaks.over(targetIn(vault)),
    tells: true,
    removes: true,
    apart: true,
    isReadable: true,
    elapsed: () => testClock.elapsed(),
    held: ({ token }) => heldIn(vault, token),
    overwrite: async ({ token }, value) => void (await vault.somebody.setSecret(`copy-${token}`, value)),
    // Nobody has to delete it: readers get nothing either when its current version is disabled.
    destroy: async ({ token }) => {
      const { properties } = await vault.somebody.getSecret(`copy-${token}`)
      await vault.somebody.updateSecretProperties(`copy-${token}`, properties.version ?? '', { enabled: false })
    },
    surroundings: async () => (await vault.somebody.getSecret('theirs')).properties.version ?? '',
    mutations: () => vault.mutations?.() ?? 0,
    denyNext: () => vault.denyNext?.(),
    stop: async () => {
      leaks.check([], {})
      await vault.stop()
    },
  }
}

targetContract('a copy in another key vault', world)

describe('a copy in another key vault', () => {
  let vault: VaultWorld
  let target: Target
  beforeAll(async () => {
    vault = await vaultWorld()
    target = targetIn(vault)
  })
  afterAll(() => vault.stop())

  const soon = () => ({ sendBy: testClock.elapsed() + 60_000, timeout: duration(30_000) })
  const validTo = instant(Date.UTC(2026, 11, 24) + times(30, day))
  const consignment = (token: string, generation = 'gene00000001'): Consignment => ({
    token,
    organization: 'contoso',
    owner: 'ci-bot@contoso.example',
    authorizationId: '11111111-2222-3333-4444-555555555555',
    generation,
    value: new Secret(`value of ${token} ${generation}`.padEnd(84, 'Zq7')),
    validTo,
  })
  const copyOf = ({ token, organization, generation }: Consignment, receipt: string | undefined): Copy => ({
    token,
    organization,
    generation,
    receipt,
    deliveredAt: instant(0),
  })
  const failure = async (work: Promise<unknown>): Promise<PatrolError> => {
    const thrown = await work.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(thrown).toBeInstanceOf(PatrolError)
    return thrown as PatrolError
  }

  it('is marked as one, ends with its PAT, and is nothing that a store would manage', async () => {
    await target.deliver(consignment('marked'), soon())
    const { properties } = await vault.somebody.getSecret('copy-marked')
    expect(properties).toMatchObject({
      tags: { 'patrol-copy-of': 'contoso/marked', 'patrol-copy-generation': 'gene00000001' },
      contentType: 'application/vnd.azure-devops.pat',
      expiresOn: new Date(validTo),
    })
    expect((await vault.open().current(['copy-marked'])).get('copy-marked')).toMatchObject({
      reading: { kind: 'foreign' },
    })
    expect((await vault.open().managed()).has('copy-marked')).toBe(false)
  })

  it('of the same generation is no new version', async () => {
    const given = consignment('same')
    const receipts = [await target.deliver(given, soon()), await target.deliver(given, soon())]
    expect(new Set(receipts).size).toBe(1)
    expect(await vault.open().versions('copy-same')).toHaveLength(1)
  })

  it.each([true, false])('never lies on a secret that Patrol manages (enabled: %s)', async (enabled) => {
    const name = `copy-managed-${enabled}`
    const store = vault.open()
    const { id } = await store.write(name, new Secret('a managed value'), sampleMetadata(), soon())
    if (!enabled) await store.disable(name, id ?? '', soon())
    const error = await failure(target.deliver(consignment(`managed-${enabled}`), soon()))
    expect(error).toMatchObject({ code: 'delivery-failed', message: expect.stringContaining('manages') })
    expect(await store.versions(name)).toHaveLength(1)
  })

  it('that is removed leaves no version of ours enabled, and those of others as they were', async () => {
    const [first, second] = [consignment('gone', 'gene00000001'), consignment('gone', 'gene00000002')]
    await target.deliver(first, soon())
    await vault.somebody.setSecret('copy-gone', 'of somebody else')
    const copy = copyOf(second, await target.deliver(second, soon()))
    expect(await target.inspect(copy)).toEqual({ kind: 'intact' })
    expect(await target.remove(copy, soon())).toEqual({ kind: 'removed' })
    expect(await target.inspect(copy)).toMatchObject({ kind: 'gone', message: expect.stringContaining('disabled') })
    const versions = await vault.open().versions('copy-gone')
    expect(versions.map(({ enabled }) => enabled).filter(Boolean)).toHaveLength(1)
    expect(await target.remove(copy, soon())).toEqual({ kind: 'absent' })
  })

  it('is not written while it is deleted and kept, which is told', async () => {
    await target.deliver(consignment('deleted'), soon())
    await vault.softDelete?.('copy-deleted')
    const error = await failure(target.deliver(consignment('deleted', 'gene00000002'), soon()))
    expect(error).toMatchObject({ code: 'delivery-failed', remedy: expect.stringContaining('purge') })
  })

  it('whose answer got lost has an unknown outcome, and the next delivery settles it', async () => {
    const given = consignment('lost')
    vault.emulator.fault({ service: 'vault', method: 'PUT', effect: 'answer-lost' })
    expect(await failure(target.deliver(given, soon()))).toMatchObject({
      code: 'target-unreachable',
      outcome: 'unknown',
    })
    await target.deliver(given, soon())
    expect(await vault.open().versions('copy-lost')).toHaveLength(1)
  })
})
