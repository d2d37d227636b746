import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/core/facts.ts'
import { planToken } from '../../src/core/plan.ts'
import { daysUntilGlobalPatsEnd, globalPatsEndAt } from '../../src/core/succession.ts'
import { before, day, hour, instant, minute, second, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { aDelivery, aPat, aToken, aVersion, later, marked, onDay, someFacts } from '../support/builders.ts'

const old = aPat({ authorizationId: 'global', displayName: 'CI', validTo: onDay(200) })
const everywhere = { ...old, allOrganizations: true }
const other = aToken({ name: 'other', organization: 'fabrikam' })
const opens = later(second, second, times(48, hour), minute)

const heir = (difference: Partial<Token> = {}, revoke = true): Token =>
  aToken({ replaces: [{ authorizationId: 'global', together: [other], revoke }], ...difference })

/** The replaced PAT beside the current one, and what was seen of the other successor. */
function facts(successor: Partial<Facts> | 'unseen' = {}, difference: Partial<Facts> = {}): Facts {
  const seen = { token: other, facts: successor === 'unseen' ? undefined : someFacts(successor) }
  return someFacts({ pats: [aPat(), old], successors: new Map([['global', [seen]]]), ...difference })
}

function planned(token: Token, seen: Facts, now = opens) {
  const plan = planToken(token, seen, now)
  const about = (action: { readonly reason: string }): boolean => action.reason === 'replaced'
  return {
    now: plan.actions.filter(about).map(({ kind, authorizationId }) => `${kind} ${authorizationId}`),
    later: plan.scheduled.filter(about).map(({ message, at }) => [message.replace(/^.*not yet: /, ''), at]),
    problems: plan.problems.map(({ code }) => code),
  }
}

describe('a PAT that several tokens replace', () => {
  it('is revoked when the gate of each of them is open', () => {
    expect(planned(heir(), facts())).toEqual({ now: ['revoke global'], later: [], problems: [] })
  })

  it.each<[string, Facts, string, number | undefined]>([
    ['lacks one that was never made', facts({ current: undefined }), 'other: the store hands out no PAT', undefined],
    ['lacks one that could not be looked at', facts('unseen'), 'other: it could not be looked at', undefined],
    ['lacks one that nobody looked at', facts({}, { successors: new Map() }), 'other: it could not', undefined],
    ['lacks one that is dead', facts({ pats: [] }), 'other: its successor is not active', undefined],
    [
      'lacks one that is disabled',
      facts({ current: aVersion({}, { enabled: false }) }),
      'other: the store hands out no PAT',
      undefined,
    ],
    [
      'lacks one that is younger than the overlap',
      facts({ current: aVersion({}, { createdAt: onDay(1) }) }),
      'other: the overlap has not passed',
      later(times(24, hour), second, times(48, hour), minute),
    ],
    [
      'lacks its own',
      facts({}, { current: aVersion({}, { createdAt: onDay(1) }) }),
      'feed: the overlap has not passed',
      later(times(24, hour), second, times(48, hour), minute),
    ],
    [
      'lacks a delivery of the other that failed since',
      facts({ current: aVersion({ deliveries: [aDelivery('app', onDay(0), { failures: 1 })] }) }),
      'other: app, which is no longer a target of it, does not have',
      undefined,
    ],
    [
      'lacks two, and tells of the one that time alone will not bring',
      facts({ current: undefined }, { current: aVersion({}, { createdAt: onDay(1) }) }),
      'other: the store hands out no PAT',
      undefined,
    ],
  ])('waits while it %s', (_, seen, why, at) => {
    const { now, later: waiting, problems } = planned(heir(), seen)
    expect({ now, problems }).toEqual({ now: [], problems: [] })
    expect(waiting).toEqual([[expect.stringContaining(`of ${why}`), at]])
  })

  it('waits for one that is paused', () => {
    const paused = aToken({ ...other, paused: true })
    const token = heir({ replaces: [{ authorizationId: 'global', together: [paused], revoke: true }] })
    const seen = facts({}, { successors: new Map([['global', [{ token: paused, facts: someFacts({}) }]]]) })
    expect(planned(token, seen)).toMatchObject({ now: [], later: [['of other: it is paused', undefined]] })
  })

  it('is left alone without the word of every entry, and a person is told when it is ready', () => {
    expect(planned(heir({}, false), facts())).toEqual({ now: [], later: [], problems: ['replaced-still-works'] })
    expect(planned(heir({}, false), facts({ current: undefined }))).toEqual({ now: [], later: [], problems: [] })
  })

  it('is nothing to those that do not answer for it, and nothing when it is gone', () => {
    const follower = aToken({ replaces: [{ authorizationId: 'global', together: undefined, revoke: true }] })
    expect(planned(follower, facts())).toEqual({ now: [], later: [], problems: [] })
    expect(planned(heir(), facts({}, { pats: [aPat()] }))).toEqual({ now: [], later: [], problems: [] })
    expect(planned(heir({ paused: true }), facts())).toEqual({ now: [], later: [], problems: [] })
  })

  it('is never one that Patrol made', () => {
    const seen = facts({}, { pats: [aPat(), { ...old, displayName: marked('somebody', 'Another') }] })
    expect(planned(heir(), seen)).toMatchObject({ now: [], problems: expect.arrayContaining(['name-conflict']) })
  })

  it('is not revoked while its own value is what one of them hands out', () => {
    const same = { pats: [aPat(), old], current: aVersion({ authorizationId: 'global' }) }
    expect(planned(heir(), facts(same))).toMatchObject({
      now: [],
      later: [['of other: its store hands out the value of this very PAT', undefined]],
    })
    const alone = heir({ replaces: [{ authorizationId: 'global', together: [], revoke: true }] })
    expect(planned(alone, someFacts(same))).toMatchObject({
      now: [],
      later: [['of feed: its store hands out the value of this very PAT', undefined]],
    })
  })

  it('waits for all of them, also where one had its value before', () => {
    const current = aVersion({ supersedes: ['global'] })
    const versions = [current, aVersion({ authorizationId: 'global' }, { id: 'before' })]
    const all = (seen: Facts, revoke = true) => {
      const { actions, scheduled } = planToken(heir({}, revoke), seen, onDay(9))
      return [actions, scheduled].map((list) => list.flatMap((one) => (one.kind === 'revoke' ? one.reason : [])))
    }
    expect(all(facts({ current: undefined }, { current, versions }))).toEqual([[], ['replaced']])
    expect(all(facts({}, { current, versions }))).toEqual([['replaced'], []])
    expect(all(facts({}, { current, versions }), false)).toEqual([[], []])
  })

  it('of one token alone waits for that one', () => {
    const alone = heir({ replaces: [{ authorizationId: 'global', together: [], revoke: true }] })
    expect(planned(alone, facts({}, { successors: new Map() })).now).toEqual(['revoke global'])
    expect(planned(alone, facts({}, { successors: new Map() }), before(opens, minute)).now).toEqual([])
  })
})

describe('the end of PATs for all organizations', () => {
  it.each([
    ['2026-11-24T12:00:00Z', 6],
    ['2026-11-30T00:00:00Z', 1],
    ['2026-11-30T23:59:59Z', 0],
    ['2026-12-01T00:00:00Z', 0],
    ['2026-12-02T00:00:01Z', -2],
  ])('is at %s so many whole days away: %i', (at, days) => {
    expect(daysUntilGlobalPatsEnd(instant(Date.parse(at)))).toBe(days)
  })

  it('is told of from two weeks before on, while a successor will not be in place in time', () => {
    const missing = facts({ current: undefined }, { pats: [aPat(), everywhere] })
    expect(planned(heir(), missing, before(globalPatsEndAt, times(3, day))).problems).toContain('global-pat-ends')
    expect(planned(heir(), missing, before(globalPatsEndAt, times(15, day))).problems).toEqual([])
    expect(
      planned(heir(), facts({}, { pats: [aPat(), everywhere] }), before(globalPatsEndAt, times(3, day))).problems,
    ).toEqual([])
    expect(planned(heir(), missing, globalPatsEndAt).problems).not.toContain('global-pat-ends')
  })

  it('is nothing to a PAT of one organization', () => {
    const seen = facts({ current: undefined }, { pats: [aPat(), old] })
    expect(planned(heir(), seen, before(globalPatsEndAt, times(3, day))).problems).not.toContain('global-pat-ends')
  })
})
