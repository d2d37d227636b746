import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Facts, Version } from '../../src/core/facts.ts'
import { standings } from '../../src/core/gate.ts'
import type { Hold } from '../../src/core/hold.ts'
import { fits, mostSuperseded } from '../../src/core/metadata.ts'
import type { Pat } from '../../src/core/pat.ts'
import { planToken } from '../../src/core/plan.ts'
import { predecessorOf } from '../../src/core/predecessor.ts'
import {
  metadataOfRollback,
  planRollback,
  replacedByRollback,
  type RollbackPlan,
  type RollbackWish,
} from '../../src/core/rollback.ts'
import { after, before, day, duration, hour, type Instant, minute, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { anyFacts, anyToken, nearby } from '../support/arbitraries.ts'
import {
  aDelivery,
  aGeneration,
  aMetadata,
  aPat,
  aToken,
  aVersion,
  marked,
  onDay,
  someFacts,
} from '../support/builders.ts'

const token = aToken()

/** The good one, of 30 days from 20 days before the start; it was due when `aPat` took its place. */
const old = aPat({ authorizationId: 'old', displayName: marked('old00000'), validFrom: onDay(-20), validTo: onDay(10) })
const oldMetadata = {
  authorizationId: 'old',
  generation: aGeneration('old00000'),
  validFrom: onDay(-20),
  validTo: onDay(10),
}
const oldVersion = aVersion(oldMetadata, { id: 'v1', createdAt: onDay(-20) })
const bad = aVersion({ supersedes: ['old'] })

function rotated(difference: Partial<Facts> = {}): Facts {
  return someFacts({ pats: [aPat(), old], current: bad, versions: [bad, oldVersion], ...difference })
}

/** The same after a rollback. */
function wentBack(hold?: Hold): Facts {
  const again = aVersion(
    { ...oldMetadata, generation: aGeneration('again000'), supersedes: ['current'], hold },
    { id: 'v3', createdAt: onDay(1) },
  )
  return someFacts({ pats: [aPat(), old], current: again, versions: [bad, again, oldVersion] })
}

function plan(facts: Facts, now: Instant, wish: Partial<RollbackWish> = {}, of: Token = token): RollbackPlan {
  return planRollback(of, facts, now, { reason: '', ...wish })
}

const said = (decided: RollbackPlan): string => (decided.kind === 'refused' ? decided.message : decided.kind)

describe('the PAT to go back to', () => {
  it('is that of the version before', () => {
    expect(plan(rotated(), onDay(0))).toMatchObject({
      kind: 'possible',
      predecessor: { version: 'v1', pat: { authorizationId: 'old' } },
      difference: undefined,
    })
  })

  const older = aPat({ authorizationId: 'older', displayName: marked('older000'), validFrom: onDay(-9) })
  const olderVersion = aVersion(
    { authorizationId: 'older', generation: aGeneration('older000'), validFrom: onDay(-9) },
    { id: 'v0', createdAt: onDay(-9) },
  )

  it('is that of the newest of several versions, as the store orders them', () => {
    const facts = rotated({ pats: [old, aPat(), older], versions: [oldVersion, bad, olderVersion] })
    expect(plan(facts, onDay(0))).toMatchObject({ predecessor: { version: 'v0' } })
    const moved = { ...olderVersion, createdAt: onDay(-20) }
    expect(plan({ ...facts, versions: [moved, bad, oldVersion] }, onDay(0))).toMatchObject({
      predecessor: { version: 'v0' },
    })
  })

  it('is the one that a person names, in whatever case, and no other', () => {
    const facts = rotated({ pats: [old, aPat(), older], versions: [oldVersion, bad, olderVersion] })
    expect(plan(facts, onDay(0), { to: 'OLD' })).toMatchObject({ predecessor: { version: 'v1' } })
    expect(said(plan(facts, onDay(0), { to: 'nobody' }))).toBe('the store has no version with PAT nobody of feed')
  })

  it('is passed over for the next one when it is not fit', () => {
    const facts = rotated({
      pats: [old, aPat(), older],
      versions: [oldVersion, bad, { ...olderVersion, enabled: false }],
    })
    expect(plan(facts, onDay(0))).toMatchObject({ predecessor: { version: 'v1' } })
  })

  it('has its value in whichever of its versions is enabled', () => {
    const facts = rotated({ versions: [bad, { ...oldVersion, enabled: false }, { ...oldVersion, id: 'v1b' }] })
    expect(plan(facts, onDay(0))).toMatchObject({ predecessor: { version: 'v1b' } })
  })

  it('is not asked how the current one does, which may be dead or switched off', () => {
    for (const facts of [
      rotated({ pats: [old] }),
      rotated({ current: { ...bad, enabled: false } }),
      rotated({ pats: [old], currentWorks: false }),
    ]) {
      expect(plan(facts, onDay(0))).toMatchObject({ kind: 'possible', predecessor: { version: 'v1' } })
    }
  })

  it.each<[string, Partial<Facts>, RegExp]>([
    ['was revoked', { pats: [aPat()] }, /PAT old cannot take the place of the current one again: it was revoked/],
    ['was switched off', { versions: [bad, { ...oldVersion, enabled: false }] }, /its version is disabled/],
    ['has no known end', { pats: [aPat(), { ...old, validTo: undefined }] }, /no readable expiry/],
    ['has expired', { pats: [aPat()], versions: [bad, aVersion({ ...oldMetadata, validTo: onDay(-1) })] }, /expired/],
    [
      'was in another organization',
      { versions: [bad, aVersion({ ...oldMetadata, organization: 'fabrikam' })] },
      /it belongs to organization fabrikam/,
    ],
    ['was of another account', { versions: [bad, aVersion({ ...oldMetadata, account: 'x@y' })] }, /it belongs to x@y/],
    ['is not there', { versions: [bad] }, /no earlier value/],
    ['was never looked for', { versions: undefined }, /no earlier value/],
    ['would replace nothing', { current: undefined }, /no current version of feed that can be read/],
  ])('is none when it %s', (_why, difference, message) => {
    const decided = plan(rotated(difference), onDay(0))
    expect(decided).toMatchObject({ kind: 'refused', code: 'cannot-roll-back' })
    expect(said(decided)).toMatch(message)
  })

  it('is none of a paused token', () => {
    expect(plan(rotated(), onDay(0), {}, aToken({ paused: true }))).toMatchObject({ kind: 'refused', code: 'paused' })
  })

  it('may differ from what is declared, which is told', () => {
    const wider = aToken({ scopes: ['vso.code', 'vso.packaging_write'] })
    expect(plan(rotated(), onDay(0), {}, wider)).toMatchObject({
      kind: 'possible',
      difference: 'it was minted for vso.packaging_write, declared is vso.code vso.packaging_write',
    })
  })

  it('must not end before a write of this turn could land, and a run come', () => {
    const end = (length: number) =>
      plan(rotated({ pats: [aPat(), { ...old, validTo: after(onDay(0), duration(length)) }] }), onDay(0))
    expect(end(2 * (hour + minute)).kind).toBe('possible')
    expect(said(end(2 * (hour + minute) - 2))).toMatch(/it ends in 2h 2m, before the next run could be sure to come/)
  })
})

describe('the hold of a rollback', () => {
  const holdOf = (facts: Facts, now: Instant, wish: Partial<RollbackWish> = {}): Hold | undefined => {
    const decided = plan(facts, now, wish)
    return decided.kind === 'refused' ? undefined : decided.hold
  }

  it('stops replacements, and says why', () => {
    expect(holdOf(rotated(), onDay(0))).toMatchObject({ stops: 'replacement', reason: 'rolled back' })
    expect(holdOf(rotated(), onDay(0), { reason: 'it broke' })?.reason).toBe('rolled back: it broke')
  })

  it.each([
    ['half of the window is left', onDay(0), onDay(5)],
    ['half of what is left of a shorter rest', onDay(4), onDay(7)],
  ])('ends when %s', (_what, now, until) => {
    expect(holdOf(rotated(), now)?.until).toBe(until)
  })

  it('lasts a week at most', () => {
    const long = rotated({ pats: [aPat(), { ...old, validTo: onDay(60) }] })
    expect(holdOf(long, onDay(0))?.until).toBe(onDay(7))
    expect(holdOf(long, onDay(0), { until: onDay(20) })?.until).toBe(onDay(20))
  })

  it('lasts as a person says, within these limits', () => {
    expect(holdOf(rotated(), onDay(0), { until: onDay(2) })?.until).toBe(onDay(2))
    const soonest = after(onDay(0), duration(hour + minute))
    expect(holdOf(rotated(), onDay(0), { until: soonest })?.until).toBe(soonest)
    for (const [until, code] of [
      [before(soonest, duration(1)), 'usage'],
      [after(onDay(5), duration(1)), 'usage'],
    ] as const) {
      expect(plan(rotated(), onDay(0), { until })).toMatchObject({ kind: 'refused', code })
    }
  })

  it.each([
    [onDay(1), '--for 108h'],
    [before(onDay(10), times(3, hour)), '--for 90m'],
  ])('that is too long is told with the longest', (now, remedy) => {
    expect(plan(rotated(), now, { until: onDay(40) })).toMatchObject({ remedy: expect.stringContaining(remedy) })
  })

  it('is never shorter than one in force, in whichever version that stands', () => {
    const hold: Hold = { until: onDay(5), stops: 'revocation', reason: 'look' }
    const current = aVersion({ supersedes: ['old'], hold })
    const held = rotated({ current, versions: [current, oldVersion] })
    expect(holdOf(held, onDay(0), { until: onDay(2) })).toMatchObject({ until: onDay(5), stops: 'replacement' })
    const elsewhere = rotated({ versions: [bad, aVersion({ ...oldMetadata, hold }, { id: 'v1' })] })
    expect(holdOf(elsewhere, onDay(0), { until: onDay(1) })?.until).toBe(onDay(5))
  })

  it('never takes over one in force that would outlast the older PAT: nothing could replace that in time', () => {
    const hold: Hold = { until: after(onDay(5), duration(1)), stops: 'revocation', reason: 'look' }
    const elsewhere = rotated({ versions: [bad, aVersion({ ...oldMetadata, hold }, { id: 'v1' })] })
    for (const until of [undefined, onDay(2)]) {
      expect(plan(elsewhere, onDay(0), { until })).toEqual({
        kind: 'refused',
        code: 'held',
        message:
          'feed is held for another 5d, and before that the older PAT must have a successor; somebody holds it: look',
        remedy: 'Hold it for less, then go back: patrol hold feed --rotation --for 120h',
      })
    }
  })

  it('ends before the PAT does, also by a creation date that makes no sense', () => {
    const odd = aPat({ ...old, validFrom: onDay(12) })
    const newer = aPat({ validFrom: onDay(13) })
    expect(holdOf(rotated({ pats: [newer, odd] }), onDay(9))?.until).toBe(before(onDay(10), minute))
  })
})

describe('a token that was rolled back', () => {
  const hold: Hold = { until: onDay(5), stops: 'replacement', reason: 'rolled back' }

  it('is known by a current PAT that is older than one that it supersedes and that works', () => {
    expect(replacedByRollback(token, wentBack()).map(({ authorizationId }) => authorizationId)).toEqual(['current'])
    expect(replacedByRollback(token, rotated())).toEqual([])
    expect(replacedByRollback(token, { ...wentBack(), pats: [old] })).toEqual([])
    expect(replacedByRollback(token, someFacts({ current: undefined }))).toEqual([])
  })

  it('stands, and is held anew when nobody holds it any more', () => {
    expect(plan(wentBack(hold), onDay(2))).toMatchObject({ kind: 'standing', hold: undefined })
    expect(plan(wentBack(hold), onDay(2), { to: 'old' })).toMatchObject({ kind: 'standing', hold: undefined })
    expect(plan(wentBack(), onDay(2))).toMatchObject({ kind: 'standing', hold: { until: onDay(6) } })
    expect(plan(wentBack({ ...hold, stops: 'revocation' }), onDay(2))).toMatchObject({ hold: { stops: 'replacement' } })
    expect(plan(wentBack(hold), onDay(2), { until: onDay(6) })).toMatchObject({ hold: { until: onDay(6) } })
    expect(plan(wentBack(hold), onDay(2), { until: onDay(30) })).toMatchObject({ kind: 'refused', code: 'usage' })
  })

  it('is none where the current PAT is named and nobody went back to it', () => {
    expect(plan(rotated(), onDay(2), { to: 'CURRENT' })).toMatchObject({
      kind: 'refused',
      code: 'cannot-roll-back',
      remedy: expect.stringContaining('--rotation'),
    })
  })

  it('stands also when the PAT in whose place the older one was put is dead: run again, it goes no further back', () => {
    const before = aPat({ authorizationId: 'before', validFrom: onDay(-40), validTo: onDay(40) })
    const older = aVersion(
      { authorizationId: 'before', validFrom: onDay(-40), validTo: onDay(40) },
      { id: 'v0', createdAt: onDay(-40) },
    )
    const facts = wentBack(hold)
    const versions = [...(facts.versions ?? []), older]
    expect(plan({ ...facts, pats: [old, before], versions }, onDay(2))).toMatchObject({ kind: 'standing' })
    // Of what was made before, a rotation says the same.
    const rotation = { ...rotated(), pats: [aPat(), old, before], versions: [bad, oldVersion, older] }
    expect(plan(rotation, onDay(2))).toMatchObject({ kind: 'possible', predecessor: { version: 'v1' } })
  })

  it('is not held anew when its PAT is about to end: nothing could replace that in time', () => {
    const left = duration(2 * (hour + minute))
    expect(plan(wentBack(), before(onDay(10), left))).toMatchObject({
      kind: 'standing',
      hold: { stops: 'replacement' },
    })
    expect(plan(wentBack(), before(onDay(10), duration(left - 2)))).toEqual({
      kind: 'refused',
      code: 'cannot-roll-back',
      message: 'PAT old is current again, but it ends in 2h 2m, before the next run could be sure to come',
    })
    const still = { ...hold, until: before(onDay(10), hour) }
    expect(plan(wentBack(still), before(onDay(10), times(2, hour)))).toMatchObject({
      kind: 'standing',
      hold: undefined,
    })
  })

  it('can go to the other PAT when a person names that', () => {
    expect(plan(wentBack(hold), onDay(2), { to: 'current' })).toMatchObject({
      kind: 'possible',
      predecessor: { version: 'v2', pat: { authorizationId: 'current' } },
    })
  })

  it('has the PAT of the rotation as the superseded one, which the next runs leave alone while it is held', () => {
    expect(standings(token, wentBack(hold))).toMatchObject([
      { pat: { authorizationId: 'current' }, standing: { kind: 'superseded' } },
    ])
    for (const days of [1, 2, 4]) expect(planToken(token, wentBack(hold), onDay(days)).actions).toEqual([])
    const [mint] = planToken(token, wentBack(hold), onDay(5)).actions.filter(({ kind }) => kind === 'mint')
    expect(mint).toMatchObject({ reason: 'due' })
  })
})

describe('what is stored', () => {
  const made = { generation: aGeneration('again000'), writtenAt: onDay(1) }
  const stored = (facts: Facts) => {
    const predecessor = predecessorOf(token, facts, onDay(1), undefined)
    if ('code' in predecessor) throw new Error(predecessor.message)
    return metadataOfRollback(token, facts, predecessor, made)
  }

  it('is what is known of the older PAT, with the end that the list tells, a generation of its own, and nothing delivered', () => {
    const version = aVersion(
      { ...oldMetadata, asked: ['vso.code'], deliveries: [aDelivery('app', onDay(-20))], displayName: 'Of before' },
      { id: 'v1', createdAt: onDay(-20) },
    )
    const facts = rotated({ pats: [aPat(), { ...old, validTo: onDay(11) }], versions: [bad, version] })
    expect(stored(facts)).toEqual(
      aMetadata({
        ...oldMetadata,
        ...made,
        asked: ['vso.code'],
        validTo: onDay(11),
        supersedes: ['current'],
        deliveries: [],
        displayName: 'Feed',
      }),
    )
  })

  it('names what it takes the place of, also when that is dead, then all others that work, and never itself', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    const current = aVersion({ supersedes: ['old', 'dead', ...ids] })
    const others = ids.map((authorizationId): Pat => aPat({ authorizationId }))
    const facts = rotated({ pats: [old, ...others], current, versions: [current, oldVersion] })
    const { supersedes } = stored(facts)
    expect(supersedes).toEqual(['current', 'a', 'b', 'c', 'd', 'e'])
    expect(supersedes).toHaveLength(mostSuperseded)
  })
})

describe('for any facts', () => {
  it('a rollback goes to an enabled version of another PAT that works, is held in time, and fits into the store', () => {
    let met = 0
    const offset = fc.integer({ min: -5 * day, max: 5 * day }).map(duration)
    const until = fc.option(offset, { nil: undefined })
    fc.assert(
      fc.property(anyToken, anyFacts, fc.nat(20), offset, until, (drawn, facts, choice, length, end) => {
        const now = nearby(facts, choice, length)
        const wish = { reason: '', ...(end === undefined ? {} : { until: after(now, end) }) }
        const decided = planRollback(drawn, facts, now, wish)
        if (decided.kind === 'refused') {
          expect(`${decided.message} ${decided.remedy ?? ''}`).not.toMatch(/undefined|NaN|\[object/)
          return
        }
        const current = facts.current?.reading.kind === 'read' ? facts.current.reading.metadata : undefined
        if (decided.kind === 'standing') {
          expect(decided.metadata).toBe(current)
          return
        }
        met += 1
        const { version, pat, metadata } = decided.predecessor
        const holds = ({ id, enabled, reading }: Version): boolean =>
          id === version && enabled && reading.kind === 'read' && reading.metadata === metadata
        expect(facts.versions?.some(holds)).toBe(true)
        expect(pat.authorizationId).not.toBe(current?.authorizationId)
        expect(facts.pats.some(({ authorizationId }) => authorizationId === pat.authorizationId)).toBe(true)
        expect(decided.hold.until).toBeGreaterThan(now + drawn.orphanAfter)
        expect(decided.hold.until).toBeLessThan(pat.validTo)
        const made = { generation: aGeneration('again000'), writtenAt: now }
        const stored = metadataOfRollback(drawn, facts, decided.predecessor, made)
        expect(fits(stored)).toBe(true)
        expect(stored.supersedes).not.toContain(pat.authorizationId)
        expect(stored.supersedes[0]).toBe(current?.authorizationId)
      }),
      { numRuns: 5_000 },
    )
    expect(met).toBeGreaterThanOrEqual(10)
  })
})
