import { describe, expect, it } from 'vitest'
import type { Facts, Succession, Successor } from '../../src/core/facts.ts'
import { planToken } from '../../src/core/plan.ts'
import {
  answering,
  daysUntilGlobalPatsEnd,
  globalPatsEndAt,
  successionGates,
  successionProblems,
  worksUntil,
} from '../../src/core/succession.ts'
import {
  after,
  before,
  day,
  duration,
  hour,
  type Instant,
  instant,
  minute,
  second,
  times,
} from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { aDelivery, aPat, aToken, aVersion, later, marked, onDay, someFacts } from '../support/builders.ts'

const id = 'b0000000-0000-4000-8000-000000000001'
const old = aPat({ authorizationId: id, displayName: 'CI', validTo: onDay(200) })
const everywhere = { ...old, allOrganizations: true }
const feed = aToken({ replaces: [{ authorizationId: id, successors: [], bystanders: [], revoke: true }] })
const other = aToken({ name: 'other', organization: 'fabrikam' })
const third = aToken({ name: 'third' })
const opens = later(second, second, times(48, hour), minute)
const ms = duration(1)
const holding: Successor = {
  token: third,
  facts: someFacts({ pats: [old], current: aVersion({ authorizationId: id }) }),
}

/** A PAT that `feed` and `other` replace, both of them in place. */
function succession(difference: Partial<Succession> = {}, successor: Partial<Facts> | 'unseen' = {}): Succession {
  return {
    authorizationId: id,
    revoke: true,
    pat: old,
    organizations: ['contoso', 'fabrikam'],
    isWhole: true,
    successors: [
      { token: feed, facts: someFacts({ pats: [aPat(), old] }) },
      { token: other, facts: successor === 'unseen' ? undefined : someFacts(successor) },
    ],
    bystanders: [],
    ...difference,
  }
}

/** The same, `feed` being otherwise than in place. */
function lacking(own: Partial<Facts>, token: Partial<Token> = {}): Succession {
  const [, second] = succession().successors
  const first = { token: aToken({ ...feed, ...token }), facts: someFacts({ pats: [aPat(), old], ...own }) }
  return succession({ successors: [first, ...(second === undefined ? [] : [second])] })
}

function planned(seen: Succession, now: Instant = opens, token: Token = feed) {
  const own = seen.successors.find((one) => one.token.name === token.name)?.facts ?? someFacts()
  const plan = planToken(token, { ...own, successions: [seen] }, now)
  const about = (action: { readonly reason: string }): boolean => action.reason === 'replaced'
  return {
    now: plan.actions.filter(about).map(({ kind, authorizationId }) => `${kind} ${authorizationId}`),
    later: plan.scheduled.filter(about).map(({ message, at }) => [message.replace(/^.*not yet: /, ''), at]),
    problems: successionProblems(seen, now).map(({ token: name, code }) => `${name} ${code}`),
  }
}

const young = aVersion({}, { createdAt: onDay(1) })
const youngOpens = later(times(24, hour), second, times(48, hour), minute)

describe('a PAT that several tokens replace', () => {
  it('is revoked when the gate of each of them is open', () => {
    expect(planned(succession())).toEqual({ now: [`revoke ${id}`], later: [], problems: [] })
  })

  it.each<[string, Succession, string, number | undefined]>([
    [
      'lacks one that was never made',
      succession({}, { current: undefined }),
      'other, the store hands out no PAT',
      undefined,
    ],
    ['lacks one that could not be looked at', succession({}, 'unseen'), 'other, it could not be looked at', undefined],
    ['lacks one that is dead', succession({}, { pats: [] }), 'other, its successor is not active', undefined],
    [
      'lacks one that is disabled',
      succession({}, { current: aVersion({}, { enabled: false }) }),
      'other, the store hands out no PAT',
      undefined,
    ],
    [
      'lacks one that is younger than the overlap',
      succession({}, { current: young }),
      'other, the overlap has not passed',
      youngOpens,
    ],
    ['lacks its own', lacking({ current: young }), 'feed, the overlap has not passed', youngOpens],
    [
      'lacks a delivery of the other that failed since',
      succession({}, { current: aVersion({ deliveries: [aDelivery('app', onDay(0), { failures: 1 })] }) }),
      'other, app, which is no longer a target of it, does not have',
      undefined,
    ],
    [
      'lacks two, and tells of the one that time alone will not bring',
      { ...lacking({ current: young }), bystanders: [{ token: third, facts: undefined }] },
      'third, it could not be looked at',
      undefined,
    ],
  ])('waits while it %s', (_, seen, why, at) => {
    const { now, later: waiting, problems } = planned(seen)
    expect({ now, problems }).toEqual({ now: [], problems: [] })
    expect(waiting).toEqual([[expect.stringContaining(`for ${why}`), at]])
  })

  it('waits for one that is paused', () => {
    const paused = { token: aToken({ ...other, paused: true }), facts: someFacts() }
    const seen = succession({ successors: [...succession().successors.slice(0, 1), paused] })
    expect(planned(seen)).toMatchObject({ now: [], later: [['for other, it is paused', undefined]] })
  })

  it('is left alone without the word of every entry, and a person is told when it is ready', () => {
    const silent = succession({ revoke: false })
    expect(planned(silent)).toEqual({ now: [], later: [], problems: ['feed replaced-still-works'] })
    expect(planned(succession({ revoke: false }, { current: undefined }))).toEqual({ now: [], later: [], problems: [] })
  })

  it('is nothing to those that do not answer for it, and nothing when it is gone', () => {
    const follower = aToken({ ...other, replaces: feed.replaces ?? [] })
    expect(planned(succession(), opens, follower)).toMatchObject({ now: [], later: [] })
    expect(planned(succession({ pat: undefined, organizations: [] }))).toEqual({ now: [], later: [], problems: [] })
    expect(planned(succession(), opens, aToken({ ...feed, paused: true }))).toMatchObject({ now: [], later: [] })
  })

  it('is never one that Patrol made', () => {
    const seen = succession({ pat: { ...old, displayName: marked('somebody', 'Another') } })
    expect(planned(seen)).toEqual({ now: [], later: [], problems: ['feed name-conflict'] })
  })

  it('is not revoked while its own value is what one of them hands out', () => {
    const same = { pats: [aPat(), old], current: aVersion({ authorizationId: id }) }
    const why = 'its store hands out the value of this very PAT'
    expect(planned(succession({}, same))).toMatchObject({ now: [], later: [[`for other, ${why}`, undefined]] })
    expect(planned(lacking(same))).toMatchObject({ now: [], later: [[`for feed, ${why}`, undefined]] })
  })

  it('waits for all of them, also where one had its value before', () => {
    const current = aVersion({ supersedes: [id] })
    const versions = [current, aVersion({ authorizationId: id }, { id: 'before' })]
    const all = (difference: Partial<Succession>, successor: Partial<Facts> = {}) => {
      const seen = succession(difference, successor)
      const own = someFacts({ pats: [aPat(), old], current, versions, successions: [seen] })
      const { actions, scheduled } = planToken(feed, own, onDay(9))
      return [actions, scheduled].map((list) => list.flatMap((one) => (one.kind === 'revoke' ? one.reason : [])))
    }
    expect(all({}, { current: undefined })).toEqual([[], ['replaced']])
    expect(all({})).toEqual([['replaced'], []])
    expect(all({ revoke: false })).toEqual([[], []])
  })
})

describe('a token that does not replace the PAT and had its value before', () => {
  it('keeps it from being revoked, and a person is told', () => {
    const seen = succession({ bystanders: [holding] })
    expect(planned(seen)).toEqual({
      now: [],
      later: [['for third, its store hands out the value of this very PAT', undefined]],
      problems: ['feed replaced-in-use'],
    })
    const [told] = successionProblems(seen, opens)
    expect(told?.message).toBe(
      `PAT ${id}, which feed, other replace, is the value of third, which does not: it is not revoked`,
    )
  })

  it('is waited for when it has a new value, as if it were a successor', () => {
    const current = aVersion({ supersedes: [id] }, { createdAt: onDay(1) })
    const seen = succession({ bystanders: [{ token: third, facts: someFacts({ pats: [aPat(), old], current }) }] })
    expect(planned(seen)).toEqual({
      now: [],
      later: [['for third, the overlap has not passed', youngOpens]],
      problems: [],
    })
    expect(planned(seen, onDay(9)).now).toEqual([`revoke ${id}`])
    expect(successionGates(seen, opens).map(({ token, role, gate }) => [token.name, role, gate.kind])).toEqual([
      ['feed', 'successor', 'open'],
      ['other', 'successor', 'open'],
      ['third', 'bystander', 'closed'],
    ])
  })

  it('does not revoke it by itself, because it waits for those that replace it', () => {
    const versions = [aVersion({ supersedes: [id] }), aVersion({ authorizationId: id }, { id: 'before' })]
    const seen = someFacts({ pats: [aPat(), old], current: aVersion({ supersedes: [id] }), versions })
    const revokes = (token: Token) =>
      planToken(token, seen, onDay(9)).actions.flatMap((one) => (one.kind === 'revoke' ? one.authorizationId : []))
    expect(revokes(third)).toEqual([id])
    expect(revokes(aToken({ ...third, replacedByOthers: [id] }))).toEqual([])
  })
})

describe('who answers for a replaced PAT', () => {
  it('is the first token in whose organization it works', () => {
    expect(answering(succession())?.name).toBe('feed')
    expect(answering(succession({ organizations: ['Fabrikam'] }))?.name).toBe('other')
    expect(planned(succession({ organizations: ['fabrikam'] })).now).toEqual([])
    expect(planned(succession({ organizations: ['fabrikam'] }), opens, other).now).toEqual([`revoke ${id}`])
  })

  it('is nobody where it works in an organization of none of them, which is told', () => {
    const seen = succession({ organizations: ['northwind'] })
    expect(planned(seen)).toEqual({ now: [], later: [], problems: ['feed replaced-elsewhere'] })
    const [told] = successionProblems(seen, opens)
    expect(told?.message).toContain('works in northwind, and is replaced by feed in contoso, other in fabrikam alone')
    expect(told?.remedy).toContain(`patrol revoke ${id}`)
  })

  it('is not told to be nobody while a list that may show it could not be read', () => {
    expect(planned(succession({ organizations: ['northwind'], isWhole: false })).problems).toEqual([])
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

  it.each([
    ['is that of its kind, when it would live longer', true, 1, globalPatsEndAt],
    ['is its own, when that comes no later', true, 0, globalPatsEndAt],
    ['is its own, when that comes sooner', true, -1, before(globalPatsEndAt, ms)],
    ['is its own, when it works in one organization', false, 1, after(globalPatsEndAt, ms)],
  ])('of a PAT %s', (_, allOrganizations, more, expected) => {
    const validTo = after(globalPatsEndAt, duration(more))
    expect(worksUntil({ ...old, allOrganizations, validTo })).toBe(expected)
    expect(worksUntil({ ...old, allOrganizations, validTo: undefined })).toBeUndefined()
  })

  const soon = before(globalPatsEndAt, times(3, day))
  const missing = succession({ pat: everywhere }, { current: undefined })

  it('is told of from two weeks before on, while a successor will not be in place in time', () => {
    expect(planned(missing, soon).problems).toEqual(['feed global-pat-ends'])
    expect(planned(missing, before(globalPatsEndAt, times(15, day))).problems).toEqual([])
    expect(planned(succession({ pat: everywhere }), soon).problems).toEqual([])
    expect(planned(missing, globalPatsEndAt).problems).toEqual([])
  })

  it('is told of also when the token that answers for the PAT is paused or could not be looked at', () => {
    const [first, ...rest] = missing.successors
    const paused = { token: aToken({ ...feed, paused: true }), facts: first?.facts }
    expect(planned({ ...missing, successors: [paused, ...rest] }, soon).problems).toEqual(['feed global-pat-ends'])
    const unseen = { token: feed, facts: undefined }
    expect(planned({ ...missing, successors: [unseen, ...rest] }, soon).problems).toEqual(['feed global-pat-ends'])
  })

  it('is told of when no list could be read, because the PAT may be one of them', () => {
    const dark = succession({ pat: undefined, organizations: [], isWhole: false })
    expect(successionProblems(dark, soon).map(({ code, message }) => [code, message])).toEqual([
      [
        'global-pat-ends',
        expect.stringMatching(/could not be seen; if it is one for all organizations, it stops in 3 days$/),
      ],
    ])
    expect(planned(dark, globalPatsEndAt).problems).toEqual([])
    expect(planned(dark, before(globalPatsEndAt, times(15, day))).problems).toEqual([])
  })

  it('is told of to the millisecond: from two weeks before on, and no more when it has come', () => {
    const from = before(globalPatsEndAt, times(14, day))
    expect(planned(missing, from).problems).toEqual(['feed global-pat-ends'])
    expect(planned(missing, before(from, ms)).problems).toEqual([])
    expect(planned(missing, before(globalPatsEndAt, ms)).problems).toEqual(['feed global-pat-ends'])
  })

  // The overlap of a successor passes 48 hours, a second and a minute after its version was made.
  it.each([
    ['at the very end, so nobody need know', 0, []],
    ['a millisecond later, so somebody is cut off', 1, ['feed global-pat-ends']],
  ])('comes before the last overlap has passed: that passes %s', (_, more, problems) => {
    const createdAt = instant(globalPatsEndAt - times(48, hour) - second - minute + more)
    const minted = aPat({ validFrom: createdAt, validTo: after(createdAt, times(30, day)) })
    const fresh = { pats: [minted], current: aVersion({ validTo: minted.validTo ?? createdAt }, { createdAt }) }
    const seen = succession({ pat: everywhere }, fresh)
    const [, last] = seen.successors
    const only = { ...seen, organizations: ['fabrikam'], successors: last === undefined ? [] : [last] }
    const told = successionProblems(only, before(globalPatsEndAt, day)).map(({ code }) => `feed ${code}`)
    expect(told).toEqual(problems)
  })

  it.each([
    [times(2, day), 'in 2 days'],
    [day, 'in 1 day'],
    [hour, 'today'],
  ])('is %i milliseconds away, as people say it: %s', (away, words) => {
    const [problem] = successionProblems(missing, before(globalPatsEndAt, away))
    expect(problem?.message).toContain(`stops ${words}, and`)
  })

  it('is nothing to a PAT of one organization', () => {
    expect(planned(succession({}, { current: undefined }), soon).problems).toEqual([])
  })
})
