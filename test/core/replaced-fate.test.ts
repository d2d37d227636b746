import { describe, expect, it } from 'vitest'
import { explain } from '../../src/core/explanation.ts'
import type { Succession } from '../../src/core/facts.ts'
import { replacedFate } from '../../src/core/replaced-fate.ts'
import { aPat, aToken, aVersion, marked, onDay, someFacts } from '../support/builders.ts'

const old = aPat({ authorizationId: 'old', displayName: 'CI', validTo: onDay(200) })
const feed = aToken()
const seen: Succession = {
  authorizationId: 'old',
  revoke: true,
  pat: old,
  organizations: ['contoso'],
  isWhole: true,
  successors: [{ token: feed, facts: someFacts() }],
  bystanders: [],
}
const young = { token: feed, facts: someFacts({ current: aVersion({}, { createdAt: onDay(8) }) }) }

describe('why a replaced PAT still works', () => {
  it.each<[string, Partial<Succession>, object]>([
    ['it does not: no list has it', { pat: undefined, organizations: [] }, { kind: 'gone' }],
    ['nobody can tell that it does', { pat: undefined, isWhole: false }, { kind: 'unseen' }],
    ['Patrol made it', { pat: { ...old, displayName: marked('another0') } }, { kind: 'not-replaceable' }],
    ['no entry is where it works', { organizations: ['northwind'] }, { kind: 'elsewhere' }],
    ['not every entry says that it is to go', { revoke: false }, { kind: 'unconfirmed' }],
    ['no run came since all is in place', {}, { kind: 'ready', by: 'feed' }],
    ['its overlap lasts', { successors: [young] }, { kind: 'waiting', revoke: true, until: expect.any(Number) }],
    ['its overlap lasts, and nobody says', { successors: [young], revoke: false }, { kind: 'waiting', revoke: false }],
    [
      'a list that may show it elsewhere is dark',
      { organizations: ['northwind'], isWhole: false, successors: [{ token: feed, facts: undefined }] },
      { kind: 'waiting', why: 'for feed, it could not be looked at', until: undefined },
    ],
  ])('%s', (_, difference, fate) => {
    expect(replacedFate({ ...seen, ...difference }, onDay(9))).toMatchObject(fate)
  })

  it('is part of the explanation, together with what people should know of it', () => {
    const silent = { ...seen, revoke: false }
    const { replaced, plan } = explain(feed, someFacts({ successions: [silent] }), onDay(9))
    expect(replaced).toEqual([silent])
    expect(plan.problems.map(({ code }) => code)).toEqual(['replaced-still-works'])
    expect(explain(feed, someFacts(), onDay(9)).replaced).toEqual([])
  })
})
