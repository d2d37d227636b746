import { describe, expect, test } from 'vitest'
import {
  type Check,
  failed,
  faulty,
  obstacle,
  passed,
  skipped,
  skippedAfter,
  tally,
  warned,
} from '../../src/core/check.ts'
import { PatrolError, remedies } from '../../src/core/errors.ts'

const well = passed('dns', { host: 'a.example' }, '1.2.3.4')
const odd = warned('clock', {}, 'late', 'set it')
const bad = failed('tls', { host: 'a.example' }, new PatrolError('service-unavailable', 'no TLS'))
const notAsked = skipped('create-pat', { account: 'ci-bot' }, 'nothing is created without --write')

describe('an obstacle', () => {
  test.each([
    ['is the first that failed', [well, bad], bad],
    ['is no warning', [odd, well], undefined],
    ['is nothing that nobody asked for', [notAsked], undefined],
    ['is nothing that is not there', [undefined, well], undefined],
    ['is not there without checks', [], undefined],
  ])('%s', (_, checks, found) => {
    expect(obstacle(...checks)).toBe(found)
  })

  test('is also what was itself kept from being made, and the first cause is told', () => {
    const signIn = skippedAfter('sign-in', { account: 'ci-bot' }, bad)
    expect(obstacle(well, signIn)).toBe(signIn)
    const list = skippedAfter('list-pats', { account: 'ci-bot', organization: 'contoso' }, signIn)
    expect([signIn.message, list.message]).toEqual(Array(2).fill('not looked at, because tls of a.example failed'))
  })
})

test.each([
  [{ check: 'sign-in', account: 'ci-bot' }, 'sign-in of ci-bot'],
  [{ check: 'user', account: 'ci-bot', organization: 'contoso' }, 'user of ci-bot in contoso'],
  [{ check: 'read-store', store: 'vault' }, 'read-store of vault'],
  [{ check: 'clock' }, 'clock'],
] as const)('%j is called %s', (cause, label) => {
  const before: Check = { ...cause, result: 'failed', message: 'no' }
  expect(skippedAfter('create-pat', {}, before).message).toBe(`not looked at, because ${label} failed`)
})

test('a failure has the remedy of its code, or a better one', () => {
  expect(bad.remedy).toBe(remedies['service-unavailable'])
  expect(failed('tls', {}, new PatrolError('service-unavailable', 'no'), 'do this').remedy).toBe('do this')
  expect(faulty('clock', {}, 'clock-unreliable', 'wrong').remedy).toBe(remedies['clock-unreliable'])
})

test('all are counted by how they ended', () => {
  expect(tally([well, well, odd, bad, notAsked])).toEqual({ ok: 2, warning: 1, failed: 1, skipped: 1 })
})
