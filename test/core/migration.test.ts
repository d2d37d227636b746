import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { type AccountReach, proposeMigrations } from '../../src/core/migration.ts'
import { narrowed, narrowings } from '../../src/core/narrowing.ts'
import { knownScopes, scopesWithin } from '../../src/core/scope-catalogue.ts'
import { aPat, aToken } from '../support/builders.ts'

describe('narrowing', () => {
  it.each([
    ['keep', ['vso.code_manage'], ['vso.code_manage'], []],
    ['write', ['vso.code_manage', 'vso.build_execute'], ['vso.build_execute', 'vso.code_write'], []],
    ['write', ['vso.code_full', 'vso.code_status'], ['vso.code_status', 'vso.code_write'], []],
    ['read', ['vso.code_full', 'vso.packaging_write'], ['vso.code', 'vso.packaging'], []],
    [
      'read',
      ['vso.variablegroups_manage', 'vso.extension.data_write'],
      ['vso.extension.data', 'vso.variablegroups_read'],
      [],
    ],
    ['read', ['vso.gallery_manage', 'vso.serviceendpoint_query'], ['vso.gallery', 'vso.serviceendpoint'], []],
    [
      'write',
      ['vso.serviceendpoint_manage', 'vso.gallery_manage'],
      ['vso.gallery_publish', 'vso.serviceendpoint_query'],
      [],
    ],
    [
      'read',
      ['vso.security_manage', 'app_token'],
      ['app_token', 'vso.security_manage'],
      ['app_token', 'vso.security_manage'],
    ],
    ['write', ['vso.quantum_write'], ['vso.quantum_write'], []],
    [
      'read',
      ['vso.code.v2_read.more', 'x.vso.code_read'],
      ['vso.code.v2_read.more', 'x.vso.code_read'],
      ['vso.code.v2_read.more', 'x.vso.code_read'],
    ],
    ['read', ['vso.quantum_leap'], ['vso.quantum_leap'], ['vso.quantum_leap']],
    ['read', ['vso.environment_manage'], ['vso.environment_manage'], ['vso.environment_manage']],
  ] as const)('%s of %j', (rule, scopes, kept, stuck) => {
    expect(narrowed(scopes, rule)).toEqual({ scopes: kept, stuck })
  })

  test('never gives what was not there, whatever the scopes', () => {
    const ids = fc.uniqueArray(fc.constantFrom(...knownScopes.map(({ id }) => id)))
    fc.assert(
      fc.property(ids, fc.constantFrom(...narrowings), (scopes, rule) => {
        const held = new Set(scopes.flatMap((scope) => [...scopesWithin(scope)]))
        expect(narrowed(scopes, rule).scopes.filter((scope) => !held.has(scope))).toEqual([])
      }),
    )
  })
})

const id = 'aaaaaaaa-2222-3333-4444-555555555555'
const everywhere = aPat({
  authorizationId: id,
  displayName: 'Old laptop',
  scopes: ['vso.code_manage'],
  allOrganizations: true,
})
const reach = (difference: Partial<AccountReach> = {}): AccountReach => ({
  account: 'ci-bot',
  organizations: ['contoso', 'Fabrikam'],
  limit: undefined,
  unseen: [],
  pats: [everywhere],
  ...difference,
})

describe('a proposal', () => {
  test('has an entry for each organization, by friendly scopes, and a question', () => {
    const [migration] = proposeMigrations([reach()], [], 'write')
    const common = { account: 'ci-bot', displayName: 'Old laptop', scopes: ['code.write'], replaces: id }
    expect(migration?.entries).toEqual([
      { name: 'old-laptop-contoso', organization: 'contoso', ...common },
      { name: 'old-laptop-fabrikam', organization: 'Fabrikam', ...common },
    ])
    expect(migration?.questions).toEqual([
      'Who uses it, and where? Remove the entries of organizations where nobody does, and name targets in the others.',
      'Its scopes were narrowed from vso.code_manage. Does that suffice everywhere?',
    ])
  })

  test('leaves out what entries replace already, and names nothing twice', () => {
    const declared = aToken({
      name: 'laptop',
      organization: 'CONTOSO',
      replaces: [{ authorizationId: id, successors: [], bystanders: [], revoke: false }],
    })
    const taken = aToken({ name: 'old-laptop-fabrikam' })
    const [migration] = proposeMigrations([reach()], [declared, taken], 'keep')
    expect(migration?.entries.map(({ name }) => name)).toEqual(['old-laptop-fabrikam-2'])
    expect(migration?.declared).toEqual(['laptop'])
    const both = { ...declared, organization: 'fabrikam', name: 'other' }
    expect(proposeMigrations([reach()], [declared, both], 'keep')).toMatchObject([{ entries: [], questions: [] }])
  })

  it.each([
    ['of which nothing can be a name', '日本', `pat-aaaaaaaa-contoso`, '日本'],
    ['with a reference in it', 'Deploy ${X}', 'deploy-x-contoso', undefined],
    ['with a line end in it', 'a\nb', 'a-b-contoso', undefined],
    ['longer than a name', 'x'.repeat(180), `${'x'.repeat(92)}-contoso`, 'x'.repeat(180)],
  ])('for a display name %s', (_, displayName, name, kept) => {
    const pats = [{ ...everywhere, displayName }]
    const [migration] = proposeMigrations([reach({ pats, organizations: ['contoso'] })], [], 'keep')
    expect(migration?.entries).toMatchObject([{ name, displayName: kept }])
  })

  test('asks what it cannot know', () => {
    const unseen = [{ organization: 'northwind', why: 'HTTP 503' }]
    const pats = [{ ...everywhere, scopes: ['app_token'] }]
    const [migration] = proposeMigrations([reach({ pats, limit: 'it may not ask', unseen })], [], 'read')
    expect(migration?.questions).toEqual([
      'Who uses it, and where? Remove the entries of organizations where nobody does, and name targets in the others.',
      'It may do everything. What does each use need? Write those scopes in its place.',
      'Are there more organizations than contoso, Fabrikam? The account could not be asked: it may not ask.',
      'Is it used in northwind? Nothing could be seen there: HTTP 503.',
    ])
  })
})
