import { PatrolError } from '../../src/core/errors.ts'
import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/core/facts.ts'
import { isSettled, recordOf, revocationGate, settlesAt, standings } from '../../src/core/gate.ts'
import type { Delivery } from '../../src/core/metadata.ts'
import { markedName } from '../../src/core/names.ts'
import type { Pat } from '../../src/core/pat.ts'
import { after, before, day, duration, hour, type Instant, minute, second, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import {
  aDelivery,
  aGeneration,
  aMetadata,
  anUnreadVersion,
  aPat,
  aToken,
  aVersion,
  later,
  marked,
  onDay,
  someFacts,
  start,
} from '../support/builders.ts'

const ms = duration(1)

/** When the version of the examples was made, and when a delivery of it counts as settled. */
const created = later(second)
const settled = later(second, hour, second)

/** The PAT and version that the current ones replaced. */
const oldPat = aPat({
  authorizationId: 'old',
  displayName: marked('old00000'),
  validFrom: onDay(-20),
  validTo: onDay(10),
})
const oldVersion = aVersion(
  { authorizationId: 'old', generation: aGeneration('old00000') },
  { id: 'v1', createdAt: onDay(-20) },
)
const replacing: Partial<Facts> = { pats: [aPat(), oldPat], versions: [aVersion(), oldVersion] }

/** The current version with these deliveries noted in it. */
function delivered(...deliveries: readonly Delivery[]): Partial<Facts> {
  const current = aVersion({ supersedes: ['old'], deliveries })
  return { pats: [aPat(), oldPat], current, versions: [current, oldVersion] }
}

interface Row {
  readonly name: string
  readonly token?: Partial<Token>
  readonly facts?: Partial<Facts>
  readonly now?: Instant
  readonly why?: RegExp
  readonly until?: Instant | undefined
}

describe('the gate is closed', () => {
  const rows: Row[] = [
    { name: 'while there is no secret', facts: { current: undefined }, why: /hands out no PAT/ },
    {
      name: 'while the current version is disabled',
      facts: { current: aVersion({}, { enabled: false }) },
      why: /hands out no PAT/,
    },
    {
      name: 'while the current version is not ours',
      facts: { current: anUnreadVersion({ kind: 'foreign' }) },
      why: /hands out no PAT/,
    },
    {
      name: 'while its metadata is damaged',
      facts: { current: anUnreadVersion({ kind: 'damaged', field: 'scope' }) },
      why: /hands out no PAT/,
    },
    {
      name: 'while its metadata is of a later format',
      facts: { current: anUnreadVersion({ kind: 'unsupported', version: '2' }) },
      why: /hands out no PAT/,
    },
    { name: 'while the successor is not listed and nobody tried it', facts: { pats: [oldPat] }, why: /not active/ },
    { name: 'while the successor is refused', facts: { pats: [oldPat], currentWorks: false }, why: /not active/ },
    {
      name: 'while nobody can tell whether the successor lives',
      facts: { pats: [oldPat], currentWorks: 'unknown' },
      why: /not active/,
    },
    { name: 'from the moment at which the successor has expired', now: onDay(30), why: /not active/ },
    {
      name: 'while nobody can tell when the successor expires',
      facts: { pats: [aPat({ validTo: undefined })] },
      why: /not active/,
    },
    {
      name: 'while a target has never been delivered to',
      token: { targets: ['app'] },
      why: /^app does not have its successor yet/,
    },
    {
      name: 'while the delivery to a target has only failed',
      token: { targets: ['app'] },
      facts: delivered(aDelivery('app', settled, { beganAt: undefined, deliveredAt: undefined, failures: 2 })),
      why: /^app does not have/,
    },
    {
      name: 'while one of two targets lacks the value',
      token: { targets: ['app', 'web'] },
      facts: delivered(aDelivery('app', settled)),
      why: /^web does not have/,
    },
    {
      name: 'while a target that left the configuration lacks the value',
      facts: delivered(aDelivery('gone', settled, { deliveredAt: undefined })),
      why: /^gone, which is no longer a target of it, does not have/,
    },
    {
      name: 'while a target that left the configuration failed after it had the value',
      facts: delivered(aDelivery('gone', settled, { failures: 1 })),
      why: /^gone, which is no longer a target of it, does not have/,
    },
    {
      name: 'when a later attempt failed, for what it left there nobody knows',
      token: { targets: ['app'] },
      facts: delivered(aDelivery('app', settled, { failures: 1, nextAttemptAt: onDay(20) })),
      why: /^app does not have/,
    },
    {
      name: 'while a copy was overwritten',
      token: { targets: ['web', 'app'] },
      facts: {
        ...delivered(aDelivery('app', settled), aDelivery('web', settled)),
        copies: new Map([['app', { kind: 'overwritten', message: 'x' }]]),
      },
      why: /^app no longer has its successor/,
    },
    {
      name: 'while a copy is gone',
      token: { targets: ['app'] },
      facts: { ...delivered(aDelivery('app', settled)), copies: new Map([['app', { kind: 'gone', message: 'x' }]]) },
      why: /^app no longer has its successor/,
    },
    {
      name: 'while a target that can tell gives no answer',
      token: { targets: ['app'] },
      facts: {
        ...delivered(aDelivery('app', settled)),
        copies: new Map([['app', { kind: 'unseen', failure: new PatrolError('target-unreachable', 'x') }]]),
      },
      why: /^whether app still has its successor could not be seen/,
    },
    {
      name: 'until the overlap has passed since a delivery to a target that left the configuration would have been repeated',
      facts: delivered(aDelivery('gone', later(minute))),
      now: before(after(after(settled, times(48, hour)), minute), ms),
      why: /overlap/,
      until: after(after(settled, times(48, hour)), minute),
    },
    {
      name: 'while a delivery began a millisecond before it could settle',
      token: { targets: ['app'] },
      facts: delivered(aDelivery('app', before(settled, ms))),
      now: later(minute),
      why: /^the delivery to app is to be repeated once/,
      until: after(after(settled, times(48, hour)), minute),
    },
    {
      name: 'while the delivery of the only version was not repeated: an older one may have been purged',
      token: { targets: ['app'] },
      facts: { ...delivered(aDelivery('app', created)), versions: [aVersion()] },
      why: /^the delivery to app is to be repeated once/,
      until: after(after(onDay(9), times(48, hour)), minute),
    },
    {
      name: 'while it is not known when a delivery began',
      token: { targets: ['app'] },
      facts: delivered(aDelivery('app', settled, { beganAt: undefined })),
      why: /repeated once/,
      until: after(after(onDay(9), times(48, hour)), minute),
    },
    {
      name: 'until a second, the overlap and a minute have passed since the store made the version',
      now: before(later(second, second, times(48, hour), minute), ms),
      why: /overlap/,
      until: later(second, second, times(48, hour), minute),
    },
    {
      name: 'until the overlap and a minute have passed since the last delivery ended',
      token: { targets: ['app', 'web'] },
      facts: delivered(aDelivery('app', later(times(5, hour))), aDelivery('web', settled)),
      now: before(later(times(5, hour), second, times(48, hour), minute), ms),
      why: /overlap/,
      until: later(times(5, hour), second, times(48, hour), minute),
    },
    {
      name: 'until the overlap has passed, by the stamp of the store even where ours is older',
      facts: { current: aVersion({ writtenAt: onDay(-5) }, { createdAt: onDay(1) }) },
      now: onDay(2),
      why: /overlap/,
      until: after(onDay(3), times(61, second)),
    },
    {
      name: 'until the overlap has passed, by the grant in the store while the list lags',
      facts: { pats: [oldPat], currentWorks: true },
      now: onDay(1),
      why: /overlap/,
      until: later(second, second, times(48, hour), minute),
    },
  ]
  it.each(rows)('$name', ({ token, facts, now = onDay(9), why, until }) => {
    const gate = revocationGate(aToken(token), someFacts({ ...replacing, ...facts }), now)
    expect(gate).toEqual({ kind: 'closed', why: expect.stringMatching(why ?? /^$/), until })
  })
})

describe('the gate is open', () => {
  const rows: Row[] = [
    {
      name: 'to the millisecond, when no target is to be waited for',
      now: later(second, second, times(48, hour), minute),
    },
    {
      name: 'to the millisecond, after the last delivery',
      token: { targets: ['app', 'web'] },
      facts: delivered(aDelivery('app', later(times(5, hour))), aDelivery('web', settled)),
      now: later(times(5, hour), second, times(48, hour), minute),
    },
    {
      name: 'when a target that left the configuration has the value',
      facts: delivered(aDelivery('gone', settled)),
    },
    {
      name: 'when copies are intact, or cannot be looked at',
      token: { targets: ['app', 'web'] },
      facts: {
        ...delivered(aDelivery('app', settled), aDelivery('web', settled)),
        copies: new Map([
          ['app', { kind: 'intact' }],
          ['web', { kind: 'unknowable' }],
        ]),
      },
    },
    {
      name: 'when nobody will repeat the early delivery to a target that left the configuration',
      facts: delivered(aDelivery('gone', later(minute))),
      now: after(after(settled, times(48, hour)), minute),
    },
    {
      name: 'after a shorter overlap, when the grant was short',
      facts: { pats: [aPat({ validTo: onDay(3) })] },
      now: later(second, second, day, minute),
    },
    { name: 'while the list lags but the successor lets us in', facts: { pats: [oldPat], currentWorks: true } },
    {
      name: 'while the successor itself is due: it is active all the same',
      now: onDay(29),
    },
  ]
  it.each(rows)('$name', ({ token, facts, now = onDay(9) }) => {
    expect(revocationGate(aToken(token), someFacts({ ...replacing, ...facts }), now)).toEqual({ kind: 'open' })
  })
})

describe('a delivery is settled', () => {
  it.each([
    {
      name: 'when it began orphanAfter and a second after its version was made',
      record: aDelivery('app', settled),
      expected: true,
    },
    {
      name: 'not when it began a millisecond earlier',
      record: aDelivery('app', before(settled, ms)),
      expected: false,
    },
    {
      name: 'not when nobody knows when it began',
      record: aDelivery('app', settled, { beganAt: undefined }),
      expected: false,
    },
  ])('$name', ({ record, expected }) => {
    expect(isSettled(aToken(), aVersion(), record)).toBe(expected)
  })

  it('no sooner because its version replaced none', () => {
    expect(isSettled(aToken(), aVersion({ supersedes: [] }), aDelivery('app', created))).toBe(false)
  })

  it('as long after its version as an orphan is given', () => {
    expect(settlesAt(aToken(), aVersion())).toBe(settled)
    expect(settlesAt(aToken({ orphanAfter: times(3, hour) }), aVersion())).toBe(later(second, times(3, hour), second))
  })

  it('and found by the name of its target', () => {
    const metadata = aMetadata({ deliveries: [aDelivery('app', settled), aDelivery('web', created)] })
    expect(recordOf(metadata, 'web')?.beganAt).toBe(created)
    expect(recordOf(metadata, 'other')).toBeUndefined()
  })
})

describe('an active PAT beside the current one is', () => {
  const lost = aPat({ authorizationId: 'lost', displayName: marked('lost0000'), validFrom: onDay(2) })
  const covered = aPat({ authorizationId: 'covered', displayName: 'Feed', validFrom: onDay(-20) })
  const orphan = { kind: 'orphan', collectAt: after(after(onDay(2), hour), minute) }
  const versions = [aVersion(), oldVersion]
  const rows: { name: string; token?: Partial<Token>; pat: Pat; facts: Partial<Facts>; expected: unknown }[] = [
    {
      name: 'superseded, when it stands in an older version',
      pat: oldPat,
      facts: { versions },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when it stands in a disabled version',
      pat: oldPat,
      facts: { versions: [aVersion(), { ...oldVersion, enabled: false }] },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when another instance stored it in between and no tag of ours tells',
      pat: lost,
      facts: { versions: [...versions, aVersion({ authorizationId: 'lost' }, { id: 'v3' })] },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when it is unmarked and the current version says that it replaces it',
      pat: covered,
      facts: { current: aVersion({ supersedes: ['covered'] }), versions: [aVersion({ supersedes: ['covered'] })] },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when only an older version says that it replaced it',
      pat: aPat({ authorizationId: 'older', displayName: marked('older000', 'Renamed'), validFrom: onDay(-40) }),
      facts: { versions: [aVersion(), aVersion({ authorizationId: 'old', supersedes: ['older'] }, { id: 'v1' })] },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when it is older than every version: it was handed out before its secret was renamed',
      pat: aPat({ authorizationId: 'earlier', displayName: marked('earlier0'), validFrom: before(onDay(-20), ms) }),
      facts: { versions },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when there is no version left at all',
      pat: lost,
      facts: { current: undefined, pats: [lost], versions: [] },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when a version is damaged, which may hold this very PAT',
      pat: lost,
      facts: { versions: [...versions, anUnreadVersion({ kind: 'damaged', field: 'patrol' })] },
      expected: { kind: 'superseded' },
    },
    {
      name: 'superseded, when a version is of a later format, which may hold this very PAT',
      pat: lost,
      facts: { versions: [...versions, anUnreadVersion({ kind: 'unsupported', version: '2' })] },
      expected: { kind: 'superseded' },
    },
    { name: 'an orphan, when it stands in no version', pat: lost, facts: { versions }, expected: orphan },
    {
      name: 'an orphan even beside a version of others, which holds no PAT of ours',
      pat: lost,
      facts: { versions: [...versions, anUnreadVersion({ kind: 'foreign' }, { createdAt: onDay(-60) })] },
      expected: orphan,
    },
    {
      name: 'an orphan from the millisecond of the oldest version on',
      pat: { ...lost, validFrom: onDay(-20) },
      facts: { versions },
      expected: { kind: 'orphan', collectAt: after(after(onDay(-20), hour), minute) },
    },
    {
      name: 'an orphan that waits as long as is configured',
      token: { orphanAfter: times(6, hour) },
      pat: lost,
      facts: { versions },
      expected: { kind: 'orphan', collectAt: after(after(onDay(2), times(6, hour)), minute) },
    },
    {
      name: 'a stranger, when it bears the mark under another display name',
      pat: { ...lost, displayName: marked('lost0000', 'Old feed') },
      facts: { versions },
      expected: { kind: 'stranger' },
    },
  ]
  it.each(rows)('$name', ({ token, pat, facts, expected }) => {
    const observed = someFacts({ pats: [aPat(), pat], ...facts })
    expect(standings(aToken(token), observed)).toEqual([{ pat, standing: expected }])
  })

  it.each([
    ['nobody’s business of this token, when it is unmarked and nothing names it', covered],
    [
      'nobody’s business of this token, when another installation minted it',
      { ...lost, displayName: markedName('Feed', 'zzzzelsewher') },
    ],
  ])('%s', (_, pat) => {
    expect(standings(aToken(), someFacts({ pats: [aPat(), pat], versions }))).toEqual([])
  })

  it('not told apart before the versions were read', () => {
    expect(standings(aToken(), someFacts({ pats: [aPat(), lost], versions: undefined }))).toEqual([])
  })

  it('never the current one itself', () => {
    const facts = someFacts({ current: aVersion({ supersedes: ['current'] }), versions: [aVersion()] })
    expect(standings(aToken(), facts)).toEqual([])
  })

  it('one of several, each on its own', () => {
    const all = standings(aToken(), someFacts({ pats: [lost, aPat(), oldPat], versions }))
    expect(all.map(({ pat, standing }) => [pat.authorizationId, standing.kind])).toEqual([
      ['lost', 'orphan'],
      ['old', 'superseded'],
    ])
  })

  it('kept away from where its date says that it comes from the beginning of time', () => {
    const facts = someFacts({ pats: [aPat(), { ...lost, validFrom: before(start, times(9_999, day)) }], versions })
    expect(standings(aToken(), facts).map(({ standing }) => standing.kind)).toEqual(['superseded'])
  })
})
