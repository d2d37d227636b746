import { day, hour, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'

/** A token as a configuration with nothing but a name and scopes declares it. */
export function declaredToken(differences: Partial<Token> = {}): Token {
  return {
    name: 'package-feed',
    account: 'ci-bot',
    owner: 'ci-bot@contoso.example',
    organization: 'contoso',
    displayName: 'Package feed',
    method: 'rotate',
    scopes: ['vso.packaging_write'],
    lifetime: times(30, day),
    renewBefore: times(10, day),
    overlap: times(48, hour),
    orphanAfter: hour,
    turnLimit: times(15, minute),
    atCeiling: 'report',
    verification: { kind: 'connection-data' },
    place: { store: 'vault', secretName: 'package-feed-pat' },
    targets: [],
    paused: false,
    rule: undefined,
    covers: undefined,
    ...differences,
  }
}
