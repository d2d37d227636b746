import { randomUUID } from 'node:crypto'
import { systemRandom } from '../../src/adapters/random.ts'
import { fileStore } from '../../src/adapters/stores/file-store.ts'
import { Secret } from '../../src/core/secret.ts'
import { duration, instant, minute } from '../../src/core/time.ts'

/** Makes a file store with one value in it, as a run would have stored it. The value opens nothing. */
export async function fillFileStore(path: string, identity: string, name: string): Promise<void> {
  const now = instant(Date.now())
  const store = fileStore({
    path,
    identity: new Secret(identity),
    random: systemRandom,
    clock: {
      now: () => now,
      elapsed: () => 0,
      sleep: async () => undefined,
      skew: () => ({ kind: 'corrected', offset: duration(0) }),
    },
  })
  await store.prepare()
  const metadata = {
    organization: 'contoso',
    account: 'ci-bot@contoso.example',
    authorizationId: randomUUID(),
    generation: 'abcd00000000',
    scopes: ['vso.packaging_write'],
    validFrom: now,
    validTo: instant(now + 30 * 86_400_000),
    supersedes: [],
    writtenAt: now,
    rule: undefined,
    displayName: name,
    deliveries: [],
  }
  const value = new Secret(randomUUID().repeat(2))
  await store.write(name, value, metadata, { sendBy: Number.POSITIVE_INFINITY, timeout: minute })
}
