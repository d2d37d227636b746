import type { Facts, Version } from '../../src/core/facts.ts'
import type { Delivery, Metadata, Reading } from '../../src/core/metadata.ts'
import { installationOf, markedName } from '../../src/core/names.ts'
import type { Pat } from '../../src/core/pat.ts'
import { after, day, type Duration, hour, type Instant, instant, minute, second, times } from '../../src/core/time.ts'
import type { Rule, Terms, Token } from '../../src/core/token.ts'

/** When the current PAT of every example was minted. */
export const start = instant(Date.UTC(2026, 10, 24, 12))

/** So long after `start`. */
export function later(...lengths: readonly Duration[]): Instant {
  return lengths.reduce<Instant>((at, length) => after(at, length), start)
}

/** So many days after `start`; negative for before. */
export function onDay(days: number): Instant {
  return after(start, times(days, day))
}

export const storeId = 'https://contoso.vault.example'

const terms: Terms = {
  account: 'ci-bot',
  owner: 'ci-bot@contoso.example',
  method: 'rotate',
  lifetime: times(30, day),
  renewBefore: times(10, day),
  overlap: times(48, hour),
  orphanAfter: hour,
  turnLimit: times(15, minute),
  atCeiling: 'report',
  verification: { kind: 'connection-data' },
  targets: [],
  paused: false,
}

/** A rotated token `feed` of 30 days, renewed 10 days before its end, with an overlap of 48 hours. */
export function aToken(difference: Partial<Token> = {}): Token {
  return {
    ...terms,
    name: 'feed',
    organization: 'contoso',
    displayName: 'Feed',
    scopes: ['vso.packaging_write'],
    place: { store: 'vault', secretName: 'feed-pat' },
    rule: undefined,
    covers: undefined,
    ...difference,
  }
}

/** A rule that rotates every PAT of the account in `contoso` into the store `vault`. */
export function aRule(difference: Partial<Rule> = {}): Rule {
  return {
    ...terms,
    match: '*',
    organizations: ['contoso'],
    scopes: undefined,
    store: 'vault',
    secretNameTemplate: '{name}',
    ...difference,
  }
}

/** The mark that the installation of `aToken` writes; `random` are its last eight characters. */
export function aGeneration(random = 'current0', secretName = 'feed-pat'): string {
  return installationOf(storeId, secretName) + random
}

/** The display name of a PAT that was minted for `aToken`. */
export function marked(random: string, displayName = 'Feed'): string {
  return markedName(displayName, aGeneration(random))
}

/** The PAT that `aVersion` holds, granted from `start` for 30 days. */
export function aPat(difference: Partial<Pat> = {}): Pat {
  return {
    authorizationId: 'current',
    displayName: marked('current0'),
    scopes: ['vso.packaging_write'],
    validFrom: start,
    validTo: onDay(30),
    allOrganizations: false,
    ...difference,
  }
}

export function aMetadata(difference: Partial<Metadata> = {}): Metadata {
  return {
    organization: 'contoso',
    account: 'ci-bot@contoso.example',
    authorizationId: 'current',
    generation: aGeneration(),
    scopes: ['vso.packaging_write'],
    validFrom: start,
    validTo: onDay(30),
    supersedes: [],
    writtenAt: start,
    rule: undefined,
    displayName: 'Feed',
    deliveries: [],
    ...difference,
  }
}

/** The version that holds `aPat`, stored a second after it was minted. */
export function aVersion(metadata: Partial<Metadata> = {}, difference: Partial<Version> = {}): Version {
  const reading: Reading = { kind: 'read', metadata: aMetadata(metadata) }
  return { id: 'v2', createdAt: after(start, second), enabled: true, reading, ...difference }
}

/** A version that the reader of metadata could not make sense of, or did not write. */
export function anUnreadVersion(
  reading: Exclude<Reading, { kind: 'read' }>,
  difference: Partial<Version> = {},
): Version {
  return { ...aVersion(), reading, ...difference }
}

/** A delivery that began `beganAt` and took a second. */
export function aDelivery(target: string, beganAt: Instant, difference: Partial<Delivery> = {}): Delivery {
  return { target, beganAt, deliveredAt: after(beganAt, second), failures: 0, nextAttemptAt: undefined, ...difference }
}

/** An established token with nothing to do: its PAT is listed, and the store hands out its value. */
export function someFacts(difference: Partial<Facts> = {}): Facts {
  return {
    observedAt: start,
    pats: [aPat()],
    current: aVersion(),
    versions: undefined,
    currentWorks: undefined,
    storeId,
    ...difference,
  }
}
