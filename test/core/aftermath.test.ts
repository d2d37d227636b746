import { expect, test } from 'vitest'
import { aftermath } from '../../src/core/aftermath.ts'
import { aDelivery, anUnreadVersion, aToken, aVersion, someFacts, start } from '../support/builders.ts'

test.each([
  { of: 'a declared token with a store', token: {}, facts: {}, isReplaced: true },
  { of: 'a paused token', token: { paused: true }, facts: {}, isReplaced: false },
  { of: 'a token without a store', token: { place: undefined }, facts: {}, isReplaced: false },
  { of: 'a token of which nothing is stored', token: {}, facts: { current: undefined }, isReplaced: false },
  {
    of: 'a token whose secret somebody else wrote',
    token: {},
    facts: { current: anUnreadVersion({ kind: 'foreign' }) },
    isReplaced: false,
  },
])('after the PATs of $of were revoked, a new one is made: $isReplaced', ({ token, facts, isReplaced }) => {
  expect(aftermath(aToken(token), someFacts(facts))).toEqual({ isReplaced, deadCopies: [] })
})

test('copies that were delivered hold a dead value; one that never was holds none', () => {
  const deliveries = [
    aDelivery('first', start),
    aDelivery('never', start, { deliveredAt: undefined, failures: 3 }),
    aDelivery('failing by now', start, { failures: 1 }),
  ]
  expect(aftermath(aToken(), someFacts({ current: aVersion({ deliveries }) })).deadCopies).toEqual([
    'first',
    'failing by now',
  ])
})
