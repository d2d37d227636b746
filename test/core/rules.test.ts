import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Version } from '../../src/core/facts.ts'
import type { Pat } from '../../src/core/pat.ts'
import { type Estate, expandRules } from '../../src/core/rules.ts'
import type { Rule, Token } from '../../src/core/token.ts'
import { anUnreadVersion, aPat, aRule, aToken, aVersion, marked } from '../support/builders.ts'

type Places = Readonly<Record<string, readonly Pat[]>>
type Secrets = Readonly<Record<string, Readonly<Record<string, Version>>>>

/** What rules see: PATs by organization, secrets by store and name. What is left out could not be read. */
function anEstate(pats: Places, secrets: Secrets = { vault: {} }): Estate {
  return {
    pats: (account, organization) => (account === 'ci-bot' ? pats[organization] : undefined),
    managed: (store) => {
      const found = secrets[store]
      return found === undefined ? undefined : new Map(Object.entries(found))
    },
  }
}

/** An unmarked PAT; its id is its display name, unless that is needed twice. */
function plain(displayName: string, authorizationId = displayName): Pat {
  return aPat({ authorizationId, displayName })
}

/** The secret that an earlier run of a rule wrote. */
function ruled(displayName: string, metadata: Parameters<typeof aVersion>[0] = {}): Version {
  return aVersion({ rule: '*', displayName, authorizationId: `new-${displayName}`, ...metadata })
}

const renewing: Partial<Rule> = { method: 'renew', store: undefined }

interface Row {
  readonly name: string
  readonly rules?: readonly Partial<Rule>[]
  readonly named?: readonly Partial<Token>[]
  readonly pats?: Places
  readonly secrets?: Secrets
  /** `name: what it covers or the secret it has -> its place`. */
  readonly tokens: readonly string[]
  readonly problems?: readonly string[]
}

function describeToken(token: Token): string {
  const place = token.place === undefined ? 'no store' : `${token.place.store}/${token.place.secretName}`
  return `${token.name}: ${token.covers ?? 'its secret'} -> ${place}`
}

function check({ rules = [{}], named = [], pats = {}, secrets, tokens, problems = [] }: Row): void {
  const expansion = expandRules(
    rules.map((rule) => aRule(rule)),
    named.map((token) => aToken(token)),
    anEstate(pats, secrets),
  )
  expect(expansion.tokens.map(describeToken)).toEqual(tokens)
  expect(expansion.problems.map(({ token, code }) => `${token}: ${code}`)).toEqual(
    problems.map((token) => `${token}: name-conflict`),
  )
}

describe('a rule makes a token', () => {
  const rows: Row[] = [
    {
      name: 'of each PAT that it covers',
      pats: { contoso: [plain('Feed'), plain('Build')] },
      tokens: ['feed: Feed -> vault/feed', 'build: Build -> vault/build'],
    },
    {
      name: 'without a store, when it only renews',
      rules: [renewing],
      pats: { contoso: [plain('Feed')] },
      tokens: ['feed: Feed -> no store'],
    },
    {
      name: 'in each of its organizations',
      rules: [{ organizations: ['contoso', 'fabrikam'] }],
      pats: { contoso: [plain('Feed')], fabrikam: [plain('Build')] },
      tokens: ['feed: Feed -> vault/feed', 'build: Build -> vault/build'],
    },
    {
      name: 'of each secret that it wrote in an earlier run',
      pats: { contoso: [] },
      secrets: { vault: { feed: ruled('Feed') } },
      tokens: ['feed: its secret -> vault/feed'],
    },
    {
      name: 'of a secret although its organization cannot be read',
      secrets: { vault: { feed: ruled('Feed') } },
      tokens: ['feed: its secret -> vault/feed'],
    },
    {
      name: 'of a secret that keeps its name when the template has changed',
      rules: [{ secretNameTemplate: 'pat-{name}' }],
      pats: { contoso: [plain('Build')] },
      secrets: { vault: { feed: ruled('Feed') } },
      tokens: ['feed: its secret -> vault/feed', 'build: Build -> vault/pat-build'],
    },
    {
      name: 'of a secret whose organization is written in another case',
      pats: { contoso: [] },
      secrets: { vault: { feed: ruled('Feed', { organization: 'Contoso' }) } },
      tokens: ['feed: its secret -> vault/feed'],
    },
    {
      name: 'with a secret named by its template',
      rules: [{ organizations: ['contoso', 'fabrikam'], secretNameTemplate: '{organization}-{name}-pat' }],
      pats: { contoso: [plain('Feed', 'a')], fabrikam: [plain('Feed', 'b')] },
      tokens: ['feed: a -> vault/contoso-feed-pat', 'feed@fabrikam: b -> vault/fabrikam-feed-pat'],
    },
    {
      name: 'with a secret’s name no longer than Key Vault takes',
      pats: { contoso: [plain('f'.repeat(200), 'long')] },
      tokens: [`${'f'.repeat(200)}: long -> vault/${'f'.repeat(127)}`],
    },
    {
      name: 'of a PAT without a letter, named by its id, when it has no secret',
      rules: [renewing],
      pats: { contoso: [plain('日本', '12345678-9abc')] },
      tokens: ['pat-12345678: 12345678-9abc -> no store'],
    },
  ]
  it.each(rows)('$name', check)

  it('once, when its organization is written twice', () => {
    const rule = aRule({ organizations: ['contoso', 'Contoso'] })
    const estate = anEstate({ contoso: [], Contoso: [] }, { vault: { feed: ruled('Feed') } })
    const { tokens, problems } = expandRules([rule], [], estate)
    expect(tokens.map(describeToken)).toEqual(['feed: its secret -> vault/feed'])
    expect(problems).toEqual([])
  })

  it('with the terms of the rule', () => {
    const rule = aRule({
      match: 'F*',
      method: 'renew',
      atCeiling: 'rotate',
      targets: ['app'],
      groups: new Map([['app', 2]]),
      asksForMost: true,
      paused: true,
      scopes: ['vso.code'],
    })
    const [token] = expandRules([rule], [], anEstate({ contoso: [plain('Feed')] })).tokens
    expect(token).toMatchObject({
      account: 'ci-bot',
      owner: 'ci-bot@contoso.example',
      organization: 'contoso',
      displayName: 'Feed',
      method: 'renew',
      lifetime: rule.lifetime,
      renewBefore: rule.renewBefore,
      overlap: rule.overlap,
      orphanAfter: rule.orphanAfter,
      turnLimit: rule.turnLimit,
      atCeiling: 'rotate',
      verification: { kind: 'connection-data' },
      targets: ['app'],
      groups: new Map([['app', 2]]),
      asksForMost: true,
      paused: true,
      scopes: ['vso.code'],
      rule: 'F*',
      covers: 'Feed',
    })
    const [plainToken] = expandRules([aRule()], [], anEstate({ contoso: [plain('Feed')] })).tokens
    expect(plainToken).not.toHaveProperty('groups')
    expect(plainToken).not.toHaveProperty('asksForMost')
  })
})

describe('a rule never takes', () => {
  const rows: Row[] = [
    { name: 'a marked PAT', pats: { contoso: [aPat({ displayName: marked('anything', 'Feed') })] }, tokens: [] },
    { name: 'a global PAT', pats: { contoso: [aPat({ displayName: 'Feed', allOrganizations: true })] }, tokens: [] },
    { name: 'a PAT that does not fit', rules: [{ match: 'Build*' }], pats: { contoso: [plain('Feed')] }, tokens: [] },
    { name: 'a PAT whose display name an entry bears', named: [{}], pats: { contoso: [plain('Feed')] }, tokens: [] },
    {
      name: 'a PAT whose display name an entry bears, the organization being written in another case',
      named: [{ organization: 'Contoso' }],
      pats: { contoso: [plain('Feed')] },
      tokens: [],
    },
    {
      name: 'a PAT that its successor names as superseded',
      pats: { contoso: [plain('Feed')] },
      secrets: { vault: { feed: ruled('Feed', { supersedes: ['Feed'] }) } },
      tokens: ['feed: its secret -> vault/feed'],
    },
    {
      name: 'a PAT that the successor of another rule names as superseded',
      rules: [{ match: 'Feed' }, renewing],
      pats: { contoso: [plain('Feed')] },
      secrets: { vault: { feed: ruled('Feed', { rule: 'Feed', supersedes: ['Feed'] }) } },
      tokens: ['feed: its secret -> vault/feed'],
    },
    {
      name: 'a PAT that the successor of a rule in later place names as superseded',
      rules: [renewing, { match: 'Feed' }],
      pats: { contoso: [plain('Feed')] },
      secrets: { vault: { feed: ruled('Feed', { rule: 'Feed', supersedes: ['Feed'] }) } },
      tokens: ['feed: its secret -> vault/feed'],
    },
    { name: 'anything in an organization that cannot be read', pats: {}, tokens: [] },
    {
      name: 'anything while its store cannot be read, for a superseded PAT would look like a new one',
      pats: { contoso: [plain('Feed')] },
      secrets: {},
      tokens: [],
    },
    {
      name: 'a secret of another rule',
      pats: { contoso: [] },
      secrets: { vault: { feed: ruled('Feed', { rule: 'Feed*' }) } },
      tokens: [],
    },
    {
      name: 'a secret of a declared token',
      pats: { contoso: [] },
      secrets: { vault: { feed: ruled('Feed', { rule: undefined }) } },
      tokens: [],
    },
    {
      name: 'a secret of another account',
      pats: { contoso: [] },
      secrets: { vault: { feed: ruled('Feed', { account: 'other@contoso.example' }) } },
      tokens: [],
    },
    {
      name: 'a secret of another organization',
      pats: { contoso: [] },
      secrets: { vault: { feed: ruled('Feed', { organization: 'fabrikam' }) } },
      tokens: [],
    },
    {
      name: 'a secret that nobody can read',
      pats: { contoso: [] },
      secrets: { vault: { feed: anUnreadVersion({ kind: 'damaged', field: 'scope' }) } },
      tokens: [],
    },
    {
      name: 'a secret that an entry has taken over',
      named: [{ place: { store: 'vault', secretName: 'FEED' } }],
      pats: { contoso: [] },
      secrets: { vault: { feed: ruled('Feed') } },
      tokens: [],
    },
  ]
  it.each(rows)('$name', check)

  it('a PAT that the secret of an entry says it replaces', () => {
    const estate = anEstate({ contoso: [plain('Feed'), plain('Build')] })
    const { tokens } = expandRules([aRule()], [], estate, new Set(['Feed']))
    expect(tokens.map(describeToken)).toEqual(['build: Build -> vault/build'])
  })

  it('a PAT of another account', () => {
    const { tokens } = expandRules([aRule({ account: 'other' })], [], anEstate({ contoso: [plain('Feed')] }))
    expect(tokens).toEqual([])
  })
})

describe('an entry does not keep a rule from a PAT of the same display name', () => {
  const rows: Row[] = [
    {
      name: 'in another organization',
      named: [{ organization: 'fabrikam' }],
      pats: { contoso: [plain('Feed')] },
      tokens: ['feed@contoso: Feed -> vault/feed'],
    },
    {
      name: 'of another account',
      named: [{ account: 'other' }],
      pats: { contoso: [plain('Feed')] },
      tokens: ['feed@contoso: Feed -> vault/feed'],
    },
    {
      name: 'written in another case: it is another PAT',
      named: [{ displayName: 'FEED' }],
      pats: { contoso: [plain('Feed')] },
      tokens: ['feed@contoso: Feed -> vault/feed'],
    },
  ]
  it.each(rows)('$name', check)
})

describe('the first rule that fits wins', () => {
  const rows: Row[] = [
    {
      name: 'and the second gets the rest',
      rules: [{ match: 'F*' }, renewing],
      pats: { contoso: [plain('Feed'), plain('Build')] },
      tokens: ['feed: Feed -> vault/feed', 'build: Build -> no store'],
    },
    {
      name: 'whatever the order of the PATs',
      rules: [renewing, { match: 'F*' }],
      pats: { contoso: [plain('Feed')] },
      tokens: ['feed: Feed -> no store'],
    },
    {
      name: 'even while its store cannot be read: then nobody takes the PAT',
      rules: [{ match: 'F*' }, renewing],
      pats: { contoso: [plain('Feed'), plain('Build')] },
      secrets: {},
      tokens: ['build: Build -> no store'],
    },
    {
      name: 'even while it is paused',
      rules: [{ match: 'F*', paused: true }, renewing],
      pats: { contoso: [plain('Feed')] },
      tokens: ['feed: Feed -> vault/feed'],
    },
    {
      name: 'and one PAT that two organizations list is one token',
      rules: [{ ...renewing, organizations: ['contoso', 'fabrikam'] }],
      pats: { contoso: [plain('Feed')], fabrikam: [plain('Feed')] },
      tokens: ['feed: Feed -> no store'],
    },
    {
      name: 'and one PAT that two organizations list is no conflict with itself',
      rules: [{ organizations: ['contoso', 'fabrikam'] }],
      pats: { contoso: [plain('Feed')], fabrikam: [plain('Feed')] },
      tokens: ['feed: Feed -> vault/feed'],
    },
  ]
  it.each(rows)('$name', check)
})

describe('a conflict is reported and touches nothing', () => {
  const rows: Row[] = [
    {
      name: 'between two PATs whose display names make one secret',
      pats: { contoso: [plain('Feed'), plain('feed!'), plain('Build')] },
      tokens: ['build: Build -> vault/build'],
      problems: ['feed', 'feed'],
    },
    {
      name: 'between two PATs of one display name',
      pats: { contoso: [plain('Feed', 'a'), plain('Feed', 'b')] },
      tokens: [],
      problems: ['feed', 'feed'],
    },
    {
      name: 'between two organizations',
      rules: [{ organizations: ['contoso', 'fabrikam'] }],
      pats: { contoso: [plain('Feed', 'a')], fabrikam: [plain('Feed', 'b')] },
      tokens: [],
      problems: ['feed', 'feed'],
    },
    {
      name: 'between a PAT and a secret that the rule has already: the secret goes on',
      pats: { contoso: [plain('Feed')] },
      secrets: { vault: { feed: ruled('Feed') } },
      tokens: ['feed: its secret -> vault/feed'],
      problems: ['feed'],
    },
    {
      name: 'between a PAT and the secret of an entry',
      named: [{ displayName: 'Other', place: { store: 'vault', secretName: 'Feed' } }],
      pats: { contoso: [plain('Feed')] },
      tokens: [],
      problems: ['feed'],
    },
    {
      name: 'between two rules that would write one secret',
      rules: [{ match: 'F*' }, { match: '*' }],
      pats: { contoso: [plain('Feed'), plain('feed')] },
      tokens: ['feed: Feed -> vault/feed'],
      problems: ['feed'],
    },
    {
      name: 'of a display name without a letter that a secret’s name could have',
      pats: { contoso: [plain('日本')] },
      tokens: [],
      problems: ['日本'],
    },
    {
      name: 'but not between stores',
      rules: [{ match: 'F*' }, { match: '*', store: 'other' }],
      pats: { contoso: [plain('Feed'), plain('feed')] },
      secrets: { vault: {}, other: {} },
      tokens: ['feed: Feed -> vault/feed', 'feed@contoso: feed -> other/feed'],
    },
    {
      name: 'but not of tokens without a secret',
      rules: [renewing],
      pats: { contoso: [plain('Feed', '11111111-a'), plain('Feed', '22222222-b')] },
      tokens: ['feed: 11111111-a -> no store', 'feed@contoso: 22222222-b -> no store'],
    },
  ]
  it.each(rows)('$name', check)

  it('and says which PAT, where, and what to do', () => {
    const estate = anEstate({ contoso: [plain('Feed'), plain('feed!')] })
    const [problem] = expandRules([aRule()], [], estate).problems
    expect(problem?.message).toContain('secret feed; "Feed" in contoso is left alone')
    expect(problem?.remedy).toContain('Rename')
  })

  it('and says of a display name without a letter that no secret can be named by it', () => {
    const [problem] = expandRules([aRule()], [], anEstate({ contoso: [plain('日本')] })).problems
    expect(problem).toMatchObject({ token: '日本', message: expect.stringContaining('no letter or digit') })
  })
})

describe('a name', () => {
  const rows: Row[] = [
    {
      name: 'is the slug of the display name',
      pats: { contoso: [plain('Package Feed')] },
      tokens: ['package-feed: Package Feed -> vault/package-feed'],
    },
    {
      name: 'has the organization, when an entry has that name',
      named: [{ displayName: 'Other' }],
      pats: { contoso: [plain('Feed')] },
      tokens: ['feed@contoso: Feed -> vault/feed'],
    },
    {
      name: 'has part of the id, when that is taken too',
      rules: [renewing],
      pats: { contoso: [plain('Feed', '11111111-a'), plain('feed', '22222222-b'), plain('FEED', '33333333-c')] },
      tokens: [
        'feed: 11111111-a -> no store',
        'feed@contoso: 22222222-b -> no store',
        'feed@contoso-33333333: 33333333-c -> no store',
      ],
    },
    {
      name: 'has a number, when even part of the id does not tell it apart',
      rules: [renewing],
      pats: {
        contoso: ['a', 'b', 'c', 'd', 'e'].map((end, index) => {
          return plain(['Feed', 'feed', 'FEED', 'fEED', 'feeD'][index] ?? '', `11111111-${end}`)
        }),
      },
      tokens: [
        'feed: 11111111-a -> no store',
        'feed@contoso: 11111111-b -> no store',
        'feed@contoso-11111111: 11111111-c -> no store',
        'feed@contoso-11111111-2: 11111111-d -> no store',
        'feed@contoso-11111111-3: 11111111-e -> no store',
      ],
    },
    {
      name: 'has the name of the secret, when the token has one already',
      rules: [{ ...renewing, match: 'F*' }, {}],
      pats: { contoso: [plain('Feed', '11111111-a'), plain('Feed', '22222222-b')] },
      secrets: { vault: { 'feed-1': ruled('Feed'), 'feed-2': ruled('Feed') } },
      tokens: [
        'feed: 11111111-a -> no store',
        'feed@contoso: 22222222-b -> no store',
        'feed@contoso-feed-1: its secret -> vault/feed-1',
        'feed@contoso-feed-2: its secret -> vault/feed-2',
      ],
    },
  ]
  it.each(rows)('$name', check)
})

describe('whatever PATs, secrets and rules there are', () => {
  const displayName = fc.oneof(
    fc.constantFrom('Feed', 'feed', 'FEED!', 'Build', '日本', '', marked('anything', 'Feed')),
    fc.string({ unit: 'binary', maxLength: 8 }),
  )
  const id = fc.constantFrom('11111111-a', '11111111-b', '22222222-a', '22222222-b', '33333333-a')
  const pat = fc.record({ displayName, authorizationId: id, allOrganizations: fc.boolean() }).map((some) => aPat(some))
  const list = fc.uniqueArray(pat, { selector: (each) => each.authorizationId, maxLength: 5 })
  const version = fc
    .record({
      displayName,
      rule: fc.constantFrom('*', 'F*', undefined),
      supersedes: fc.array(id, { maxLength: 2 }),
      organization: fc.constantFrom('contoso', 'fabrikam'),
    })
    .map((some) => aVersion(some))
  const secrets = fc.dictionary(fc.constantFrom('feed', 'build', 'feed-1', 'x'), version, { noNullPrototype: true })
  const rule = fc
    .record({
      match: fc.constantFrom('*', 'F*', '?eed', 'Build'),
      organizations: fc.constantFrom(['contoso'], ['fabrikam'], ['contoso', 'fabrikam'], ['Contoso', 'contoso']),
      store: fc.constantFrom('vault', 'other', undefined),
      secretNameTemplate: fc.constantFrom('{name}', '{organization}-{name}'),
    })
    .map((some) => aRule(some))
  const world = fc.record({
    rules: fc.array(rule, { maxLength: 4 }),
    named: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('feed', 'build', 'feed@contoso'), displayName }).map((some) => aToken(some)),
      { selector: (each) => each.name, maxLength: 2 },
    ),
    pats: fc.record({ contoso: list, Contoso: list, fabrikam: list }, { requiredKeys: [] }),
    secrets: fc.record({ vault: secrets, other: secrets }, { requiredKeys: [] }),
  })

  it('names are unique, no PAT makes two tokens, no secret is shared, and nothing is taken that must not be', () => {
    fc.assert(
      fc.property(world, ({ rules, named, pats, secrets: stores }) => {
        const { tokens } = expandRules(rules, named, anEstate(pats, stores))
        const all = [...named, ...tokens]
        expect(new Set(all.map((token) => token.name)).size).toBe(all.length)
        const covered = tokens.map((token) => token.covers).filter((some) => some !== undefined)
        expect(new Set(covered).size).toBe(covered.length)
        const places = tokens.map(({ place }) => place && `${place.store}/${place.secretName}`).filter(Boolean)
        expect(new Set(places).size).toBe(places.length)
        for (const token of tokens) {
          const found = Object.values(pats)
            .flat()
            .find((each) => each.authorizationId === token.covers && !each.allOrganizations)
          expect(token.covers === undefined || found !== undefined).toBe(true)
          expect(token.displayName).not.toContain('(patrol anything)')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('expanding twice is the same', () => {
    fc.assert(
      fc.property(world, ({ rules, named, pats, secrets: stores }) => {
        const estate = anEstate(pats, stores)
        expect(expandRules(rules, named, estate)).toEqual(expandRules(rules, named, estate))
      }),
    )
  })
})
