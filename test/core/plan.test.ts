import { PatrolError } from '../../src/core/errors.ts'
import { describe, expect, it } from 'vitest'
import type { Facts } from '../../src/core/facts.ts'
import type { Delivery } from '../../src/core/metadata.ts'
import { markedName } from '../../src/core/names.ts'
import { type Action, planToken } from '../../src/core/plan.ts'
import { after, before, day, duration, hour, type Instant, minute, second, times } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { dueAt, jitterOf } from '../../src/core/window.ts'
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
} from '../support/builders.ts'

const ms = duration(1)
const due = dueAt('feed', aToken(), aMetadata())
const settled = later(second, hour, second)
const opens = later(second, second, times(48, hour), minute)

const old = aPat({ authorizationId: 'old', displayName: marked('old00000'), validFrom: onDay(-20), validTo: onDay(10) })
const oldVersion = aVersion(
  { authorizationId: 'old', generation: aGeneration('old00000') },
  { id: 'v1', createdAt: onDay(-20) },
)
const lost = aPat({ authorizationId: 'lost', displayName: marked('lost0000'), validFrom: onDay(2) })
const covered = aPat({ authorizationId: 'covered', displayName: 'Feed' })
const covering: Partial<Token> = { rule: '*', covers: 'covered', scopes: undefined }
const renewing: Partial<Token> = { ...covering, method: 'renew', place: undefined }

/** In the overlap: the old PAT is still active beside the current one, whose version has these deliveries. */
function inOverlap(...deliveries: readonly Delivery[]): Partial<Facts> {
  const current = aVersion({ supersedes: ['old'], deliveries })
  return { pats: [aPat(), old], current, versions: [current, oldVersion] }
}

function neverDelivered(target: string, difference: Partial<Delivery>): Delivery {
  return { target, beganAt: undefined, deliveredAt: undefined, failures: 0, nextAttemptAt: undefined, ...difference }
}

/** An action as a sentence: kind, subject, reason, and the day for which it is scheduled. */
function sentence(action: Action): string {
  const subject =
    action.kind === 'deliver'
      ? action.target
      : action.kind === 'disable-version'
        ? action.version
        : action.authorizationId
  return [action.kind, subject, `(${action.reason})`].filter((part) => part !== undefined).join(' ')
}

interface Row {
  readonly name: string
  readonly token?: Partial<Token>
  readonly facts?: Partial<Facts>
  readonly now?: Instant
  readonly requested?: boolean
  readonly actions?: readonly string[]
  /** Each with its time; undefined where nobody can tell. */
  readonly scheduled?: readonly (readonly [string, Instant | undefined])[]
  readonly problems?: readonly string[]
}

const nextMint = ['mint current (due)', due] as const

function check({ token, facts, now = onDay(1), requested, actions = [], scheduled = [], problems = [] }: Row): void {
  const plan = planToken(aToken(token), someFacts(facts), now, requested)
  expect({
    actions: plan.actions.map(sentence),
    scheduled: plan.scheduled.map((action) => [sentence(action), action.at]),
    problems: plan.problems.map(({ code }) => code),
  }).toEqual({ actions, scheduled, problems })
  for (const action of plan.actions) expect(action).not.toHaveProperty('at')
  for (const action of [...plan.actions, ...plan.scheduled]) {
    expect(action).toMatchObject({ token: 'feed', account: 'ci-bot', organization: 'contoso' })
    expect(action.message).not.toBe('')
  }
}

describe('a rotated token', () => {
  const rows: Row[] = [
    { name: 'that is healthy needs nothing until it is due', scheduled: [nextMint] },
    {
      name: 'that has nothing yet gets its first PAT',
      facts: { current: undefined, pats: [] },
      actions: ['mint (absent)'],
    },
    { name: 'that is due gets a new PAT', now: due, actions: ['mint (due)'] },
    {
      name: 'whose PAT was revoked outside gets a new one',
      facts: { pats: [], currentWorks: false },
      actions: ['mint (revoked-outside)'],
    },
    {
      name: 'whose value is disabled gets a new one',
      facts: { current: aVersion({}, { enabled: false }) },
      actions: ['mint (value-lost)'],
    },
    {
      name: 'whose scopes changed gets a new one, never other scopes in place',
      token: { scopes: ['vso.code'] },
      actions: ['mint (scopes-differ)'],
    },
    {
      name: 'whose PAT has expired gets a new one, never an extension',
      facts: { pats: [] },
      now: onDay(40),
      actions: ['mint (expired)'],
    },
    {
      name: 'whose PAT tells no readable end gets a new one',
      facts: { pats: [aPat({ validTo: undefined })] },
      actions: ['mint (expiry-unknown)'],
    },
    {
      name: 'whose list lags is left alone until it is due',
      facts: { pats: [], currentWorks: true },
      scheduled: [nextMint],
    },
    {
      name: 'that a rule made of a PAT is rotated when that PAT is due',
      token: covering,
      facts: { current: undefined, pats: [covered] },
      scheduled: [['mint covered (due)', due]],
    },
    {
      name: 'that a rule made of a PAT, which vanished, is nothing any more',
      token: covering,
      facts: { current: undefined, pats: [] },
    },
  ]
  it.each(rows)('$name', check)
})

describe('a renewed token', () => {
  const rows: Row[] = [
    { name: 'lives longer when it is due', token: { method: 'renew' }, now: due, actions: ['extend current (due)'] },
    {
      name: 'is extended later, when it is not',
      token: { method: 'renew' },
      scheduled: [['extend current (due)', due]],
    },
    {
      name: 'without a store is extended all the same',
      token: renewing,
      facts: { current: undefined, pats: [covered] },
      now: due,
      actions: ['extend covered (due)'],
    },
    {
      name: 'without a store is extended later, when it is not due',
      token: renewing,
      facts: { current: undefined, pats: [covered] },
      scheduled: [['extend covered (due)', due]],
    },
    {
      name: 'is extended when the list shows it again',
      token: { method: 'renew' },
      facts: { pats: [], currentWorks: true },
      now: due,
      scheduled: [['extend current (due)', undefined]],
    },
    { name: 'without a store and a PAT is nothing', token: renewing, facts: { current: undefined, pats: [] } },
    {
      name: 'with a store gets a new PAT when the old one is gone',
      token: { method: 'renew' },
      facts: { pats: [], currentWorks: false },
      actions: ['mint (revoked-outside)'],
    },
    {
      name: 'with a store gets its first PAT',
      token: { method: 'renew' },
      facts: { current: undefined, pats: [] },
      actions: ['mint (absent)'],
    },
    {
      name: 'that was due, but was asked to rotate, gets a new PAT',
      token: { method: 'renew' },
      now: due,
      requested: true,
      actions: ['mint (requested)'],
    },
  ]
  it.each(rows)('$name', check)

  it.each([
    ['has expired', false, 'PAT covered has expired, and without a store'],
    ['is to be replaced by word of a person', true, 'a new PAT was asked for, and without a store'],
  ])('without a store cannot go on when it %s, and it is said why', (_, requested, words) => {
    const ended = { ...covered, validTo: onDay(requested ? 30 : 1) }
    const plan = planToken(aToken(renewing), someFacts({ current: undefined, pats: [ended] }), onDay(1), requested)
    expect(plan.actions).toEqual([])
    expect(plan.blocked).toMatchObject({ code: 'cannot-extend', message: expect.stringContaining(words) })
    expect(plan.problems).toEqual([plan.blocked])
  })

  it('has nothing in its way while it can be extended', () => {
    expect(
      planToken(aToken(renewing), someFacts({ current: undefined, pats: [covered] }), onDay(1)),
    ).not.toHaveProperty('blocked')
  })

  it('is extended for its lifetime, counted from now', () => {
    const [action] = planToken(aToken({ method: 'renew' }), someFacts(), due).actions
    expect(action).toMatchObject({ kind: 'extend', validTo: after(due, times(30, day)) })
  })

  it('will be extended for its lifetime, counted from when it is due', () => {
    const [action] = planToken(aToken({ method: 'renew' }), someFacts(), onDay(1)).scheduled
    expect(action).toMatchObject({ kind: 'extend', at: due, validTo: after(due, times(30, day)) })
  })
})

describe('a target', () => {
  const token: Partial<Token> = { targets: ['app'] }
  const rows: Row[] = [
    { name: 'that never got the value gets it', token, actions: ['deliver app (undelivered)'], scheduled: [nextMint] },
    {
      name: 'that failed waits for its next attempt',
      token,
      facts: { current: aVersion({ deliveries: [neverDelivered('app', { failures: 2, nextAttemptAt: onDay(3) })] }) },
      scheduled: [['deliver app (failed-before)', onDay(3)], nextMint],
    },
    {
      name: 'that failed is tried again at the millisecond of its next attempt',
      token,
      now: onDay(3),
      facts: { current: aVersion({ deliveries: [neverDelivered('app', { failures: 2, nextAttemptAt: onDay(3) })] }) },
      actions: ['deliver app (failed-before)'],
      scheduled: [nextMint],
    },
    {
      name: 'that failed and names no time is tried again at once',
      token,
      facts: { current: aVersion({ deliveries: [neverDelivered('app', { failures: 1 })] }) },
      actions: ['deliver app (failed-before)'],
      scheduled: [nextMint],
    },
    {
      name: 'that got the first value early is delivered to once more, too: there may have been two first values',
      token,
      facts: { current: aVersion({ deliveries: [aDelivery('app', later(second))] }) },
      now: later(minute),
      scheduled: [['deliver app (unsettled)', settled], nextMint],
    },
    {
      name: 'that got the first value early and has it settled needs nothing more',
      token,
      facts: { current: aVersion({ deliveries: [aDelivery('app', settled)] }) },
      scheduled: [nextMint],
    },
    {
      name: 'that got it early is delivered to once more, when nothing older can land on top',
      token,
      facts: inOverlap(aDelivery('app', later(second))),
      now: later(minute),
      scheduled: [
        ['deliver app (unsettled)', settled],
        ['revoke old (superseded)', after(after(settled, times(48, hour)), minute)],
        nextMint,
      ],
    },
    {
      name: 'that got it early is delivered to once more from that millisecond on',
      token,
      facts: inOverlap(aDelivery('app', later(second))),
      now: settled,
      actions: ['deliver app (unsettled)'],
      scheduled: [['revoke old (superseded)', after(after(settled, times(48, hour)), minute)], nextMint],
    },
    {
      name: 'that has it settled needs nothing more',
      token,
      facts: inOverlap(aDelivery('app', settled)),
      now: onDay(1),
      scheduled: [['revoke old (superseded)', after(after(after(settled, second), times(48, hour)), minute)], nextMint],
    },
    {
      name: 'is one of several, each on its own',
      token: { targets: ['app', 'web', 'file'] },
      facts: { current: aVersion({ deliveries: [aDelivery('web', settled)] }) },
      actions: ['deliver app (undelivered)', 'deliver file (undelivered)'],
      scheduled: [nextMint],
    },
    {
      name: 'whose copy was overwritten gets it again, and nothing is revoked',
      token,
      facts: {
        ...inOverlap(aDelivery('app', settled)),
        copies: new Map([['app', { kind: 'overwritten', message: 'x' }]]),
      },
      now: onDay(9),
      actions: ['deliver app (drifted)'],
      scheduled: [['revoke old (superseded)', undefined], nextMint],
    },
    {
      name: 'whose copy is gone gets it again',
      token,
      facts: {
        ...inOverlap(aDelivery('app', later(second))),
        copies: new Map([['app', { kind: 'gone', message: 'x' }]]),
      },
      now: onDay(9),
      actions: ['deliver app (drifted)'],
      scheduled: [['revoke old (superseded)', undefined], nextMint],
    },
    {
      name: 'of a later group gets it in the same run as the first',
      token: { targets: ['app', 'web'], groups: new Map([['web', 2]]) },
      actions: ['deliver app (undelivered)', 'deliver web (undelivered)'],
      scheduled: [nextMint],
    },
    {
      name: 'of a later group waits while one of the first waits for its next attempt',
      token: { targets: ['app', 'file', 'web'], groups: new Map([['web', 2]]) },
      facts: { current: aVersion({ deliveries: [neverDelivered('app', { failures: 2, nextAttemptAt: onDay(3) })] }) },
      actions: ['deliver file (undelivered)'],
      scheduled: [['deliver app (failed-before)', onDay(3)], ['deliver web (undelivered)', undefined], nextMint],
    },
    {
      name: 'of a later group is tried from the millisecond on at which the first is',
      token: { targets: ['app', 'web'], groups: new Map([['web', 2]]) },
      facts: { current: aVersion({ deliveries: [neverDelivered('app', { failures: 2, nextAttemptAt: onDay(3) })] }) },
      now: onDay(3),
      actions: ['deliver app (failed-before)', 'deliver web (undelivered)'],
      scheduled: [nextMint],
    },
    {
      name: 'of a later group that has the value waits for nobody',
      token: { targets: ['app', 'web'], groups: new Map([['web', 2]]) },
      facts: {
        ...inOverlap(neverDelivered('app', { failures: 2, nextAttemptAt: onDay(30) }), aDelivery('web', settled)),
        copies: new Map([['web', { kind: 'gone', message: 'x' }]]),
      },
      now: onDay(9),
      actions: ['deliver web (drifted)'],
      scheduled: [['deliver app (failed-before)', onDay(30)], ['revoke old (superseded)', undefined], nextMint],
    },
    {
      name: 'that left the configuration gets nothing',
      facts: { current: aVersion({ deliveries: [neverDelivered('gone', { failures: 1 })] }) },
      scheduled: [nextMint],
    },
    {
      name: 'gets nothing while the store hands out nothing',
      token,
      facts: { current: aVersion({}, { enabled: false }) },
      actions: ['mint (value-lost)'],
    },
    {
      name: 'never gets a dead value in place of an older one that may still live',
      token,
      facts: { pats: [], currentWorks: false },
      actions: ['mint (revoked-outside)'],
    },
    { name: 'never gets an expired value', token, facts: { pats: [] }, now: onDay(30), actions: ['mint (expired)'] },
    {
      name: 'gets a value that works, although the record says that it has expired: somebody extended it',
      token,
      facts: { pats: [], currentWorks: true },
      now: onDay(30),
      actions: ['deliver app (undelivered)', 'mint (due)'],
    },
    {
      name: 'gets the value while the list lags',
      token,
      facts: { pats: [] },
      actions: ['deliver app (undelivered)'],
      scheduled: [nextMint],
    },
  ]
  it.each(rows)('$name', check)
})

it.each([
  [1, 'which failed once'],
  [2, 'which failed 2 times'],
])('a person reads how often a delivery failed: %i', (failures, words) => {
  const current = aVersion({ deliveries: [neverDelivered('app', { failures })] })
  const [action] = planToken(aToken({ targets: ['app'] }), someFacts({ current }), onDay(1)).actions
  expect(action?.message).toBe(`deliver to app, ${words}`)
})

describe('a superseded PAT', () => {
  const rows: Row[] = [
    {
      name: 'is revoked when its overlap has passed',
      facts: inOverlap(),
      now: opens,
      actions: ['revoke old (superseded)'],
      scheduled: [nextMint],
    },
    {
      name: 'is not revoked a millisecond earlier',
      facts: inOverlap(),
      now: before(opens, ms),
      scheduled: [['revoke old (superseded)', opens], nextMint],
    },
    {
      name: 'waits until no write of the turn that minted it can land any more, however short the overlap',
      facts: { ...inOverlap(), pats: [{ ...old, validFrom: before(opens, minute) }, aPat()] },
      now: opens,
      scheduled: [['revoke old (superseded)', after(before(opens, minute), duration(hour + minute))], nextMint],
    },
    {
      name: 'waits for a target, and nobody knows how long',
      token: { targets: ['app'] },
      facts: inOverlap(),
      now: onDay(9),
      actions: ['deliver app (undelivered)'],
      scheduled: [['revoke old (superseded)', undefined], nextMint],
    },
    {
      name: 'waits while its successor is gone',
      facts: { ...inOverlap(), pats: [old], currentWorks: false },
      now: onDay(9),
      actions: ['mint (revoked-outside)'],
      scheduled: [['revoke old (superseded)', undefined]],
    },
    {
      name: 'is revoked before its successor’s successor is minted',
      facts: inOverlap(),
      now: due,
      actions: ['revoke old (superseded)', 'mint (due)'],
    },
    {
      name: 'that a rule covered is revoked like any other',
      token: covering,
      facts: {
        pats: [aPat(), covered],
        current: aVersion({ supersedes: ['covered'] }),
        versions: [aVersion({ supersedes: ['covered'] })],
      },
      now: opens,
      actions: ['revoke covered (superseded)'],
      scheduled: [nextMint],
    },
    {
      name: 'is left alone until all versions were read',
      facts: { ...inOverlap(), versions: undefined },
      now: onDay(9),
      scheduled: [nextMint],
    },
  ]
  it.each(rows)('$name', check)
})

describe('an orphan', () => {
  const facts: Partial<Facts> = { pats: [aPat(), lost], versions: [aVersion()] }
  const collect = after(after(onDay(2), hour), minute)
  const rows: Row[] = [
    {
      name: 'is collected when nobody can still be working on it',
      facts,
      now: collect,
      actions: ['collect-orphan lost (orphan)'],
      scheduled: [nextMint],
    },
    {
      name: 'is not collected a millisecond earlier',
      facts,
      now: before(collect, ms),
      scheduled: [['collect-orphan lost (orphan)', collect], nextMint],
    },
    {
      name: 'does not wait for targets or overlaps',
      token: { targets: ['app'] },
      facts,
      now: collect,
      actions: ['deliver app (undelivered)', 'collect-orphan lost (orphan)'],
      scheduled: [nextMint],
    },
    {
      name: 'is not one, when it belongs to another installation',
      facts: { ...facts, pats: [aPat(), { ...lost, displayName: markedName('Feed', 'zzzzelsewher') }] },
      now: collect,
      scheduled: [nextMint],
    },
    {
      name: 'is not one, when it bears another display name: a person is told',
      facts: { ...facts, pats: [aPat(), { ...lost, displayName: marked('lost0000', 'Old feed') }] },
      now: collect,
      scheduled: [nextMint],
      problems: ['name-conflict'],
    },
  ]
  it.each(rows)('$name', check)
})

describe('an old version', () => {
  const old = aVersion({ authorizationId: 'dead' }, { id: 'v1', createdAt: onDay(-20) })
  const facts: Partial<Facts> = { pats: [aPat()], versions: [aVersion(), old] }
  const disabledAt = after(after(onDay(-20), hour), minute)
  const rows: Row[] = [
    { name: 'of a dead PAT is disabled', facts, actions: ['disable-version v1 (dead)'], scheduled: [nextMint] },
    {
      name: 'is disabled from the millisecond on at which no turn can work on it',
      facts,
      now: disabledAt,
      actions: ['disable-version v1 (dead)'],
      scheduled: [nextMint],
    },
    { name: 'is left alone a millisecond earlier', facts, now: before(disabledAt, ms), scheduled: [nextMint] },
    {
      name: 'of a living PAT is left alone',
      facts: { ...inOverlap() },
      now: later(minute),
      scheduled: [['revoke old (superseded)', opens], nextMint],
    },
    {
      name: 'of the current PAT is left alone',
      facts: { ...facts, versions: [aVersion(), aVersion({}, { id: 'v1', createdAt: onDay(-20) })] },
      scheduled: [nextMint],
    },
    {
      name: 'of the current PAT is left alone, while the list lags',
      facts: { pats: [], currentWorks: true, versions: [aVersion({}, { createdAt: onDay(-20) })] },
      scheduled: [nextMint],
    },
    {
      name: 'that is disabled needs no more',
      facts: { ...facts, versions: [aVersion(), { ...old, enabled: false }] },
      scheduled: [nextMint],
    },
    {
      name: 'that nobody can read is left alone',
      facts: { ...facts, versions: [aVersion(), anUnreadVersion({ kind: 'foreign' }, { createdAt: onDay(-20) })] },
      scheduled: [nextMint],
    },
    {
      name: 'without an id is left alone',
      facts: { ...facts, versions: [aVersion(), { ...old, id: undefined }] },
      scheduled: [nextMint],
    },
    {
      name: 'from another organization is left alone: its PAT may live there',
      facts: {
        ...facts,
        versions: [
          aVersion(),
          aVersion({ authorizationId: 'dead', organization: 'fabrikam' }, { id: 'v1', createdAt: onDay(-20) }),
        ],
      },
      scheduled: [nextMint],
    },
    {
      name: 'from another account is left alone: its PAT may live there',
      facts: {
        ...facts,
        versions: [
          aVersion(),
          aVersion(
            { authorizationId: 'dead', account: 'old-bot@contoso.example' },
            { id: 'v1', createdAt: onDay(-20) },
          ),
        ],
      },
      scheduled: [nextMint],
    },
  ]
  it.each(rows)('$name', check)
})

describe('the metadata', () => {
  const extended = (validTo: Instant): Partial<Facts> => ({ pats: [aPat({ validTo })] })
  const dueThen = (validTo: Instant): Instant => dueAt('feed', aToken(), { validFrom: aPat().validFrom, validTo })
  const rows: Row[] = [
    {
      name: 'follows an expiry that changed by a second',
      facts: extended(after(onDay(30), second)),
      actions: ['update-metadata current (expiry-changed)'],
      scheduled: [['mint current (due)', dueThen(after(onDay(30), second))]],
    },
    {
      name: 'does not follow less, for the service rounds',
      facts: extended(after(onDay(30), duration(999))),
      scheduled: [['mint current (due)', dueThen(after(onDay(30), duration(999)))]],
    },
    {
      name: 'follows an expiry that somebody brought forward',
      facts: extended(onDay(25)),
      actions: ['update-metadata current (expiry-changed)'],
      scheduled: [
        ['mint current (due)', before(before(onDay(25), times(200, hour)), jitterOf('feed', times(200, hour)))],
      ],
    },
    {
      name: 'is left alone where the expiry cannot be read',
      facts: { pats: [aPat({ validTo: undefined })] },
      actions: ['mint (expiry-unknown)'],
    },
    {
      name: 'of a PAT that is not listed is left alone',
      facts: { pats: [], currentWorks: true },
      scheduled: [nextMint],
    },
  ]
  it.each(rows)('$name', check)
})

describe('a person is told', () => {
  const rows: Row[] = [
    {
      name: 'nothing of a grant of less than a year, when as much as there is was asked for',
      token: { lifetime: times(365, day), asksForMost: true },
      facts: { current: aVersion({ askedUntil: onDay(365) }) },
      scheduled: [nextMint],
    },
    {
      name: 'that a policy grants less than asked: that is no reason to mint again',
      token: { lifetime: times(60, day) },
      facts: { current: aVersion({ askedUntil: onDay(60) }) },
      scheduled: [nextMint],
      problems: ['policy-lifespan'],
    },
    {
      name: 'nothing of a lifetime that was raised after the PAT was made: the next one gets it',
      token: { lifetime: times(60, day) },
      scheduled: [nextMint],
    },
    {
      name: 'nothing of a grant that was cut when less is declared since',
      token: { lifetime: times(30, day) },
      facts: { current: aVersion({ askedUntil: onDay(60) }) },
      scheduled: [nextMint],
    },
    {
      name: 'that a policy granted less than asked to what is extended, too',
      token: { method: 'renew', lifetime: times(60, day) },
      facts: { current: aVersion({ askedUntil: onDay(60) }) },
      scheduled: [['extend current (due)', due]],
      problems: ['policy-lifespan'],
    },
    {
      name: 'that somebody changed the scopes of the PAT',
      facts: { pats: [aPat({ scopes: ['vso.code'] })] },
      scheduled: [nextMint],
      problems: ['scopes-changed'],
    },
    {
      name: 'nothing of scopes that the service lists as they were asked for, and not as it granted them',
      token: { scopes: ['vso.code', 'vso.code_write'] },
      facts: {
        pats: [aPat({ scopes: ['vso.code', 'vso.code_write'] })],
        current: aVersion({ scopes: ['vso.code_write'], asked: ['vso.code', 'vso.code_write'] }),
      },
      scheduled: [nextMint],
    },
    {
      name: 'not of a short life of a PAT that somebody else made',
      token: { ...covering, lifetime: times(60, day) },
      facts: { current: undefined, pats: [covered] },
      scheduled: [['mint covered (due)', due]],
    },
    {
      name: 'where the old PAT stays after a move to another organization',
      facts: { current: aVersion({ organization: 'fabrikam' }), pats: [] },
      actions: ['mint (moved)'],
      problems: ['moved-on'],
    },
    {
      name: 'nothing of where a PAT stays that only a mark tells of',
      facts: { current: undefined, pats: [aPat({ displayName: markedName('Feed', 'zzzzelsewher') })] },
      actions: ['mint (moved)'],
    },
  ]
  it.each(rows)('$name', check)

  it.each([
    ['not at all, when an hour is missing', times(30 * 24 + 1, hour), []],
    ['by a millisecond more', duration(times(30 * 24 + 1, hour) + 1), ['policy-lifespan']],
  ])('of a short grant %s', (_, lifetime, problems) => {
    const facts = someFacts({ current: aVersion({ askedUntil: after(onDay(0), lifetime) }) })
    expect(planToken(aToken({ lifetime }), facts, onDay(1)).problems.map(({ code }) => code)).toEqual(problems)
  })

  it('of an extension that was cut, by the life from its creation on', () => {
    const facts = someFacts({
      pats: [aPat({ validTo: onDay(40) })],
      current: aVersion({ validTo: onDay(40), extendedAt: onDay(20), askedUntil: onDay(50) }),
    })
    const { problems } = planToken(aToken({ method: 'renew' }), facts, onDay(21))
    expect(problems.map(({ code }) => code)).toEqual(['policy-lifespan'])
    expect(problems[0]?.message).toBe(
      'the current PAT was granted 40d from its creation of the 50d asked for: the policy "Enforce maximum personal access token lifespan" cut it, and its schedule follows the grant',
    )
  })

  it('in words that name what to do', () => {
    const stranger = { ...lost, displayName: marked('lost0000', 'Old feed') }
    const [problem] = planToken(
      aToken(),
      someFacts({ pats: [aPat(), stranger], versions: [aVersion()] }),
      onDay(1),
    ).problems
    expect(problem).toMatchObject({ token: 'feed', remedy: expect.stringContaining('patrol revoke lost') })
    const moved = someFacts({ current: aVersion({ organization: 'fabrikam' }), pats: [] })
    const [left] = planToken(aToken(), moved, onDay(1)).problems
    expect(left).toMatchObject({
      message: expect.stringContaining('fabrikam'),
      remedy: expect.stringContaining('patrol revoke current'),
    })
  })
})

describe('nothing is done', () => {
  const foreign: Partial<Facts> = { current: anUnreadVersion({ kind: 'foreign' }) }
  const rows: Row[] = [
    {
      name: 'for an entry that is paused, whatever its state',
      token: { paused: true, targets: ['app'], scopes: ['vso.code'] },
      facts: { ...inOverlap(), pats: [old, lost] },
      now: onDay(40),
    },
    {
      name: 'for an entry that is paused, even when it is asked for, and then it is said',
      token: { paused: true },
      requested: true,
      problems: ['paused'],
    },
    { name: 'to a value that Patrol did not write', facts: foreign, problems: ['secret-not-managed'] },
    {
      name: 'to metadata of a later format',
      facts: { current: anUnreadVersion({ kind: 'unsupported', version: '2' }) },
      problems: ['metadata-unsupported'],
    },
    {
      name: 'to metadata of a later format, even when it is asked for',
      facts: { current: anUnreadVersion({ kind: 'unsupported', version: '2' }) },
      requested: true,
      problems: ['metadata-unsupported'],
    },
    {
      name: 'while nobody can tell whether the current PAT lives',
      facts: { pats: [], currentWorks: 'unknown' },
      problems: ['service-unavailable'],
    },
  ]
  it.each(rows)('$name', check)
})

describe('a person who asks for a new value gets it', () => {
  const rows: Row[] = [
    { name: 'from a healthy token', requested: true, actions: ['mint (requested)'] },
    { name: 'from a renewed token', token: { method: 'renew' }, requested: true, actions: ['mint (requested)'] },
    {
      name: 'over a value that Patrol did not write',
      facts: { current: anUnreadVersion({ kind: 'foreign' }) },
      requested: true,
      actions: ['mint (requested)'],
    },
    { name: 'once, though the token is due anyway', now: due, requested: true, actions: ['mint (requested)'] },
    {
      name: 'and hears where the old one stays after a move',
      facts: { current: aVersion({ organization: 'fabrikam' }), pats: [] },
      requested: true,
      actions: ['mint (requested)'],
      problems: ['moved-on'],
    },
  ]
  it.each(rows)('$name', check)
})

it('the order is: note, deliver, revoke, collect, disable, mint', () => {
  const version = aVersion({ supersedes: ['old'], validTo: onDay(29), deliveries: [aDelivery('web', settled)] })
  const dead = aVersion({ authorizationId: 'dead' }, { id: 'v0', createdAt: onDay(-40) })
  const facts = someFacts({ pats: [lost, old, aPat()], current: version, versions: [version, oldVersion, dead] })
  const plan = planToken(aToken({ targets: ['web'] }), facts, onDay(29))
  expect(plan.actions.map(sentence)).toEqual([
    'update-metadata current (expiry-changed)',
    'collect-orphan lost (orphan)',
    'revoke old (superseded)',
    'disable-version v0 (dead)',
    'mint (due)',
  ])
  const undelivered = planToken(aToken({ targets: ['app', 'web'] }), facts, onDay(29))
  expect(undelivered.actions.map(({ kind }) => kind).slice(0, 2)).toEqual(['update-metadata', 'deliver'])
})

it('tells of a target that it could not look into, and of one that left the configuration while a delivery had failed', () => {
  const failure = new PatrolError('target-unreachable', 'no answer')
  const left = inOverlap(aDelivery('app', settled), neverDelivered('gone', { failures: 1 }))
  const facts = someFacts({ ...left, copies: new Map([['app', { kind: 'unseen', failure }]]) })
  const plan = planToken(aToken({ targets: ['app'] }), facts, onDay(9))
  expect(plan.problems).toEqual([
    {
      token: 'feed',
      code: 'target-unreachable',
      message: 'whether app still has the current value could not be seen: no answer',
      remedy: failure.remedy,
    },
    {
      token: 'feed',
      code: 'target-undeclared',
      message: expect.stringContaining('gone is no longer a target of feed'),
      remedy: expect.stringContaining('patrol rotate NAME'),
    },
  ])
})
