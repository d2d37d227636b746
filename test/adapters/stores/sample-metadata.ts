import type { Metadata } from '../../../src/core/metadata.ts'
import { instant } from '../../../src/core/time.ts'

let serial = 0

/** Metadata as a run writes it, in whole seconds where stores may round. */
export function sampleMetadata(changes: Partial<Metadata> = {}): Metadata {
  const number = String(++serial).padStart(12, '0')
  return {
    organization: 'contoso',
    account: 'ci-bot@contoso.example',
    authorizationId: `00000000-0000-4000-8000-${number}`,
    generation: number,
    scopes: ['vso.packaging_write'],
    validFrom: instant(1_795_489_445_678),
    validTo: instant(1_798_081_445_678),
    supersedes: [],
    writtenAt: instant(1_795_489_446_001),
    extendedAt: undefined,
    rule: undefined,
    displayName: 'Package feed',
    deliveries: [],
    ...changes,
  }
}

/** Nothing that is longer would fit. */
export function largeMetadata(): Metadata {
  const families = ['code', 'build', 'work', 'graph', 'wiki', 'test', 'release', 'project', 'packaging', 'symbols']
  return sampleMetadata({
    scopes: families
      .flatMap((family) => [
        `vso.${family}`,
        ...['manage', 'write', 'execute', 'acquire', 'publish', 'diagnostics'].map((kind) => `vso.${family}_${kind}`),
      ])
      .sort(),
    displayName: 'Déploiement "prod" <ß€> & 100 % \\ / 日本 🚀',
    rule: 'Dépl*',
    supersedes: ['11111111-2222-3333-4444-555555555555', '66666666-7777-8888-9999-000000000000'],
    deliveries: Array.from({ length: 20 }, (_, index) => ({
      target: `target-with-a-name-no-${String(index).padStart(2, '0')}`,
      beganAt: instant(1_795_489_445_000),
      deliveredAt: instant(1_795_489_447_000),
      failures: index,
      nextAttemptAt: instant(1_795_499_447_000),
    })),
  })
}
