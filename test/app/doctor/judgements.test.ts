import { describe, expect, test } from 'vitest'
import {
  certificateText,
  judgeClock,
  judgeSignIn,
  judgeRemains,
  judgeSecretFile,
  judgeStoreDirectory,
  narrowestScope,
  remainingText,
} from '../../../src/app/doctor/judgements.ts'
import { judgeProbe, leftProbes } from '../../../src/app/doctor/probe-pat.ts'
import { installationOf, markedName } from '../../../src/core/names.ts'
import type { Pat } from '../../../src/core/pat.ts'
import { day, duration, hour, instant, minute, second } from '../../../src/core/time.ts'
import type { Probe } from '../../../src/ports/prober.ts'
import { later, start } from '../../support/builders.ts'

describe('a file with a secret', () => {
  test.each([
    [0o600, undefined],
    [0o400, undefined],
    [undefined, undefined],
    [0o640, 'read'],
    [0o604, 'read'],
    [0o644, 'read'],
    [0o620, 'change'],
    [0o666, 'change'],
    [0o611, 'read'],
  ])('of mode %o is one that others can %s', (mode, deed) => {
    const check = judgeSecretFile('/run/secrets/password', mode)
    if (deed === undefined) expect(check).toBeUndefined()
    else expect(check).toMatchObject({ result: 'warning', message: expect.stringContaining(`can ${deed} /run`) })
  })
})

describe("a store's directory", () => {
  test.each([
    [0o700, false],
    [0o755, false],
    [undefined, false],
    [0o775, true],
    [0o777, true],
  ])('of mode %o is one that others can change: %s', (mode, is) => {
    expect(judgeStoreDirectory('local', '/var/lib/patrol', mode) !== undefined).toBe(is)
  })
})

describe('a sign-in', () => {
  const account = { name: 'ci-bot', user: 'ci-bot@contoso.example', method: 'refresh-token' }
  const ago = (days: number) => instant(start - days * day)

  test('says how long its token is good for, where that is known', () => {
    expect(judgeSignIn(account, duration(59.5 * minute), undefined, start)).toMatchObject({
      result: 'ok',
      message: 'as ci-bot@contoso.example by refresh-token: a token for Azure DevOps, good for 59m',
    })
    expect(judgeSignIn(account, undefined, undefined, start).message).toMatch(/Azure DevOps$/)
  })

  test.each([
    [40, 0, 'ok', 'a person signed in 40d ago, it was renewed today, and dies in 90d'],
    [80, 60, 'ok', 'renewed 60d ago, and dies in 30d'],
    [80, 70, 'warning', 'renewed 70d ago, and dies in 20d'],
  ] as const)('made %i and renewed %i days ago is %s', (signedIn, redeemed, result, message) => {
    const life = { signedInAt: ago(signedIn), redeemedAt: ago(redeemed) }
    const check = judgeSignIn(account, undefined, life, start)
    expect(check).toMatchObject({ result, message: expect.stringContaining(message) })
    if (result === 'warning') expect(check.remedy).toContain('patrol login ci-bot')
  })
})

describe('the clock', () => {
  test.each([
    [{ kind: 'unknown' }, 'skipped', 'no service'],
    [{ kind: 'corrected', offset: duration(0) }, 'ok', 'agrees'],
    [{ kind: 'corrected', offset: duration(400) }, 'ok', 'agrees'],
    [{ kind: 'corrected', offset: duration(30 * second) }, 'ok', '30s behind'],
    [{ kind: 'corrected', offset: duration(-1 * minute) }, 'ok', '1m ahead of'],
    [{ kind: 'corrected', offset: duration(-10 * minute) }, 'warning', '10m ahead of'],
    [{ kind: 'corrected', offset: duration(2 * hour) }, 'warning', '2h behind'],
    [{ kind: 'unreliable', message: 'the clocks of a and b differ by 6 minutes' }, 'failed', 'differ by 6'],
  ] as const)('%j is %s', (skew, result, message) => {
    expect(judgeClock(skew)).toMatchObject({ check: 'clock', result, message: expect.stringContaining(message) })
  })
})

test('a certificate of a private authority is told from others', () => {
  const shown = { issuer: 'Corporate Root', validTo: start, isPublic: false }
  expect(certificateText(shown)).toBe('a certificate of Corporate Root, a private authority')
  expect(certificateText({ ...shown, issuer: 'Big CA', isPublic: true })).toBe('a certificate of Big CA')
})

test.each([
  [undefined, 'and removed'],
  [{ name: 'probe', state: 'disabled' }, 'probe stays there, disabled'],
  [{ name: 'probe', state: 'deleted but kept' }, 'the time of soft delete'],
] as const)('of a trial that left %j it is said', (remains, message) => {
  expect(judgeRemains({ store: 'vault' }, remains)).toMatchObject({
    result: 'ok',
    message: expect.stringContaining(message),
  })
})

test.each([
  [[], 'vso.profile'],
  [[['vso.packaging']], 'vso.packaging'],
  [[['vso.packaging_write', 'vso.packaging_manage'], ['vso.packaging']], 'vso.packaging'],
  [[['vso.packaging', 'vso.code']], 'vso.profile'],
  [[['vso.packaging'], undefined], 'vso.profile'],
  [[['vso.packagings']], 'vso.profile'],
])('for tokens with %j a PAT is tried with %s', (declared, scope) => {
  expect(narrowestScope(declared)).toBe(scope)
})

test.each([
  [59.9 * minute, '59m'],
  [90 * second, '1m'],
  [59 * second, '59s'],
  [-5, '1s'],
])('%d ms are %s', (ms, text) => {
  expect(remainingText(ms)).toBe(text)
})

describe('a PAT that was tried', () => {
  const owner = { id: 'owner-id', user: 'ci-bot@contoso.example' }
  const judged = (probe: Probe) => judgeProbe({ account: 'ci-bot' }, probe, owner, 'vso.profile')

  test.each([
    ['worked as its owner', { kind: 'works', ownerId: 'owner-id' }, 'ok'],
    ['worked, as whom is not told', { kind: 'works', ownerId: undefined }, 'ok'],
    ['worked as somebody else', { kind: 'works', ownerId: 'other' }, 'failed'],
    ['was refused', { kind: 'refused', message: 'no' }, 'warning'],
    ['was answered as nobody', { kind: 'anonymous' }, 'warning'],
    ['got no answer', { kind: 'unknown', message: 'lost' }, 'warning'],
  ] as const)('and %s', (_, probe, result) => {
    expect(judged(probe).result).toBe(result)
  })
})

describe('PATs that an examination left', () => {
  const mark = `${installationOf('patrol doctor', 'probe')}abcdefgh`
  const pat = (displayName: string, validFrom = start): Pat => ({
    authorizationId: displayName,
    displayName,
    scopes: ['vso.profile'],
    validFrom,
    validTo: instant(validFrom + hour),
    allOrganizations: false,
  })
  const probe = markedName('Patrol doctor', mark)
  const now = later(duration(11 * minute))

  test.each([
    ['an old probe', pat(probe), true],
    ['a young one, which another examination may be at work with', pat(probe, later(duration(2 * minute))), false],
    ['a token that is called like one', pat('Patrol doctor'), false],
    ['a token of an installation that is called like one', pat(markedName('Patrol doctor', 'zzzzabcdefgh')), false],
    ['a token whose mark looks like it', pat(markedName('Feed', mark)), false],
  ])('%s', (_, one, is) => {
    expect(leftProbes([one], now)).toEqual(is ? [one] : [])
  })
})
