import * as fc from 'fast-check'
import type { CopyState } from '../../src/core/copy.ts'
import { PatrolError } from '../../src/core/errors.ts'
import type { Facts, Version } from '../../src/core/facts.ts'
import type { Reading } from '../../src/core/metadata.ts'
import { markedName } from '../../src/core/names.ts'
import { after, day, duration, type Duration, type Instant, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { aGeneration, aMetadata, aPat, aToken, start, storeId } from './builders.ts'

// Everything is drawn from small pools, so that the parts of a world have to do with each other more often than not.
const id = fc.constantFrom('current', 'current', 'current', 'old', 'older', 'lost', 'covered', 'other')
const scopes = fc.constantFrom(['vso.packaging_write'], ['vso.code'], ['vso.code', 'vso.packaging_write'])
const organization = fc.constantFrom('contoso', 'contoso', 'contoso', 'Contoso', 'fabrikam')
const account = fc.constantFrom('ci-bot@contoso.example', 'ci-bot@contoso.example', 'old-bot@contoso.example')
const target = fc.constantFrom('app', 'web', 'gone')
const generation = fc.constantFrom(
  ...['current0', 'old00000', 'older000', 'lost0000'].map((random) => aGeneration(random)),
)

/** Up to forty days before or after the start, on the minute or not. */
export const anyInstant: fc.Arbitrary<Instant> = fc
  .oneof(
    fc.integer({ min: -40 * 24 * 60, max: 70 * 24 * 60 }).map((minutes) => minutes * minute),
    fc.integer({ min: -40 * day, max: 70 * day }),
  )
  .map((ms) => after(start, duration(ms)))

/** A length of time up to so many days. */
function upTo(days: number): fc.Arbitrary<Duration> {
  return fc.integer({ min: 1, max: days * 24 * 60 }).map((minutes) => times(minutes, minute))
}

export const anyToken: fc.Arbitrary<Token> = fc
  .record({
    method: fc.constantFrom('renew', 'rotate'),
    lifetime: upTo(60),
    renewBefore: upTo(20),
    overlap: upTo(5),
    orphanAfter: upTo(1),
    turnLimit: upTo(1),
    atCeiling: fc.constantFrom('report', 'rotate'),
    targets: fc.uniqueArray(target, { maxLength: 2 }),
    paused: fc.constantFrom(false, false, false, false, true),
    scopes: fc.option(scopes, { nil: undefined }),
    place: fc.constantFrom(
      { store: 'vault', secretName: 'feed-pat' },
      { store: 'vault', secretName: 'feed-pat' },
      undefined,
    ),
    covers: fc.constantFrom(undefined, undefined, 'covered'),
  })
  .map((some) => aToken(some as Partial<Token>))

/** A life from `validFrom` to `validTo`, now and then one that makes no sense. */
const life = fc.oneof(
  {
    weight: 15,
    arbitrary: fc.tuple(anyInstant, upTo(60)).map(([from, length]) => [from, after(from, length)] as const),
  },
  { weight: 1, arbitrary: fc.tuple(anyInstant, anyInstant) },
)

const pat = fc
  .record({
    authorizationId: id,
    displayName: fc.oneof(
      generation.map((mark) => markedName('Feed', mark)),
      fc.constantFrom(
        'Feed',
        'Other',
        markedName('Feed', 'zzzzelsewher'),
        markedName('Old feed', aGeneration('lost0000')),
      ),
    ),
    scopes,
    life,
    isDated: fc.constantFrom(true, true, true, true, true, false),
  })
  .map(({ life: [validFrom, validTo], isDated, ...some }) =>
    aPat({ ...some, validFrom, validTo: isDated ? validTo : undefined }),
  )

const delivery = fc.record({
  target,
  deliveredAt: fc.option(anyInstant, { nil: undefined }),
  beganAt: fc.option(anyInstant, { nil: undefined }),
  failures: fc.nat(3),
  nextAttemptAt: fc.option(anyInstant, { nil: undefined }),
})

const metadata = fc
  .record({
    organization,
    account,
    authorizationId: id,
    generation,
    scopes,
    life,
    supersedes: fc.uniqueArray(id, { maxLength: 3 }),
    writtenAt: anyInstant,
    extendedAt: fc.option(anyInstant, { nil: undefined }),
    deliveries: fc.uniqueArray(delivery, { selector: (each) => each.target, maxLength: 3 }),
  })
  .map(({ life: [validFrom, validTo], ...some }) => aMetadata({ ...some, validFrom, validTo }))

const reading: fc.Arbitrary<Reading> = fc.oneof(
  { weight: 12, arbitrary: metadata.map((read) => ({ kind: 'read', metadata: read }) as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Reading>(
      { kind: 'foreign' },
      { kind: 'damaged', field: 'scope' },
      { kind: 'unsupported', version: '2' },
    ),
  },
)

const version: fc.Arbitrary<Version> = fc.record({
  id: fc.constantFrom('v1', 'v2', 'v3', undefined),
  createdAt: anyInstant,
  enabled: fc.constantFrom(true, true, true, false),
  reading,
})

/** What an observer can bring home of these facts about this token. */
export function observed(token: Token, facts: Facts): Facts {
  const pats = facts.pats.map((each) =>
    each.authorizationId === token.covers ? { ...each, displayName: 'Feed' } : each,
  )
  const { observedAt, current } = facts
  if (token.place === undefined) {
    return { observedAt, pats, current: undefined, versions: undefined, currentWorks: undefined, storeId: undefined }
  }
  const metadata = current?.enabled === true && current.reading.kind === 'read' ? current.reading.metadata : undefined
  const isListed = pats.some((each) => each.authorizationId === metadata?.authorizationId)
  return { ...facts, pats, currentWorks: metadata === undefined || isListed ? undefined : facts.currentWorks }
}

const copy: fc.Arbitrary<CopyState> = fc.constantFrom<CopyState>(
  { kind: 'intact' },
  { kind: 'intact' },
  { kind: 'unknowable' },
  { kind: 'overwritten', message: 'another value is there' },
  { kind: 'gone', message: 'nothing is there' },
  { kind: 'unseen', failure: new PatrolError('target-unreachable', 'no answer') },
)

/** Any facts at all, most of which cannot be. */
export const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    observedAt: anyInstant,
    pats: fc.uniqueArray(pat, { selector: (each) => each.authorizationId, minLength: 1, maxLength: 5 }),
    current: fc.option(version, { nil: undefined, freq: 6 }),
    others: fc.option(fc.array(version, { maxLength: 3 }), { nil: undefined, freq: 4 }),
    currentWorks: fc.constantFrom(undefined, undefined, true, false, 'unknown' as const),
    storeId: fc.constantFrom(storeId, storeId, storeId, undefined),
    copies: fc.option(fc.uniqueArray(fc.tuple(target, copy), { selector: ([name]) => name, maxLength: 2 }), {
      nil: undefined,
      freq: 2,
    }),
  })
  .map(({ others, copies, ...facts }) => ({
    ...facts,
    ...(copies === undefined ? {} : { copies: new Map(copies) }),
    versions: others && [...(facts.current === undefined ? [] : [facts.current]), ...others],
  }))

/** A moment at which something of these facts has just happened, or is about to. */
export function nearby(facts: Facts, choice: number, offset: Duration): Instant {
  const versions = [facts.current, ...(facts.versions ?? [])].filter((each) => each !== undefined)
  const ends = facts.pats.map((each) => each.validTo).filter((each) => each !== undefined)
  const moments = [...ends, ...versions.map((each) => each.createdAt), facts.observedAt]
  return after(moments[choice % moments.length] ?? facts.observedAt, offset)
}
