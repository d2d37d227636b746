import { expect, test } from 'vitest'
import { compareAudits, type ToldPat } from '../../../src/core/audit/comparison.ts'
import { onDay } from '../../support/builders.ts'

const pat = (authorizationId: string, difference: Partial<ToldPat> = {}): ToldPat => ({
  authorizationId,
  displayName: 'Feed',
  owner: 'ann@contoso.example',
  organizations: ['contoso'],
  scopes: ['vso.code'],
  allOrganizations: false,
  validTo: onDay(10),
  ...difference,
})

const finding = (fingerprint: string) => ({ fingerprint, name: 'global', displayName: 'Feed', owner: 'ann' })

test('a comparison tells what is new, gone, extended and changed', () => {
  const { newPats, gonePats, extended, changed, newFindings, goneFindings } = compareAudits(
    {
      pats: [pat('gone'), pat('same'), pat('extended'), pat('shortened'), pat('changed')],
      findings: [finding('stays'), finding('gone')],
    },
    {
      pats: [
        pat('same', { scopes: ['VSO.CODE'] }),
        pat('extended', { validTo: onDay(20) }),
        pat('shortened', { validTo: onDay(5) }),
        pat('changed', { scopes: ['app_token'], displayName: 'Other', organizations: ['a', 'b'], validTo: onDay(11) }),
        pat('new'),
      ],
      findings: [finding('stays'), finding('new')],
    },
  )
  const ids = (pats: readonly ToldPat[]) => pats.map(({ authorizationId }) => authorizationId)
  expect(ids(newPats)).toEqual(['new'])
  expect(ids(gonePats)).toEqual(['gone'])
  expect(extended.map(({ pat: { authorizationId }, from }) => [authorizationId, from])).toEqual([
    ['extended', onDay(10)],
    ['changed', onDay(10)],
  ])
  expect(changed.map(({ pat: { authorizationId }, what }) => [authorizationId, what])).toEqual([
    ['shortened', ['validTo']],
    ['changed', ['scopes', 'displayName', 'organizations']],
  ])
  expect(newFindings).toEqual([finding('new')])
  expect(goneFindings).toEqual([finding('gone')])
})
