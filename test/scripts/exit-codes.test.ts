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
    'sign-in-declined',
    'sign-in-expired',
    'sign-in-invalid-credentials',
    'sign-in-mfa-required',
    'sign-in-misconfigured',
    'sign-in-missing',
    'sign-in-timed-out',
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

test('a slip in a name is told before anybody is signed in', async () => {
  for (const words of ['revoke package-fed', 'rotate package-fed']) {
    expect(await estate.run(`${words} --json`)).toMatchObject({ code: 2, json: { error: { code: 'usage' } } })
  }
  const { json } = await estate.run(['revoke', id.slice(0, 8), '--json'])
  expect(json.error.remedy).toContain('`patrol list` shows it')
  expect(estate.emulator.requests()).toEqual([])
})

test('an access token that is refused needs a person', async () => {
  estate.writeFile('token.yaml', (text) =>
    text
      .replace(
        /signIn:\n(?: {6}.*\n)+/,
        'user: ci-bot@contoso.example\n    signIn:\n      method: access-token\n      token: ${TOKEN}\n',
      )
      .replace('account:ci-bot', 'default'),
  )
  const ended = await estate.run('list --json -c token.yaml', { environment: { TOKEN: `made-up-${'x'.repeat(20)}` } })
  expect(ended.code).toBe(4)
})

test('a configuration with a warning is valid, but not strictly', async () => {
  estate.writeFile('odd.yaml', (text) => text.replace('vso.packaging_write', 'vso.nonsense_write'))
  expect(await estate.run('validate -c odd.yaml')).toMatchObject({ code: 0 })
  expect(await estate.run('validate --strict -c odd.yaml')).toMatchObject({ code: 2 })
  expect(await estate.run('validate --strict')).toMatchObject({ code: 0 })
})

test('a store that is down makes no PAT of a list unknown', async () => {
  await estate.run('apply')
  const effect = { kind: 'status', status: 503 } as const
  estate.emulator.fault({ service: 'vault', times: Number.POSITIVE_INFINITY, effect })
  expect(await estate.run(['revoke', id, '--json'])).toMatchObject({ json: { error: { code: 'pat-not-found' } } })
})
