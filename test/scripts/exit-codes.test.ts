import { writeFileSync, readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exitCodeOf, worst } from '../../src/cli/exit-code.ts'
import { type ErrorCode, remedies } from '../../src/core/errors.ts'
import { Estate } from '../support/estate.ts'

const id = '4ab5764f-4193-4f1d-b995-64144880b7d7'

let estate: Estate

beforeEach(async () => {
  estate = await Estate.open()
})

afterEach(async () => {
  await estate.stop()
})

test('4 is for what no later run gets past without a person', () => {
  const codes = (Object.keys(remedies) as ErrorCode[]).filter((code) => exitCodeOf(code) === 4)
  expect(codes.toSorted()).toEqual([
    'not-a-user-token',
    'not-signed-in',
    'sign-in-blocked',
    'sign-in-expired',
    'sign-in-invalid-credentials',
    'sign-in-mfa-required',
    'sign-in-misconfigured',
    'wrong-account',
  ])
})

test('of several the one that comes first in 2 > 4 > 1 > 3 > 0 counts', () => {
  expect(worst([0, 3, 1, 4, 2])).toBe(2)
  expect(worst([0, 3, 1, 4])).toBe(4)
  expect(worst([0, 3, 1])).toBe(1)
  expect(worst([3, 0])).toBe(3)
  expect(worst([])).toBe(0)
})

describe('while the lists of PATs cannot be read', () => {
  beforeEach(async () => {
    await estate.run('apply')
    const effect = { kind: 'status', status: 503 } as const
    estate.emulator.fault({ service: 'pats', times: Number.POSITIVE_INFINITY, effect })
  })

  test('revoke does not say of an id that there is no such PAT', async () => {
    const ended = await estate.run(['revoke', id, '--json'])
    expect(ended).toMatchObject({ code: 1, json: { error: { code: 'service-unavailable' } } })
  })

  test('a name that a rule may have made is not called unknown', async () => {
    const rule = readFileSync(estate.configFile, 'utf8').replace(/tokens:[\s\S]*/, 'tokens:\n  - match: "*"\n')
    writeFileSync(estate.configFile, rule)
    for (const words of ['revoke package-feed', 'rotate package-feed', 'plan --only package-feed']) {
      const ended = await estate.run(`${words} --json`)
      expect(ended.code, words).toBe(1)
      expect(ended.stdout, words).toContain('service-unavailable')
    }
  })
})

test('a store that is down makes no PAT of a list unknown', async () => {
  await estate.run('apply')
  const effect = { kind: 'status', status: 503 } as const
  estate.emulator.fault({ service: 'vault', times: Number.POSITIVE_INFINITY, effect })
  expect(await estate.run(['revoke', id, '--json'])).toMatchObject({ json: { error: { code: 'pat-not-found' } } })
})
