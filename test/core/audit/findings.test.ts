import { describe, expect, test } from 'vitest'
import { builtInAuditRules, seenLifespans } from '../../../src/core/audit/audit-rules.ts'
import { type AuditedPat, merged } from '../../../src/core/audit/audited-pat.ts'
import { atLeast, findingKinds, findingNamed, findingNames } from '../../../src/core/audit/finding-kind.ts'
import { type Circumstances, type Finding, findingsOf } from '../../../src/core/audit/findings.ts'
import { scopesBeyond } from '../../../src/core/scope-inclusion.ts'
import { globalPatsEndAt } from '../../../src/core/succession.ts'
import { after, day, instant, times } from '../../../src/core/time.ts'
import { onDay, start } from '../../support/builders.ts'

const calm: AuditedPat = {
  pat: {
    authorizationId: 'one',
    displayName: 'Dashboards',
    scopes: ['vso.dashboards'],
    validFrom: onDay(-5),
    validTo: onDay(25),
    allOrganizations: false,
  },
  organizations: ['contoso'],
  owner: { user: 'ann@contoso.example', state: 'active' },
  account: undefined,
  care: { kind: 'undeclared' },
}

function aPat(pat: Partial<AuditedPat['pat']>, rest: Partial<AuditedPat> = {}): AuditedPat {
  return { ...calm, ...rest, pat: { ...calm.pat, ...pat } }
}

function found(audited: readonly AuditedPat[], circumstances: Partial<Circumstances> = {}): readonly Finding[] {
  return findingsOf(audited, {
    now: start,
    rules: builtInAuditRules,
    policies: [],
    grants: [],
    deadReferences: [],
    oldFormats: new Set(),
    ...circumstances,
  })
}

const names = (audited: readonly AuditedPat[], circumstances: Partial<Circumstances> = {}) =>
  found(audited, circumstances).map(({ name }) => name)

const token = { kind: 'token', token: 'feed', role: 'current', declared: ['vso.packaging'] } as const

test.each([
  [14 * day, ['it ends in 14d, with all PATs for all organizations']],
  [15 * day, []],
  [-1 * day, ['it has ended, with all PATs for all organizations']],
] as const)('a PAT for all organizations ends with all of them, which nobody looks after', (left, messages) => {
  const one = aPat(
    { allOrganizations: true, validTo: after(globalPatsEndAt, times(30, day)) },
    { care: { kind: 'nobody' } },
  )
  const all = found([one], { now: instant(globalPatsEndAt - left) })
  const ends = all.filter(({ name }) => name === 'expiring-unmanaged')
  expect(ends.map(({ message }) => message)).toEqual(messages)
})

describe('a PAT', () => {
  test('with nothing wrong has no finding', () => {
    expect(names([calm])).toEqual([])
  })

  test.each<[string, AuditedPat, readonly string[]]>([
    ['for all organizations', aPat({ allOrganizations: true }), ['global']],
    ['of full scope', aPat({ scopes: ['app_token'] }), ['full-scope']],
    [
      'with more than is declared',
      aPat({ scopes: ['vso.packaging_write'] }, { care: token }),
      ['broader-than-declared'],
    ],
    [
      'with less than is declared',
      aPat({ scopes: ['vso.packaging'] }, { care: { ...token, declared: ['vso.packaging_write'] } }),
      [],
    ],
    ['of 90 days', aPat({ validTo: onDay(85) }), []],
    ['of 91 days', aPat({ validTo: onDay(86) }), ['long-lived']],
    [
      'that ends in 14 days, unmanaged',
      aPat({ validTo: onDay(14) }, { care: { kind: 'nobody' } }),
      ['expiring-unmanaged', 'never-managed'],
    ],
    ['that ends in 15 days, unmanaged', aPat({ validTo: onDay(15) }, { care: { kind: 'nobody' } }), ['never-managed']],
    ['that ends soon, managed', aPat({ validTo: onDay(1) }, { care: { ...token, declared: undefined } }), []],
    ['whose owner is deleted', aPat({}, { owner: { user: 'x', state: 'deleted' } }), ['owner-disabled']],
    ['whose owner is no active member', aPat({}, { owner: { user: 'x', state: 'inactive' } }), ['owner-disabled']],
    ['of whose owner nothing is known', aPat({}, { owner: { user: 'x', state: 'unknown' } }), []],
    ['that no store has', aPat({}, { care: { ...token, role: 'orphan', declared: undefined } }), ['orphan']],
    [
      'of an account, for what programs do',
      aPat({ scopes: ['vso.code', 'vso.build_execute'] }, { account: 'ci-bot' }),
      ['no-pat-needed'],
    ],
    [
      'of an account, for what only some can do',
      aPat({ scopes: ['vso.code', 'vso.tokens'] }, { account: 'ci-bot' }),
      [],
    ],
    ['of somebody else, for what programs do', aPat({ scopes: ['vso.code'] }), []],
    ['without an end that can be read', aPat({ validTo: undefined }), ['expiry-unknown']],
  ])('%s', (_, audited, expected) => {
    expect(names([audited])).toEqual(expected)
  })

  test('whose value is known to be of the old form', () => {
    expect(names([calm], { oldFormats: new Set(['one']) })).toEqual(['old-format'])
  })

  test('that a store hands out although it ended is found without being active', () => {
    const dead = {
      token: 'feed',
      place: { store: 'vault', secretName: 'feed-pat' },
      authorizationId: 'two',
      displayName: 'Feed',
      owner: 'ann@contoso.example',
      organization: 'contoso',
      why: 'expired',
      validTo: onDay(-3),
    } as const
    const [finding] = found([], { deadReferences: [dead] })
    expect(finding).toMatchObject({
      name: 'expired-referenced',
      fingerprint: 'PATROL006/two',
      organizations: ['contoso'],
    })
    expect(finding?.message).toBe('store vault hands it out as feed-pat for token feed, and it ended 3d ago')
  })

  const grant = {
    account: 'ci-bot',
    token: 'feed',
    pat: 'one',
    granted: times(7, day),
    asked: times(30, day),
    isMissed: true,
  }

  test('that was granted less than its token asked for says so, with the name of the policy', () => {
    const [finding] = found([calm], { grants: [grant] })
    expect(finding).toMatchObject({ name: 'shorter-than-declared', fingerprint: 'PATROL015/one' })
    expect(finding?.message).toContain(
      'that of token feed was granted 7d from its creation of the 30d asked for: the policy "Enforce maximum personal access token lifespan" cut it',
    )
    expect(finding?.message).toContain('maximum-lifespan')
    expect(names([calm], { grants: [{ ...grant, isMissed: false }] })).toEqual([])
    expect(names([calm], { grants: [{ ...grant, granted: times(30, day) }] })).toEqual([])
    expect(names([calm], { grants: [{ ...grant, pat: 'another' }] })).toEqual([])
  })

  test('breaks the policies that are stated, and those that grants show for its account', () => {
    const audited = aPat({ allOrganizations: true, validTo: onDay(60) }, { account: 'ci-bot' })
    const grants = [{ ...grant, isMissed: false }]
    const rules = { ...builtInAuditRules, policies: [{ kind: 'no-global-pats' } as const] }
    const seen = found([audited], { rules, policies: seenLifespans(grants) }).filter(
      ({ name }) => name === 'policy-violated',
    )
    expect(seen.map(({ fingerprint }) => fingerprint)).toEqual([
      'PATROL010/one/maximum-lifespan',
      'PATROL010/one/no-global-pats',
    ])
    expect(names([{ ...audited, account: 'other' }], { policies: seenLifespans(grants) })).toEqual(['global'])
    expect(seenLifespans([{ ...grant, granted: times(30, day) }])).toEqual([])
  })
})

describe('duplicates', () => {
  const alike = (authorizationId: string, days: number, rest: Partial<AuditedPat> = {}) =>
    aPat({ authorizationId, validFrom: onDay(days) }, rest)

  test('are all but the newest of those that are alike', () => {
    const duplicates = found([alike('a', -9), alike('c', -1), alike('b', -5)]).filter(
      ({ name }) => name === 'duplicate',
    )
    expect(duplicates.map(({ authorizationId }) => authorizationId)).toEqual(['a', 'b'])
    expect(duplicates[0]?.message).toContain('c has the same name')
  })

  test('are not those of other people, organizations or scopes, nor generations of a token', () => {
    const mark = ' (patrol abcd12345678)'
    expect(
      names([
        alike('a', -9),
        alike('b', -1, { owner: { user: 'bob@contoso.example', state: 'active' } }),
        alike('c', -1, { organizations: ['fabrikam'] }),
        aPat({ authorizationId: 'd', displayName: `X${mark}` }),
        aPat({ authorizationId: 'e', displayName: `X${mark}` }),
      ]),
    ).toEqual([])
  })
})

describe('findings', () => {
  const bad = aPat({ allOrganizations: true, scopes: ['app_token'] })

  test('come the worst first, whatever the order of the PATs', () => {
    const others = [
      bad,
      aPat({ authorizationId: 'two', validTo: undefined }),
      aPat({ authorizationId: 'three', allOrganizations: true }),
    ]
    const order = found(others).map(({ fingerprint }) => fingerprint)
    expect(order).toEqual(['PATROL001/one', 'PATROL001/three', 'PATROL002/one', 'PATROL014/two'])
    expect(found(others.toReversed()).map(({ fingerprint }) => fingerprint)).toEqual(order)
  })

  test('have the severity of the configuration, or are off', () => {
    const rules = {
      ...builtInAuditRules,
      severities: new Map([
        ['global', 'off'],
        ['full-scope', 'info'],
      ] as const),
    }
    expect(found([bad], { rules }).map(({ name, severity }) => `${name} ${severity}`)).toEqual(['full-scope info'])
  })

  test('are waived by what fits in all that it names, until it ends', () => {
    const waiver = {
      finding: 'global',
      pat: undefined,
      displayName: 'Dash*',
      owner: 'ann@*',
      organization: 'Contoso',
      reason: 'known',
      endsAt: onDay(1),
    } as const
    const waived = (change: object) => {
      const rules = { ...builtInAuditRules, waivers: [{ ...waiver, ...change }] }
      return found([bad], { rules }).map(({ waiver: one }) => one?.reason)
    }
    expect(waived({})).toEqual(['known', undefined])
    for (const change of [
      { finding: 'orphan' },
      { pat: 'two' },
      { displayName: 'Other*' },
      { owner: 'bob@*' },
      { organization: 'fabrikam' },
      { endsAt: start },
    ])
      expect(waived(change)).toEqual([undefined, undefined])
  })
})

describe('one PAT in several lists', () => {
  test('is one, of the account that owns it, with what administrators know of its owner', () => {
    const own = aPat({}, { account: 'ci-bot', owner: { user: 'ann@contoso.example', state: 'unknown' }, care: token })
    const other = aPat(
      {},
      {
        organizations: ['adatum'],
        owner: { user: 'ann@contoso.example', state: 'inactive' },
        care: { kind: 'nobody' },
      },
    )
    for (const seen of [
      [own, other],
      [other, own],
    ]) {
      expect(merged(seen)).toEqual([
        { ...own, organizations: ['adatum', 'contoso'], owner: { user: 'ann@contoso.example', state: 'inactive' } },
      ])
    }
  })
})

describe('kinds', () => {
  test('have ids that stand for ever', () => {
    expect(findingNames.map((name) => `${findingKinds[name].id} ${name}`)).toEqual([
      'PATROL001 global',
      'PATROL002 full-scope',
      'PATROL003 broader-than-declared',
      'PATROL004 long-lived',
      'PATROL005 expiring-unmanaged',
      'PATROL006 expired-referenced',
      'PATROL007 duplicate',
      'PATROL008 never-managed',
      'PATROL009 old-format',
      'PATROL010 policy-violated',
      'PATROL011 owner-disabled',
      'PATROL012 orphan',
      'PATROL013 no-pat-needed',
      'PATROL014 expiry-unknown',
      'PATROL015 shorter-than-declared',
    ])
    expect(new Set(findingNames.map((name) => findingKinds[name].id)).size).toBe(findingNames.length)
  })

  test('name the command that helps where there is one', () => {
    expect(findingKinds.global.remedy).toContain('`patrol migrate global`')
  })

  test('are named by name or id, and compared by severity', () => {
    expect(findingNamed('Patrol007')).toBe('duplicate')
    expect(findingNamed('GLOBAL')).toBe('global')
    expect(findingNamed('PATROL999')).toBeUndefined()
    expect([atLeast('high', 'medium'), atLeast('low', 'low'), atLeast('info', 'low')]).toEqual([true, true, false])
  })
})

test.each([
  [['vso.code_write'], ['vso.code_manage'], []],
  [['vso.code'], ['vso.code_write'], []],
  [['vso.code_full'], ['vso.code_manage'], ['vso.code_full']],
  [['vso.code_status'], ['vso.code'], ['vso.code_status']],
  [['vso.variablegroups_read'], ['vso.variablegroups_manage'], []],
  [['vso.extension.data_write'], ['vso.extension_manage'], ['vso.extension.data_write']],
  [['app_token'], ['vso.code'], ['app_token']],
  [['vso.work', 'vso.code'], ['app_token'], []],
])('of %j, %j does not grant %j', (held, declared, beyond) => {
  expect(scopesBeyond(held, declared)).toEqual(beyond)
})
