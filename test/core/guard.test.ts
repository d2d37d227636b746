import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mostReplacements, type ReplacementLimit, replacements } from '../../src/core/guard.ts'
import { type Action, planToken } from '../../src/core/plan.ts'
import { aToken, aVersion, onDay, someFacts } from '../support/builders.ts'

const byDefault: ReplacementLimit = { kind: 'default' }
const count = (some: number): ReplacementLimit => ({ kind: 'count', count: some })
const share = (some: number): ReplacementLimit => ({ kind: 'share', share: some })

describe('one run replaces at most', () => {
  it.each([
    ['a quarter of the tokens', byDefault, 40, 10],
    ['a quarter of the tokens, rounded down', byDefault, 43, 10],
    ['twenty of many tokens', byDefault, 80, 20],
    ['twenty of a thousand tokens', byDefault, 1_000, 20],
    ['a quarter of some tokens', byDefault, 20, 5],
    ['one of three tokens, or a single leaked token could never be replaced', byDefault, 3, 1],
    ['as many as are configured, however many there are', count(7), 1_000, 7],
    ['none, when that is configured', count(0), 1_000, 0],
    ['the configured share', share(0.25), 40, 10],
    ['the configured share, rounded down', share(0.5), 5, 2],
    ['one at least of a share, or a single leaked token could never be replaced', share(0.01), 3, 1],
    ['all, when the share is all', share(1), 12, 12],
    ['none, when the share is none', share(0), 1_000, 0],
  ])('%s', (_, limit, tokens, expected) => {
    expect(mostReplacements(limit, tokens)).toBe(expected)
  })

  it('a whole number that is never more than twenty by default', () => {
    fc.assert(
      fc.property(fc.nat(100_000), (tokens) => {
        const most = mostReplacements(byDefault, tokens)
        expect(Number.isInteger(most) && most >= 1 && most <= 20).toBe(true)
      }),
    )
  })
})

describe('a replacement', () => {
  const actionsOf = (facts: Parameters<typeof someFacts>[0], requested = false): readonly Action[] =>
    planToken(aToken({ scopes: ['vso.packaging_write'] }), someFacts(facts), onDay(1), requested).actions

  it.each([
    ['is a value that was lost', actionsOf({ current: aVersion({}, { enabled: false }) }), ['feed']],
    ['is a token that moved', actionsOf({ current: aVersion({ organization: 'fabrikam' }) }), ['feed']],
    ['is a PAT that was revoked outside', actionsOf({ pats: [], currentWorks: false }), ['feed']],
    ['is no token that is new', actionsOf({ current: undefined, pats: [] }), []],
    ['is no PAT that came to its end', planToken(aToken(), someFacts({ pats: [] }), onDay(31)).actions, []],
    ['is no PAT that is due', planToken(aToken(), someFacts(), onDay(25)).actions, []],
    ['is no other scope', actionsOf({ current: aVersion({ scopes: ['vso.code'] }) }), []],
    ['is nothing that a person asked for', actionsOf({ pats: [], currentWorks: false }, true), []],
    [
      'is nothing else that is done',
      planToken(aToken({ method: 'renew', targets: ['app'] }), someFacts(), onDay(25)).actions,
      [],
    ],
  ])('%s', (_, actions, expected) => {
    expect(actions.length).toBeGreaterThan(0)
    expect(replacements(actions)).toEqual(expected)
  })

  it('is counted over all tokens', () => {
    const lost = ['a', 'b', 'c'].flatMap(
      (name) => planToken(aToken({ name }), someFacts({ pats: [], currentWorks: false }), onDay(1)).actions,
    )
    expect(replacements([...lost, ...planToken(aToken({ name: 'd' }), someFacts(), onDay(25)).actions])).toEqual([
      'a',
      'b',
      'c',
    ])
  })
})
