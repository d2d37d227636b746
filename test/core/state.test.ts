import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/core/facts.ts'
import { type State, stateOf } from '../../src/core/state.ts'
import { after, before, day, duration, type Instant, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { dueAt } from '../../src/core/window.ts'
import { aMetadata, anUnreadVersion, aPat, aToken, aVersion, marked, onDay, someFacts } from '../support/builders.ts'

const ms = duration(1)
const due = dueAt('feed', aToken(), aMetadata())
const unmarked = aPat({ authorizationId: 'covered', displayName: 'Feed' })
const storeless: Partial<Token> = { rule: '*', covers: 'covered', scopes: undefined, method: 'renew', place: undefined }

/** A renewed token that was extended on day 20, asked for 30 days, and got so many. */
function extendedBy(days: number): Partial<Facts> {
  const validTo = after(onDay(20), times(days, day))
  const asked = days < 30 ? { askedUntil: onDay(50) } : {}
  return { pats: [aPat({ validTo })], current: aVersion({ validTo, extendedAt: onDay(20), ...asked }) }
}

interface Row {
  readonly name: string
  readonly token?: Partial<Token>
  readonly facts?: Partial<Facts>
  readonly now?: Instant
  readonly expected: State
}

const rows: Row[] = [
  { name: 'healthy is a token with nothing to do', expected: 'healthy' },
  { name: 'healthy it is until the last millisecond before it is due', now: before(due, ms), expected: 'healthy' },
  { name: 'healthy it is while the list lags', facts: { pats: [], currentWorks: true }, expected: 'healthy' },
  {
    name: 'healthy is a covered PAT that a rule renews',
    token: storeless,
    facts: { current: undefined, pats: [unmarked] },
    expected: 'healthy',
  },
  { name: 'due is a token from the millisecond on at which its window begins', now: due, expected: 'due' },
  { name: 'due is one whose scopes differ', token: { scopes: ['vso.code'] }, expected: 'due' },
  { name: 'due it is until the middle of its window', now: before(onDay(25), ms), expected: 'due' },
  { name: 'expiring is one from the middle of its window on', now: onDay(25), expected: 'expiring' },
  {
    name: 'expiring is one whose scopes differ as well',
    token: { scopes: ['vso.code'] },
    now: onDay(25),
    expected: 'expiring',
  },
  { name: 'expiring it is until its last millisecond', now: before(onDay(30), ms), expected: 'expiring' },
  { name: 'expired is one from its end on', now: onDay(30), expected: 'expired' },
  { name: 'expired is one that is no longer listed', facts: { pats: [] }, now: onDay(40), expected: 'expired' },
  { name: 'missing is one that was never made', facts: { current: undefined, pats: [] }, expected: 'missing' },
  {
    name: 'missing is one whose value is lost',
    facts: { current: undefined, pats: [aPat({ displayName: marked('lost0000') })] },
    expected: 'missing',
  },
  {
    name: 'missing is one whose version is disabled',
    facts: { current: aVersion({}, { enabled: false }) },
    expected: 'missing',
  },
  {
    name: 'missing is one that moved',
    facts: { current: aVersion({ organization: 'fabrikam' }) },
    expected: 'missing',
  },
  { name: 'missing is one that was revoked outside', facts: { pats: [], currentWorks: false }, expected: 'missing' },
  {
    name: 'paused is an entry that is paused, whatever else',
    token: { paused: true, scopes: ['vso.code'] },
    now: onDay(40),
    expected: 'paused',
  },
  {
    name: 'unknown is one whose value Patrol did not write',
    facts: { current: anUnreadVersion({ kind: 'foreign' }) },
    expected: 'unknown',
  },
  {
    name: 'unknown is one whose metadata is of a later format',
    facts: { current: anUnreadVersion({ kind: 'unsupported', version: '2' }) },
    expected: 'unknown',
  },
  {
    name: 'unknown is one of which nobody can tell whether it lives',
    facts: { pats: [], currentWorks: 'unknown' },
    expected: 'unknown',
  },
  {
    name: 'unknown is one whose end cannot be read: never healthy',
    facts: { pats: [aPat({ validTo: undefined })] },
    expected: 'unknown',
  },
  {
    name: 'unknown is a token without a store and a PAT',
    token: storeless,
    facts: { current: undefined, pats: [] },
    expected: 'unknown',
  },
  {
    name: 'at-ceiling is a renewed token that is due and whose last extension was cut short',
    token: { method: 'renew' },
    facts: extendedBy(10),
    now: onDay(27),
    expected: 'at-ceiling',
  },
  {
    name: 'at-ceiling it is although it expires soon',
    token: { method: 'renew' },
    facts: extendedBy(10),
    now: before(onDay(30), ms),
    expected: 'at-ceiling',
  },
  {
    name: 'at-ceiling it is not before it is due',
    token: { method: 'renew' },
    facts: extendedBy(20),
    now: onDay(21),
    expected: 'healthy',
  },
  {
    name: 'at-ceiling it is not when it got all it asked for',
    token: { method: 'renew' },
    facts: extendedBy(30),
    now: onDay(41),
    expected: 'due',
  },
  {
    name: 'at-ceiling it is not because a longer life was declared since',
    token: { method: 'renew', lifetime: times(60, day) },
    facts: extendedBy(30),
    now: onDay(41),
    expected: 'due',
  },
  {
    name: 'at-ceiling is one that was granted less when it was made, and never extended',
    token: { method: 'renew' },
    facts: {
      pats: [aPat({ validTo: onDay(10) })],
      current: aVersion({ validTo: onDay(10), askedUntil: onDay(30) }),
    },
    now: onDay(8),
    expected: 'at-ceiling',
  },
  {
    name: 'at-ceiling it is not when nothing is recorded of what was asked for',
    token: { method: 'renew' },
    facts: { pats: [aPat({ validTo: onDay(10) })], current: aVersion({ validTo: onDay(10) }) },
    now: onDay(8),
    expected: 'due',
  },
  { name: 'at-ceiling is no rotated token: it gets a new PAT', facts: extendedBy(10), now: onDay(21), expected: 'due' },
]

describe('the state of a token in one word', () => {
  it.each(rows)('$name', ({ token, facts, now = onDay(1), expected }) => {
    expect(stateOf(aToken(token), someFacts(facts), now)).toBe(expected)
  })

  it('has a row for each word', () => {
    const words: Record<State, true> = {
      healthy: true,
      due: true,
      expiring: true,
      expired: true,
      missing: true,
      'at-ceiling': true,
      paused: true,
      unknown: true,
    }
    expect(new Set(rows.map(({ expected }) => expected))).toEqual(new Set(Object.keys(words)))
  })
})
