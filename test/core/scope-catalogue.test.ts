import { describe, expect, it, test } from 'vitest'
import { knownScope, knownScopes, scopeIds, scopesWithin } from '../../src/core/scope-catalogue.ts'

describe('the known scopes', () => {
  test('are each there once, by both names, and none is named like another', () => {
    const ids = knownScopes.map(({ id }) => id)
    const names = knownScopes.map(({ friendly }) => friendly)
    expect(new Set([...ids, ...names]).size).toBe(2 * knownScopes.length)
    expect(names.filter((name) => name.startsWith('vso.'))).toEqual([])
    expect(ids.length).toBeGreaterThan(90)
  })

  test('include only known ones, and never themselves', () => {
    const ids = new Set(knownScopes.map(({ id }) => id))
    for (const { id, includes } of knownScopes) {
      expect(includes.filter((included) => !ids.has(included))).toEqual([])
      expect(includes.filter((included) => scopesWithin(included).has(id))).toEqual([])
    }
  })

  it.each([
    ['code.read', 'vso.code'],
    ['Packaging.Write', 'vso.packaging_write'],
    ['VSO.Code_Write', 'vso.code_write'],
    ['variablegroups.read', 'vso.variablegroups_read'],
    ['extension.data.write', 'vso.extension.data_write'],
    ['connected-server.use', 'vso.connected_server'],
    ['full-access', 'app_token'],
  ])('%s is %s', (written, id) => {
    expect(knownScope(written)?.id).toBe(id)
  })

  test('names and ids of one scope are one, sorted, and an unknown id stays', () => {
    expect(scopeIds(['work.read', 'vso.quantum_Leap', 'VSO.work', 'code.status'])).toEqual([
      'vso.code_status',
      'vso.quantum_leap',
      'vso.work',
    ])
  })

  it.each([
    ['vso.code', ['vso.code', 'vso.hooks', 'vso.hooks_write', 'vso.profile']],
    ['vso.packaging_manage', ['vso.packaging', 'vso.packaging_manage', 'vso.packaging_write', 'vso.profile']],
    ['vso.environment_manage', ['vso.agentpools', 'vso.agentpools_manage', 'vso.environment_manage']],
    ['vso.code_status', ['vso.code_status']],
    ['vso.quantum_leap', ['vso.quantum_leap']],
  ])('what %s includes', (id, included) => {
    expect([...scopesWithin(id)].sort()).toEqual(included)
  })
})
