import { describe, expect, it } from 'vitest'
import {
  currentPat,
  type Facts,
  installation,
  isOurs,
  needsProbe,
  needsVersions,
  otherPats,
} from '../../src/core/facts.ts'
import { markedName } from '../../src/core/names.ts'
import { assess, assessments, currentGrant, obstacle, type Reason, replacementReasons } from '../../src/core/policy.ts'
import { before, duration, type Instant } from '../../src/core/time.ts'
import type { Token } from '../../src/core/token.ts'
import { dueAt } from '../../src/core/window.ts'
import {
  aGeneration,
  aMetadata,
  anUnreadVersion,
  aPat,
  aToken,
  aVersion,
  marked,
  onDay,
  someFacts,
  start,
} from '../support/builders.ts'

const due = dueAt('feed', aToken(), aMetadata())
const ms = duration(1)
const orphan = aPat({ authorizationId: 'orphan', displayName: marked('orphan00') })
const elsewhere = aPat({ authorizationId: 'elsewhere', displayName: markedName('Feed', 'zzzzelsewher') })
const unmarked = aPat({ authorizationId: 'covered', displayName: 'Feed' })
const covering: Partial<Token> = { rule: '*', covers: 'covered', scopes: undefined }
const storeless: Partial<Token> = { ...covering, method: 'renew', place: undefined }
const untouched: Partial<Facts> = { current: undefined, pats: [unmarked] }

interface Row {
  readonly name: string
  readonly token?: Partial<Token>
  readonly facts?: Partial<Facts>
  readonly now?: Instant
  readonly expected: Reason | undefined
  readonly message?: string
}

function check({ token, facts, now = onDay(1), expected, message }: Row): void {
  const finding = assess(aToken(token), someFacts(facts), now)
  expect(finding?.reason).toBe(expected)
  if (message !== undefined) expect(finding?.message).toContain(message)
}

describe('nothing is wrong', () => {
  const rows: Row[] = [
    { name: 'right after the mint', now: start, expected: undefined },
    { name: 'a millisecond before the PAT is due', now: before(due, ms), expected: undefined },
    { name: 'with scopes in another order and case', token: { scopes: ['VSO.packaging_write'] }, expected: undefined },
    {
      name: 'with the account and organization in another case',
      facts: { current: aVersion({ organization: 'CONTOSO' }) },
      expected: undefined,
    },
    {
      name: 'while the list lags, but a real call is let in',
      facts: { pats: [], currentWorks: true },
      expected: undefined,
    },
    { name: 'while the list lacks the current PAT and nobody asked why', facts: { pats: [] }, expected: undefined },
    { name: 'with an orphan beside the current PAT', facts: { pats: [aPat(), orphan] }, expected: undefined },
    { name: 'with a PAT of another installation beside it', facts: { pats: [aPat(), elsewhere] }, expected: undefined },
    {
      name: 'when somebody extended the PAT, although the store does not know yet',
      facts: { pats: [aPat({ validTo: onDay(60) })] },
      now: onDay(31),
      expected: undefined,
    },
    {
      name: 'with a covered PAT that a rule will rotate later',
      token: covering,
      facts: untouched,
      expected: undefined,
    },
    {
      name: 'with a covered PAT that a rule without a store renews',
      token: storeless,
      facts: untouched,
      expected: undefined,
    },
    {
      name: 'with a covered PAT that vanished before its rule ever rotated it: it is nobody’s token any more',
      token: covering,
      facts: { current: undefined, pats: [] },
      expected: undefined,
    },
    {
      name: 'with a covered PAT that vanished, as long as a rule only renews it',
      token: storeless,
      facts: { current: undefined, pats: [] },
      expected: undefined,
    },
  ]
  it.each(rows)('$name', check)
})

describe('absent', () => {
  const rows: Row[] = [
    {
      name: 'is a declared token of which nobody has seen anything',
      facts: { current: undefined, pats: [] },
      expected: 'absent',
      message: 'no secret feed-pat in store vault',
    },
    {
      name: 'is one whose store does not exist yet',
      facts: { current: undefined, pats: [], storeId: undefined },
      expected: 'absent',
    },
    { name: 'is one whose display name an unmarked PAT happens to bear', facts: untouched, expected: 'absent' },
    {
      name: 'is one with PATs of other names beside it',
      facts: { current: undefined, pats: [aPat({ displayName: markedName('Other', aGeneration('another0')) })] },
      expected: 'absent',
    },
    {
      name: 'is no token without a store',
      token: { place: undefined },
      facts: { current: undefined, pats: [] },
      expected: undefined,
    },
  ]
  it.each(rows)('$name', check)
})

describe('revoked', () => {
  const disabled = aVersion({}, { enabled: false })
  const rows: Row[] = [
    {
      name: 'is a token whose version is disabled and whose PAT is active no more',
      facts: { current: disabled, pats: [] },
      expected: 'revoked',
      message: 'PAT current was revoked, and its version disabled',
    },
    {
      name: 'is not one whose PAT is active: its value was lost',
      facts: { current: disabled },
      expected: 'value-lost',
    },
    {
      name: 'is not one whose PAT is known to work although the list lacks it',
      facts: { current: disabled, pats: [], currentWorks: true },
      expected: 'value-lost',
    },
    {
      name: 'is not one whose time was over anyway',
      facts: { current: disabled, pats: [] },
      now: onDay(30),
      expected: 'value-lost',
    },
    {
      name: 'is not one that was made for another organization, whose list lacks it for that reason',
      facts: { current: aVersion({ organization: 'fabrikam' }, { enabled: false }), pats: [] },
      expected: 'value-lost',
    },
  ]
  it.each(rows)('$name', check)
})

describe('value-lost', () => {
  const rows: Row[] = [
    {
      name: 'is a token with an active PAT and no secret',
      facts: { current: undefined, pats: [orphan] },
      expected: 'value-lost',
      message: 'PAT orphan is active',
    },
    {
      name: 'is one whose own PAT is listed behind one of another installation',
      facts: { current: undefined, pats: [elsewhere, orphan] },
      expected: 'value-lost',
      message: 'PAT orphan',
    },
    {
      name: 'is one whose current version is disabled',
      facts: { current: aVersion({}, { enabled: false }) },
      expected: 'value-lost',
      message: 'disabled',
    },
    {
      name: 'is one whose metadata is damaged',
      facts: { current: anUnreadVersion({ kind: 'damaged', field: 'scope' }) },
      expected: 'value-lost',
      message: 'damaged (scope)',
    },
    {
      name: 'is not a covered PAT whose rule was interrupted between mint and store',
      token: covering,
      facts: { current: undefined, pats: [unmarked, orphan] },
      expected: undefined,
    },
  ]
  it.each(rows)('$name', check)
})

describe('moved', () => {
  const rows: Row[] = [
    {
      name: 'is a token whose PAT belongs to another organization',
      facts: { current: aVersion({ organization: 'fabrikam' }) },
      expected: 'moved',
      message: 'organization fabrikam',
    },
    {
      name: 'is one whose PAT belongs to another account',
      facts: { current: aVersion({ account: 'old-bot@contoso.example' }) },
      expected: 'moved',
      message: 'old-bot@contoso.example',
    },
    {
      name: 'is one whose marked PAT was minted for another store or secret name',
      facts: { current: undefined, pats: [elsewhere] },
      expected: 'moved',
      message: 'PAT elsewhere',
    },
    {
      name: 'is one whose store was lost as a whole',
      facts: { current: undefined, storeId: undefined, pats: [aPat()] },
      expected: 'moved',
    },
    {
      name: 'is not one beside which another installation works',
      facts: { pats: [aPat(), elsewhere] },
      expected: undefined,
    },
  ]
  it.each(rows)('$name', check)
})

describe('revoked-outside', () => {
  const rows: Row[] = [
    {
      name: 'is a PAT that the list lacks and a real call does not get in with',
      facts: { pats: [], currentWorks: false },
      expected: 'revoked-outside',
      message: 'PAT current',
    },
    {
      name: 'still is one in the last millisecond of its life',
      facts: { pats: [], currentWorks: false },
      now: before(onDay(30), ms),
      expected: 'revoked-outside',
    },
    {
      name: 'is not one whose time was over anyway',
      facts: { pats: [], currentWorks: false },
      now: onDay(30),
      expected: 'expired',
    },
  ]
  it.each(rows)('$name', check)
})

describe('expired', () => {
  const rows: Row[] = [
    {
      name: 'is a PAT from the millisecond of its end on',
      facts: { pats: [] },
      now: onDay(30),
      expected: 'expired',
      message: 'PAT current',
    },
    { name: 'is one that the list still shows', now: onDay(30), expected: 'expired' },
    { name: 'is not one a millisecond earlier', now: before(onDay(30), ms), expected: 'due' },
    {
      name: 'goes by the list before the store',
      facts: { pats: [aPat({ validTo: onDay(10) })] },
      now: onDay(10),
      expected: 'expired',
    },
    { name: 'is not one that lets us in', facts: { pats: [], currentWorks: true }, now: onDay(31), expected: 'due' },
    {
      name: 'is a covered PAT like any other',
      token: storeless,
      facts: untouched,
      now: onDay(30),
      expected: 'expired',
      message: 'PAT covered',
    },
  ]
  it.each(rows)('$name', check)
})

describe('expiry-unknown', () => {
  const undated = aPat({ validTo: undefined })
  const rows: Row[] = [
    {
      name: 'is a PAT whose end the service told in no readable form',
      facts: { pats: [undated] },
      expected: 'expiry-unknown',
      message: 'PAT current',
    },
    {
      name: 'is one even where the store remembers an end far away',
      facts: { pats: [undated], current: aVersion({ validTo: onDay(300) }) },
      expected: 'expiry-unknown',
    },
    {
      name: 'is a covered PAT like any other',
      token: storeless,
      facts: { current: undefined, pats: [{ ...undated, authorizationId: 'covered', displayName: 'Feed' }] },
      expected: 'expiry-unknown',
    },
    { name: 'is not a PAT that merely is not listed', facts: { pats: [], currentWorks: true }, expected: undefined },
  ]
  it.each(rows)('$name', check)
})

describe('scopes-differ', () => {
  const rows: Row[] = [
    {
      name: 'is a token of which another scope is declared',
      token: { scopes: ['vso.code'] },
      expected: 'scopes-differ',
      message: 'it was minted for vso.packaging_write, declared is vso.code',
    },
    {
      name: 'is one of which one more scope is declared',
      token: { scopes: ['vso.packaging_write', 'vso.code'] },
      expected: 'scopes-differ',
    },
    {
      name: 'is none whose PAT somebody changed, for that is told and a person decides',
      facts: { pats: [aPat({ scopes: ['app_token'] })] },
      expected: undefined,
    },
    {
      name: 'is none that was granted another set than was asked for, or every run would mint',
      token: { scopes: ['vso.code', 'vso.code_write'] },
      facts: {
        current: aVersion({ scopes: ['vso.code_write'], asked: ['vso.code', 'vso.code_write'] }),
        pats: [aPat({ scopes: ['vso.code_write'] })],
      },
      expected: undefined,
    },
    {
      name: 'is one of which other scopes are declared than were asked for, whatever was granted',
      token: { scopes: ['vso.code_write'] },
      facts: { current: aVersion({ scopes: ['vso.code_write'], asked: ['vso.code', 'vso.code_write'] }) },
      expected: 'scopes-differ',
    },
    {
      name: 'goes by the store where the list lags',
      token: { scopes: ['vso.code'] },
      facts: { pats: [], currentWorks: true },
      expected: 'scopes-differ',
    },
    {
      name: 'is no token that keeps the scopes it has',
      token: { scopes: undefined },
      facts: { pats: [aPat({ scopes: ['app_token'] })] },
      expected: undefined,
    },
    {
      name: 'is no covered PAT that Patrol has not rotated yet',
      token: { ...covering, scopes: ['vso.code'] },
      facts: untouched,
      expected: undefined,
    },
  ]
  it.each(rows)('$name', check)
})

describe('due', () => {
  const rows: Row[] = [
    {
      name: 'is a PAT from the millisecond on at which its window and jitter begin',
      now: due,
      expected: 'due',
      message: 'window',
    },
    {
      name: 'goes by the list before the store',
      facts: { pats: [aPat({ validTo: onDay(10) })] },
      now: onDay(8),
      expected: 'due',
    },
    {
      name: 'goes by the store where the list lags',
      facts: { pats: [], currentWorks: true },
      now: due,
      expected: 'due',
    },
    { name: 'is a covered PAT like any other', token: covering, facts: untouched, now: due, expected: 'due' },
    {
      name: 'is a covered PAT of a rule without a store like any other',
      token: storeless,
      facts: untouched,
      now: due,
      expected: 'due',
    },
  ]
  it.each(rows)('$name', check)
})

describe('when several things are wrong, the one further up is told', () => {
  const wrongScopes: Partial<Token> = { scopes: ['vso.code'] }
  const rows: Row[] = [
    {
      name: 'value-lost before moved',
      facts: { current: aVersion({ organization: 'fabrikam' }, { enabled: false }) },
      expected: 'value-lost',
    },
    {
      name: 'moved before revoked-outside',
      facts: { current: aVersion({ organization: 'fabrikam' }), pats: [], currentWorks: false },
      expected: 'moved',
    },
    {
      name: 'revoked-outside before scopes-differ',
      token: wrongScopes,
      facts: { pats: [], currentWorks: false },
      expected: 'revoked-outside',
    },
    { name: 'expired before scopes-differ', token: wrongScopes, now: onDay(30), expected: 'expired' },
    {
      name: 'expiry-unknown before scopes-differ',
      token: wrongScopes,
      facts: { pats: [aPat({ validTo: undefined })] },
      expected: 'expiry-unknown',
    },
    { name: 'scopes-differ before due', token: wrongScopes, now: due, expected: 'scopes-differ' },
  ]
  it.each(rows)('$name', check)
})

describe('each check relies on none before it:', () => {
  it.each([
    [
      'what a version holds that cannot be read was not moved',
      someFacts({ current: anUnreadVersion({ kind: 'damaged', field: 'patrol' }), pats: [elsewhere] }),
    ],
    [
      'what a rule covers was not moved, whatever else bears its name',
      someFacts({ ...untouched, pats: [unmarked, elsewhere] }),
      covering,
    ],
  ])('%s', (_, facts, token = {}) => {
    const found = new Map(assessments(aToken(token), facts, onDay(1)).map(({ check, finding }) => [check, finding]))
    expect(found.get('moved')).toBeUndefined()
  })

  it.each([orphan, elsewhere])('a covered PAT that vanished is not any other of its name: $displayName', (pat) => {
    expect(assess(aToken(covering), someFacts({ current: undefined, pats: [pat] }), onDay(1))).toBeUndefined()
  })
})

it('the guard counts what a wrong store or account would give to many tokens at once', () => {
  expect([...replacementReasons].sort()).toEqual(['moved', 'revoked', 'revoked-outside', 'value-lost'])
})

describe('an obstacle', () => {
  it('is a value that Patrol did not write', () => {
    const found = obstacle(aToken(), someFacts({ current: anUnreadVersion({ kind: 'foreign' }) }))
    expect(found).toMatchObject({ token: 'feed', code: 'secret-not-managed' })
    expect(found?.message).toContain('secret feed-pat in store vault')
  })

  it('is metadata of a later format', () => {
    const found = obstacle(aToken(), someFacts({ current: anUnreadVersion({ kind: 'unsupported', version: '7' }) }))
    expect(found?.code).toBe('metadata-unsupported')
    expect(found?.message).toContain('format 7')
  })

  it('is a current PAT of which nobody can tell whether it lives', () => {
    const found = obstacle(aToken(), someFacts({ pats: [], currentWorks: 'unknown' }))
    expect(found).toMatchObject({ code: 'service-unavailable', remedy: expect.stringContaining('Nothing was changed') })
  })

  it.each([
    ['a healthy token', someFacts()],
    ['no secret at all', someFacts({ current: undefined, pats: [] })],
    ['damaged metadata, which is lost', someFacts({ current: anUnreadVersion({ kind: 'damaged', field: 'patrol' }) })],
    ['a PAT that was refused', someFacts({ pats: [], currentWorks: false })],
    [
      'an older version that Patrol did not write',
      someFacts({ versions: [aVersion(), anUnreadVersion({ kind: 'foreign' })] }),
    ],
  ])('is not %s', (_, facts) => {
    expect(obstacle(aToken(), facts)).toBeUndefined()
  })
})

describe('the current PAT', () => {
  it.each([
    ['is the one that the store hands out', aToken(), someFacts(), 'current'],
    [
      'is that one even where a rule covered another',
      aToken(covering),
      someFacts({ pats: [aPat(), unmarked] }),
      'current',
    ],
    ['is the covered one before there is a secret', aToken(covering), someFacts(untouched), 'covered'],
    ['is not known while the list lacks it', aToken(), someFacts({ pats: [] }), undefined],
    [
      'is not the covered one where a secret is there that nobody can read',
      aToken(covering),
      someFacts({ ...untouched, current: anUnreadVersion({ kind: 'foreign' }) }),
      undefined,
    ],
    ['is none of a declared token that only shares its display name', aToken(), someFacts(untouched), undefined],
  ])('%s', (_, token, facts, expected) => {
    expect(currentPat(token, facts)?.authorizationId).toBe(expected)
  })

  it('has the grant of the list, of the store where the list lags, and none where its end cannot be read', () => {
    const extended = someFacts({ pats: [aPat({ validTo: onDay(60) })] })
    expect(currentGrant(aToken(), extended)).toEqual({ validFrom: start, validTo: onDay(60) })
    expect(currentGrant(aToken(), someFacts({ pats: [] }))).toMatchObject({ validFrom: start, validTo: onDay(30) })
    expect(currentGrant(aToken(), someFacts({ pats: [aPat({ validTo: undefined })] }))).toBeUndefined()
    expect(currentGrant(aToken(), someFacts({ current: undefined, pats: [] }))).toBeUndefined()
  })
})

describe('ours is a PAT', () => {
  it.each([
    ['with the mark of this store and secret name', aToken(), someFacts(), aPat(), true],
    [
      'with that mark under another display name',
      aToken(),
      someFacts(),
      aPat({ displayName: marked('renamed0', 'Old') }),
      true,
    ],
    ['but not one of another secret', aToken(), someFacts(), elsewhere, false],
    ['but not an unmarked one', aToken(), someFacts(), unmarked, false],
    ['but none of a token without a store', aToken({ place: undefined }), someFacts(), aPat(), false],
    ['but none while the store does not exist', aToken(), someFacts({ storeId: undefined }), aPat(), false],
  ])('%s', (_, token, facts, pat, expected) => {
    expect(isOurs(token, facts, pat)).toBe(expected)
  })

  it('whose installation is that of the store and the secret name', () => {
    expect(installation(aToken(), someFacts())).toBe(aGeneration().slice(0, 4))
    expect(installation(aToken({ place: undefined }), someFacts())).toBeUndefined()
    expect(installation(aToken(), someFacts({ storeId: undefined }))).toBeUndefined()
  })
})

describe('all versions are read only', () => {
  it.each([
    ['not for a token with its current PAT alone', aToken(), someFacts(), []],
    ['not for PATs of others', aToken(), someFacts({ pats: [aPat(), elsewhere, unmarked] }), []],
    ['for another PAT with the mark of the token', aToken(), someFacts({ pats: [aPat(), orphan] }), ['orphan']],
    [
      'for an unmarked PAT that the current one replaces',
      aToken(covering),
      someFacts({ pats: [aPat(), unmarked], current: aVersion({ supersedes: ['covered'] }) }),
      ['covered'],
    ],
    [
      'for a marked PAT while there is no secret',
      aToken(),
      someFacts({ current: undefined, pats: [orphan] }),
      ['orphan'],
    ],
  ])('%s', (_, token, facts, others) => {
    expect(otherPats(token, facts).map((pat) => pat.authorizationId)).toEqual(others)
    expect(needsVersions(token, facts)).toBe(others.length > 0)
  })
})

describe('a real call is made', () => {
  it.each([
    ['with a current PAT that the list lacks', someFacts({ pats: [orphan] }), onDay(1), true],
    ['until the millisecond before its end', someFacts({ pats: [] }), before(onDay(30), ms), true],
    ['but not after it', someFacts({ pats: [] }), onDay(30), false],
    ['but not with a PAT that is listed', someFacts(), onDay(1), false],
    [
      'but not with a version that the store does not hand out',
      someFacts({ pats: [], current: aVersion({}, { enabled: false }) }),
      onDay(1),
      false,
    ],
    [
      'but not with a value that Patrol did not write',
      someFacts({ pats: [], current: anUnreadVersion({ kind: 'foreign' }) }),
      onDay(1),
      false,
    ],
    ['but not without a secret', someFacts({ pats: [], current: undefined }), onDay(1), false],
  ])('%s', (_, facts, now, expected) => {
    expect(needsProbe(facts, now)).toBe(expected)
  })
})
